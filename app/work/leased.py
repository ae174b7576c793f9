"""The loop over work that is claimed by lease: feeds to poll, pages to fetch, and their like.

Of what is due it claims a number at once, keeps each lease for as long as its task takes, and
gives back what it cannot end. Any number of processes may run it on one PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from app.store.clock import database_now
from app.store.engine import DATABASE_FAULTS, Database, ReadSession, WriteSession
from app.store.faults import is_away
from app.tracing import span
from app.work.loop import RETRY_S, Loop

log = structlog.get_logger()

IDLE_S: Final = 1.0
"""Longest wait between two looks at what is due: work is added by other processes too."""

BUSY_S: Final = 0.1
"""Wait for what is due, but whose host or lease is somebody else's."""

RENEWALS: Final = 3
"""How often a lease is renewed within its time."""

Item = TypeVar("Item")
Done = TypeVar("Done")
Done_co = TypeVar("Done_co", covariant=True)


class Overslept(Exception):
    """Raised by `do` where the process stood still for so long that it is too late to begin."""


class LeasedWork(Protocol[Item, Done_co]):
    """A kind of work that the database hands out under leases with fencing tokens."""

    async def next_due(self, session: ReadSession) -> datetime | None:
        """When the next item falls due, by the database's clock; None if none ever does."""

    async def claim(self, session: WriteSession, limit: int) -> Sequence[Item]:
        """Lease up to `limit` items that are due now."""

    async def renew(self, session: WriteSession, item: Item) -> None:
        """Make the lease as long again from now; one that was lost stays lost."""

    async def give_back(self, session: WriteSession, item: Item) -> None:
        """End the lease undone: the item may be claimed again at once."""

    async def do(self, item: Item) -> Done_co:
        """Do it, and write what came of it under the lease's token."""

    def named(self, item: Item) -> Mapping[str, int]:
        """Which one it is, for the log and for traces: `feed_id` and its like."""

    async def broke(self, item: Item, error: Exception, started: float) -> Done_co:
        """Put on record that `do` raised this, so that the item is not tried again at once;
        `started` is by the monotonic clock.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedPolicy:
    """How much is done at once; `busy_s` is the wait for due work that nobody may claim yet."""

    name: str
    concurrency: int
    lease_s: float
    drain_s: float
    busy_s: float = BUSY_S


class LeasedLoop(Generic[Item, Done]):
    """Does what is due, never more than a number at once, until told to stop."""

    def __init__(
        self,
        work: LeasedWork[Item, Done],
        database: Database,
        policy: LeasedPolicy,
        on_done: Callable[[Done], None] = lambda _done: None,
    ) -> None:
        self._work = work
        self._database = database
        self._policy = policy
        self._on_done = on_done
        self._loop = Loop(policy.name, self._turn)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        """How many items are being done, those of `perform` included."""
        return self._in_flight

    def wake(self) -> None:
        """Look at what is due now rather than in a moment."""
        self._loop.wake()

    def stop(self) -> None:
        """Claim no more; `run` returns when the tasks under way have ended or been given back."""
        self._loop.stop()

    async def run(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        await self._loop.run()
        await self._drain()

    async def run_once(self) -> int:
        """Do everything that is due now and return how many items that were."""
        _, started_at = await self._look()
        done = 0
        while not self._loop.stopping:
            done += await self._claim()
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                continue
            due_at, _ = await self._look()
            if due_at is None or due_at > started_at:
                break
            await self._loop.pause(BUSY_S)
        await self._drain()
        return done

    async def perform(self, item: Item) -> Done:
        """One claimed item, whatever happens in it; a fault of ours is put on record like any.

        Raises what a database raises that is away, and Overslept: that is no fault of the item,
        which is given back.
        """
        named = self._work.named(item)
        with bound_contextvars(**named), span(self._policy.name) as told:
            told.set(**named)
            return await self._perform(item)

    async def _perform(self, item: Item) -> Done:
        started = time.monotonic()
        try:
            async with self._lease_kept(item):
                done = await self._work.do(item)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(item))
            raise
        except Exception as error:
            if is_away(error) or isinstance(error, Overslept):
                await self._give_back(item)
                raise
            done = await self._work.broke(item, error, started)
        self._on_done(done)
        return done

    async def _turn(self) -> float:
        if len(self._tasks) >= self._policy.concurrency:
            return IDLE_S  # each task that ends wakes the loop
        due_at, now = await self._look()
        if due_at is None:
            return IDLE_S
        if due_at > now:
            return min(max((due_at - now).total_seconds(), BUSY_S), IDLE_S)
        return 0.0 if await self._claim() else self._policy.busy_s

    async def _look(self) -> tuple[datetime | None, datetime]:
        """When work is due, and now; by a reader, since mostly nothing is."""
        async with self._database.read() as session:
            return await self._work.next_due(session), await database_now(session)

    async def _claim(self) -> int:
        free = self._policy.concurrency - len(self._tasks)
        if free <= 0:
            return 0
        begun = time.monotonic()
        with span("claim") as told:
            async with self._database.write() as session:
                claimed = await self._work.claim(session, free)
            told.set(of=self._policy.name, claimed=len(claimed))
        for item in claimed:
            task = asyncio.create_task(self._perform_alone(item, begun), name=self._policy.name)
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    async def _perform_alone(self, item: Item, claimed_at: float) -> None:
        try:
            if time.monotonic() - claimed_at > self._policy.lease_s / 2:
                # This process stood still: the first renewal might come too late, or has somebody
                # else the item already, and is asking its host.
                await self._give_back(item)
                return
            await self.perform(item)
        except Overslept:
            log.info("work_given_back", loop=self._policy.name, reason="this process stood still")
        except Exception as error:
            if not is_away(error):
                log.exception("work_lost", loop=self._policy.name)  # its lease runs out; it is due
                return
            log.warning("database_away", loop=self._policy.name, error=str(error), retry_s=RETRY_S)
            await self._give_back_later(item)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._loop.wake()

    @asynccontextmanager
    async def _lease_kept(self, item: Item) -> AsyncIterator[None]:
        """Renew the lease for as long as the task takes: it may have to wait for a worker."""
        renewing = asyncio.create_task(self._renew(item), name=f"lease of {self._policy.name}")
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, item: Item) -> None:
        while True:
            await asyncio.sleep(self._policy.lease_s / RENEWALS)
            with contextlib.suppress(*DATABASE_FAULTS):
                async with self._database.write() as session:
                    await self._work.renew(session, item)

    async def _give_back(self, item: Item) -> bool:
        """Let the item be claimed again at once; if that fails its lease runs out by itself."""
        with contextlib.suppress(*DATABASE_FAULTS):
            async with self._database.write() as session:
                await self._work.give_back(session, item)
            return True
        return False

    async def _give_back_later(self, item: Item) -> None:
        """Let the item be claimed as soon as the database is back, not only when its lease ends."""
        for _ in range(math.ceil(self._policy.lease_s / RETRY_S)):
            if await self._give_back(item):
                return
            await asyncio.sleep(RETRY_S)

    async def _drain(self) -> None:
        """Let the tasks under way end; give back the leases of those that do not."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._policy.drain_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("loop_drained", loop=self._policy.name, given_back=len(late))
