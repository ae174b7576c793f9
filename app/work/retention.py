"""Forgetting what is older than it is kept, as a job: each day, in small steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from app.core.retention import RetentionPolicy
from app.store.clock import database_now
from app.store.engine import Database, ReadSession, WriteSession
from app.store.job_leases import ClaimedJob, Progress, advance_job, hold_job
from app.store.prune import (
    Pruned,
    expired_stories,
    prune_alerts,
    prune_audit,
    prune_fetches,
    prune_jobs,
    remove_stories,
    story_horizon,
)

KIND: Final = "retention"
STORIES: Final = "stories"
STORY_STEP: Final = 50
ROW_STEP: Final = 500
PAUSE_S: Final = 0.05
"""Between two steps: SQLite's one writer is others' meanwhile."""

Prune = Callable[..., Awaitable[Pruned]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of a table that are kept for some days."""

    name: str
    days: int | None
    prune: Prune


class Retention:
    """Stories first, then the ledger and its like; `position` says which, and behind which id."""

    def __init__(
        self,
        database: Database,
        policy: RetentionPolicy,
        *,
        pause_s: float = PAUSE_S,
        clock: Callable[[ReadSession], Awaitable[datetime]] = database_now,
    ) -> None:
        self._database = database
        self._policy = policy
        self._pause_s = pause_s
        self._clock = clock
        ledger, acts = policy.ledger_days, policy.audit_days
        self._rows = [
            _Rows(name="fetches", days=ledger, prune=prune_fetches),
            _Rows(name="jobs", days=ledger, prune=prune_jobs),
            _Rows(name="alerts", days=ledger, prune=prune_alerts),
            _Rows(name="audit", days=acts, prune=prune_audit),
        ]

    async def step(self, job: ClaimedJob, so_far: Progress) -> Progress:
        await asyncio.sleep(self._pause_s)
        position = so_far.position or {"of": STORIES, "after": 0}
        if position["of"] == STORIES:
            return await self._step_of_stories(job, so_far, int(position["after"]))
        place = [rows.name for rows in self._rows].index(position["of"])
        return await self._step_of_rows(job, so_far, place, int(position["after"]))

    async def _step_of_stories(self, job: ClaimedJob, so_far: Progress, after: int) -> Progress:
        limit = int(job.asked.get("batch", STORY_STEP))
        ids: list[int] = []
        last: int | None = None
        async with self._database.read() as session:
            now = await self._clock(session)
            horizon = await story_horizon(session, self._policy, now)
            if horizon is not None:
                ids, last = await expired_stories(
                    session, self._policy, now, after=after, horizon=horizon, limit=limit
                )
        async with self._database.write() as session:
            await hold_job(session, job)
            following = {"of": STORIES, "after": last} if last is not None else self._next(-1)
            progress = replace(so_far, position=following)
            await advance_job(session, job, progress)
            removed = await remove_stories(session, ids, self._policy, now) if ids else 0
            progress = _with(progress, STORIES, removed)
            await advance_job(session, job, progress)
        return progress

    async def _step_of_rows(
        self, job: ClaimedJob, so_far: Progress, place: int, after: int
    ) -> Progress:
        rows = self._rows[place]
        async with self._database.write() as session:
            await hold_job(session, job)
            pruned = await self._pruned(session, rows, after)
            last = pruned.after
            following = {"of": rows.name, "after": last} if last is not None else self._next(place)
            progress = _with(replace(so_far, position=following), rows.name, pruned.removed)
            progress = replace(progress, finished=following is None)
            await advance_job(session, job, progress)
        return progress

    async def _pruned(self, session: WriteSession, rows: _Rows, after: int) -> Pruned:
        if rows.days is None:
            return Pruned(removed=0, after=None)
        before = _ago(await self._clock(session), rows.days)
        return await rows.prune(session, before, after=after, limit=ROW_STEP)

    def _next(self, place: int) -> dict[str, Any] | None:
        names = [rows.name for rows in self._rows[place + 1 :]]
        return {"of": names[0], "after": 0} if names else None


def _ago(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _with(progress: Progress, name: str, removed: int) -> Progress:
    """With so many more removed of a kind."""
    detail = {**progress.detail, name: int(progress.detail.get(name, 0)) + removed}
    return replace(progress, done=progress.done + removed, detail=detail)
