"""What the database says of a deployment, for a doctor: nothing is written, nothing migrated."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from app.core.deployment import DatabaseFacts, PollingFacts
from app.core.schedule import Outcome
from app.store.clock import database_now
from app.store.engine import Database, ReadSession
from app.store.migrate import schema_revision
from app.store.models import feed_credentials, feeds, fetches, hosts
from app.store.reindex import count_outdated
from app.store.renewal import count_outdated_entries
from app.store.status import backlog, count_feeds, database_figures


async def read_checkup(database: Database) -> DatabaseFacts:
    """Facts of a database that can be reached; its faults are DATABASE_FAULTS."""
    present, needed = await schema_revision(database)
    async with database.read() as session:
        now = await database_now(session)
        version, _ = await database_figures(session)
        return DatabaseFacts(
            engine=database.dialect,
            version=version,
            now=now,
            present_revision=present,
            needed_revision=needed,
            polling=await _polling(session, now) if present == needed else None,
        )


async def _polling(session: ReadSession, now: datetime) -> PollingFacts:
    due, oldest, _ = await backlog(session, now)
    last = await session.execute(
        select(func.max(fetches.c.at)).where(fetches.c.outcome != Outcome.REPLAYED.value)
    )
    polled_at = last.scalar_one_or_none()
    return PollingFacts(
        feeds=await count_feeds(session),
        due=due,
        most_overdue_s=_seconds(oldest, now),
        last_poll_s=_seconds(polled_at, now),
        stale_leases=await _count(session, feeds.c.lease_until <= now),
        hosts_backing_off=await _count(
            session, (hosts.c.refusals > 0) & (hosts.c.refused_until > now)
        ),
        sealed_credentials=await _count(session, feed_credentials.c.sealed.is_not(None)),
        outdated_index=await count_outdated(session),
        outdated_entries=await count_outdated_entries(session),
    )


def _seconds(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else (now - since) / timedelta(seconds=1)


async def _count(session: ReadSession, holds: ColumnElement[bool]) -> int:
    counted = await session.execute(select(func.count()).where(holds))
    return int(counted.scalar_one())
