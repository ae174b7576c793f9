"""Logs as events, and the metrics of one process."""

from __future__ import annotations

import logging
import platform
import sys
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from app import __version__
from app.core.poll import FeedPlan
from app.core.story import PublishedFrom
from app.tracing import trace_ids

DAY_S: Final = 86_400
DELAY_BUCKETS_S = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, DAY_S)
POLL_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
REQUEST_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


def configure_logging(level: str, *, as_json: bool) -> None:
    """Send events, and what libraries log, to standard error: one line each."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        trace_ids,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The default shows local variables, and with them the keys that callers sent.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        final.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*final, renderer])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "hpack", "alembic", "aiosqlite", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Metrics:
    """The metrics of one process; every label's values are bounded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        ProcessCollector(registry=registry)
        build = Info("copydesk_build", "The release, and what runs it.", registry=registry)
        build.info({"version": __version__, "python": platform.python_version()})
        self.polls = Counter("copydesk_polls", "Polls by outcome.", ["outcome"], registry=registry)
        self.poll_failures = Counter(
            "copydesk_poll_failures", "Failed polls by kind.", ["failure"], registry=registry
        )
        self.plans_discarded = Counter(
            "copydesk_plans_discarded",
            "Plans that were not applied, by reason (lease_lost, stale).",
            ["reason"],
            registry=registry,
        )
        self.poll_seconds = Histogram(
            "copydesk_fetch_seconds",
            "Time of the fetch of a poll.",
            buckets=POLL_BUCKETS_S,
            registry=registry,
        )
        self.fetched_bytes = Counter(
            "copydesk_fetched_bytes", "Bytes of feeds as sent by servers.", registry=registry
        )
        self.pages = Counter(
            "copydesk_pages",
            "Pages of stories fetched for their text, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self.stories = Counter(
            "copydesk_stories", "Stories written, by what was done.", ["change"], registry=registry
        )
        self.delay_seconds = Histogram(
            "copydesk_publish_to_available_seconds",
            "From publication to availability, of stories published within a day.",
            buckets=DELAY_BUCKETS_S,
            registry=registry,
        )
        self.polls_in_flight = Gauge(
            "copydesk_polls_in_flight", "Polls under way.", registry=registry
        )
        self._count_requests(registry)
        self._count_what_is_told(registry)

    def _count_requests(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "copydesk_http_requests",
            "Requests answered, by route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.request_seconds = Histogram(
            "copydesk_http_request_seconds",
            "Time to answer a request, by route.",
            ["route"],
            buckets=REQUEST_BUCKETS_S,
            registry=registry,
        )
        self.limited = Counter(
            "copydesk_http_limited",
            "Requests refused for their number, by what was counted.",
            ["by"],
            registry=registry,
        )

    def _count_what_is_told(self, registry: CollectorRegistry) -> None:
        """By hubs to us, and by us to webhooks and to those who follow streams."""
        self.pushes = Counter(
            "copydesk_pushes",
            "Pushes of hubs: kept, ignored for their signature, for nobody (unknown).",
            ["outcome"],
            registry=registry,
        )
        self.deliveries = Counter(
            "copydesk_deliveries",
            "Messages to webhooks: taken; attempts that failed; stories that could not be read.",
            ["outcome"],
            registry=registry,
        )
        self.listeners = Gauge(
            "copydesk_listeners", "Clients that follow a stream of events.", registry=registry
        )
        self.log_readings = Counter(
            "copydesk_log_readings",
            "Readings of the log for streams of events, however many follow each.",
            registry=registry,
        )

    def observe_poll(self, plan: FeedPlan, applied: str) -> None:
        """Count a poll; one that was not applied is counted as discarded and no more."""
        row = plan.ledger
        if applied != "applied":
            self.plans_discarded.labels(applied).inc()
            return
        self.polls.labels(row.outcome.value).inc()
        if row.failure is not None:
            self.poll_failures.labels(row.failure.value).inc()
        self.poll_seconds.observe(row.elapsed_ms / 1000)
        self.fetched_bytes.inc(row.wire_bytes)
        self.stories.labels("created").inc(len(plan.new))
        self.stories.labels("corrected").inc(len(plan.changed))
        for new in plan.new:
            delay_s = (row.at - new.made.story.published_at).total_seconds()
            if new.made.story.published_from is not PublishedFrom.FIRST_SEEN and delay_s < DAY_S:
                self.delay_seconds.observe(delay_s)
