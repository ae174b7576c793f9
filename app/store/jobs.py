"""Jobs: long work that is on record, done step by step under leases, watched and stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update

from app.errors import Conflict, NotFound
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.models import job_lines, jobs

JOBS_LOCK: Final = 0x6A6F6273  # "jobs"


class JobState(StrEnum):
    """Where a job stands; the last three are its ends."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


ENDS: Final = (JobState.STOPPED, JobState.FAILED, JobState.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job on record. `position` is where its next step goes on, `detail` what it came to so far;
    `total` is None until it is known.
    """

    id: int
    kind: str
    asked: Mapping[str, Any]
    actor: str
    state: JobState
    done: int
    total: int | None
    position: Any
    detail: Mapping[str, Any]
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    due_at: datetime | None

    @property
    def ended(self) -> bool:
        return self.state in ENDS


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line for a new job's list; `became` where it is done with beforehand."""

    given: dict[str, Any]
    became: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A line of a job's list, and what became of it; None while its turn has not come."""

    place: int
    given: Mapping[str, Any]
    became: Mapping[str, Any] | None


async def add_job(
    session: WriteSession,
    kind: str,
    asked: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    total: int | None = None,
    alone: bool = True,
) -> Job:
    """Put a job on record, due at once.

    `alone`: raises Conflict while another of its kind has not ended.
    """
    await session.lock(JOBS_LOCK)
    if alone and (other := await _unended(session, kind)) is not None:
        raise _done_already(other)
    row = await session.execute(
        insert(jobs)
        .values(
            kind=kind,
            asked=dict(asked),
            actor=actor,
            state=JobState.WAITING.value,
            total=total,
            created_at=at,
            due_at=now_ms(),
        )
        .returning(jobs)
    )
    return _job(row.one())


async def is_time_for(session: ReadSession, kind: str, every: timedelta, now: datetime) -> bool:
    """Whether a kind of job that is begun again and again has not been for so long."""
    newest = select(func.max(jobs.c.created_at)).where(jobs.c.kind == kind)
    at = (await session.execute(newest)).scalar_one_or_none()
    return (at is None or now - at >= every) and await _unended(session, kind) is None


async def begin_again(
    session: WriteSession, kind: str, every: timedelta, *, actor: str, at: datetime
) -> None:
    """Put such a job on record, unless somebody else just has."""
    await session.lock(JOBS_LOCK)
    if await is_time_for(session, kind, every, at):
        await add_job(session, kind, {}, actor=actor, at=at)


async def _unended(session: ReadSession, kind: str) -> Job | None:
    """The oldest job of a kind that has not ended."""
    found = await session.execute(
        select(jobs)
        .where(jobs.c.kind == kind, jobs.c.due_at.is_not(None))
        .order_by(jobs.c.id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else _job(row)


def _done_already(other: Job) -> Conflict:
    return Conflict(
        f"job {other.id} does that already: watch it at /v1/admin/jobs/{other.id}, or stop it"
    )


async def add_lines(session: WriteSession, job_id: int, lines: Sequence[NewLine]) -> None:
    """Give a new job its list."""
    rows = [
        {"job_id": job_id, "place": place, "given": line.given, "became": line.became}
        for place, line in enumerate(lines)
    ]
    if rows:
        await session.execute(insert(job_lines), rows)


async def get_job(session: ReadSession, job_id: int) -> Job:
    row = (await session.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no job {job_id}: GET /v1/admin/jobs lists them")
    return _job(row)


async def list_jobs(
    session: ReadSession,
    *,
    state: JobState | None = None,
    kind: str | None = None,
    before_id: int | None = None,
    limit: int,
) -> list[Job]:
    """Jobs, the newest first."""
    query = select(jobs).order_by(jobs.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(jobs.c.state == state.value)
    if kind is not None:
        query = query.where(jobs.c.kind == kind)
    if before_id is not None:
        query = query.where(jobs.c.id < before_id)
    return [_job(row) for row in await session.execute(query)]


async def list_lines(
    session: ReadSession, job_id: int, *, after: int, limit: int, waiting: bool = False
) -> list[JobLine]:
    """Lines of a job's list in their order, behind a place; `waiting`: whose turn has not come."""
    query = (
        select(job_lines)
        .where(job_lines.c.job_id == job_id, job_lines.c.place > after)
        .order_by(job_lines.c.place)
        .limit(limit)
    )
    if waiting:
        query = query.where(job_lines.c.became.is_(None))
    rows = await session.execute(query)
    return [JobLine(place=row.place, given=row.given, became=row.became) for row in rows]


async def write_lines(
    session: WriteSession, job_id: int, became: Mapping[int, Mapping[str, Any]]
) -> None:
    """What became of lines, by their places."""
    for place, outcome in became.items():
        await session.execute(
            update(job_lines)
            .where(job_lines.c.job_id == job_id, job_lines.c.place == place)
            .values(became=dict(outcome))
        )


async def stop_job(session: WriteSession, job_id: int, now: datetime) -> Job:
    """Have a job end after the step that is under way, or at once if none is; Conflict if it has
    ended.
    """
    job = await _held(session, job_id)
    if job.ended:
        raise Conflict(f"job {job_id} has ended: it is {job.state.value}")
    if job.state is JobState.WAITING:
        return await _set(session, job_id, state=JobState.STOPPED, finished_at=now, due_at=None)
    return await _set(session, job_id, state=JobState.STOPPING)


async def retry_job(session: WriteSession, job_id: int) -> Job:
    """Have a job that failed or was stopped go on where it stood; Conflict for any other."""
    await session.lock(JOBS_LOCK)
    job = await _held(session, job_id)
    if job.state not in (JobState.FAILED, JobState.STOPPED):
        raise Conflict(f"job {job_id} is {job.state.value}: only one that failed or was stopped")
    other = await _unended(session, job.kind)
    if other is not None and not await _has_lines(session, job_id):
        raise _done_already(other)
    return await _set(
        session,
        job_id,
        state=JobState.WAITING,
        error=None,
        attempts=0,
        finished_at=None,
        due_at=now_ms(),
    )


async def _has_lines(session: ReadSession, job_id: int) -> bool:
    found = await session.execute(
        select(job_lines.c.place).where(job_lines.c.job_id == job_id).limit(1)
    )
    return found.first() is not None


async def _held(session: WriteSession, job_id: int) -> Job:
    row = await session.execute(select(jobs).where(jobs.c.id == job_id).with_for_update())
    if (found := row.one_or_none()) is None:
        raise NotFound(f"there is no job {job_id}: GET /v1/admin/jobs lists them")
    return _job(found)


async def _set(
    session: WriteSession,
    job_id: int,
    **values: Any,  # noqa: ANN401 - columns
) -> Job:
    row = await session.execute(
        update(jobs).where(jobs.c.id == job_id).values(**values).returning(jobs)
    )
    return _job(row.one())


_SHOWN: Final = [field.name for field in fields(Job)]


def _job(row: Row[Any]) -> Job:
    values = {name: getattr(row, name) for name in _SHOWN}
    state, detail = JobState(row.state), row.detail or {}
    return Job(**{**values, "state": state, "detail": detail})
