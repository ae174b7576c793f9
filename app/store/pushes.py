"""What hubs have pushed and no poll has read yet."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, func, or_, select, update

from app.core.poll import ClaimedFeed
from app.core.schedule import MAX_ATTEMPTS, PollPolicy
from app.store.claimed import read_claimed
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import until
from app.store.models import feeds, pushes, subscriptions
from app.store.subscriptions import WANTED

MAX_PUSHES: Final = 16
MAX_BYTES: Final = 16 * 1024 * 1024
"""Of one feed, packed. Of more than that the oldest go, and the feed is polled instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Whose callback a token names."""

    subscription_id: int
    feed_id: int
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    body: bytes
    content_type: str | None


async def receiver_of(session: ReadSession, token: str) -> Receiver | None:
    """None where nothing is wanted any more, or never was."""
    found = await session.execute(
        select(subscriptions.c.id, subscriptions.c.feed_id, subscriptions.c.secret).where(
            subscriptions.c.token == token,
            subscriptions.c.feed_id.is_not(None),
            subscriptions.c.state.in_(WANTED),
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    return Receiver(subscription_id=row.id, feed_id=row.feed_id, secret=row.secret)


async def keep_push(
    session: WriteSession, receiver: Receiver, packed: bytes, content_type: str | None
) -> bool:
    """Keep a push, zlib-packed, for the feed's next poll; False if the feed is gone meanwhile.

    The feed is locked first, as the poll that ends locks it which drops the push that it has read:
    where there are too many, both drop the oldest.
    """
    there = select(feeds.c.id).where(feeds.c.id == receiver.feed_id)
    locked = await session.execute(there.with_for_update(key_share=True))
    if locked.first() is None:
        return False
    await session.execute(
        session.insert(pushes).values(
            feed_id=receiver.feed_id, at=now_ms(), body=packed, content_type=content_type
        )
    )
    await _bound(session, receiver.feed_id)
    await session.execute(
        update(subscriptions)
        .where(subscriptions.c.id == receiver.subscription_id)
        .values(pushed_at=now_ms(), proven_at=now_ms())
    )
    return True


async def _bound(session: WriteSession, feed_id: int) -> None:
    """Drop the oldest of too many, and have the feed polled for what they held."""
    rows = await session.execute(
        select(pushes.c.id, func.length(pushes.c.body).label("size"))
        .where(pushes.c.feed_id == feed_id)
        .order_by(pushes.c.id.desc())
    )
    size, dropped = 0, []
    for place, row in enumerate(rows):
        size += row.size
        if place >= MAX_PUSHES or (place and size > MAX_BYTES):
            dropped.append(row.id)
    if dropped:
        await session.execute(delete(pushes).where(pushes.c.id.in_(dropped)))
        await session.execute(
            update(feeds)
            .where(feeds.c.id == feed_id, feeds.c.next_poll_at > now_ms())
            .values(
                next_poll_at=now_ms(),
                next_poll_reasons=["more was pushed than is kept: polled instead"],
            )
        )


async def read_push(session: ReadSession, push_id: int) -> Push | None:
    """None once it has been dropped."""
    found = await session.execute(select(pushes).where(pushes.c.id == push_id))
    row = found.one_or_none()
    if row is None:
        return None
    return Push(body=zlib.decompress(row.body), content_type=row.content_type)


async def drop_push(session: WriteSession, push_id: int) -> None:
    await session.execute(delete(pushes).where(pushes.c.id == push_id))


async def drop_pushes(session: WriteSession, feed_id: int) -> None:
    """Forget what was pushed for a feed: it is polled anyhow."""
    await session.execute(delete(pushes).where(pushes.c.feed_id == feed_id))


async def next_push_at(session: ReadSession) -> datetime | None:
    """Since when a push waits that could be read now; None if none does."""
    waiting = select(func.min(pushes.c.at)).join(feeds, feeds.c.id == pushes.c.feed_id)
    return (await session.execute(waiting.where(_readable()))).scalar_one_or_none()


async def claim_pushed(
    session: WriteSession, *, owner: str, limit: int, lease_s: float, policy: PollPolicy
) -> list[ClaimedFeed]:
    """Lease up to `limit` feeds that were pushed, each with its oldest push.

    Nobody is asked for anything, so it takes no slot of a host, and no budget.
    """
    first = await _first_pushes(session, limit)
    if not first:
        return []
    await session.execute(
        update(feeds)
        .where(feeds.c.id.in_(first))
        .values(
            lease_until=until(lease_s),
            lease_owner=owner,
            lease_token=feeds.c.lease_token + 1,
        )
    )
    claimed = await read_claimed(session, list(first), policy)
    return [replace(feed, push_id=first[feed.id]) for feed in claimed.values()]


async def _first_pushes(session: WriteSession, limit: int) -> dict[int, int]:
    """The oldest push of each feed that may be claimed, whose rows are locked from here on."""
    locked = await session.execute(
        select(feeds.c.id)
        .where(feeds.c.id.in_(select(pushes.c.feed_id)), _readable())
        .order_by(feeds.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids: Sequence[int] = list(locked.scalars())
    if not ids:
        return {}
    oldest = select(pushes.c.feed_id, func.min(pushes.c.id).label("push_id"))
    rows = await session.execute(oldest.where(pushes.c.feed_id.in_(ids)).group_by(pushes.c.feed_id))
    return {row.feed_id: row.push_id for row in rows}


def _readable() -> Any:  # noqa: ANN401 - a SQL expression
    return and_(
        feeds.c.state == "active",
        feeds.c.attempts < MAX_ATTEMPTS,
        or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now_ms()),
    )
