"""Fetches what pages are due, a few at once, one of each host, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from app.core.page.job import ClaimedPage, NoPage
from app.core.types import Failure
from app.ingest.fulltext import PageDone, PagePipeline, apply_result, tell_page
from app.store.engine import DATABASE_FAULTS
from app.store.leases import database_now
from app.store.page_leases import claim_pages, give_back_page, next_page_at, renew_page

log = structlog.get_logger()

IDLE_S: Final = 1.0
RETRY_S: Final = 2.0
RENEWALS: Final = 3
"""How often a lease is renewed within its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoopPolicy:
    concurrency: int = 8
    drain_s: float = 10.0


class PageLoop:
    """The loop around `tell_page`; several may run on one PostgreSQL, beside pollers."""

    def __init__(
        self,
        pipeline: PagePipeline,
        policy: PageLoopPolicy,
        on_done: Callable[[PageDone], None] = lambda _done: None,
    ) -> None:
        self._pipeline = pipeline
        self._policy = policy
        self._on_done = on_done
        self._visits: dict[asyncio.Task[None], ClaimedPage] = {}
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()

    def stop(self) -> None:
        """Claim no more; `run` returns when the visits under way have ended or been given back."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Fetch until stopped; a database that is away is waited for."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                started = await self._claim() if await self._is_due() else 0
                pause_s = 0.0 if started else IDLE_S
            except DATABASE_FAULTS as error:
                log.warning("database_away", error=str(error), retry_s=RETRY_S)
                pause_s = RETRY_S
            except Exception:
                log.exception("page_loop_broke", retry_s=RETRY_S)  # and goes on: it never stops
                pause_s = RETRY_S
            if pause_s:
                await self._sleep(pause_s)
        await self._drain()

    async def run_once(self) -> int:
        """Fetch everything that is due now and return how many pages that were."""
        async with self._pipeline.database.read() as session:
            started_at = await database_now(session)
        fetched = 0
        while not self._stopping.is_set():
            fetched += await self._claim()
            if self._visits:
                await asyncio.wait(self._visits, return_when=asyncio.FIRST_COMPLETED)
                continue
            async with self._pipeline.database.read() as session:
                due_at = await next_page_at(session)
            if due_at is None or due_at > started_at:
                break
            await self._sleep(IDLE_S / 10)  # due, but its host or somebody else's lease is busy
        await self._drain()
        return fetched

    async def _is_due(self) -> bool:
        """Looked at by a reader first: most services never have a page due."""
        async with self._pipeline.database.read() as session:
            due_at = await next_page_at(session)
            return due_at is not None and due_at <= await database_now(session)

    async def _claim(self) -> int:
        free = self._policy.concurrency - len(self._visits)
        if free <= 0:
            return 0
        async with self._pipeline.database.write() as session:
            claimed = await claim_pages(session, limit=free, lease_s=self._pipeline.lease_s)
        for page in claimed:
            task = asyncio.create_task(self._visit(page), name=f"page of story {page.story_id}")
            self._visits[task] = page
            task.add_done_callback(self._visits.pop)
        return len(claimed)

    async def _visit(self, page: ClaimedPage) -> None:
        """One page, whatever happens on the way; a fault of ours is put on record like any."""
        renewing = asyncio.create_task(self._renew(page), name=f"lease of page {page.story_id}")
        started = time.monotonic()
        try:
            self._on_done(await tell_page(page, self._pipeline))
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(page))
            raise
        except Exception as error:
            log.exception("page_broke", story_id=page.story_id, url=page.url)
            await self._record_fault(page, error, started)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            self._wake.set()

    async def _renew(self, page: ClaimedPage) -> None:
        """Keep the lease for as long as the visit takes: it may have to wait for a worker."""
        while True:
            await asyncio.sleep(self._pipeline.lease_s / RENEWALS)
            with contextlib.suppress(*DATABASE_FAULTS):
                async with self._pipeline.database.write() as session:
                    await renew_page(session, page, self._pipeline.lease_s)

    async def _give_back(self, page: ClaimedPage) -> None:
        """Let the page be claimed again at once; if that fails its lease runs out by itself."""
        with contextlib.suppress(*DATABASE_FAULTS):
            async with self._pipeline.database.write() as session:
                await give_back_page(session, page)

    async def _record_fault(self, page: ClaimedPage, error: Exception, started: float) -> None:
        fault = NoPage(
            kind=Failure.INTERNAL,
            detail=f"a fault inside the service ({type(error).__name__}): see the log",
        )
        try:
            self._on_done(await apply_result(page, fault, self._pipeline, started))
        except Exception:
            log.exception("page_lost", story_id=page.story_id)  # its lease runs out; it is due

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _drain(self) -> None:
        """Let the visits under way end; give back the leases of those that do not."""
        if not self._visits:
            return
        _, late = await asyncio.wait(self._visits, timeout=self._policy.drain_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
