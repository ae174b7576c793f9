"""What telling webhooks and listeners tells metrics and the log."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from app.push.deliver import Delivered
from app.push.fanout import Fanout
from app.telemetry import Metrics

log = structlog.get_logger()


def delivery_observer(metrics: Metrics) -> Callable[[Delivered], None]:
    """Tells metrics what each turn of a webhook came to, and the log of what was not taken."""

    def observe(delivered: Delivered) -> None:
        metrics.deliveries.labels("taken").inc(delivered.taken)
        if (failed := delivered.failed) is not None:
            metrics.deliveries.labels("failed").inc()
            log.info(
                "webhook_failed",
                webhook_id=delivered.webhook_id,
                status=failed.status,
                failure=failed.failure,
                ms=failed.ms,
            )

    return observe


def observe_fanout(metrics: Metrics, fanout: Fanout) -> None:
    """Have metrics told who listens, and how often the log is read for them."""
    metrics.listeners.set_function(lambda: fanout.listeners)
    fanout.on_read = metrics.log_readings.inc
