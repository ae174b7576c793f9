"""Where everything is put together: the service's parts, and the application over them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

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
    log_export,
    normalize,
    opml,
    ops,
    revisions,
    search_reads,
    searches,
    stories,
    tags,
    webhooks,
    websub,
)
from app.api import replay as replay_routes
from app.api.deps import Deps, may_read, refuse_odd_parameters
from app.api.event_stream import write_event
from app.api.middleware import Requests
from app.api.problems import handle_problems
from app.core.make import taggers_of
from app.core.search.index import Indexable, IndexTerms, index_all
from app.core.tagging.vocabulary import load_vocabulary
from app.errors import Unavailable
from app.ingest.again import make_one
from app.ingest.authorize import FeedSecrets
from app.ingest.checkup import examine
from app.ingest.discover import discover
from app.ingest.english_model import NAME, START
from app.ingest.fulltext import PagePipeline
from app.ingest.observe import page_observer, poll_observer
from app.ingest.offload import Offload, OffloadFailed
from app.ingest.page_loop import PageLoop, PageLoopPolicy
from app.ingest.pipeline import Pipeline, Polled
from app.ingest.poller import Poller
from app.ingest.preview import read_preview
from app.ingest.probe import probe
from app.ingest.renew import Renewer, renew_batch, tell_of_outdated
from app.ingest.replay import replay
from app.ingest.robots import RobotsCache
from app.ingest.websub import Hubs, Subscriber
from app.net import AddressPolicy, HttpClients
from app.policies import fetch_policy_of, lease_s_of, poller_policy_of, setting_facts
from app.push.deliver import DeliveryPolicy
from app.push.fanout import Fanout
from app.push.pushing import Pushing
from app.push.watch import LogWatch
from app.settings import Settings, feed_variables
from app.store.engine import Database, open_database, sqlite_path
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
    pushing: Pushing
    first_key: str | None = None
    draining: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Ready no more, polling and telling no more; who waits for news is let go."""
        self.draining.set()
        self.loops.stop()
        self.pushing.stop()
        self.watch.stop()


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
        offload = await stack.enter_async_context(offload_of(settings, polls=polls))
        registry = CollectorRegistry()
        metrics = Metrics(registry)
        pipeline = Pipeline(
            database=database,
            clients=clients,
            offload=offload,
            fetch_policy=fetch_policy_of(settings),
            max_entries=settings.max_entries,
            host_gap_s=settings.host_gap_s,
            requests_per_hour=settings.requests_per_hour,
            lease_s=lease_s_of(settings),
            secrets=FeedSecrets(sealer=Sealer(settings.secret_keys), variables=feed_variables()),
        )
        poller = Poller(pipeline, poller_policy_of(settings), poll_observer(metrics, on_polled))
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
                    **_subscriber(settings, pipeline),
                    "pages": pages,
                    "renewer": Renewer(database, offload, taggers),
                }
            ),
            registry=registry,
            metrics=metrics,
            taggers=taggers,
            cursor_secret=await cursor_secret(database),
            watch=LogWatch(database),
            pushing=Pushing(
                database,
                clients,
                DeliveryPolicy(user_agent=settings.user_agent, public_url=settings.public_url),
                index_terms=lambda stories: _index(offload, stories),
                clock=utc_now,
                keep_log=None if settings.log_days is None else timedelta(days=settings.log_days),
            ),
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
            group.create_task(asyncio.to_thread(load_vocabulary), name="vocabulary")
            group.create_task(service.watch.run(), name="log watch")
            if settings.push:
                group.create_task(service.pushing.run(), name="pushing")
            if polls:
                group.create_task(service.loops.run(), name="loops")
            try:
                yield
            finally:
                service.stop()

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
            websub.PREFIX: min(settings.max_wire_bytes, settings.max_body_bytes),
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
        log_export.router,
        searches.router,
        search_reads.router,
        webhooks.router,
    ):
        app.include_router(router, dependencies=[Depends(may_read)])
    # Each guards itself.
    for router in (admin.router, ops.router, ops.metrics_router, websub.router):
        app.include_router(router)


def _subscriber(settings: Settings, pipeline: Pipeline) -> dict[str, Subscriber]:
    """The loop that asks hubs, if they could reach this service."""
    if settings.public_url is None:
        return {}
    hubs = Hubs(
        database=pipeline.database,
        clients=pipeline.clients,
        public_url=settings.public_url,
        user_agent=settings.user_agent,
        host_gap_s=settings.host_gap_s,
        requests_per_hour=settings.requests_per_hour,
    )
    return {"subscriptions": Subscriber(hubs)}


def utc_now() -> datetime:
    return datetime.now(UTC)


def _deps(service: Service, local_key: str | None, group: asyncio.TaskGroup) -> Deps:
    async def poll_now(feed_id: int, timeout_s: float) -> bool:
        polled = await service.poller.poll_now(feed_id, timeout_s)
        return polled is not None and polled.applied is Applied.APPLIED

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
        index_terms=lambda stories: _index(service.pipeline.offload, stories),
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
        replay=lambda asked: replay(asked, service.pipeline, poller_policy_of(service.settings)),
        examine=lambda online: examine(
            setting_facts(service.settings),
            database=service.database,
            file=sqlite_path(service.settings.database_url),
            offload=service.pipeline.offload,
            clients=service.pipeline.clients,
            fetch_policy=service.pipeline.fetch_policy,
            clock=utc_now,
            online=online,
        ),
        wake_poller=service.poller.wake,
        count_push=lambda outcome: service.metrics.pushes.labels(outcome).inc(),
        public_url=service.settings.public_url,
        wait_for_changes=service.watch.beyond,
        listen=fanout.listen,
        test_webhook=service.pushing.test,
        wake_pusher=service.pushing.wake,
        is_draining=service.draining.is_set,
        start=group.create_task,
        local_key=local_key,
    )


async def _index(offload: Offload, stories: Sequence[Indexable]) -> Sequence[IndexTerms]:
    indexed = await offload.run(index_all, stories)
    if isinstance(indexed, OffloadFailed):
        raise Unavailable(f"the stories could not be read ({indexed.detail}): send fewer")
    return indexed


async def _ensure_admin_key(database: Database, settings: Settings) -> str | None:
    async with database.write() as session:
        await lock_meta(session)  # of servers that start together, one makes the key
        given = settings.admin_key
        secret = None if given is None else given.get_secret_value()
        return await ensure_admin_key(session, secret, utc_now())


def offload_of(settings: Settings, *, polls: bool) -> Offload:
    """The worker processes; fewer, and started when first asked, where nothing is polled."""
    return Offload(
        workers=settings.parse_workers if polls else 1,
        cpu_s=max(1, round(settings.parse_timeout_s)),
        memory_bytes=settings.parse_memory_mb * 1024 * 1024,
        timeout_s=settings.parse_timeout_s,
        begin=START if settings.nlp else None,
        at_once=polls,
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


def _observe_request(app: FastAPI, method: str, route: str, status: int, seconds: float) -> None:
    service: Service | None = getattr(app.state, "service", None)
    if service is not None:
        service.metrics.requests.labels(method, route, str(status)).inc()
        service.metrics.request_seconds.labels(route).observe(seconds)
