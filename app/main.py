"""Where everything is put together: the service's parts, and the application over them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI

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
    newsapi,
    normalize,
    opml,
    ops,
    revisions,
    search_reads,
    searches,
    stories,
    tags,
    webhook_actions,
    webhooks,
    websub,
)
from app.api import replay as replay_routes
from app.api.callers import may_read
from app.api.cors import Cors
from app.api.deps import Deps, refuse_odd_parameters
from app.api.event_stream import write_event
from app.api.limits import Limits
from app.api.middleware import Requests
from app.api.problems import handle_problems
from app.console.opml import IMPORT, MAX_FORM_BYTES
from app.console.routes import console_routes
from app.console.visit import Console
from app.core.deployment import Facts
from app.core.tagging.vocabulary import load_vocabulary
from app.ingest.again import make_one
from app.ingest.checkup import examine
from app.ingest.discover import discover
from app.ingest.preview import read_preview
from app.ingest.probe import fetch_once, probe
from app.ingest.renew import renew_batch
from app.ingest.replay import replay
from app.policies import poller_policy_of, setting_facts
from app.process import Service, index_terms, open_service, utc_now
from app.push.fanout import Fanout
from app.push.observe import observe_fanout
from app.settings import Settings
from app.store.engine import is_sqlite, sqlite_path
from app.store.machine import disk_free
from app.store.plans import Applied


def create_app(
    settings: Settings,
    *,
    poll: bool | None = None,
    local_key: str | None = None,
    makes_key: bool = True,
    works: bool | None = None,
) -> FastAPI:
    """The application; while it runs, `app.state.service` holds its parts.

    `poll` overrides the setting. `local_key` administers too: it is known to this process, and to
    whom it tells it. `makes_key` as in `open_service`. `works`: see to jobs also where nothing is
    polled; by default where no other process can, as that of an SQLite file.
    """
    polls = settings.poll if poll is None else poll
    if works is None:
        works = is_sqlite(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = open_service(settings, polls=polls, makes_key=makes_key)
        async with opened as service, asyncio.TaskGroup() as group:
            app.state.service = service
            app.state.deps = _deps(service, local_key, group)
            _start_loops(service, group, polls=polls, works=works, serves=makes_key)
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
        body_caps=_body_caps(settings),
    )
    if settings.cors_origins:
        app.add_middleware(Cors, origins=settings.cors_origins)
    handle_problems(app)
    docs.serve_docs(app)
    _include_routes(app)
    app.state.console = Console(
        application=app,
        database=lambda: app.state.service.database,
        clock=utc_now,
        public_url=settings.public_url,
    )
    app.router.routes.extend(console_routes())
    return app


def _body_caps(settings: Settings) -> dict[str, int]:
    return {
        opml.IMPORT_PATH: opml.MAX_OPML_BYTES,
        IMPORT: MAX_FORM_BYTES,
        normalize.PATH: normalize.MAX_DOCUMENT_BYTES,
        replay_routes.PATH_END: replay_routes.MAX_REPLAY_BYTES,
        websub.PREFIX: min(settings.max_wire_bytes, settings.max_body_bytes),
    }


def _start_loops(
    service: Service, group: asyncio.TaskGroup, *, polls: bool, works: bool, serves: bool
) -> None:
    """What runs beside the requests until the service stops; `serves`: for others, not a command
    alone, which nobody is to be alarmed about.
    """
    group.create_task(asyncio.to_thread(load_vocabulary), name="vocabulary")
    group.create_task(service.watch.run(), name="log watch")
    if service.settings.push:
        group.create_task(service.pushing.run(), name="pushing")
    if polls:
        group.create_task(service.loops.run(), name="loops")
        return
    if works:
        group.create_task(service.jobs.run(), name="jobs")
    if serves:
        group.create_task(service.alerter.run(), name="alerts")


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
        webhook_actions.router,
    ):
        app.include_router(router, dependencies=[Depends(may_read)])
    # Each guards itself.
    for router in (admin.router, ops.router, ops.metrics_router, websub.router, newsapi.router):
        app.include_router(router)


def _deps(service: Service, local_key: str | None, group: asyncio.TaskGroup) -> Deps:
    async def poll_now(feed_id: int, timeout_s: float) -> bool:
        polled = await service.poller.poll_now(feed_id, timeout_s)
        return polled is not None and polled.applied is Applied.APPLIED

    fanout = Fanout(
        service.database, service.watch, write=write_event, clock=utc_now, start=group.create_task
    )
    observe_fanout(service.metrics, fanout)
    file = sqlite_path(service.settings.database_url)
    return Deps(
        database=service.database,
        clock=utc_now,
        reading_is_open=service.settings.reading_is_open,
        limits=Limits(
            service.settings.requests_per_minute,
            service.settings.trusted_proxies,
            on_refused=lambda by: service.metrics.limited.labels(by).inc(),
        ),
        cursor_secret=service.cursor_secret,
        registry=service.registry,
        sealer=service.pipeline.secrets.sealer,
        probe=lambda url, feed_id: probe(url, service.pipeline, feed_id),
        discover=lambda url: discover(url, service.pipeline),
        fetch_once=lambda url: fetch_once(url, service.pipeline),
        preview=lambda asked: read_preview(asked, service.pipeline),
        index_terms=lambda stories: index_terms(service.pipeline.offload, stories),
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
        examine=lambda online: _examine(service, online=online),
        wake_poller=service.poller.wake,
        disk_free=lambda: disk_free(file) if file else None,
        count_push=lambda outcome: service.metrics.pushes.labels(outcome).inc(),
        public_url=service.settings.public_url,
        wait_for_changes=service.watch.beyond,
        listen=fanout.listen,
        test_webhook=service.pushing.test,
        wake_pusher=service.pushing.wake,
        wake_jobs=service.jobs.wake,
        is_draining=service.draining.is_set,
        start=group.create_task,
        local_key=local_key,
    )


async def _examine(service: Service, *, online: bool) -> Facts:
    return await examine(
        setting_facts(service.settings),
        database=service.database,
        file=sqlite_path(service.settings.database_url),
        offload=service.pipeline.offload,
        clients=service.pipeline.clients,
        fetch_policy=service.pipeline.fetch_policy,
        clock=utc_now,
        online=online,
    )


def _observe_request(app: FastAPI, method: str, route: str, status: int, seconds: float) -> None:
    service: Service | None = getattr(app.state, "service", None)
    if service is not None:
        service.metrics.requests.labels(method, route, str(status)).inc()
        service.metrics.request_seconds.labels(route).observe(seconds)
