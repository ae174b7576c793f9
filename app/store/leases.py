"""Who polls what: leases on feeds and their hosts, by the database's clock.

A claim raises the feed's fencing token and marks its host busy. A plan is applied only under the
token it was claimed with; a holder that dies is followed by the next claim once its lease ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, literal, or_, select, true, tuple_, update

from app.core.feed_news import FeedEventType, FeedNews
from app.core.poll import ClaimedFeed
from app.core.schedule import MAX_ATTEMPTS, PollPolicy
from app.core.types import Failure
from app.core.urls import without_credentials
from app.store.budget import granted, spend
from app.store.changes import tell_of_feed
from app.store.claimed import read_claimed
from app.store.clock import database_now, now_ms
from app.store.engine import Instant, ReadSession, WriteSession
from app.store.hosts import (
    all_free,
    keep,
    leave,
    next_free,
    none_of,
    slots_of,
    take,
    until,
    with_slots,
)
from app.store.ledger import failed_row, insert_row
from app.store.models import feeds
from app.store.picking import pick_free


async def claim_due(
    session: WriteSession,
    *,
    owner: str,
    limit: int,
    lease_s: float,
    policy: PollPolicy,
    per_hour: int | None = None,
) -> list[ClaimedFeed]:
    """Lease up to `limit` due feeds, the most overdue first, one of each free slot.

    `per_hour` is the budget of all processes together. Feeds whose polls keep ending without a
    result are quarantined instead, and put on record.
    """
    limit = await granted(session, per_hour, limit)
    picked = await pick_free(session, _due_after, limit) if limit else []
    claimed = await _lease(session, picked, owner, lease_s, policy, only=_is_due(now_ms()))
    await spend(session, per_hour, len(claimed))
    return claimed


def _due_after(last: Row[Any] | None, used: set[str], now: datetime, limit: int) -> Select[Any]:
    """Due feeds behind the last one that was looked at, without those of slots in use."""
    query = (
        _claimable(now)
        .where(all_free(now), _is_due(now))
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
    )
    if last is not None:
        place = tuple_(feeds.c.next_poll_at, feeds.c.id)
        query = query.where(place > tuple_(literal(last.next_poll_at, Instant), literal(last.id)))
    return query.where(none_of(used)) if used else query


async def claim_feed(
    session: WriteSession,
    feed_id: int,
    *,
    owner: str,
    lease_s: float,
    policy: PollPolicy,
    per_hour: int | None = None,
) -> ClaimedFeed | None:
    """Lease one feed now, due or not; None while it or a slot of it is leased, or if it is gone.

    Who asks by hand wants to know whether a host answers again: its back-off does not hinder, and
    the budget is charged but not asked.
    """
    now = await database_now(session)
    query = _claimable(now).where(all_free(now, backing_off=True), feeds.c.id == feed_id)
    picked = (await session.execute(query)).all()
    claimed = await _lease(session, picked, owner, lease_s, policy)
    await spend(session, per_hour, len(claimed))
    return claimed[0] if claimed else None


async def give_back(
    session: WriteSession, claimed: Sequence[ClaimedFeed], *, gap_s: float = 0
) -> None:
    """End leases without a poll: the feeds stay due, and the attempt does not count.

    `gap_s` is how long their hosts are left alone: they may have been asked already.
    """
    for feed in claimed:
        given = await session.execute(
            update(feeds)
            .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.lease_token)
            .where(feeds.c.lease_until.is_not(None))
            .values(lease_until=None, lease_owner=None, attempts=feed.attempts)
        )
        if given.rowcount:
            await leave(session, holder_of(feed), gap_s=gap_s)


async def renew_lease(session: WriteSession, feed: ClaimedFeed, lease_s: float) -> None:
    """Keep a feed and its slots for a poll that takes long; a lease that was lost stays lost."""
    await session.execute(
        update(feeds)
        .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.lease_token)
        .where(feeds.c.lease_until.is_not(None))
        .values(lease_until=until(lease_s))
    )
    await keep(session, holder_of(feed), lease_s)


async def holds_lease(session: WriteSession, feed: ClaimedFeed) -> bool:
    """Whether the feed is still ours to write; locks its row until the transaction ends."""
    row = await session.execute(
        select(feeds.c.lease_token).where(feeds.c.id == feed.id).with_for_update(key_share=True)
    )
    return row.scalar_one_or_none() == feed.lease_token


async def next_due_at(session: ReadSession) -> datetime | None:
    """When the next feed falls due, not before its host's back-off ends; None without one.

    Those that somebody is polling are left out: they fall due anew when that is done, or its lease
    over.
    """
    due = select(feeds.c.next_poll_at).where(feeds.c.state == "active", _is_unleased(now_ms()))
    return await next_free(session, due, feeds.c.host)


def _claimable(now: datetime) -> Select[Any]:
    """Feeds without a lease, with their slots."""
    query = select(feeds.c.id, feeds.c.next_poll_at).where(_is_unleased(now))
    return with_slots(query, feeds.c.host)


def _is_unleased(now: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now)


def _is_due(now: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return and_(feeds.c.state == "active", feeds.c.next_poll_at <= now)


async def _lease(
    session: WriteSession,
    picked: Sequence[Row[Any]],
    owner: str,
    lease_s: float,
    policy: PollPolicy,
    *,
    only: Any = None,  # noqa: ANN401 - a SQL expression
) -> list[ClaimedFeed]:
    """The feeds of those picked that are still there, with all their slots.

    Those that others are claiming at this moment are passed by, and those that are no more as
    `only` says: another process may have polled one since, or an operator paused it. Feeds whose
    polls keep ending without a result are quarantined.
    """
    slots = {row.id: slots_of(row) for row in picked}
    ours = await session.execute(
        select(feeds.c.id, feeds.c.lease_token, feeds.c.attempts)
        .where(feeds.c.id.in_(slots), _is_unleased(now_ms()), true() if only is None else only)
        .with_for_update(skip_locked=True)
    )
    holders: dict[int, str] = {}
    for row in ours.all():
        if row.attempts >= MAX_ATTEMPTS:
            await _quarantine(session, row.id)
        else:
            holders[row.id] = _holder(row.id, row.lease_token + 1)
    served = await take(session, {name: slots[of] for of, name in holders.items()}, lease_s)
    ids = [feed_id for feed_id in slots if holders.get(feed_id) in served]
    if not ids:
        return []
    await session.execute(
        update(feeds)
        .where(feeds.c.id.in_(ids))
        .values(
            lease_until=until(lease_s),
            lease_owner=owner,
            lease_token=feeds.c.lease_token + 1,
        )
    )
    claimed = await read_claimed(session, ids, policy)
    return [claimed[feed_id] for feed_id in ids]


async def _quarantine(session: WriteSession, feed_id: int) -> None:
    now = await database_now(session)
    detail = (
        f"{MAX_ATTEMPTS} times in a row whoever read its document was killed over it: "
        f"quarantined; its document is kept, see copydesk replay {feed_id}; then copydesk feeds "
        f"resume {feed_id}"
    )
    row = (
        await session.execute(
            update(feeds)
            .where(feeds.c.id == feed_id)
            .values(
                state="quarantined",
                failure=Failure.ABANDONED.value,
                failure_detail=detail,
                lease_until=None,
                lease_owner=None,
                lease_token=feeds.c.lease_token + 1,
            )
            .returning(feeds.c.url, feeds.c.next_poll_at)
        )
    ).one()
    url = without_credentials(row.url)
    news = FeedNews(
        type=FeedEventType.QUARANTINED,
        feed_id=feed_id,
        url=url,
        at=now,
        reason=detail,
        failure=Failure.ABANDONED,
    )
    tell_of_feed(session, news)
    await insert_row(
        session,
        feed_id,
        failed_row(now, url, Failure.ABANDONED, detail, next_poll_at=row.next_poll_at),
        worker=None,
    )


def holder_of(feed: ClaimedFeed) -> str:
    """The name under which a claimed feed holds its slots."""
    return _holder(feed.id, feed.lease_token)


def _holder(feed_id: int, token: int) -> str:
    return f"{feed_id}:{token}"
