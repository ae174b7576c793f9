"""What polls and fetched pages tell metrics and the log."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from app.core.urls import without_credentials
from app.ingest.fulltext import PageDone
from app.ingest.pipeline import Polled
from app.telemetry import Metrics

log = structlog.get_logger()


def poll_observer(
    metrics: Metrics, on_polled: Callable[[Polled], None] | None
) -> Callable[[Polled], None]:
    """Tells metrics, log and whoever asked what each poll came to."""

    def observe(polled: Polled) -> None:
        plan, applied = polled.plan, polled.applied
        metrics.observe_poll(plan, applied.value)
        log.info(
            "feed_polled",
            feed_id=plan.feed.id,
            url=without_credentials(plan.feed.url),
            outcome=plan.ledger.outcome.value,
            failure=plan.ledger.failure and plan.ledger.failure.value,
            new=len(plan.new),
            changed=len(plan.changed),
            ms=plan.ledger.elapsed_ms,
            applied=applied.value,
        )
        if on_polled is not None:
            on_polled(polled)

    return observe


def page_observer(metrics: Metrics) -> Callable[[PageDone], None]:
    """Tells metrics and log what each page came to."""

    def observe(done: PageDone) -> None:
        metrics.pages.labels(done.outcome).inc()
        log.info(
            "page_fetched",
            story_id=done.page.story_id,
            url=without_credentials(done.page.url),
            outcome=done.outcome,
            ms=done.elapsed_ms,
            applied=done.applied.value,
        )

    return observe
