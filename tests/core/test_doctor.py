"""What a doctor makes of a deployment: each finding by the fact that it comes of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.deployment import (
    DatabaseFacts,
    Facts,
    MachineFacts,
    PollingFacts,
    SettingFacts,
    Severity,
)
from app.core.doctor import diagnose

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SETTINGS = SettingFacts(
    contact=True, secret_key=True, public_url=True, open_to_strangers=False, concurrency=32
)
MACHINE = MachineFacts(
    now=NOW, descriptors_free=1000, database_disk_free=1 << 34, database_file_system="ext4"
)
POLLING = PollingFacts(
    feeds={"ok": 10, "failing": 0, "gone": 0, "silent": 0, "quarantined": 0},
    due=3,
    most_overdue_s=4.0,
    last_poll_s=2.0,
    stale_leases=0,
    hosts_backing_off=0,
    sealed_credentials=2,
    outdated_index=0,
    outdated_entries=0,
)
DATABASE = DatabaseFacts(
    engine="postgresql",
    version="18.1",
    now=NOW + timedelta(milliseconds=40),
    present_revision="0005",
    needed_revision="0005",
    polling=POLLING,
)
SOUND = Facts(settings=SETTINGS, machine=MACHINE, database=DATABASE)


def facts(**changed: Any) -> Facts:
    """A sound deployment but for these, by the group that they are of."""
    polling = replace(POLLING, **changed.pop("polling", {}))
    database = replace(DATABASE, **{"polling": polling, **changed.pop("database", {})})
    return replace(
        SOUND,
        settings=replace(SETTINGS, **changed.pop("settings", {})),
        machine=replace(MACHINE, **changed.pop("machine", {})),
        database=database,
        **changed,
    )


def test_nothing_is_wrong_with_a_sound_deployment():
    assert diagnose(SOUND) == ()


@pytest.mark.parametrize(
    ("changed", "code", "severity"),
    [
        ({"settings": {"contact": False}}, "contact", Severity.WARNING),
        ({"settings": {"public_url": False}}, "public_url", Severity.NOTE),
        ({"settings": {"open_to_strangers": True}}, "open_reading", Severity.WARNING),
        ({"machine": {"database_disk_free": 500 << 20}}, "disk", Severity.WARNING),
        ({"machine": {"database_disk_free": 50 << 20}}, "disk", Severity.ERROR),
        ({"machine": {"descriptors_free": 95}}, "descriptors", Severity.ERROR),
        ({"machine": {"database_file_system": "nfs4"}}, "network_file_system", Severity.ERROR),
        ({"database": {"present_revision": "0004"}}, "schema", Severity.ERROR),
        ({"database": {"present_revision": None}}, "schema", Severity.ERROR),
        ({"database": {"now": NOW + timedelta(seconds=3)}}, "clock", Severity.WARNING),
        ({"database": {"now": NOW - timedelta(minutes=2)}}, "clock", Severity.ERROR),
        ({"polling": {"stale_leases": 1}}, "stale_leases", Severity.NOTE),
        ({"polling": {"hosts_backing_off": 1}}, "backing_off", Severity.NOTE),
        ({"polling": {"outdated_index": 1}}, "index", Severity.WARNING),
        ({"polling": {"outdated_entries": 1}}, "normal_form", Severity.NOTE),
        ({"polling": {"feeds": {"quarantined": 1}}}, "feeds_quarantined", Severity.WARNING),
        ({"polling": {"feeds": {"gone": 1}}}, "feeds_gone", Severity.WARNING),
        ({"polling": {"feeds": {"failing": 1}}}, "feeds_failing", Severity.WARNING),
        ({"polling": {"feeds": {"silent": 1}}}, "feeds_silent", Severity.NOTE),
        ({"workers_fault": "killed"}, "workers", Severity.ERROR),
        ({"online_fault": "no such name"}, "offline", Severity.ERROR),
    ],
)
def test_a_finding_for_each_fact(changed: dict[str, Any], code: str, severity: Severity):
    (finding,) = diagnose(facts(**changed))
    assert (finding.code, finding.severity) == (code, severity)
    assert finding.detail
    assert finding.step


@pytest.mark.parametrize(
    ("overdue_s", "last_poll_s", "code"),
    [
        (601.0, None, "no_poller"),
        (601.0, 601.0, "no_poller"),
        (601.0, 5.0, "behind"),
        (599.0, None, None),
        (None, None, None),
    ],
)
def test_what_is_due_for_long_is_a_poller_that_is_away_or_behind(
    overdue_s: float | None, last_poll_s: float | None, code: str | None
):
    late = {"most_overdue_s": overdue_s, "last_poll_s": last_poll_s}
    assert [found.code for found in diagnose(facts(polling=late))] == [code] * (code is not None)


def test_feeds_not_due_need_no_poller():
    idle = {"due": 0, "most_overdue_s": None, "last_poll_s": 90_000.0}
    assert diagnose(facts(polling=idle)) == ()


def test_secrets_that_cannot_be_opened_are_worse_than_a_key_that_is_not_needed():
    found = diagnose(facts(settings={"secret_key": False}))
    assert [(f.code, f.severity) for f in found] == [
        ("sealed", Severity.ERROR),
        ("secret_key", Severity.NOTE),
    ]
    none = diagnose(facts(settings={"secret_key": False}, polling={"sealed_credentials": 0}))
    assert [f.code for f in none] == ["secret_key"]


def test_without_a_database_the_rest_is_told_and_the_worst_comes_first():
    found = diagnose(
        replace(
            SOUND,
            database=None,
            database_fault="refused",
            settings=replace(SETTINGS, contact=False),
        )
    )
    assert [f.code for f in found] == ["database", "contact"]
    assert "refused" in found[0].detail
