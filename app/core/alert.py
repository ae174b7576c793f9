"""What operators are told of: the kinds of alerts, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class AlertKind(StrEnum):
    """What is wrong; closed, so that metric labels stay bounded."""

    FEED_SILENT = "feed_silent"
    FEED_FAILING = "feed_failing"
    FEED_GONE = "feed_gone"
    FEED_QUARANTINED = "feed_quarantined"
    WEBHOOK_FAILING = "webhook_failing"
    WEBHOOK_DISABLED = "webhook_disabled"
    PUSH_BACKLOG = "push_backlog"
    LOG_MATCHER = "log_matcher"
    BACKLOG = "backlog"
    DELAY = "delay"
    DISK = "disk"
    DATABASE = "database"
    JOB_FAILED = "job_failed"


class AlertSeverity(StrEnum):
    ERROR = "error"  # something does not work: look now
    WARNING = "warning"  # it works, and somebody should look today


SEVERITY_OF: Final[Mapping[AlertKind, AlertSeverity]] = {
    AlertKind.FEED_SILENT: AlertSeverity.WARNING,
    AlertKind.FEED_FAILING: AlertSeverity.WARNING,
    AlertKind.FEED_GONE: AlertSeverity.WARNING,
    AlertKind.FEED_QUARANTINED: AlertSeverity.ERROR,
    AlertKind.WEBHOOK_FAILING: AlertSeverity.WARNING,
    AlertKind.WEBHOOK_DISABLED: AlertSeverity.ERROR,
    AlertKind.PUSH_BACKLOG: AlertSeverity.WARNING,
    AlertKind.LOG_MATCHER: AlertSeverity.ERROR,
    AlertKind.BACKLOG: AlertSeverity.ERROR,
    AlertKind.DELAY: AlertSeverity.WARNING,
    AlertKind.DISK: AlertSeverity.ERROR,
    AlertKind.DATABASE: AlertSeverity.ERROR,
    AlertKind.JOB_FAILED: AlertSeverity.WARNING,
}

STEPS: Final[Mapping[AlertKind, str]] = {
    AlertKind.FEED_SILENT: "look at {url}: if it has moved, copydesk feeds move {id} URL; if it "
    "has ended, copydesk feeds delete {id}",
    AlertKind.FEED_FAILING: "GET /v1/admin/feeds/{id}/fetches says what each poll met; mend "
    "address or credentials (copydesk feeds move, copydesk feeds credentials), or copydesk feeds "
    "pause {id}",
    AlertKind.FEED_GONE: "its server says that it is gone for good: copydesk feeds move {id} URL "
    "if it is elsewhere, else copydesk feeds delete {id}",
    AlertKind.FEED_QUARANTINED: "copydesk replay {id} shows what its document does; after that "
    "copydesk feeds resume {id}",
    AlertKind.WEBHOOK_FAILING: "GET /v1/webhooks/{id}/deliveries says what the receiver answers; "
    "POST /v1/webhooks/{id}:test tries it once it is mended",
    AlertKind.WEBHOOK_DISABLED: "mend the receiver, then POST /v1/webhooks/{id}:resume sends what "
    "has waited",
    AlertKind.PUSH_BACKLOG: "GET /v1/webhooks/{id}/deliveries?state=due shows what waits; a "
    "receiver that answers sooner, or another process with COPYDESK_PUSH=on (PostgreSQL), helps",
    AlertKind.LOG_MATCHER: "start copydesk serve with COPYDESK_PUSH=on, or see its log for "
    "loop_broke",
    AlertKind.BACKLOG: "copydesk doctor says whether a poller runs; start another on PostgreSQL, "
    "or raise COPYDESK_CONCURRENCY or COPYDESK_REQUESTS_PER_HOUR",
    AlertKind.DELAY: "see the backlog (copydesk status); with none it is feeds that tell late or "
    "are polled seldom: raise COPYDESK_GREED, or the bound COPYDESK_ALERT_DELAY_S",
    AlertKind.DISK: "make room where the database is: with none left nothing can be written",
    AlertKind.DATABASE: "see disk, permissions and the database's own log; copydesk doctor tries "
    "it again",
    AlertKind.JOB_FAILED: "GET /v1/admin/jobs/{id} says why; start it again when that is mended",
}

SERVICE: Final = "service"
"""The subject of what is of no single feed, webhook or job."""

Key = tuple[AlertKind, str]
"""Kind and subject: of each there is one alert that stands, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that is wrong; `subject` is `feed:ID`, `webhook:ID`, `job:ID` or `service`.

    `since` is when it began where that is known, else when it was first seen.
    """

    kind: AlertKind
    subject: str
    severity: AlertSeverity
    detail: str
    step: str
    since: datetime

    @property
    def key(self) -> Key:
        return self.kind, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert on record that has not ended; `clear_since`: since when nothing is seen of it."""

    since: datetime
    detail: str
    severity: AlertSeverity
    clear_since: datetime | None = None


def step_of(kind: AlertKind, subject: str, url: str | None = None) -> str:
    """What to do about an alert, in a sentence; `url` is a feed's address."""
    return STEPS[kind].format(id=subject.partition(":")[2], url=url or "its address")


def alert_shape(alert: Alert) -> dict[str, Any]:
    """An alert, as the API and webhooks tell it."""
    return {
        "kind": alert.kind.value,
        "subject": alert.subject,
        "severity": alert.severity.value,
        "detail": alert.detail,
        "step": alert.step,
        "since": alert.since,
    }
