"""Where everything is put together: the service's parts, and the application over them."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry

from app import __version__
from app.api import (
    admin,
    changes,
    clusters,
    docs,
    event_stream,
    explain,
    insights,
    normalize,
    opml,
    ops,
    revisions,
    search_reads,
    searches,
    stories,
    tags,
)
from app.api import replay as replay_routes
from app.api.deps import Deps, may_read, refuse_odd_parameters
from app.api.event_stream import write_event
from app.api.middleware import Requests
from app.api.problems import handle_problems
from app.core.make import taggers_of
from app.core.schedule import PollPolicy
from app.core.search.index import Indexable, IndexTerms, index_all
from app.core.types import FetchPolicy
from app.errors import Unavailable
from app.ingest.again import make_one
from app.ingest.english_model import NAME, START
from app.ingest.authorize import FeedSecrets
from app.ingest.discover import discover
from app.ingest.fulltext import PagePipeline
from app.ingest.observe import page_observer, poll_observer
from app.ingest.offload import Offload, OffloadFailed
from app.ingest.page_loop import PageLoop, PageLoopPolicy
from app.ingest.pipeline import Pipeline, Polled
from app.ingest.poller import Poller, PollerPolicy
from app.ingest.preview import read_preview
from app.ingest.probe import probe
from app.ingest.renew import Renewer, renew_batch, tell_of_outdated
from app.ingest.replay import replay
from app.ingest.robots import RobotsCache
from app.net import AddressPolicy, HttpClients
from app.push.fanout import Fanout
from app.push.watch import LogWatch
from app.settings import Settings, feed_variables
from app.store.engine import Database, open_database
from app.store.keys import ensure_admin_key
from app.store.meta import cursor_secret, lock_meta
from app.store.migrate import migrate
from app.store.plans import Applied
from app.store.sealing import Sealer
from app.telemetry import Metrics
from app.work.loops import Loops


@dataclass(slots=True, kw_only=True)
class Service:
    """The parts of one process, open; `first_key` is set when this start made the first key."""

    settings: Settings
    database: Database
    pipeline: Pipeline
    poller: Poller
    pages: PageLoop
    loops: Loops
    registry: CollectorRegistry
    metrics: Metrics
    taggers: str
    cursor_secret: bytes
    watch: LogWatch
    first_key: str | None = None
    draining: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def open_service(
    settings: Settings,
    *,
    polls: bool,
    makes_key: bool = True,
    on_polled: Callable[[Polled], None] | None = None,
) -> AsyncIterator[Service]:
    """Open the database (migrated), the clients and the worker processes; close them in order.

    `makes_key`: see to an admin key, as a server does. `on_polled` hears of every poll.
    """
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        await migrate(database)
        taggers = taggers_of(NAME if settings.nlp else None)
        await tell_of_outdated(database, taggers)
        clients = await stack.enter_async_context(
            HttpClients(AddressPolicy(allow=settings.allow_private_networks))
        )
        offload = await stack.enter_async_context(_offload(settings, polls=polls))
        registry = CollectorRegistry()
        metrics = Metrics(registry)
        pipeline = Pipeline(
            database=database,
            clients=clients,
            offload=offload,
            fetch_policy=_fetch_policy(settings),
            max_entries=settings.max_entries,
            host_gap_s=settings.host_gap_s,
            requests_per_hour=settings.requests_per_hour,
            lease_s=_lease_s(settings),
            secrets=FeedSecrets(sealer=Sealer(settings.secret_keys), variables=feed_variables()),
        )
        poller = Poller(pipeline, _poller_policy(settings), poll_observer(metrics, on_polled))
        metrics.polls_in_flight.set_function(lambda: poller.in_flight)
        pages = _pages(pipeline, metrics)
        yield Service(
            settings=settings,
            database=database,
            pipeline=pipeline,
            poller=poller,
            pages=pages,
            loops=Loops(
                {
                    "poller": poller,
                    "pages": pages,
                    "renewer": Renewer(database, offload, taggers),
                }
            ),
            registry=registry,
            metrics=metrics,
            taggers=taggers,
            cursor_secret=await cursor_secret(database),
            watch=LogWatch(database),
            first_key=await _ensure_admin_key(database, settings) if makes_key else None,
        )


def create_app(
    settings: Settings,
    *,
    poll: bool | None = None,
    local_key: str | None = None,
    makes_key: bool = True,
) -> FastAPI:
    """The application; while it runs, `app.state.service` holds its parts.

    `poll` overrides the setting. `local_key` administers too: it is known to this process, and to
    whom it tells it. `makes_key` as in `open_service`.
    """
    polls = settings.poll if poll is None else poll

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = open_service(settings, polls=polls, makes_key=makes_key)
        async with opened as service, asyncio.TaskGroup() as group:
            app.state.service = service
            app.state.deps = _deps(service, local_key, group)
            group.create_task(service.watch.run(), name="log watch")
            if polls:
                group.create_task(service.loops.run(), name="loops")
            try:
                yield
            finally:
                service.draining.set()
                service.loops.stop()
                service.watch.stop()

    app = docs.DescribedApp(
        title="Copydesk",
        version=__version__,
        summary="One clean, de-duplicated, tagged, searchable and replayable stream of stories.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would send callers to whatever host they name
        dependencies=[Depends(refuse_odd_parameters)],
    )
    app.add_middleware(
        Requests,
        observe=lambda *seen: _observe_request(app, *seen),
        body_caps={
            opml.IMPORT_PATH: opml.MAX_OPML_BYTES,
            normalize.PATH: normalize.MAX_DOCUMENT_BYTES,
            replay_routes.PATH_END: replay_routes.MAX_REPLAY_BYTES,
        },
    )
    handle_problems(app)
    docs.serve_docs(app)
    _include_routes(app)
    return app


def _include_routes(app: FastAPI) -> None:
    for router in (
        explain.router,
        insights.router,
        stories.router,
        revisions.router,
        clusters.router,
        tags.router,
        changes.router,
        event_stream.router,
        searches.router,
        search_reads.router,
    ):
        app.include_router(router, dependencies=[Depends(may_read)])
    for router in (admin.router, ops.router, ops.metrics_router):  # each guards itself
        app.include_router(router)


def utc_now() -> datetime:
    return datetime.now(UTC)


def _deps(service: Service, local_key: str | None, group: asyncio.TaskGroup) -> Deps:
    async def poll_now(feed_id: int, timeout_s: float) -> bool:
        polled = await service.poller.poll_now(feed_id, timeout_s)
        return polled is not None and polled.applied is Applied.APPLIED

    async def index(stories: Sequence[Indexable]) -> Sequence[IndexTerms]:
        indexed = await service.pipeline.offload.run(index_all, stories)
        if isinstance(indexed, OffloadFailed):
            raise Unavailable(f"the stories could not be read ({indexed.detail}): send fewer")
        return indexed

    fanout = Fanout(
        service.database, service.watch, write=write_event, clock=utc_now, start=group.create_task
    )
    return Deps(
        database=service.database,
        clock=utc_now,
        reading_is_open=service.settings.reading_is_open,
        cursor_secret=service.cursor_secret,
        registry=service.registry,
        sealer=service.pipeline.secrets.sealer,
        probe=lambda url, feed_id: probe(url, service.pipeline, feed_id),
        discover=lambda url: discover(url, service.pipeline),
        preview=lambda asked: read_preview(asked, service.pipeline),
        index_terms=index,
        renew=lambda before, limit, which: renew_batch(
            service.database,
            service.pipeline.offload,
            before=before,
            limit=limit,
            which=which,
            taggers=service.taggers,
        ),
        taggers=service.taggers,
        make_again=lambda making: make_one(service.pipeline.offload, making),
        poll_now=poll_now,
        replay=lambda asked: replay(asked, service.pipeline, _poller_policy(service.settings)),
        wake_poller=service.poller.wake,
        wait_for_changes=service.watch.beyond,
        listen=fanout.listen,
        is_draining=service.draining.is_set,
        start=group.create_task,
        local_key=local_key,
    )


async def _ensure_admin_key(database: Database, settings: Settings) -> str | None:
    async with database.write() as session:
        await lock_meta(session)  # of servers that start together, one makes the key
        given = settings.admin_key
        secret = None if given is None else given.get_secret_value()
        return await ensure_admin_key(session, secret, utc_now())


def _offload(settings: Settings, *, polls: bool) -> Offload:
    return Offload(
        workers=settings.parse_workers if polls else 1,
        cpu_s=max(1, round(settings.parse_timeout_s)),
        memory_bytes=settings.parse_memory_mb * 1024 * 1024,
        timeout_s=settings.parse_timeout_s,
        begin=START if settings.nlp else None,
        at_once=polls,
    )


def _fetch_policy(settings: Settings) -> FetchPolicy:
    return FetchPolicy(
        deadline_s=settings.fetch_deadline_s,
        max_wire_bytes=settings.max_wire_bytes,
        max_body_bytes=settings.max_body_bytes,
        user_agent=settings.user_agent,
    )


def _poller_policy(settings: Settings) -> PollerPolicy:
    return PollerPolicy(
        owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}",
        concurrency=settings.concurrency,
        lease_s=_lease_s(settings),
        intervals=PollPolicy(
            min_interval_s=settings.min_interval_s, max_interval_s=settings.max_interval_s
        ),
    )


def _pages(pipeline: Pipeline, metrics: Metrics) -> PageLoop:
    pages = PagePipeline(
        database=pipeline.database,
        clients=pipeline.clients,
        offload=pipeline.offload,
        fetch_policy=pipeline.fetch_policy,
        robots=RobotsCache(time.monotonic),
        host_gap_s=pipeline.host_gap_s,
        lease_s=pipeline.lease_s,
        requests_per_hour=pipeline.requests_per_hour,
    )
    return PageLoop(pages, PageLoopPolicy(), page_observer(metrics))


def _lease_s(settings: Settings) -> float:
    return 10 + 2 * (settings.fetch_deadline_s + settings.parse_timeout_s)


def _observe_request(app: FastAPI, method: str, route: str, status: int, seconds: float) -> None:
    service: Service | None = getattr(app.state, "service", None)
    if service is not None:
        service.metrics.requests.labels(method, route, str(status)).inc()
        service.metrics.request_seconds.labels(route).observe(seconds)
