"""How the service stands by its database, for those who judge what operators are to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import and_, exists, func, or_, select

from app.core.alerts import JOB_SHOWN
from app.core.conditions import Conditions, FailedJob, FeedTrouble, WebhookTrouble
from app.core.schedule import Outcome
from app.core.types import Failure
from app.core.urls import without_credentials
from app.core.webhook import DeliveryState, WebhookState
from app.store.changes import last_seq
from app.store.clock import database_now
from app.store.deliveries import read_head
from app.store.engine import ReadSession
from app.store.health import FeedState, Health, health_of
from app.store.jobs import JobState
from app.store.models import changes, deliveries, feeds, fetches, hosts, jobs, webhooks
from app.store.status import percentile, read_delays

HOUR = timedelta(hours=1)
OF_FEED = (
    "id",
    "title",
    "url",
    "failures",
    "failure",
    "failure_detail",
    "silent_since",
    "last_success_at",
    "added_at",
)
TROUBLED = (Health.SILENT, Health.FAILING, Health.GONE, Health.QUARANTINED)


async def read_conditions(session: ReadSession, *, disk_free: int | None = None) -> Conditions:
    """All that is judged; `disk_free` is what the machine says."""
    now = await database_now(session)
    due, overdue_since = await overdue(session, now)
    delays = await read_delays(session, now - HOUR)
    unmatched, unmatched_since = await _unmatched(session)
    return Conditions(
        now=now,
        feeds=await _feeds(session),
        webhooks=await _webhooks(session),
        jobs=await _jobs(session, now - JOB_SHOWN),
        due=due,
        overdue_since=overdue_since,
        polled_at=None if overdue_since is None else await _polled_at(session),
        delay_p95_s=percentile(delays, 0.95),
        delays=len(delays),
        disk_free=disk_free,
        unmatched=unmatched,
        unmatched_since=unmatched_since,
    )


async def _feeds(session: ReadSession) -> Sequence[FeedTrouble]:
    health = health_of()
    rows = await session.execute(
        select(*(feeds.c[name] for name in OF_FEED), health.label("health")).where(
            health.in_([h.value for h in TROUBLED])
        )
    )
    return [
        FeedTrouble(
            id=row.id,
            name=row.title or without_credentials(row.url),
            url=without_credentials(row.url),
            health=row.health,
            failures=row.failures,
            failure=None if row.failure is None else Failure(row.failure),
            failure_detail=row.failure_detail,
            silent_since=row.silent_since,
            well_at=row.last_success_at or row.added_at,
        )
        for row in rows
    ]


async def _webhooks(session: ReadSession) -> Sequence[WebhookTrouble]:
    waits = (
        select(deliveries.c.made_at)
        .where(
            deliveries.c.webhook_id == webhooks.c.id,
            deliveries.c.state == DeliveryState.DUE.value,
        )
        .order_by(deliveries.c.seq)
        .limit(1)
        .scalar_subquery()
    )
    troubled = or_(webhooks.c.failing_since.is_not(None), webhooks.c.due_at.is_not(None))
    rows = await session.execute(
        select(
            *(webhooks.c[name] for name in ("id", "name", "url", "state", "reason")),
            webhooks.c.changed_at,
            webhooks.c.failing_since,
            waits.label("waits_since"),
        ).where(
            or_(
                webhooks.c.state == WebhookState.DISABLED.value,
                and_(webhooks.c.state == WebhookState.ACTIVE.value, troubled),
            )
        )
    )
    return [
        WebhookTrouble(
            id=row.id,
            name=row.name or urlsplit(row.url).hostname or "",  # its path may be a secret
            disabled_at=row.changed_at if row.state == WebhookState.DISABLED.value else None,
            reason=row.reason,
            failing_since=row.failing_since,
            waits_since=row.waits_since,
        )
        for row in rows
    ]


async def _jobs(session: ReadSession, since: datetime) -> Sequence[FailedJob]:
    rows = await session.execute(
        select(jobs.c.id, jobs.c.kind, jobs.c.finished_at).where(
            jobs.c.state == JobState.FAILED.value, jobs.c.finished_at >= since
        )
    )
    return [FailedJob(id=row.id, kind=row.kind, failed_at=row.finished_at) for row in rows]


async def overdue(session: ReadSession, now: datetime) -> tuple[int, datetime | None]:
    """Feeds whose time has come, and since when; not those whose host wants to be left alone."""
    refused = exists().where(
        hosts.c.host == feeds.c.host, hosts.c.refusals > 0, hosts.c.refused_until > now
    )
    row = (
        await session.execute(
            select(func.count(), func.min(feeds.c.next_poll_at)).where(
                feeds.c.state == FeedState.ACTIVE.value,
                feeds.c.next_poll_at <= now,
                or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now),
                ~refused,
            )
        )
    ).one()
    return row[0], row[1]


async def _polled_at(session: ReadSession) -> datetime | None:
    row = await session.execute(
        select(fetches.c.at)
        .where(fetches.c.outcome != Outcome.REPLAYED.value)
        .order_by(fetches.c.at.desc())
        .limit(1)
    )
    found: datetime | None = row.scalar_one_or_none()
    return found


async def _unmatched(session: ReadSession) -> tuple[int, datetime | None]:
    """How far those who tell webhooks are behind the log, where there is anybody to tell."""
    head = await read_head(session)
    behind = await last_seq(session) - head
    told = exists(select(webhooks.c.id).where(webhooks.c.state == WebhookState.ACTIVE.value))
    if behind <= 0 or not (await session.execute(select(told))).scalar_one():
        return 0, None
    first = await session.execute(
        select(changes.c.at).where(changes.c.seq > head).order_by(changes.c.seq).limit(1)
    )
    return behind, first.scalar_one_or_none()
