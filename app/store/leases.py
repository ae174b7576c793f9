"""Who polls what: leases on feeds and their hosts, by the database's clock.

A claim raises the feed's fencing token and marks its host busy. A plan is applied only under the
token it was claimed with; a holder that dies is followed by the next claim once its lease ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, literal, or_, select, update

from app.core.moves import Sighting
from app.core.poll import ClaimedFeed
from app.core.schedule import MAX_ATTEMPTS, Pace, PollPolicy
from app.core.trust import Trust
from app.core.types import Failure, Validators
from app.core.urls import without_credentials
from app.store.credentials import has_credentials
from app.store.engine import ReadSession, WriteSession, from_ms, now_ms
from app.store.ledger import failed_row, insert_row
from app.store.models import feeds, hosts, sources

OVERSCAN = 4
"""Due feeds looked at for each one claimed, since only one of a host is taken."""


async def claim_due(
    session: WriteSession, *, owner: str, limit: int, lease_s: float, policy: PollPolicy
) -> list[ClaimedFeed]:
    """Lease up to `limit` due feeds, the most overdue first, one of each free host.

    Feeds whose polls keep ending without a result are quarantined instead, and put on record.
    """
    now = now_ms()
    due = (
        _claimable()
        .where(feeds.c.state == "active", feeds.c.next_poll_at <= now)
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit * OVERSCAN)
    )
    rows = (await session.execute(due)).all()
    abandoned = [row.id for row in rows if row.attempts >= MAX_ATTEMPTS]
    for feed_id in abandoned:
        await _quarantine(session, feed_id)
    first_of_host = {row.host: row.id for row in reversed(rows) if row.id not in abandoned}
    wanted = [row.id for row in rows if first_of_host.get(row.host) == row.id][:limit]
    return await _lease(session, wanted, owner, lease_s, policy)


async def claim_feed(
    session: WriteSession, feed_id: int, *, owner: str, lease_s: float, policy: PollPolicy
) -> ClaimedFeed | None:
    """Lease one feed now, due or not; None while it or its host is leased, or if it is gone."""
    rows = (await session.execute(_claimable().where(feeds.c.id == feed_id))).all()
    claimed = await _lease(session, [row.id for row in rows], owner, lease_s, policy)
    return claimed[0] if claimed else None


async def give_back(session: WriteSession, claimed: Sequence[ClaimedFeed]) -> None:
    """End leases without a poll: the feeds stay due, and the attempt does not count."""
    for feed in claimed:
        given = await session.execute(
            update(feeds)
            .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.lease_token)
            .where(feeds.c.lease_until.is_not(None))
            .values(lease_until=None, lease_owner=None, attempts=feeds.c.attempts - 1)
        )
        if given.rowcount:
            await release_host(session, feed, gap_s=0)


async def renew_lease(session: WriteSession, feed: ClaimedFeed, lease_s: float) -> None:
    """Keep a feed and its host for a poll that takes long; a lease that was lost stays lost."""
    until = now_ms() + literal(int(lease_s * 1000))
    await session.execute(
        update(feeds)
        .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.lease_token)
        .where(feeds.c.lease_until.is_not(None))
        .values(lease_until=until)
    )
    await session.execute(
        update(hosts)
        .where(hosts.c.host == feed.host, hosts.c.holder == _holder(feed))
        .values(busy_until=until)
    )


async def holds_lease(session: WriteSession, feed: ClaimedFeed) -> bool:
    """Whether the feed is still ours to write; locks its row until the transaction ends."""
    row = await session.execute(
        select(feeds.c.lease_token).where(feeds.c.id == feed.id).with_for_update(key_share=True)
    )
    return row.scalar_one_or_none() == feed.lease_token


async def next_due_at(session: ReadSession) -> datetime | None:
    """When the next feed falls due; None without an active feed."""
    row = await session.execute(
        select(func.min(feeds.c.next_poll_at)).where(feeds.c.state == "active")
    )
    return row.scalar_one_or_none()


async def database_now(session: ReadSession) -> datetime:
    return from_ms((await session.execute(select(now_ms()))).scalar_one())


def _claimable() -> Select[Any]:
    """Feeds without a lease on a host without one; rows that others are claiming are passed by."""
    now = now_ms()
    return (
        select(feeds.c.id, feeds.c.host, feeds.c.attempts)
        .join(hosts, hosts.c.host == feeds.c.host)
        .where(
            or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now),
            or_(hosts.c.busy_until.is_(None), hosts.c.busy_until <= now),
            hosts.c.free_at <= now,
        )
        .with_for_update(skip_locked=True)
    )


async def _lease(
    session: WriteSession, ids: Sequence[int], owner: str, lease_s: float, policy: PollPolicy
) -> list[ClaimedFeed]:
    if not ids:
        return []
    until = now_ms() + literal(int(lease_s * 1000))
    await session.execute(
        update(feeds)
        .where(feeds.c.id.in_(ids))
        .values(
            lease_until=until,
            lease_owner=owner,
            lease_token=feeds.c.lease_token + 1,
            attempts=feeds.c.attempts + 1,
        )
    )
    rows = await session.execute(
        select(
            feeds,
            sources.c.name.label("source_name"),
            sources.c.domain.label("source_domain"),
            sources.c.country.label("source_country"),
            has_credentials().label("authenticates"),
            now_ms().label("now_ms"),
        )
        .join(sources, sources.c.id == feeds.c.source_id)
        .where(feeds.c.id.in_(ids))
    )
    claimed = {row.id: _state(row, policy) for row in rows}
    await session.execute(
        update(hosts)
        .where(hosts.c.host == bindparam("b_host"))
        .values(busy_until=until, holder=bindparam("b_holder")),
        [{"b_host": feed.host, "b_holder": _holder(feed)} for feed in claimed.values()],
    )
    return [claimed[feed_id] for feed_id in ids]


async def _quarantine(session: WriteSession, feed_id: int) -> None:
    now = await database_now(session)
    detail = (
        f"{MAX_ATTEMPTS} polls in a row ended without a result (a worker was killed each time): "
        "quarantined; look at the feed, then resume it"
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
    await insert_row(
        session,
        feed_id,
        failed_row(now, url, Failure.ABANDONED, detail, next_poll_at=row.next_poll_at),
        worker=None,
    )


async def release_host(session: WriteSession, feed: ClaimedFeed, *, gap_s: float) -> None:
    """Free the host, if this lease still holds it, `gap_s` from now."""
    await free_host(session, feed.host, _holder(feed), gap_s=gap_s)


async def free_host(session: WriteSession, host: str, holder: str, *, gap_s: float) -> None:
    """Free a host, if it is this holder's, `gap_s` from now."""
    await session.execute(
        update(hosts)
        .where(hosts.c.host == host, hosts.c.holder == holder)
        .values(busy_until=None, holder=None, free_at=now_ms() + literal(int(gap_s * 1000)))
    )


def _state(row: Row[Any], policy: PollPolicy) -> ClaimedFeed:
    return ClaimedFeed(
        id=row.id,
        url=row.url,
        host=row.host,
        claimed_at=from_ms(row.now_ms),
        due_at=row.next_poll_at,
        worker=row.lease_owner,
        source_id=row.source_id,
        source_name=row.source_name,
        source_domain=row.source_domain,
        source_country=row.source_country,
        lease_token=row.lease_token,
        attempts=row.attempts,
        title=row.title,
        site_url=row.site_url,
        language=row.language,
        time_zone=row.time_zone,
        full_text=row.full_text,
        authenticates=bool(row.authenticates),
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        validators_url=row.validators_url,
        body_hash=row.body_hash,
        failures=row.failures,
        pace=Pace(
            gap_s=row.gap_s,
            newest_at=row.newest_at,
            ttl_s=row.ttl_s,
            skip_hours=frozenset(row.skip_hours),
            skip_days=frozenset(row.skip_days),
        ),
        policy=PollPolicy(
            min_interval_s=row.min_interval_s or policy.min_interval_s,
            max_interval_s=row.max_interval_s or policy.max_interval_s,
        ),
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        history=row.history,
        silent_since=row.silent_since,
        guids_unstable=row.guids_unstable,
        trust=Trust(
            whole_at=row.whole_at, unchanged=row.unchanged, distrusted_at=row.distrusted_at
        ),
        sighting=_sighting(row),
        alternates=tuple(row.alternates),
    )


def _sighting(row: Row[Any]) -> Sighting | None:
    if row.moving_to is None:
        return None
    return Sighting(url=row.moving_to, seen=row.moving_seen, since=row.moving_since)


def _holder(feed: ClaimedFeed) -> str:
    return f"{feed.id}:{feed.lease_token}"
