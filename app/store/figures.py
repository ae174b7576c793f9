"""What metrics tell of the database as a whole, at this moment: little, since it is asked often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table, func, select

from app.core.webhook import DeliveryState
from app.store.alerts import count_standing
from app.store.changes import last_seq
from app.store.clock import database_now
from app.store.conditions import overdue
from app.store.deliveries import read_head
from app.store.engine import ReadSession
from app.store.jobs import JobState
from app.store.models import deliveries, feeds, jobs, subscriptions, webhooks
from app.store.status import (
    HOUR,
    count_feeds,
    count_webhooks,
    database_figures,
    percentile,
    read_delays,
)

LEASED: Mapping[str, Table] = {
    "feeds": feeds,
    "webhooks": webhooks,
    "subscriptions": subscriptions,
    "jobs": jobs,
}
QUANTILES = (0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts by the closed sets of values that metrics have as labels; seconds and bytes."""

    feeds: Mapping[str, int]  # by health
    due: int
    most_overdue_s: float
    leases: Mapping[str, int]  # by what is leased
    delays: Mapping[float, float]  # of the last hour's stories, by quantile; none without stories
    webhooks: Mapping[str, int]  # by state
    push_backlog: int  # entries of the log
    deliveries_due: int
    alerts: Mapping[str, int]  # that stand, by kind
    jobs: Mapping[str, int]  # by state
    log_entries: int  # the number of the last one
    database_bytes: int | None


async def read_figures(session: ReadSession) -> Figures:
    now = await database_now(session)
    due, since = await overdue(session, now)
    delays = await read_delays(session, now - HOUR)
    last = await last_seq(session)
    _, size = await database_figures(session)
    return Figures(
        feeds=await count_feeds(session),
        due=due,
        most_overdue_s=0.0 if since is None else (now - since).total_seconds(),
        leases={name: await _leased(session, table) for name, table in LEASED.items()},
        delays={q: found for q in QUANTILES if (found := percentile(delays, q)) is not None},
        webhooks=await count_webhooks(session),
        push_backlog=last - await read_head(session),
        deliveries_due=await _deliveries_due(session),
        alerts=await count_standing(session),
        jobs=await _jobs(session),
        log_entries=last,
        database_bytes=size,
    )


async def _leased(session: ReadSession, table: Table) -> int:
    now = await database_now(session)
    held = select(func.count()).select_from(table).where(table.c.lease_until > now)
    return int((await session.execute(held)).scalar_one())


async def _deliveries_due(session: ReadSession) -> int:
    due = select(func.count()).where(deliveries.c.state == DeliveryState.DUE.value)
    return int((await session.execute(due)).scalar_one())


async def _jobs(session: ReadSession) -> dict[str, int]:
    rows = await session.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))
    return {state.value: 0 for state in JobState} | {row[0]: row[1] for row in rows}
