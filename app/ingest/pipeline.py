"""Poll one feed: fetch → gather → parse → what is known? → plan → apply.

Nothing returns early: whatever happens on the way, a plan with a ledger row, a next poll time and
its reasons is applied. No transaction is open across the network or heavy work.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.match import stories_to_read
from app.core.moves import led_to
from app.core.parse.sitemap import is_index
from app.core.parts import PartWrites, write_part
from app.core.plan import (
    begin_plan,
    body_hash,
    finish_plan,
    kept,
    plan_failure,
    plan_unchanged,
    read_document,
)
from app.core.poll import ClaimedFeed, Document, FeedPlan
from app.core.pushed import as_fetched, plan_of_push
from app.core.types import (
    Fetched,
    FetchFailed,
    FetchPolicy,
    FetchResult,
    NotModified,
    ParseFailed,
)
from app.core.upkeep import sent_with, with_upkeep
from app.core.urls import without_credentials
from app.ingest.authorize import FeedSecrets, authorize, refused
from app.ingest.entrance import Entrance, Lease, answers_of
from app.ingest.faults import blamed
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.gather import Gatherer
from app.ingest.offload import Offload, OffloadFailed
from app.net import HttpClients
from app.store.attempts import begin_reading
from app.store.credentials import Credentials, read_credentials
from app.store.engine import Database
from app.store.faults import has_clashed
from app.store.finish import kept_body
from app.store.leases import holder_of
from app.store.moves import taken_back
from app.store.pages import entries_told_by_page
from app.store.plans import Applied, apply_plan
from app.store.pushes import read_push
from app.store.recall import recall
from app.tracing import span

log = structlog.get_logger()

REPLANS: Final = 5
"""How often a plan may find that another feed of its source was quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """What polling a feed needs."""

    database: Database
    clients: HttpClients
    offload: Offload
    fetch_policy: FetchPolicy
    max_entries: int
    host_gap_s: float
    requests_per_hour: int | None = None  # of all processes together
    lease_s: float = 180.0  # of hosts that a feed leads to
    secrets: FeedSecrets = field(default_factory=FeedSecrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """One poll: what it decided, and whether that was written."""

    plan: FeedPlan
    applied: Applied


async def poll_feed(feed: ClaimedFeed, pipeline: Pipeline) -> Polled:
    """Poll a claimed feed and apply the plan; raises Overslept where it is too late to ask."""
    started = time.monotonic()
    fetched = await obtain(feed, pipeline, started)
    document = await _read_once(feed, fetched, pipeline)
    for _ in range(REPLANS):
        now = feed.claimed_at + timedelta(seconds=time.monotonic() - started)
        with span("plan"):
            plan = await plan_poll(feed, fetched, document, now, pipeline)
        if feed.push_id is None:  # else nobody was asked
            plan = replace(plan, answers=answers_of(fetched), dialled=fetched.dialled)
        plan = with_upkeep(plan, fetched, document, await _taken_back(feed, fetched, pipeline))
        with span("apply") as told:
            applied = await apply(plan, pipeline)
            told.set(applied=applied.value, new=len(plan.new), changed=len(plan.changed))
        if applied is not Applied.STALE:
            return Polled(plan=plan, applied=applied)
    plan = internal_failure(feed, RuntimeError("every plan was stale"))
    return Polled(plan=plan, applied=await apply(plan, pipeline))


async def obtain(feed: ClaimedFeed, pipeline: Pipeline, begun: float) -> FetchResult:
    """What the feed's server gives: its document, or all that this only lists, or why not.

    `begun` is when the poll began, by the monotonic clock; raises Overslept where it is too late.
    """
    if feed.push_id is not None:
        return await _pushed(feed, feed.push_id, pipeline)
    given = await _credentials(feed, pipeline)
    authorization = authorize(feed.id, feed.url, given, pipeline.secrets)
    if isinstance(authorization, FetchFailed):
        return authorization
    entrance = Entrance(
        pipeline.database,
        Lease(holder=holder_of(feed), seconds=pipeline.lease_s),
        host=feed.host,
        per_hour=pipeline.requests_per_hour,
    )
    request = FetchRequest(
        url=feed.url,
        validators=sent_with(feed),
        validators_url=feed.validators_url,
        delta=True,
        authorization=authorization,
        enter=entrance.enter,
        begun=begun,
    )
    with span("fetch") as told:
        fetched = await fetch(request, pipeline.clients, pipeline.fetch_policy)
        told.set(url=without_credentials(feed.url), **_came_to(fetched))
    if isinstance(fetched, FetchFailed):
        return refused(feed.id, feed.url, given, fetched)
    if isinstance(fetched, Fetched) and is_index(fetched.body):
        return await _gather(feed, fetched, pipeline, request)
    return fetched


async def _pushed(feed: ClaimedFeed, push_id: int, pipeline: Pipeline) -> FetchResult:
    async with pipeline.database.read() as session:
        push = await read_push(session, push_id)
    if push is None:
        return as_fetched(feed, None, None)
    return as_fetched(feed, push.body, push.content_type)


async def _taken_back(
    feed: ClaimedFeed, fetched: FetchResult, pipeline: Pipeline
) -> frozenset[str]:
    if led_to(fetched.redirects) is None:
        return frozenset()
    async with pipeline.database.read() as session:
        return await taken_back(session, feed.id)


async def _credentials(feed: ClaimedFeed, pipeline: Pipeline) -> Credentials | None:
    if not feed.authenticates:
        return None
    async with pipeline.database.read() as session:
        return await read_credentials(session, feed.id)


async def apply(plan: FeedPlan, pipeline: Pipeline) -> Applied:
    """Write a plan, or nothing at all."""
    try:
        async with pipeline.database.write() as session:
            return await apply_plan(session, plan, gap_s=pipeline.host_gap_s)
    except DBAPIError as error:
        # A story of another source took the same id at that moment, or two waited for each other
        if not isinstance(error, IntegrityError) and not has_clashed(error):
            raise
        log.warning("plan_clashed", feed_id=plan.feed.id, error=type(error.orig).__name__)
        return Applied.STALE


async def _gather(
    feed: ClaimedFeed,
    index: Fetched,
    pipeline: Pipeline,
    request: FetchRequest,
) -> Fetched | FetchFailed:
    """The documents that one only lists, as one."""
    async with pipeline.database.read() as session:
        before = await kept_body(session, feed.id)
    gatherer = Gatherer(
        clients=pipeline.clients,
        offload=pipeline.offload,
        policy=pipeline.fetch_policy,
        gap_s=pipeline.host_gap_s,
        authorization=request.authorization,
        enter=request.enter,
    )
    return await gatherer.run(index, before)


async def _read_once(
    feed: ClaimedFeed, fetched: FetchResult, pipeline: Pipeline
) -> Document | ParseFailed | None:
    """As `read`, counted: a document that nobody survives is not read for ever."""
    if isinstance(fetched, Fetched) and body_hash(fetched.body) != feed.body_hash:
        body = await asyncio.to_thread(kept, fetched) if feed.attempts else None
        async with pipeline.database.write() as session:
            await begin_reading(session, feed, body)
    return await read(feed, fetched, pipeline)


async def read(
    feed: ClaimedFeed, fetched: FetchResult, pipeline: Pipeline
) -> Document | ParseFailed | None:
    """The document that was fetched; None where there is none to read."""
    if not isinstance(fetched, Fetched) or body_hash(fetched.body) == feed.body_hash:
        return None
    with span("parse") as told:
        told.set(bytes=len(fetched.body))
        read = await pipeline.offload.run(
            read_document,
            fetched.body,
            content_type=fetched.content_type,
            url=fetched.url,
            feed_url=feed.url,
            max_entries=pipeline.max_entries,
        )
    if isinstance(read, OffloadFailed):
        return _failed(read)
    return read


async def plan_poll(
    feed: ClaimedFeed,
    fetched: FetchResult,
    document: Document | ParseFailed | None,
    now: datetime,
    pipeline: Pipeline,
) -> FeedPlan:
    """What to write for what was fetched and read; nothing is written yet."""
    match fetched, document:
        case FetchFailed(), _:
            plan = plan_failure(feed, fetched, fetched, now)
        case _, ParseFailed():
            plan = plan_failure(feed, fetched, document, now)
        case Fetched(), Document():
            plan = await _plan_document(feed, fetched, document, now, pipeline)
        case Fetched() | NotModified(), _:
            plan = plan_unchanged(feed, fetched, now)
    return plan_of_push(plan)


async def _plan_document(
    feed: ClaimedFeed, fetched: Fetched, document: Document, now: datetime, pipeline: Pipeline
) -> FeedPlan:
    async with pipeline.database.read() as session:
        known = await recall(session, feed, document)
        if feed.full_text:
            changed = stories_to_read(document.keys, known)
            known = replace(known, told_by_page=await entries_told_by_page(session, changed))
    begun = await pipeline.offload.run(begin_plan, feed, fetched, document, known, now)
    if isinstance(begun, OffloadFailed):
        return plan_failure(feed, fetched, _failed(begun), now)
    written: list[PartWrites] = []
    for part in begun.parts:
        done = await pipeline.offload.run(write_part, part)
        if isinstance(done, OffloadFailed):
            return plan_failure(feed, fetched, _failed(done), now)
        written.append(done)
    return finish_plan(begun, written)


def _came_to(fetched: FetchResult) -> dict[str, int | str | None]:
    """What a fetch came to, for a trace."""
    if isinstance(fetched, FetchFailed):
        return {"failure": fetched.kind.value, "status": fetched.status}
    size = fetched.wire_bytes if isinstance(fetched, Fetched) else 0
    return {"status": fetched.status, "bytes": size}


def _failed(work: OffloadFailed) -> ParseFailed:
    return ParseFailed(kind=work.kind, detail=work.detail)


def internal_failure(feed: ClaimedFeed, error: Exception) -> FeedPlan:
    """The plan of a poll that broke on a fault of ours, so that the feed is polled again."""
    kind, detail = blamed(error)
    failed = FetchFailed(
        kind=kind,
        detail=detail,
        url=without_credentials(feed.url),
    )
    return plan_of_push(plan_failure(feed, failed, failed, feed.claimed_at))
