"""Polls what is due, never more than a number at once, one of each host, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from app.core.poll import ClaimedFeed
from app.core.schedule import PollPolicy
from app.core.urls import without_credentials
from app.ingest.pipeline import Pipeline, Polled, internal_failure, poll_feed
from app.store.engine import DATABASE_FAULTS
from app.store.leases import (
    claim_due,
    claim_feed,
    database_now,
    give_back,
    next_due_at,
    renew_lease,
)
from app.store.plans import Applied, apply_plan

log = structlog.get_logger()

IDLE_S: Final = 1.0
"""Longest wait between two looks at what is due: feeds are added by other processes too."""

RETRY_S: Final = 2.0

RENEWALS: Final = 3
"""How often a lease is renewed within its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerPolicy:
    """How much is polled at once, by whom, and how long a claim may take."""

    owner: str
    concurrency: int = 32
    lease_s: float = 180.0
    drain_s: float = 20.0
    intervals: PollPolicy = field(default_factory=PollPolicy)


class Poller:
    """The loop around `poll_feed`; several may run on one PostgreSQL."""

    def __init__(
        self,
        pipeline: Pipeline,
        policy: PollerPolicy,
        on_polled: Callable[[Polled], None] = lambda _polled: None,
    ) -> None:
        self._pipeline = pipeline
        self._policy = policy
        self._on_polled = on_polled
        self._polls: dict[asyncio.Task[None], ClaimedFeed] = {}
        self._in_flight = 0
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()

    @property
    def in_flight(self) -> int:
        """How many polls are under way, those asked for by hand included."""
        return self._in_flight

    def wake(self) -> None:
        """Look at what is due now rather than in a moment."""
        self._wake.set()

    def stop(self) -> None:
        """Claim no more; `run` returns when the polls under way have ended or been given back."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Poll until stopped; a database that is away is waited for."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                started = await self._claim()
                pause_s = 0.0 if started else await self._pause_s()
            except DATABASE_FAULTS as error:
                log.warning("database_away", error=str(error), retry_s=RETRY_S)
                pause_s = RETRY_S
            except Exception:
                log.exception("poller_broke", retry_s=RETRY_S)  # and goes on: it never stops
                pause_s = RETRY_S
            if pause_s:
                await self._sleep(pause_s)
            elif len(self._polls) >= self._policy.concurrency:
                await asyncio.wait(self._polls, return_when=asyncio.FIRST_COMPLETED)
        await self._drain()

    async def run_once(self) -> int:
        """Poll everything that is due now and return how many feeds that were."""
        async with self._pipeline.database.read() as session:
            started_at = await database_now(session)
        polled = 0
        while not self._stopping.is_set():
            polled += await self._claim()
            if self._polls:
                await asyncio.wait(self._polls, return_when=asyncio.FIRST_COMPLETED)
                continue
            async with self._pipeline.database.read() as session:
                due_at = await next_due_at(session)
            if due_at is None or due_at > started_at:
                break
            await self._sleep(IDLE_S / 10)  # due, but its host or somebody else's lease is busy
        await self._drain()
        return polled

    async def poll_now(self, feed_id: int, timeout_s: float) -> Polled | None:
        """Poll one feed, due or not; None if it or its host stays busy for `timeout_s`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    feed = await self._claim_one(feed_id)
                    if feed is not None:
                        break
                    await asyncio.sleep(IDLE_S / 10)
            return await self._poll(feed)
        return None

    async def _claim(self) -> int:
        free = self._policy.concurrency - len(self._polls)
        if free <= 0:
            return 0
        async with self._pipeline.database.write() as session:
            claimed = await claim_due(
                session,
                owner=self._policy.owner,
                limit=free,
                lease_s=self._policy.lease_s,
                policy=self._policy.intervals,
            )
        for feed in claimed:
            task = asyncio.create_task(self._poll_and_forget(feed), name=f"poll feed {feed.id}")
            self._polls[task] = feed
            task.add_done_callback(self._polls.pop)
        return len(claimed)

    async def _claim_one(self, feed_id: int) -> ClaimedFeed | None:
        async with self._pipeline.database.write() as session:
            return await claim_feed(
                session,
                feed_id,
                owner=self._policy.owner,
                lease_s=self._policy.lease_s,
                policy=self._policy.intervals,
            )

    async def _poll_and_forget(self, feed: ClaimedFeed) -> None:
        await self._poll(feed)
        self._wake.set()

    async def _poll(self, feed: ClaimedFeed) -> Polled:
        """One poll, whatever happens in it; a fault of ours is put on record like any other."""
        try:
            async with self._lease_kept(feed):
                polled = await poll_feed(feed, self._pipeline)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(feed))
            raise
        except Exception as error:
            log.exception("poll_broke", feed_id=feed.id, url=without_credentials(feed.url))
            polled = await self._record_fault(feed, error)
        self._on_polled(polled)
        return polled

    @asynccontextmanager
    async def _lease_kept(self, feed: ClaimedFeed) -> AsyncIterator[None]:
        """Renew the lease for as long as the poll takes: it may have to wait for a worker."""
        renewing = asyncio.create_task(self._renew(feed), name=f"lease of feed {feed.id}")
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, feed: ClaimedFeed) -> None:
        while True:
            await asyncio.sleep(self._policy.lease_s / RENEWALS)
            with contextlib.suppress(*DATABASE_FAULTS):
                async with self._pipeline.database.write() as session:
                    await renew_lease(session, feed, self._policy.lease_s)

    async def _give_back(self, feed: ClaimedFeed) -> None:
        """Let the feed be claimed again at once; if that fails its lease runs out by itself."""
        with contextlib.suppress(*DATABASE_FAULTS):
            async with self._pipeline.database.write() as session:
                await give_back(session, [feed])

    async def _record_fault(self, feed: ClaimedFeed, error: Exception) -> Polled:
        plan = internal_failure(feed, error)
        applied = Applied.LEASE_LOST
        try:
            async with self._pipeline.database.write() as session:
                applied = await apply_plan(session, plan, gap_s=self._pipeline.host_gap_s)
        except Exception:
            log.exception("poll_lost", feed_id=feed.id)  # its lease runs out, and it is due again
        return Polled(plan=plan, applied=applied)

    async def _pause_s(self) -> float:
        async with self._pipeline.database.read() as session:
            due_at = await next_due_at(session)
            now = await database_now(session)
        return _until(due_at, now)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _drain(self) -> None:
        """Let the polls under way end; give back the leases of those that do not."""
        if not self._polls:
            return
        _, late = await asyncio.wait(self._polls, timeout=self._policy.drain_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("poller_stopped", given_back=len(late))


def _until(due_at: datetime | None, now: datetime) -> float:
    """Seconds to wait, at least a tenth of a second: what is due may have a busy host."""
    if due_at is None:
        return IDLE_S
    return min(max((due_at - now).total_seconds(), IDLE_S / 10), IDLE_S)
