"""What a run does, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

POLLS_A_SECOND = 20
"""What the run asks of the pollers in all; each feed is due that often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    feeds: int
    pollers: int
    kills: int
    seed: int
    minutes: float  # of misbehaviour, at most: what is left of the kills is left out then
    settle_minutes: float = 1.0  # without one more desk on record, until it is given up
    gap_s: float = 0.3
    misbehaving: float = 0.2
    hurried: bool = True  # feeds are polled as often as `interval_s`, whatever their pace
    without: str | None = None  # a guard that the pollers do without
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def interval_s(self) -> int:
        return max(2, self.feeds // POLLS_A_SECOND)


@dataclass(slots=True, kw_only=True)
class Report:
    kills: int = 0
    freezes: int = 0
    resumed: int = 0  # feeds that were quarantined, and that the operator took out again
    back_offs: int = 0  # of whole hosts
    requests: int = 0
    rows: int = 0
    stories: int = 0
    revisions: int = 0
    seconds: float = 0.0
    settled_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    complaints: dict[str, int] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)


def settings_of(plan: Plan, url: str) -> dict[str, str]:
    """Short leases and small limits, so that what goes wrong goes wrong often."""
    return {
        "database_url": url,
        "allow_private_networks": "127.0.0.0/8",
        "host_gap_s": str(plan.gap_s),
        "min_interval_s": "1",
        "max_interval_s": "60",
        "concurrency": "12",
        "parse_workers": "1",
        "fetch_deadline_s": "1.5",
        "parse_timeout_s": "3",
        "max_body_bytes": "100000",
        "max_wire_bytes": "150000",
        "log_format": "json",
        **plan.settings,
    }
