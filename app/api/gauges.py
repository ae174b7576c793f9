"""The database's figures as metrics: made anew for each answer, since they are of no process."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Gauge

from app.store.figures import Figures


def database_gauges(figures: Figures | None, disk_free: int | None) -> CollectorRegistry:
    """Without figures, only that there are none; `disk_free` is None where it is not known."""
    registry = CollectorRegistry()

    def gauge(name: str, said: str, value: float | None) -> None:
        if value is not None:
            Gauge(name, said, registry=registry).set(value)

    def by(name: str, said: str, label: str, values: Mapping[str, float]) -> None:
        made = Gauge(name, said, [label], registry=registry)
        for of, value in values.items():
            made.labels(of).set(value)

    gauge(
        "copydesk_database_up",
        "1 while the database answers; the others of it are there only then.",
        float(figures is not None),
    )
    gauge(
        "copydesk_disk_free_bytes",
        "Bytes left where the SQLite file is.",
        disk_free,
    )
    if figures is None:
        return registry
    by("copydesk_feeds", "Feeds by health.", "health", figures.feeds)
    gauge("copydesk_feeds_due", "Feeds whose time has come, and nobody polls.", figures.due)
    gauge(
        "copydesk_most_overdue_seconds",
        "How late the feed is that has waited longest.",
        figures.most_overdue_s,
    )
    by("copydesk_leases", "Leases that are held, by what is worked on.", "of", figures.leases)
    by(
        "copydesk_delay_seconds",
        "From publication to availability, of the last hour's stories.",
        "quantile",
        {str(quantile): delay for quantile, delay in figures.delays.items()},
    )
    by("copydesk_webhooks", "Webhooks by state.", "state", figures.webhooks)
    gauge(
        "copydesk_push_backlog",
        "Entries of the log that webhooks have not been held against yet.",
        figures.push_backlog,
    )
    gauge(
        "copydesk_deliveries_due",
        "Messages that webhooks are still to be told.",
        figures.deliveries_due,
    )
    by("copydesk_alerts", "Alerts that stand, by kind.", "kind", figures.alerts)
    by("copydesk_jobs", "Jobs by state.", "state", figures.jobs)
    gauge("copydesk_log_entries", "The number of the change log's last entry.", figures.log_entries)
    gauge("copydesk_database_bytes", "Size of the database.", figures.database_bytes)
    return registry
