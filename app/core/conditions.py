"""How a service stands, as far as operators may have to be told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.types import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTrouble:
    """A feed that does not do well; `health` as in `app.store.health`."""

    id: int
    name: str
    url: str
    health: str
    failures: int
    failure: Failure | None
    failure_detail: str | None
    silent_since: datetime | None
    well_at: datetime  # when it last answered well, else when it was added


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookTrouble:
    """A webhook that takes nothing, or late; `waits_since`: the oldest message due to it."""

    id: int
    name: str
    disabled_at: datetime | None
    reason: str | None
    failing_since: datetime | None
    waits_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    id: int
    kind: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a service stands at `now`, by its database's clock; None where that is not known."""

    now: datetime
    feeds: Sequence[FeedTrouble] = ()
    webhooks: Sequence[WebhookTrouble] = ()
    jobs: Sequence[FailedJob] = ()
    due: int = 0
    overdue_since: datetime | None = None  # of the feed that waits longest
    polled_at: datetime | None = None  # the last poll of any feed
    delay_p95_s: float | None = None  # of `delays` stories in the last hour
    delays: int = 0
    disk_free: int | None = None
    unmatched: int = 0  # entries of the log that no webhook was held against
    unmatched_since: datetime | None = None
