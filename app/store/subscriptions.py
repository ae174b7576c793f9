"""Subscriptions at WebSub hubs: which there are to be, and how they stand.

A row belongs to a feed while it is wanted. When the feed is gone or names another hub, the row
stays without it until the hub has been told.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, and_, delete, literal, select, update

from app.core.urls import host_of
from app.core.websub import (
    PROVEN_FOR,
    NamedHubs,
    SubscriptionState,
    next_hub,
)
from app.store.clock import database_now, now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import know_hosts
from app.store.models import subscriptions

SETTLED: Final = timedelta(hours=1)
"""For so long a subscription is not given up for another because the feed says otherwise now."""

GIVEN_UP: Final = 5
"""Failures in a row after which another hub is tried, and no more is said to one that is left."""

WANTED: Final = (SubscriptionState.PENDING.value, SubscriptionState.VERIFIED.value)
LEFT: Final = (SubscriptionState.LEAVING.value, SubscriptionState.LEFT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """How a feed's subscription stands, for its operator."""

    hub_url: str
    topic_url: str
    state: SubscriptionState
    detail: str | None
    expires_at: datetime | None
    pushed_at: datetime | None
    ignored: int
    proven: bool


async def want_subscription(session: WriteSession, feed_id: int, named: NamedHubs) -> None:
    """Have a feed's subscription be at one of the hubs that its document names, or at none."""
    found = await session.execute(
        select(subscriptions).where(subscriptions.c.feed_id == feed_id).with_for_update()
    )
    row = found.one_or_none()
    current = None if row is None else row.hub_url
    given_up = row is not None and (
        row.failures >= GIVEN_UP or row.state == SubscriptionState.DENIED.value
    )
    hub = next_hub(named.hubs, current, given_up=given_up)
    if row is not None:
        if hub == current and row.topic_url == named.topic_url:
            return
        now = await database_now(session)
        if not given_up and row.requested_at is not None and now - row.requested_at < SETTLED:
            return
        await _part(session, row)
    host = None if hub is None else host_of(hub)
    if hub is not None and host is not None:
        await know_hosts(session, {host})
        await session.execute(
            session.insert(subscriptions).values(
                feed_id=feed_id,
                hub_url=hub,
                hub_host=host,
                topic_url=named.topic_url,
                token=secrets.token_urlsafe(32),
                secret=secrets.token_urlsafe(32),
                state=SubscriptionState.PENDING.value,
                due_at=now_ms(),
            )
        )


async def _part(session: WriteSession, row: Row[Any]) -> None:
    """Take a subscription from its feed; one that no hub knows of is forgotten at once."""
    mine = subscriptions.c.id == row.id
    if row.requested_at is None:
        await session.execute(delete(subscriptions).where(mine))
        return
    await session.execute(update(subscriptions).where(mine).values(feed_id=None, **_leaving()))


async def end_subscription(session: WriteSession, feed_id: int) -> None:
    """Have the hub told that a feed's pushes are not wanted: it is deleted or paused."""
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.feed_id == feed_id, subscriptions.c.state.not_in(LEFT))
        .values(**_leaving())
    )


async def resume_subscription(session: WriteSession, feed_id: int) -> None:
    """Have a feed's pushes again that were not wanted for a while."""
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.feed_id == feed_id, subscriptions.c.state.in_(LEFT))
        .values(state=SubscriptionState.PENDING.value, failures=0, detail=None, due_at=now_ms())
    )


def _leaving() -> dict[str, Any]:
    state = SubscriptionState.LEAVING.value
    return {
        "state": state,
        "failures": 0,
        "detail": None,
        "expires_at": None,
        "proven_at": None,
        "due_at": now_ms(),
    }


async def not_proven(session: WriteSession, feed_id: int) -> None:
    """A poll has found what no push has brought: the hub does not tell of everything."""
    await session.execute(
        update(subscriptions).where(subscriptions.c.feed_id == feed_id).values(proven_at=None)
    )


def proven() -> Any:  # noqa: ANN401 - a SQL expression
    """Whether a subscription's hub is known to tell of its feed's changes."""
    now = now_ms()
    since = now - literal(int(PROVEN_FOR.total_seconds() * 1000))
    return and_(
        subscriptions.c.state == SubscriptionState.VERIFIED.value,
        subscriptions.c.expires_at > now,
        subscriptions.c.proven_at > since,
    )


async def subscriptions_of(
    session: ReadSession, feed_ids: Collection[int]
) -> dict[int, Subscription]:
    """By feed."""
    rows = await session.execute(
        select(subscriptions, proven().label("proven")).where(subscriptions.c.feed_id.in_(feed_ids))
    )
    return {
        row.feed_id: Subscription(
            hub_url=row.hub_url,
            topic_url=row.topic_url,
            state=SubscriptionState(row.state),
            detail=row.detail,
            expires_at=row.expires_at,
            pushed_at=row.pushed_at,
            ignored=row.ignored,
            proven=bool(row.proven),
        )
        for row in rows
    }
