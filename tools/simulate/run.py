"""One feed under one rule, and what is counted of many."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from tools.simulate.feeds import END, Feed
from tools.simulate.rules import Rule


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a rule has cost and brought, over all feeds."""

    name: str
    requests: int = 0
    useful: int = 0  # requests that found something new
    early: int = 0  # sooner than the server had asked
    missed: int = 0  # entries that had left the document before they were seen
    alarms: int = 0  # silence alarms of feeds that went on
    heard: int = 0  # and of feeds that had stopped
    delays: array[float] = field(default_factory=lambda: array("f"))

    def add(self, other: Tally) -> None:
        for name in ("requests", "useful", "early", "missed", "alarms", "heard"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.delays.extend(other.delays)

    def sort(self) -> None:
        self.delays = array("f", sorted(self.delays))

    @property
    def mean_s(self) -> float:
        return sum(self.delays) / max(len(self.delays), 1)

    def quantile_s(self, share: float) -> float:
        """Of sorted delays."""
        return self.delays[min(int(len(self.delays) * share), len(self.delays) - 1)]


def simulate(feed: Feed, rule: Rule, tally: Tally) -> None:
    """Poll a feed from the start to the end; entries that nobody has looked for are not counted."""
    times, dates, offset = feed.times, feed.dates, len(feed.past)
    now = feed.first_poll
    seen = bisect_right(times, now)
    wait = rule.first(now, dates[max(offset + seen - feed.window, 0) : offset + seen])
    tally.requests += 1
    early = wait < feed.asked_s - 1
    while (now := now + wait) < END:
        if rule.steady and (skipped := _polls_in_vain(feed, seen, now, wait)):
            tally.requests += skipped
            tally.early += skipped * early
            now += (skipped - 1) * wait
            continue
        tally.requests += 1
        tally.early += early
        there = bisect_right(times, now, seen)
        first = max(seen, there - feed.window)
        if there > seen:
            tally.useful += 1
            tally.missed += first - seen
            tally.delays.extend(now - times[n] for n in range(first, there))
        wait = rule.later(now, dates[offset + first : offset + there])
        seen = there
        early = wait < feed.asked_s - 1


def _polls_in_vain(feed: Feed, seen: int, now: float, wait: float) -> int:
    """Polls at a fixed distance, from this one on, before the one that finds the next entry."""
    until = feed.times[seen] if seen < len(feed.times) else END
    return max(math.ceil((until - now) / wait), 0)
