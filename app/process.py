"""The parts of one process, put together: database, clients, workers, and the loops over them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from app.api import importing
from app.core.make import taggers_of
from app.core.search.index import Indexable, IndexTerms, index_all
from app.errors import Unavailable
from app.ingest.authorize import FeedSecrets
from app.ingest.english_model import NAME, START
from app.ingest.fulltext import PagePipeline
from app.ingest.observe import page_observer, poll_observer
from app.ingest.offload import Offload, OffloadFailed
from app.ingest.page_loop import PageLoop, PageLoopPolicy
from app.ingest.pipeline import Pipeline, Polled
from app.ingest.poller import Poller
from app.ingest.renew import Renewer, tell_of_outdated
from app.ingest.renew_jobs import Reindexing, Renewing
from app.ingest.robots import RobotsCache
from app.ingest.websub import Hubs, Subscriber
from app.net import AddressPolicy, HttpClients
from app.policies import (
    alert_policy_of,
    alert_receiver_of,
    feed_variables,
    fetch_policy_of,
    lease_s_of,
    poller_policy_of,
    retention_policy_of,
)
from app.push.alerting import Alerter
from app.push.observe import delivery_observer
from app.push.pushing import Pushing
from app.push.sender import DeliveryPolicy, Sender
from app.push.watch import LogWatch
from app.settings import Settings
from app.store.engine import Database, open_database, sqlite_path
from app.store.keys import ensure_admin_key
from app.store.meta import cursor_secret, lock_meta
from app.store.migrate import migrate
from app.store.renewal import Outdated
from app.store.sealing import Sealer
from app.telemetry import Metrics
from app.tracing import exporting_to, trace_into
from app.work import retention
from app.work.jobs import JobKind, JobLoop
from app.work.loops import Loops, Runs


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
    alerter: Alerter
    jobs: JobLoop
    first_key: str | None = None
    draining: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Ready no more, polling and telling no more; who waits for news is let go."""
        self.draining.set()
        self.loops.stop()
        self.jobs.stop()
        self.alerter.stop()
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
        if settings.otlp_endpoint is not None:
            await stack.enter_async_context(_tracing(settings.otlp_endpoint))
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
        pipeline = _pipeline(settings, database, clients, offload)
        poller = Poller(pipeline, poller_policy_of(settings), poll_observer(metrics, on_polled))
        metrics.polls_in_flight.set_function(lambda: poller.in_flight)
        pages = _pages(pipeline, metrics)
        alerter = _alerter(settings, pipeline)
        jobs = _jobs(settings, pipeline, taggers, poller.wake)
        loops: dict[str, Runs] = {
            "poller": poller,
            **_subscriber(settings, pipeline),
            "pages": pages,
            "alerts": alerter,
            "jobs": jobs,
        }
        yield Service(
            settings=settings,
            database=database,
            pipeline=pipeline,
            poller=poller,
            pages=pages,
            loops=Loops({**loops, "renewer": Renewer(database, offload, taggers)}),
            registry=registry,
            metrics=metrics,
            taggers=taggers,
            cursor_secret=await cursor_secret(database),
            watch=LogWatch(database),
            pushing=_pushing(settings, pipeline, metrics),
            alerter=alerter,
            jobs=jobs,
            first_key=await _ensure_admin_key(database, settings) if makes_key else None,
        )


@asynccontextmanager
async def _tracing(endpoint: str) -> AsyncIterator[None]:
    """Spans are sent to a collector; those of the end before the process ends."""
    provider = exporting_to(endpoint)
    trace_into(provider)
    try:
        yield
    finally:
        trace_into(None)
        await asyncio.to_thread(provider.shutdown)


def _pipeline(
    settings: Settings, database: Database, clients: HttpClients, offload: Offload
) -> Pipeline:
    return Pipeline(
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


def _jobs(
    settings: Settings, pipeline: Pipeline, taggers: str, wake_poller: Callable[[], None]
) -> JobLoop:
    database, offload = pipeline.database, pipeline.offload
    sealer = pipeline.secrets.sealer
    kinds: dict[str, JobKind] = {
        "reindex": Reindexing(database, lambda stories: index_terms(offload, stories)),
        "reprocess": Renewing(database, offload, Outdated.ALL, taggers),
        "backfill": Renewing(database, offload, Outdated.TAGS, taggers),
        importing.KIND: importing.Importing(database, sealer, utc_now, wake_poller),
        retention.KIND: retention.Retention(database, retention_policy_of(settings)),
    }
    return JobLoop(database, kinds, daily=[retention.KIND])


def _pushing(settings: Settings, pipeline: Pipeline, metrics: Metrics) -> Pushing:
    return Pushing(
        pipeline.database,
        _sender(settings, pipeline),
        _delivery_policy(settings),
        index_terms=lambda stories: index_terms(pipeline.offload, stories),
        clock=utc_now,
        on_delivered=delivery_observer(metrics),
        on_unread=metrics.deliveries.labels("unread").inc,
        keep_log=None if settings.log_days is None else timedelta(days=settings.log_days),
    )


def _delivery_policy(settings: Settings) -> DeliveryPolicy:
    return DeliveryPolicy(user_agent=settings.user_agent, public_url=settings.public_url)


def _sender(settings: Settings, pipeline: Pipeline) -> Sender:
    policy = _delivery_policy(settings)
    return Sender(pipeline.clients, policy, utc_now, pipeline.secrets.sealer)


def _alerter(settings: Settings, pipeline: Pipeline) -> Alerter:
    return Alerter(
        pipeline.database,
        alert_policy_of(settings),
        _sender(settings, pipeline),
        utc_now,
        receiver=alert_receiver_of(settings),
        file=sqlite_path(settings.database_url),
    )


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


async def index_terms(offload: Offload, stories: Sequence[Indexable]) -> Sequence[IndexTerms]:
    """What stories are found by; raises Unavailable where no worker can say."""
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
