"""When operators are told of something, when that ends, and that nothing flaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.alert import Alert, AlertKind, AlertSeverity, Key, Standing
from app.core.alerts import (
    CLEAR,
    HARD_FAILS,
    JOB_SHOWN,
    LATE,
    LEAST_STORIES,
    OTHER_FAILS,
    WEBHOOK_FAILS,
    AlertPolicy,
    judge,
)
from app.core.conditions import Conditions, FailedJob, FeedTrouble, WebhookTrouble
from app.core.types import Failure

NOW = datetime(2026, 11, 12, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = AlertPolicy(delay_s=3600, disk_bytes=1 << 30)

FEED = FeedTrouble(
    id=7,
    name="Harbour Times",
    url="https://harbour.example/feed",
    health="failing",
    failures=3,
    failure=Failure.NOT_FOUND,
    failure_detail="404",
    silent_since=None,
    well_at=NOW - HARD_FAILS,
)
WEBHOOK = WebhookTrouble(
    id=3, name="desk", disabled_at=None, reason=None, failing_since=None, waits_since=None
)


def begun(conditions: Conditions) -> list[Alert]:
    return list(judge(conditions, {}, POLICY).begun)


def kinds(conditions: Conditions) -> list[AlertKind]:
    return [alert.kind for alert in begun(conditions)]


def run(series: Iterable[Conditions]) -> list[tuple[str, datetime]]:
    """What began and ended when, of conditions one after the other."""
    standing: dict[Key, Standing] = {}
    told = []
    for conditions in series:
        changes = judge(conditions, standing, POLICY)
        for alert in (*changes.begun, *changes.changed):
            standing[alert.key] = Standing(
                since=alert.since, detail=alert.detail, severity=alert.severity
            )
        for key in changes.fading:
            standing[key] = replace(standing[key], clear_since=conditions.now)
        for key in changes.ended:
            del standing[key]
        told += [(f"{alert.kind} begins", conditions.now) for alert in changes.begun]
        told += [(f"{kind} ends", conditions.now) for kind, _ in changes.ended]
    return told


def test_a_feed_is_told_of_by_what_is_wrong_with_it():
    silent = replace(
        FEED, health="silent", failures=0, failure=None, silent_since=NOW - timedelta(days=3)
    )
    expected = {
        "quarantined": (AlertKind.FEED_QUARANTINED, NOW),
        "gone": (AlertKind.FEED_GONE, NOW),
        "failing": (AlertKind.FEED_FAILING, NOW - HARD_FAILS),
    }
    for health, (kind, since) in expected.items():
        [alert] = begun(Conditions(now=NOW, feeds=[replace(FEED, health=health)]))
        assert (alert.kind, alert.since, alert.subject) == (kind, since, "feed:7")
        assert "Harbour Times" in alert.detail
        assert "7" in alert.step
    [alert] = begun(Conditions(now=NOW, feeds=[silent]))
    assert (alert.kind, alert.since) == (AlertKind.FEED_SILENT, NOW - timedelta(days=3))
    assert "https://harbour.example/feed" in alert.step
    assert not begun(Conditions(now=NOW, feeds=[replace(FEED, health="ok")]))


@pytest.mark.parametrize(
    ("failure", "failures", "fails_for", "is_told"),
    [
        (Failure.NOT_FOUND, 3, HARD_FAILS, True),
        (Failure.NOT_FOUND, 3, HARD_FAILS - MINUTE, False),
        (Failure.NOT_FOUND, 2, OTHER_FAILS, False),  # a feed that is polled once a day
        (Failure.HTTP_SERVER, 40, HARD_FAILS, False),
        (Failure.HTTP_SERVER, 40, OTHER_FAILS, True),
    ],
)
def test_a_feed_that_fails_is_told_of_after_a_while(
    failure: Failure, failures: int, fails_for: timedelta, is_told: bool
):
    feed = replace(FEED, failure=failure, failures=failures, well_at=NOW - fails_for)
    assert bool(begun(Conditions(now=NOW, feeds=[feed]))) is is_told


def test_a_webhook_is_told_of_when_it_takes_nothing_or_late():
    late = NOW - max(WEBHOOK_FAILS, LATE)
    hooks = [
        replace(WEBHOOK, id=1, disabled_at=NOW, reason="410 Gone"),
        replace(WEBHOOK, id=2, failing_since=late, waits_since=late),
        replace(WEBHOOK, id=3, waits_since=late),
        replace(WEBHOOK, id=4, failing_since=NOW, waits_since=late),
        replace(WEBHOOK, id=5, waits_since=NOW),
        replace(WEBHOOK, id=6),
    ]
    found = {alert.subject: alert.kind for alert in begun(Conditions(now=NOW, webhooks=hooks))}
    assert found == {
        "webhook:1": AlertKind.WEBHOOK_DISABLED,
        "webhook:2": AlertKind.WEBHOOK_FAILING,
        "webhook:3": AlertKind.PUSH_BACKLOG,
    }


def test_a_job_that_failed_is_told_of_for_a_day():
    job = FailedJob(id=9, kind="import", failed_at=NOW)
    assert kinds(Conditions(now=NOW, jobs=[job])) == [AlertKind.JOB_FAILED]
    told = run(
        Conditions(now=NOW + timedelta(hours=hour), jobs=[job]) for hour in (0, 1, 23, 24, 25)
    )
    assert told == [("job_failed begins", NOW), ("job_failed ends", NOW + JOB_SHOWN)]


@pytest.mark.parametrize(
    ("polled", "said"),
    [(None, "no poller"), (NOW - timedelta(hours=2), "none was polled for 2 h"), (NOW, "keep up")],
)
def test_a_backlog_says_whether_anybody_polls(polled: datetime | None, said: str):
    [alert] = begun(Conditions(now=NOW, due=41, overdue_since=NOW - LATE, polled_at=polled))
    assert alert.kind is AlertKind.BACKLOG
    assert said in alert.detail


def test_what_nobody_reads_of_the_log():
    [alert] = begun(Conditions(now=NOW, unmatched=12, unmatched_since=NOW - LATE))
    assert alert.kind is AlertKind.LOG_MATCHER
    assert alert.severity is AlertSeverity.ERROR
    assert not begun(Conditions(now=NOW, unmatched=12, unmatched_since=NOW))


def test_a_delay_of_few_stories_says_nothing():
    conditions = Conditions(now=NOW, delay_p95_s=3600, delays=LEAST_STORIES)
    assert kinds(conditions) == [AlertKind.DELAY]
    assert not begun(replace(conditions, delays=LEAST_STORIES - 1))
    assert not begun(replace(conditions, delay_p95_s=3599.0))


def test_a_disk_that_is_nearly_full_is_worse():
    [low] = begun(Conditions(now=NOW, disk_free=900 << 20))
    [out] = begun(Conditions(now=NOW, disk_free=90 << 20))
    assert (low.severity, out.severity) == (AlertSeverity.WARNING, AlertSeverity.ERROR)
    assert not begun(Conditions(now=NOW, disk_free=1 << 30))


def test_a_figure_that_swings_about_its_bound_is_one_alert():
    """Between 1.1 and 0.9 of the bound, and well below it for less than it takes to be clear."""
    swinging = [
        Conditions(
            now=NOW + n * MINUTE / 2,
            delays=100,
            delay_p95_s=3600 * (1.1, 0.9, 1.05, 0.5)[n % 4],
            overdue_since=NOW + n * MINUTE / 2 - LATE * (1.2, 0.8, 0.1, 1.0)[n % 4],
            disk_free=int((1 << 30) * (0.9, 1.1, 1.3, 2.0)[n % 4]),
        )
        for n in range(200)
    ]
    told = run(swinging)
    assert sorted(what for what, _ in told) == ["backlog begins", "delay begins", "disk begins"]


def test_an_alert_of_a_figure_ends_when_it_has_been_well_for_a_while():
    bad = [Conditions(now=NOW + n * MINUTE, disk_free=900 << 20) for n in range(3)]
    well = [Conditions(now=NOW + n * MINUTE, disk_free=5 << 30) for n in range(3, 30)]
    told = run([*bad, *well])
    assert told == [("disk begins", NOW), ("disk ends", NOW + 3 * MINUTE + CLEAR)]


def test_between_its_two_bounds_an_alert_stays_as_it_is():
    for first, begins in ((1.1, True), (0.8, False)):
        series = [
            Conditions(
                now=NOW + n * MINUTE,
                delays=100,
                delay_p95_s=3600 * (first if n == 0 else 0.8),
                disk_free=int((1 << 30) / (first if n == 0 else 0.8)),
                unmatched=1,
                unmatched_since=NOW + n * MINUTE - LATE * (first if n == 0 else 0.8),
            )
            for n in range(30)
        ]
        told = {what for what, _ in run(series)}
        assert told == ({"delay begins", "disk begins", "log_matcher begins"} if begins else set())


def test_an_alert_of_a_feed_ends_as_soon_as_the_feed_is_well():
    told = run(
        [
            Conditions(now=NOW, feeds=[FEED]),
            Conditions(now=NOW + MINUTE, feeds=[replace(FEED, failures=4)]),
            Conditions(now=NOW + 2 * MINUTE),
        ]
    )
    assert told == [("feed_failing begins", NOW), ("feed_failing ends", NOW + 2 * MINUTE)]


def test_what_is_on_record_follows_what_is_seen_but_for_when_it_began():
    conditions = Conditions(now=NOW, due=4, overdue_since=NOW - LATE, polled_at=NOW)
    [first] = begun(conditions)
    on_record = {
        first.key: Standing(since=first.since, detail=first.detail, severity=first.severity)
    }
    assert judge(conditions, on_record, POLICY) == judge(conditions, on_record, POLICY)
    assert not judge(conditions, on_record, POLICY).changed
    later = replace(conditions, now=NOW + LATE, due=5, overdue_since=NOW)
    [changed] = judge(later, on_record, POLICY).changed
    assert changed.since == first.since
    assert changed.detail.startswith("5 feeds are due")
