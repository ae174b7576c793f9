"""Who works on which job: leases by the database's clock, with a fencing token.

Each step is a transaction that holds the job's row first (`hold_job`) and says how far it has come
in the end (`advance_job`): a worker that has lost its lease writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, case, func, or_, select, update

from app.store.clock import database_now, now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import until
from app.store.jobs import JobState
from app.store.models import jobs

MAX_ATTEMPTS: Final = 5
"""Turns in a row that came to nothing, after which a job has failed."""

RETRY_S: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job that is ours for a while, as it stood when it was claimed."""

    id: int
    kind: str
    asked: Mapping[str, Any]
    done: int
    total: int | None
    position: Any
    detail: Mapping[str, Any]
    lease_token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a step has brought a job; `total` None: not known. `finished`: no step is left."""

    done: int
    total: int | None
    position: Any
    detail: Mapping[str, Any] = field(default_factory=dict)
    finished: bool = False


class JobTakenAway(Exception):
    """The job is no longer this worker's: it was stopped, or another one has it."""


async def next_job_at(session: ReadSession) -> datetime | None:
    """When the next step of any job falls due; None without one."""
    return (await session.execute(select(func.min(jobs.c.due_at)))).scalar_one_or_none()


async def claim_jobs(session: WriteSession, *, limit: int, lease_s: float) -> list[ClaimedJob]:
    """Lease up to `limit` due jobs; those whose workers keep being killed have failed instead."""
    now = await database_now(session)
    free = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= now)
    rows = await session.execute(
        select(jobs)
        .where(jobs.c.due_at <= now, free)
        .order_by(jobs.c.due_at, jobs.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = []
    for row in rows.all():
        if row.state == JobState.STOPPING.value:
            await _end(session, row.id, JobState.STOPPED)
        elif row.attempts >= MAX_ATTEMPTS:
            error = f"{MAX_ATTEMPTS} times in a row whoever worked on it was killed: see the logs"
            await _end(session, row.id, JobState.FAILED, error)
        else:
            claimed.append(await _lease(session, row, lease_s))
    return claimed


async def _lease(session: WriteSession, row: Row[Any], lease_s: float) -> ClaimedJob:
    await session.execute(
        update(jobs)
        .where(jobs.c.id == row.id)
        .values(
            state=JobState.RUNNING.value,
            started_at=func.coalesce(jobs.c.started_at, now_ms()),
            lease_until=until(lease_s),
            lease_token=row.lease_token + 1,
            attempts=row.attempts + 1,
        )
    )
    return ClaimedJob(
        id=row.id,
        kind=row.kind,
        asked=row.asked,
        done=row.done,
        total=row.total,
        position=row.position,
        detail=row.detail or {},
        lease_token=row.lease_token + 1,
    )


async def hold_job(session: WriteSession, job: ClaimedJob) -> None:
    """Keep the job's row until the transaction ends; JobTakenAway if it is no longer to be worked
    on by us.
    """
    row = await session.execute(
        select(jobs.c.state, jobs.c.lease_token).where(jobs.c.id == job.id).with_for_update()
    )
    found = row.one_or_none()
    ours = found is not None and found.lease_token == job.lease_token
    if found is None or not ours or found.state != JobState.RUNNING.value:
        raise JobTakenAway


async def advance_job(session: WriteSession, job: ClaimedJob, progress: Progress) -> None:
    """Put on record how far the job is; it must be held."""
    values: dict[str, Any] = {
        "done": progress.done,
        "total": progress.total,
        "position": progress.position,
        "detail": dict(progress.detail),
        "attempts": 0,
        "error": None,
    }
    if progress.finished:
        values |= _ended(JobState.DONE)
    await session.execute(update(jobs).where(_ours(job)).values(**values))


async def renew_job(session: WriteSession, job: ClaimedJob, lease_s: float) -> None:
    """Make a lease as long again from now; one that was lost stays lost."""
    await session.execute(
        update(jobs)
        .where(_ours(job), jobs.c.lease_until.is_not(None))
        .values(lease_until=until(lease_s))
    )


async def give_back_job(session: WriteSession, job: ClaimedJob) -> None:
    """End a lease: the job may be taken up at once where it stands, or has ended if it was stopped.

    The turn that came to nothing is not counted.
    """
    await session.execute(
        update(jobs)
        .where(_ours(job), jobs.c.state == JobState.STOPPING.value)
        .values(**_ended(JobState.STOPPED))
    )
    running = jobs.c.state == JobState.RUNNING.value
    await session.execute(
        update(jobs)
        .where(_ours(job), running)
        .values(
            state=JobState.WAITING.value,
            lease_until=None,
            attempts=case((jobs.c.attempts > 0, jobs.c.attempts - 1), else_=0),
        )
    )


async def job_broke(session: WriteSession, job: ClaimedJob, error: str) -> None:
    """Put on record that a step raised: it is tried again in a while, or has failed for good."""
    row = (await session.execute(select(jobs).where(_ours(job)).with_for_update())).one_or_none()
    if row is None:
        return
    if row.state == JobState.STOPPING.value:
        values = _ended(JobState.STOPPED)
    elif row.attempts >= MAX_ATTEMPTS:
        values = _ended(JobState.FAILED)
    else:
        values = {"due_at": until(RETRY_S), "lease_until": None, "state": JobState.WAITING.value}
    await session.execute(update(jobs).where(_ours(job)).values(error=error, **values))


async def _end(
    session: WriteSession, job_id: int, state: JobState, error: str | None = None
) -> None:
    values = _ended(state) | ({} if error is None else {"error": error})
    await session.execute(update(jobs).where(jobs.c.id == job_id).values(**values))


def _ended(state: JobState) -> dict[str, Any]:
    return {"state": state.value, "due_at": None, "lease_until": None, "finished_at": now_ms()}


def _ours(job: ClaimedJob) -> Any:  # noqa: ANN401 - a SQL expression
    return and_(jobs.c.id == job.id, jobs.c.lease_token == job.lease_token)
