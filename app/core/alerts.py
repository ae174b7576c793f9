"""From how a service stands to the alerts that stand.

An alert begins at one bound and ends below another, and only after its condition has been away for
a while: a figure that swings about its bound is one alert, not many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from app.core.alert import (
    SERVICE,
    SEVERITY_OF,
    Alert,
    AlertKind,
    AlertSeverity,
    Key,
    Standing,
    step_of,
)
from app.core.back_off import SEVERITIES, Severity
from app.core.conditions import Conditions, FeedTrouble, WebhookTrouble
from app.core.schedule import words

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

LATE: Final = 10 * MINUTE
"""By how much the most overdue feed, or what webhooks are to be told, may be late."""

WEBHOOK_FAILS: Final = 15 * MINUTE
LEAST_FAILURES: Final = 3
HARD_FAILS: Final = 6 * HOUR
"""For how long a feed may fail in a way that somebody has to mend."""

OTHER_FAILS: Final = DAY
LEAST_STORIES: Final = 20
"""Of fewer in an hour the 95th percentile says nothing."""

DISK_OUT_BYTES: Final = 100 << 20
JOB_SHOWN: Final = DAY
"""How long a job that failed is something to look at."""

ENDS_BELOW: Final = 0.7
"""An alert of a figure ends below so much of the bound at which it began."""

CLEAR: Final = 5 * MINUTE
"""How long a figure must be well before its alert ends."""


_FIGURES: Final = frozenset(
    {
        AlertKind.PUSH_BACKLOG,
        AlertKind.LOG_MATCHER,
        AlertKind.BACKLOG,
        AlertKind.DELAY,
        AlertKind.DISK,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """The bounds that operators choose."""

    delay_s: float
    disk_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChanges:
    """What becomes of alerts: some begin, are other than on record, are not seen now, end."""

    begun: Sequence[Alert]
    changed: Sequence[Alert]
    fading: Sequence[Key]
    ended: Sequence[Key]


def judge(
    conditions: Conditions, standing: Mapping[Key, Standing], policy: AlertPolicy
) -> AlertChanges:
    """What follows from the conditions for the alerts that stand."""
    now = conditions.now
    seen = {alert.key: alert for alert in _alerts(conditions, policy, standing)}
    begun, changed = [], []
    for key, alert in seen.items():
        if key not in standing:
            begun.append(alert)
        elif standing[key] != _standing(alert):
            changed.append(alert)
    away = [(key, found) for key, found in standing.items() if key not in seen]
    ended = [key for key, found in away if _is_over(key, found, now)]
    fading = [key for key, found in away if found.clear_since is None and key not in ended]
    return AlertChanges(begun=begun, changed=changed, fading=fading, ended=ended)


def _standing(alert: Alert) -> Standing:
    return Standing(since=alert.since, detail=alert.detail, severity=alert.severity)


def _is_over(key: Key, standing: Standing, now: datetime) -> bool:
    """Of a feed, a webhook or a job the record itself says that it is over."""
    if key[0] not in _FIGURES:
        return True
    return standing.clear_since is not None and now - standing.clear_since >= CLEAR


def _alerts(
    conditions: Conditions, policy: AlertPolicy, standing: Mapping[Key, Standing]
) -> Iterator[Alert]:
    for feed in conditions.feeds:
        yield from _of_feed(feed, conditions.now, standing)
    for webhook in conditions.webhooks:
        yield from _of_webhook(webhook, conditions.now, standing)
    for job in conditions.jobs:
        if conditions.now - job.failed_at < JOB_SHOWN:
            detail = f"a job of the kind {job.kind} has failed"
            yield _alert(AlertKind.JOB_FAILED, f"job:{job.id}", detail, job.failed_at)
    yield from _of_service(conditions, policy, standing)


def _of_feed(feed: FeedTrouble, now: datetime, standing: Mapping[Key, Standing]) -> Iterator[Alert]:
    subject = f"feed:{feed.id}"
    why = f" ({feed.failure_detail})" if feed.failure_detail else ""
    kind, since = None, now
    match feed.health:
        case "quarantined":
            kind, said = AlertKind.FEED_QUARANTINED, f"is quarantined: it killed its readers{why}"
        case "gone":
            kind, said = AlertKind.FEED_GONE, "is gone, as its server says (410)"
        case "silent" if feed.silent_since is not None:
            kind, since = AlertKind.FEED_SILENT, feed.silent_since
            said = "answers, and has been quiet for longer than it ever is"
        case "failing" if _fails_for_long(feed, now):
            kind, since = AlertKind.FEED_FAILING, feed.well_at
            said = f"has failed {feed.failures} times in a row, last by {feed.failure}{why}"
    if kind is not None:
        detail = f"feed {feed.id} ({feed.name}) {said}"
        yield _alert(kind, subject, detail, _since((kind, subject), since, standing), feed.url)


def _fails_for_long(feed: FeedTrouble, now: datetime) -> bool:
    if feed.failures < LEAST_FAILURES or feed.failure is None:
        return False
    is_hard = SEVERITIES[feed.failure] is Severity.HARD
    return now - feed.well_at >= (HARD_FAILS if is_hard else OTHER_FAILS)


def _of_webhook(
    webhook: WebhookTrouble, now: datetime, standing: Mapping[Key, Standing]
) -> Iterator[Alert]:
    subject = f"webhook:{webhook.id}"
    named = f"webhook {webhook.id} ({webhook.name})"
    if webhook.disabled_at is not None:
        detail = f"{named} is told nothing any more: {webhook.reason or 'it takes nothing'}"
        yield _alert(AlertKind.WEBHOOK_DISABLED, subject, detail, webhook.disabled_at)
    elif webhook.failing_since is not None:
        if now - webhook.failing_since >= WEBHOOK_FAILS:
            detail = f"{named} takes nothing of what it is sent"
            yield _alert(AlertKind.WEBHOOK_FAILING, subject, detail, webhook.failing_since)
    elif webhook.waits_since is not None:
        key = AlertKind.PUSH_BACKLOG, subject
        late = now - webhook.waits_since
        if late >= LATE * (ENDS_BELOW if key in standing else 1):
            detail = f"{named} takes what it is sent, and is {_words(late)} behind"
            yield _alert(*key, detail, _since(key, webhook.waits_since, standing))


def _of_service(
    conditions: Conditions, policy: AlertPolicy, standing: Mapping[Key, Standing]
) -> Iterator[Alert]:
    now = conditions.now
    late = _time_of(AlertKind.BACKLOG, conditions.overdue_since, now, standing)
    if late is not None:
        key = AlertKind.BACKLOG, SERVICE
        yield _alert(*key, _behind(conditions, now - late), _since(key, late, standing))
    unmatched = _time_of(AlertKind.LOG_MATCHER, conditions.unmatched_since, now, standing)
    if unmatched is not None:
        detail = (
            f"{conditions.unmatched} entries of the change log have not been held against "
            f"webhooks, the first for {_words(now - unmatched)}"
        )
        key = AlertKind.LOG_MATCHER, SERVICE
        yield _alert(*key, detail, _since(key, unmatched, standing))
    yield from _of_delay(conditions, policy, standing)
    yield from _of_disk(conditions, policy, standing)


def _of_delay(
    conditions: Conditions, policy: AlertPolicy, standing: Mapping[Key, Standing]
) -> Iterator[Alert]:
    key = AlertKind.DELAY, SERVICE
    bound_s = policy.delay_s * (ENDS_BELOW if key in standing else 1)
    delay_s = conditions.delay_p95_s
    if delay_s is None or delay_s < bound_s or conditions.delays < LEAST_STORIES:
        return
    detail = (
        f"of the last hour's stories one in twenty came {words(delay_s)} or more after its "
        f"publication; the bound is {words(policy.delay_s)}"
    )
    yield _alert(*key, detail, _since(key, conditions.now, standing))


def _of_disk(
    conditions: Conditions, policy: AlertPolicy, standing: Mapping[Key, Standing]
) -> Iterator[Alert]:
    key = AlertKind.DISK, SERVICE
    bound = policy.disk_bytes / (ENDS_BELOW if key in standing else 1)
    free = conditions.disk_free
    if free is None or free >= bound:
        return
    detail = f"{free >> 20} MB are left where the database is"
    severity = AlertSeverity.ERROR if free < DISK_OUT_BYTES else AlertSeverity.WARNING
    yield replace(_alert(*key, detail, _since(key, conditions.now, standing)), severity=severity)


def _behind(conditions: Conditions, late: timedelta) -> str:
    behind = f"{conditions.due} feeds are due, the first for {_words(late)}"
    polled = conditions.polled_at
    if polled is None:
        return f"{behind}, and none was ever polled: no poller is alive"
    if conditions.now - polled > LATE:
        return f"{behind}, and none was polled for {_words(conditions.now - polled)}"
    return f"{behind}: polling does not keep up"


def _time_of(
    kind: AlertKind, since: datetime | None, now: datetime, standing: Mapping[Key, Standing]
) -> datetime | None:
    """Since when something has waited too long; None where nothing has."""
    bound = LATE * (ENDS_BELOW if (kind, SERVICE) in standing else 1)
    return None if since is None or now - since < bound else since


def _since(key: Key, since: datetime, standing: Mapping[Key, Standing]) -> datetime:
    """As it is on record; what is now seen of a figure says nothing of when it began."""
    return standing[key].since if key in standing else since


def _alert(
    kind: AlertKind, subject: str, detail: str, since: datetime, url: str | None = None
) -> Alert:
    return Alert(
        kind=kind,
        subject=subject,
        severity=SEVERITY_OF[kind],
        detail=detail,
        step=step_of(kind, subject, url),
        since=since,
    )


def _words(span: timedelta) -> str:
    return words(span.total_seconds())
