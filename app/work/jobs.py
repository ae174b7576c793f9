"""The loop over jobs: each is done step by step, by whichever process has its lease.

A step is one bounded transaction that also says how far the job has come, so that whoever takes a
job up after a process was killed goes on where it stood.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from app.store.clock import database_now
from app.store.engine import Database, ReadSession, WriteSession
from app.store.job_leases import (
    ClaimedJob,
    JobTakenAway,
    Progress,
    claim_jobs,
    give_back_job,
    job_broke,
    next_job_at,
    renew_job,
)
from app.store.jobs import begin_again, is_time_for
from app.work.leased import LeasedLoop, LeasedPolicy

log = structlog.get_logger()

TURN_S: Final = 3.0
"""How long a process keeps a job before it looks whether others are due, or it is to stop."""

LEASE_S: Final = 60.0
DAY: Final = timedelta(days=1)
LOOK_S: Final = 600.0
OURSELVES: Final = "this service"


class JobKind(Protocol):
    """A kind of long work."""

    async def step(self, job: ClaimedJob, so_far: Progress) -> Progress:
        """Do the next step, and write it under the job's lease (`hold_job`, `advance_job`).

        Raises JobTakenAway where the lease is lost or the job was stopped.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTurn:
    """What came of a turn."""

    job_id: int
    kind: str
    finished: bool


class JobLoop(LeasedLoop[ClaimedJob, JobTurn]):
    """Works on the jobs that are due, a few at once."""

    def __init__(
        self,
        database: Database,
        kinds: Mapping[str, JobKind],
        *,
        daily: Sequence[str] = (),
        on_done: Callable[[JobTurn], None] = lambda _turn: None,
    ) -> None:
        """`daily`: kinds that are begun each day."""
        policy = LeasedPolicy(name="jobs", concurrency=2, lease_s=LEASE_S, drain_s=10.0)
        super().__init__(Jobs(database, kinds), database, policy, on_done)
        self._daily = daily
        self._looked_at = -math.inf

    async def begin_daily(self) -> None:
        """Begin those jobs of each day that nobody has begun today."""
        for kind in self._daily:
            async with self._database.read() as session:
                now = await database_now(session)
                due = await is_time_for(session, kind, DAY, now)
            if due:
                async with self._database.write() as session:
                    await begin_again(session, kind, DAY, actor=OURSELVES, at=now)

    async def _turn(self) -> float:
        if time.monotonic() - self._looked_at > LOOK_S:
            await self.begin_daily()
            self._looked_at = time.monotonic()
        return await super()._turn()


class Jobs:
    """The jobs that are due, as work that is done under leases."""

    def __init__(self, database: Database, kinds: Mapping[str, JobKind]) -> None:
        self._database = database
        self._kinds = kinds

    async def next_due(self, session: ReadSession) -> datetime | None:
        return await next_job_at(session)

    async def claim(self, session: WriteSession, limit: int) -> Sequence[ClaimedJob]:
        return await claim_jobs(session, limit=limit, lease_s=LEASE_S)

    async def renew(self, session: WriteSession, item: ClaimedJob) -> None:
        await renew_job(session, item, LEASE_S)

    async def give_back(self, session: WriteSession, item: ClaimedJob) -> None:
        await give_back_job(session, item)

    async def do(self, item: ClaimedJob) -> JobTurn:
        kind = self._kinds[item.kind]
        until = time.monotonic() + TURN_S
        progress = Progress(
            done=item.done, total=item.total, position=item.position, detail=item.detail
        )
        try:
            while not progress.finished and time.monotonic() < until:
                progress = await kind.step(item, progress)
        except JobTakenAway:
            log.info("job_taken_away", job_id=item.id, kind=item.kind)
        if progress.finished:
            log.info("job_done", job_id=item.id, kind=item.kind, **progress.detail)
        else:
            async with self._database.write() as session:
                await give_back_job(session, item)
        return JobTurn(job_id=item.id, kind=item.kind, finished=progress.finished)

    def named(self, item: ClaimedJob) -> Mapping[str, int]:
        return {"job_id": item.id}

    async def broke(self, item: ClaimedJob, error: Exception, started: float) -> JobTurn:
        seconds = round(time.monotonic() - started, 3)
        log.error("job_broke", job_id=item.id, kind=item.kind, seconds=seconds, exc_info=error)
        detail = f"a fault inside the service ({type(error).__name__}): see the log"
        async with self._database.write() as session:
            await job_broke(session, item, detail)
        return JobTurn(job_id=item.id, kind=item.kind, finished=False)
