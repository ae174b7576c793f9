"""What hubs say of subscriptions on their own account: verified, denied, a push signed wrongly."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import select, update

from app.core.websub import DENIED_RETRY_S, SubscriptionState, renewal
from app.store.clock import database_now
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import until
from app.store.models import subscriptions
from app.store.subscriptions import LEFT, WANTED

FORGET_S: Final = 3600.0
"""How long one that has ended is remembered: its hub may ask twice."""


async def is_callback(session: ReadSession, token: str) -> bool:
    """Whether a hub was told of this token, or is about to be."""
    found = await session.execute(select(subscriptions.c.id).where(subscriptions.c.token == token))
    return found.first() is not None


async def verify(
    session: WriteSession, token: str, *, topic_url: str, subscribe: bool, lease_s: int
) -> bool:
    """Whether this is what we have asked the hub for (§5.3); if so it stands from now on.

    A hub may ask again, as when it has not heard our answer.
    """
    now = await database_now(session)
    states = WANTED if subscribe else LEFT
    mine = update(subscriptions).where(
        subscriptions.c.token == token,
        subscriptions.c.topic_url == topic_url,
        subscriptions.c.requested_at.is_not(None),
        subscriptions.c.state.in_(states),
    )
    if subscribe:
        verified = mine.where(subscriptions.c.feed_id.is_not(None)).values(
            state=SubscriptionState.VERIFIED.value,
            detail=None,
            failures=0,
            verified_at=now,
            expires_at=now + timedelta(seconds=lease_s),
            due_at=renewal(now, lease_s),
        )
    else:
        verified = mine.values(
            state=SubscriptionState.LEFT.value, detail=None, failures=0, due_at=until(FORGET_S)
        )
    return (await session.execute(verified)).rowcount > 0


async def deny(session: WriteSession, token: str, *, topic_url: str, reason: str) -> bool:
    """The hub refuses, or ends what there was (§5.2): on record, and asked again much later."""
    denied = await session.execute(
        update(subscriptions)
        .where(subscriptions.c.token == token, subscriptions.c.topic_url == topic_url)
        .where(subscriptions.c.state.in_(WANTED))
        .values(
            state=SubscriptionState.DENIED.value,
            detail=reason,
            expires_at=None,
            proven_at=None,
            due_at=until(DENIED_RETRY_S),
        )
    )
    return denied.rowcount > 0


async def note_ignored(session: WriteSession, subscription_id: int) -> None:
    """Count a push that was not signed as agreed."""
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(ignored=subscriptions.c.ignored + 1)
    )
