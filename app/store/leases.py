"""Who polls what: leases on feeds and their hosts, by the database's clock.

A claim raises the feed's fencing token and marks its host busy. A plan is applied only under the
token it was claimed with; a holder that dies is followed by the next claim once its lease ends.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, literal, or_, select, update

from app.core.poll import ClaimedFeed, FeedPlan
from app.core.schedule import MAX_ATTEMPTS, Pace, PollPolicy
from app.core.types import Failure, Validators
from app.store.engine import ReadSession, WriteSession, from_ms, now_ms
from app.store.ledger import failed_row, insert_row
from app.store.models import bodies, feeds, hosts, sources

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
            .values(lease_until=None, lease_owner=None, attempts=feeds.c.attempts - 1)
        )
        if given.rowcount:
            await _release_host(session, feed, gap_s=0)


async def holds_lease(session: WriteSession, feed: ClaimedFeed) -> bool:
    """Whether the feed is still ours to write; locks its row until the transaction ends."""
    row = await session.execute(
        select(feeds.c.lease_token).where(feeds.c.id == feed.id).with_for_update(key_share=True)
    )
    return row.scalar_one_or_none() == feed.lease_token


async def finish_poll(session: WriteSession, plan: FeedPlan, *, gap_s: float) -> None:
    """Write what polling owns of the feed, its ledger row and its body, and end the lease."""
    pace, after = plan.update.pace, plan.update
    values: dict[str, Any] = {
        # What an operator has set stays, also if it was set while the poll was under way.
        "title": func.coalesce(feeds.c.title, after.title),
        "site_url": after.site_url,
        "language": func.coalesce(feeds.c.language, after.language),
        "next_poll_at": plan.ledger.next_poll.at,
        "next_poll_reasons": list(plan.ledger.next_poll.reasons),
        "lease_until": None,
        "lease_owner": None,
        "attempts": after.attempts,
        "etag": after.validators.etag,
        "last_modified": after.validators.last_modified,
        "validators_url": after.validators_url,
        "body_hash": after.body_hash,
        "failures": after.failures,
        "failure": after.failure and after.failure.value,
        "failure_detail": after.failure_detail,
        "last_poll_at": plan.ledger.at,
        "last_success_at": after.last_success_at,
        "last_new_at": after.last_new_at,
        "gap_s": pace.gap_s,
        "newest_at": pace.newest_at,
        "ttl_s": pace.ttl_s,
        "skip_hours": sorted(pace.skip_hours),
        "skip_days": sorted(pace.skip_days),
    }
    if after.quarantined:
        values["state"] = "quarantined"
    await session.execute(update(feeds).where(feeds.c.id == plan.feed.id).values(values))
    await insert_row(session, plan.feed.id, plan.ledger, worker=plan.feed.worker)
    await _keep_body(session, plan)
    if after.title and plan.feed.source_name is None:
        await session.execute(
            update(sources)
            .where(sources.c.id == plan.feed.source_id, sources.c.name.is_(None))
            .values(name=after.title)
        )
    await _release_host(session, plan.feed, gap_s=gap_s)


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
        select(feeds, sources.c.name.label("source_name"), now_ms().label("now_ms"))
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
    await insert_row(
        session,
        feed_id,
        failed_row(now, row.url, Failure.ABANDONED, detail, next_poll_at=row.next_poll_at),
        worker=None,
    )


async def _release_host(session: WriteSession, feed: ClaimedFeed, *, gap_s: float) -> None:
    """Free the host, if this lease still holds it, `gap_s` from now."""
    await session.execute(
        update(hosts)
        .where(hosts.c.host == feed.host, hosts.c.holder == _holder(feed))
        .values(busy_until=None, holder=None, free_at=now_ms() + literal(int(gap_s * 1000)))
    )


async def _keep_body(session: WriteSession, plan: FeedPlan) -> None:
    if plan.body is None:
        return
    insert = session.insert(bodies)
    kept = {
        "body": zlib.compress(plan.body.body, 6),
        "content_type": plan.body.content_type,
        "url": plan.body.url,
        "fetched_at": plan.ledger.at,
    }
    await session.execute(
        insert.values(feed_id=plan.feed.id, **kept).on_conflict_do_update(
            index_elements=["feed_id"], set_={name: insert.excluded[name] for name in kept}
        )
    )


def _state(row: Row[Any], policy: PollPolicy) -> ClaimedFeed:
    return ClaimedFeed(
        id=row.id,
        url=row.url,
        host=row.host,
        claimed_at=from_ms(row.now_ms),
        worker=row.lease_owner,
        source_id=row.source_id,
        source_name=row.source_name,
        lease_token=row.lease_token,
        attempts=row.attempts,
        title=row.title,
        site_url=row.site_url,
        language=row.language,
        time_zone=row.time_zone,
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
    )


def _holder(feed: ClaimedFeed) -> str:
    return f"{feed.id}:{feed.lease_token}"
