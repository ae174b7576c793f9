"""Forgetting what is older than it is kept, a bounded number of rows in a transaction.

A story goes with all that hangs on it, and with its entries in the change log: who follows the log
is told nothing, and places in it stay good. What its feeds still have in their documents stays,
what an operator has withdrawn (it must not come back), and what a webhook is still to be told of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, Table, delete, func, select

from app.core.identity import first_id_at
from app.core.retention import FOR_EVER, KeptCopy, RetentionPolicy, story_has_expired
from app.core.syndicate import NOTHING
from app.core.webhook import DeliveryState
from app.store.changes import append_changes
from app.store.clusters import cluster_stories
from app.store.engine import ReadSession, WriteSession
from app.store.models import (
    alerts,
    audit,
    changes,
    copies,
    deliveries,
    feeds,
    fetches,
    jobs,
    sources,
    stories,
)
from app.store.models.operators import story_kills
from app.store.search import unindex_stories
from app.store.tags import replace_tags

MAX_LOOKED_AT: Final = 2_000
"""Stories that are looked at for a batch: most may be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What came of a batch; `after` is the last id that was looked at, None: none was left."""

    removed: int
    after: int | None


async def story_horizon(session: ReadSession, policy: RetentionPolicy, now: datetime) -> int | None:
    """The id below which stories may have expired: the shortest time that any is kept. None where
    all are kept for ever.
    """
    shortest = await session.execute(
        select(func.min(feeds.c.keep_days)).where(feeds.c.keep_days > FOR_EVER)
    )
    days = [d for d in (policy.story_days, shortest.scalar_one()) if d is not None]
    return first_id_at(now - timedelta(days=min(days))) if days else None


async def expired_stories(
    session: ReadSession,
    policy: RetentionPolicy,
    now: datetime,
    *,
    after: int,
    horizon: int,
    limit: int,
) -> tuple[list[int], int | None]:
    """Up to `limit` stories behind an id that are to be kept no longer, and how far was looked."""
    found = await session.execute(
        select(stories.c.id, stories.c.ingested_at)
        .where(stories.c.id > after, stories.c.id < horizon)
        .order_by(stories.c.id)
        .limit(MAX_LOOKED_AT)
    )
    rows = found.all()
    gone = await _expired(session, {row.id: row.ingested_at for row in rows}, policy, now)
    chosen = [row.id for row in rows if row.id in gone][:limit]
    if len(chosen) == limit:
        return chosen, chosen[-1]
    return chosen, rows[-1].id if rows else None


async def _expired(
    session: ReadSession,
    ingested: Mapping[int, datetime],
    policy: RetentionPolicy,
    now: datetime,
) -> set[int]:
    told = await _copies_of(session, ingested)
    expired = {
        story_id
        for story_id, at in ingested.items()
        if story_has_expired(at, told.get(story_id, ()), policy, now)
    }
    due = select(deliveries.c.story_id).where(
        deliveries.c.story_id.in_(expired), deliveries.c.state == DeliveryState.DUE.value
    )
    killed = select(story_kills.c.story_id).where(story_kills.c.story_id.in_(expired))
    for kept in (due, killed):
        expired -= set((await session.execute(kept)).scalars())
    return expired


async def _copies_of(session: ReadSession, ids: Collection[int]) -> dict[int, list[KeptCopy]]:
    found: defaultdict[int, list[KeptCopy]] = defaultdict(list)
    rows = await session.execute(
        select(copies.c.story_id, copies.c.last_seen_at, feeds.c.keep_days)
        .join(feeds, feeds.c.id == copies.c.feed_id)
        .where(copies.c.story_id.in_(ids))
    )
    for row in rows:
        copy = KeptCopy(keep_days=row.keep_days, last_seen_at=row.last_seen_at)
        found[row.story_id].append(copy)
    return found


async def remove_stories(
    session: WriteSession, ids: Collection[int], policy: RetentionPolicy, now: datetime
) -> int:
    """Remove those of some stories that have still expired; how many. Must be the last of its
    transaction, since clusters may change.

    Their sources' rows are held: a poll that was planned with one of them is planned again.
    """
    rows = await session.execute(
        select(stories.c.id, stories.c.source_id, stories.c.ingested_at).where(
            stories.c.id.in_(ids)
        )
    )
    found = rows.all()
    await session.execute(
        select(sources.c.id)
        .where(sources.c.id.in_({row.source_id for row in found}))
        .order_by(sources.c.id)
        .with_for_update(key_share=True)
    )
    gone = sorted(await _expired(session, {r.id: r.ingested_at for r in found}, policy, now))
    if not gone:
        return 0
    await unindex_stories(session, gone)
    await replace_tags(session, [(story_id, ()) for story_id in gone])
    for table in (changes, deliveries):
        await session.execute(delete(table).where(table.c.story_id.in_(gone)))
    news = await cluster_stories(session, dict.fromkeys(gone, NOTHING))
    await session.execute(delete(stories).where(stories.c.id.in_(gone)))
    await append_changes(session, [new for new in news if new.story_id not in set(gone)], now)
    return len(gone)


async def prune_fetches(
    session: WriteSession, before: datetime, *, after: int, limit: int
) -> Pruned:
    """Old rows of the ledger, but for the latest of each feed."""
    later = fetches.alias("later")
    has_later = (
        select(later.c.id)
        .where(later.c.feed_id == fetches.c.feed_id, later.c.id > fetches.c.id)
        .exists()
    )
    return await _prune(session, fetches, fetches.c.at < before, has_later, after, limit)


async def prune_audit(session: WriteSession, before: datetime, *, after: int, limit: int) -> Pruned:
    return await _prune(session, audit, audit.c.at < before, None, after, limit)


async def prune_jobs(session: WriteSession, before: datetime, *, after: int, limit: int) -> Pruned:
    """Jobs that ended before then, with their lists."""
    old = jobs.c.created_at < before
    return await _prune(session, jobs, old, jobs.c.finished_at < before, after, limit)


async def prune_alerts(
    session: WriteSession, before: datetime, *, after: int, limit: int
) -> Pruned:
    """Alerts that were over before then."""
    return await _prune(
        session, alerts, alerts.c.since < before, alerts.c.ended_at < before, after, limit
    )


async def _prune(
    session: WriteSession,
    table: Table,
    old: Any,  # noqa: ANN401 - a SQL expression
    only: Any,  # noqa: ANN401 - a SQL expression
    after: int,
    limit: int,
) -> Pruned:
    """The next `limit` rows by id that are old: those that are `only` so go."""
    looked_at: Select[Any] = (
        select(table.c.id).where(table.c.id > after, old).order_by(table.c.id).limit(limit)
    )
    ids = list((await session.execute(looked_at)).scalars())
    if not ids:
        return Pruned(removed=0, after=None)
    going = delete(table).where(table.c.id.in_(ids))
    removed = await session.execute(going if only is None else going.where(only))
    return Pruned(removed=removed.rowcount, after=ids[-1])
