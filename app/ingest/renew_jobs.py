"""Bringing stories up to date as jobs: the search index, normal forms, tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from app.core.make import PLAIN
from app.core.search.index import Indexable, IndexTerms
from app.ingest.offload import Offload
from app.ingest.renew import renew_some
from app.store.engine import Database
from app.store.job_leases import ClaimedJob, Progress, advance_job, hold_job
from app.store.reindex import count_outdated, outdated_stories, reindex
from app.store.renewal import Outdated, count_outdated_entries

REINDEX_STEP: Final = 100
RENEW_STEP: Final = 20


class Reindexing:
    """Indexes stories anew that the index holds as an older release would, the newest first."""

    def __init__(
        self,
        database: Database,
        index_terms: Callable[[Sequence[Indexable]], Awaitable[Sequence[IndexTerms]]],
    ) -> None:
        self._database = database
        self._index_terms = index_terms

    async def step(self, job: ClaimedJob, so_far: Progress) -> Progress:
        limit = batch_of(job, REINDEX_STEP)
        async with self._database.read() as session:
            total = so_far.total
            if total is None:
                total = await count_outdated(session)
            stale = await outdated_stories(session, before=so_far.position, limit=limit)
        terms = await self._index_terms([story.words for story in stale]) if stale else []
        async with self._database.write() as session:
            await hold_job(session, job)
            indexed = await reindex(session, list(zip(stale, terms, strict=True)))
            done, finished = so_far.done + len(stale), len(stale) < limit
            detail = _plus(so_far.detail, indexed=indexed)
            if finished:
                detail["outdated"] = await count_outdated(session)
            progress = Progress(
                done=done,
                total=max(total, done),
                position=stale[-1].id if stale else so_far.position,
                detail=detail,
                finished=finished,
            )
            await advance_job(session, job, progress)
        return progress


class Renewing:
    """Makes stories again that would come out otherwise now, the newest first.

    Its writes are their own transactions: a story that was made again is not outdated any more, so
    that a step which is begun again does nothing twice.
    """

    def __init__(
        self, database: Database, offload: Offload, which: Outdated, taggers: str = PLAIN
    ) -> None:
        self._database = database
        self._offload = offload
        self._which = which
        self._taggers = taggers

    async def step(self, job: ClaimedJob, so_far: Progress) -> Progress:
        total = await self._outdated() if so_far.total is None else so_far.total
        made = await renew_some(
            self._database,
            self._offload,
            before=so_far.position,
            limit=batch_of(job, RENEW_STEP),
            which=self._which,
            taggers=self._taggers,
        )
        finished = made.next is None
        done = so_far.done + made.changed + made.same + made.skipped
        detail = _plus(
            so_far.detail, renewed=made.changed, unchanged=made.same, skipped=made.skipped
        )
        if finished:
            detail["outdated"] = await self._outdated()
        progress = Progress(
            done=done,
            total=max(total, done),
            position=made.next,
            detail=detail,
            finished=finished,
        )
        async with self._database.write() as session:
            await hold_job(session, job)
            await advance_job(session, job, progress)
        return progress

    async def _outdated(self) -> int:
        async with self._database.read() as session:
            return await count_outdated_entries(session, which=self._which, taggers=self._taggers)


def batch_of(job: ClaimedJob, default: int) -> int:
    """How much a step does: as was asked for, or as is usual."""
    return int(job.asked.get("batch", default))


def _plus(counts: Mapping[str, Any], **more: int) -> dict[str, int]:
    return {name: int(counts.get(name, 0)) + count for name, count in more.items()}
