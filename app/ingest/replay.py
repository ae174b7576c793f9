"""Replays a feed's document: read → plan as in a poll, shown or applied; nobody is asked for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from app.core.poll import ClaimedFeed
from app.core.replay import (
    ReplayBody,
    Replayed,
    ReplayRequest,
    as_fetched,
    is_latest,
    replayed,
    unread,
)
from app.core.types import Failure
from app.errors import Conflict, NotAFeed, NotFound, Unavailable
from app.ingest.pipeline import REPLANS, Pipeline, apply, plan_poll, read
from app.ingest.poller import PollerPolicy
from app.store.plans import Applied
from app.store.replay import claim_for_replay, end_replay, read_feed_state, read_kept


async def replay(asked: ReplayRequest, pipeline: Pipeline, policy: PollerPolicy) -> Replayed:
    """What the document comes to now, written if asked.

    Raises NotFound (no such feed, no document), NotAFeed, Conflict (somebody else has the feed).
    """
    if asked.apply:
        async with _leased(asked.feed_id, pipeline, policy) as feed:
            return await _apply(feed, asked, pipeline)
    async with pipeline.database.read() as session:
        feed = await read_feed_state(session, asked.feed_id, policy.intervals)
    return await _plan(feed, await _document(asked, pipeline), pipeline)


async def _apply(feed: ClaimedFeed, asked: ReplayRequest, pipeline: Pipeline) -> Replayed:
    document = await _document(asked, pipeline)
    for _ in range(REPLANS):
        found = await _plan(feed, document, pipeline)
        match await apply(found.plan, pipeline):
            case Applied.APPLIED:
                return replace(found, applied=True)
            case Applied.LEASE_LOST:
                raise Conflict(f"feed {feed.id} was claimed by another process: try again")
            case Applied.STALE:
                continue
    raise Unavailable("other feeds of its source were quicker each time: try again")


async def _plan(feed: ClaimedFeed, document: ReplayBody, pipeline: Pipeline) -> Replayed:
    fetched = as_fetched(document)
    anew = unread(feed)
    read_as = await read(anew, fetched, pipeline)
    plan = await plan_poll(anew, fetched, read_as, feed.claimed_at, pipeline)
    if plan.ledger.failure is Failure.INTERNAL:
        raise Unavailable(f"the document could not be read: {plan.ledger.detail}")
    if plan.ledger.failure is not None:
        why = f"{plan.ledger.failure.value}: {plan.ledger.detail}"
        raise NotAFeed(f"the document cannot be read as a feed ({why})")
    writes = replayed(plan, document, latest=is_latest(feed, document))
    return Replayed(document=document, would_be=plan, plan=writes, applied=False)


async def _document(asked: ReplayRequest, pipeline: Pipeline) -> ReplayBody:
    if asked.given is not None:
        return asked.given
    async with pipeline.database.read() as session:
        kept = await read_kept(session, asked.feed_id)
    if kept is None:
        raise NotFound(f"feed {asked.feed_id} has given no document yet that could be read")
    return kept


@asynccontextmanager
async def _leased(
    feed_id: int, pipeline: Pipeline, policy: PollerPolicy
) -> AsyncIterator[ClaimedFeed]:
    """The feed under a lease of ours, which ends whatever happens."""
    async with pipeline.database.write() as session:
        await read_feed_state(session, feed_id, policy.intervals)  # or NotFound
        feed = await claim_for_replay(
            session, feed_id, owner=policy.owner, lease_s=policy.lease_s, policy=policy.intervals
        )
    if feed is None:
        raise Conflict(f"feed {feed_id} is being polled: try again in a moment")
    try:
        yield feed
    finally:
        async with pipeline.database.write() as session:
            await end_replay(session, feed)
