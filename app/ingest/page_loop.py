"""Fetches the pages that are due, a few at once, one of each host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.core.page.job import ClaimedPage, NoPage
from app.ingest.faults import blamed
from app.ingest.fulltext import PageDone, PagePipeline, apply_result, tell_page
from app.store.engine import ReadSession, WriteSession
from app.store.page_leases import claim_pages, give_back_page, next_page_at, renew_page
from app.work.leased import IDLE_S, LeasedLoop, LeasedPolicy

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoopPolicy:
    concurrency: int = 8
    drain_s: float = 10.0


class PageLoop(LeasedLoop[ClaimedPage, PageDone]):
    """The loop around `tell_page`, beside the poller."""

    def __init__(
        self,
        pipeline: PagePipeline,
        policy: PageLoopPolicy,
        on_done: Callable[[PageDone], None] = lambda _done: None,
    ) -> None:
        leased = LeasedPolicy(
            name="pages",
            concurrency=policy.concurrency,
            lease_s=pipeline.lease_s,
            drain_s=policy.drain_s,
            busy_s=IDLE_S,  # pages of one host wait for each other most of the time
        )
        super().__init__(Pages(pipeline), pipeline.database, leased, on_done)


class Pages:
    """The pages that are due, as work that is done under leases."""

    def __init__(self, pipeline: PagePipeline) -> None:
        self._pipeline = pipeline

    async def next_due(self, session: ReadSession) -> datetime | None:
        return await next_page_at(session)

    async def claim(self, session: WriteSession, limit: int) -> Sequence[ClaimedPage]:
        return await claim_pages(
            session,
            limit=limit,
            lease_s=self._pipeline.lease_s,
            per_hour=self._pipeline.requests_per_hour,
        )

    async def renew(self, session: WriteSession, item: ClaimedPage) -> None:
        await renew_page(session, item, self._pipeline.lease_s)

    async def give_back(self, session: WriteSession, item: ClaimedPage) -> None:
        await give_back_page(session, item, gap_s=self._pipeline.host_gap_s)

    async def do(self, item: ClaimedPage) -> PageDone:
        return await tell_page(item, self._pipeline)

    def named(self, item: ClaimedPage) -> Mapping[str, int]:
        return {"story_id": item.story_id, "feed_id": item.feed_id}

    async def broke(self, item: ClaimedPage, error: Exception, started: float) -> PageDone:
        log.error("page_broke", story_id=item.story_id, url=item.url, exc_info=error)
        kind, detail = blamed(error)
        fault = NoPage(kind=kind, detail=detail)
        return await apply_result(item, fault, self._pipeline, started)
