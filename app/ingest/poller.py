"""Polls the feeds that are due, never more than a number at once, one of each host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from app.core.poll import ClaimedFeed
from app.core.schedule import PollPolicy
from app.core.urls import without_credentials
from app.ingest.pipeline import Pipeline, Polled, internal_failure, poll_feed
from app.store.engine import ReadSession, WriteSession
from app.store.leases import claim_due, claim_feed, give_back, next_due_at, renew_lease
from app.store.plans import Applied, apply_plan
from app.store.pushes import claim_pushed, next_push_at
from app.work.leased import BUSY_S, LeasedLoop, LeasedPolicy, Overslept

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollerPolicy:
    """How much is polled at once, by whom, and how long a claim may take."""

    owner: str
    concurrency: int = 32
    lease_s: float = 180.0
    drain_s: float = 20.0
    intervals: PollPolicy = field(default_factory=PollPolicy)


class Poller(LeasedLoop[ClaimedFeed, Polled]):
    """The loop around `poll_feed`."""

    def __init__(
        self,
        pipeline: Pipeline,
        policy: PollerPolicy,
        on_polled: Callable[[Polled], None] = lambda _polled: None,
    ) -> None:
        self._polls = Polls(pipeline, policy)
        leased = LeasedPolicy(
            name="polls",
            concurrency=policy.concurrency,
            lease_s=policy.lease_s,
            drain_s=policy.drain_s,
        )
        super().__init__(self._polls, pipeline.database, leased, on_polled)

    async def poll_now(self, feed_id: int, timeout_s: float) -> Polled | None:
        """Poll one feed, due or not; None if it or its host stays busy for `timeout_s`."""
        with contextlib.suppress(TimeoutError, Overslept):
            async with asyncio.timeout(timeout_s):
                while True:
                    feed = await self._polls.claim_one(feed_id)
                    if feed is not None:
                        break
                    await asyncio.sleep(BUSY_S)
            return await self.perform(feed)
        return None


class Polls:
    """The polls that are due, as work that is done under leases."""

    def __init__(self, pipeline: Pipeline, policy: PollerPolicy) -> None:
        self._pipeline = pipeline
        self._policy = policy

    async def next_due(self, session: ReadSession) -> datetime | None:
        times = (await next_due_at(session), await next_push_at(session))
        return min((at for at in times if at is not None), default=None)

    async def claim(self, session: WriteSession, limit: int) -> Sequence[ClaimedFeed]:
        """What was pushed goes first: nobody has to be asked for it."""
        policy = self._policy
        pushed = await claim_pushed(
            session,
            owner=policy.owner,
            limit=limit,
            lease_s=policy.lease_s,
            policy=policy.intervals,
        )
        due = await claim_due(
            session,
            owner=policy.owner,
            limit=limit - len(pushed),
            lease_s=policy.lease_s,
            policy=policy.intervals,
            per_hour=self._pipeline.requests_per_hour,
        )
        return [*pushed, *due]

    async def claim_one(self, feed_id: int) -> ClaimedFeed | None:
        async with self._pipeline.database.write() as session:
            return await claim_feed(
                session,
                feed_id,
                owner=self._policy.owner,
                lease_s=self._policy.lease_s,
                policy=self._policy.intervals,
                per_hour=self._pipeline.requests_per_hour,
            )

    async def renew(self, session: WriteSession, item: ClaimedFeed) -> None:
        await renew_lease(session, item, self._policy.lease_s)

    async def give_back(self, session: WriteSession, item: ClaimedFeed) -> None:
        await give_back(session, [item], gap_s=self._pipeline.host_gap_s)

    async def do(self, item: ClaimedFeed) -> Polled:
        return await poll_feed(item, self._pipeline)

    def named(self, item: ClaimedFeed) -> Mapping[str, int]:
        return {"feed_id": item.id}

    async def broke(self, item: ClaimedFeed, error: Exception, _started: float) -> Polled:
        log.error("poll_broke", feed_id=item.id, url=without_credentials(item.url), exc_info=error)
        plan = internal_failure(item, error)
        applied = Applied.LEASE_LOST
        try:
            async with self._pipeline.database.write() as session:
                applied = await apply_plan(session, plan, gap_s=self._pipeline.host_gap_s)
        except Exception:
            log.exception("poll_lost", feed_id=item.id)  # its lease runs out, and it is due again
        return Polled(plan=plan, applied=applied)
