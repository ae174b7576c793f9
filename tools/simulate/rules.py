"""Rules of polling: ours by the service's own functions, and those of others as they are published.

A rule sees what a poller sees: at each poll, the dates of the entries that are new, and how many
the document holds. It says how many seconds after it the next one is.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol

from app.core.rhythm import Rhythm, observed, seeded
from app.core.schedule import Pace, PollPolicy, jitter_of, next_poll
from app.core.silence import silent_since_s
from app.core.types import ServerHints
from tools.simulate.feeds import DAY, HOUR, MINUTE, MONDAY, Feed

Dates = Sequence[float | None]


class Rule(Protocol):
    """One feed under one rule; one that is steady waits for the same time always."""

    steady: bool

    def first(self, now: float, document: Dates) -> float: ...

    def later(self, now: float, fresh: Dates) -> float: ...


RuleOf = Callable[[Feed], Rule]


class Ours:
    """The service's schedule; `greed` is the knob."""

    steady = False

    def __init__(self, feed: Feed, greed: float) -> None:
        self._policy = PollPolicy(greed=greed)
        self._pace = Pace(ttl_s=feed.ttl_s)
        self._hints = ServerHints(max_age_s=feed.max_age_s)
        self._jitter = jitter_of(feed.number)
        self._window = feed.window
        self.silent_at: list[float] = []  # when it was found to be silent
        self._silent = False

    def first(self, now: float, document: Dates) -> float:
        self._rhythm = _seed(tuple(document), now)
        return self._next(now)

    def later(self, now: float, fresh: Dates) -> float:
        times = [None if date is None else MONDAY + date for date in fresh]
        self._rhythm = observed(self._rhythm, times, MONDAY + now)
        if fresh:
            window = max(self._rhythm.window, min(self._window, len(fresh)))
            self._rhythm = replace(self._rhythm, window=window)
        self._listen(now)
        return self._next(now)

    def _next(self, now: float) -> float:
        at = _clock(now)
        following = next_poll(
            at,
            policy=self._policy,
            pace=self._pace,
            hints=self._hints,
            jitter=self._jitter,
            rhythm=self._rhythm,
        )
        return (following.at - at).total_seconds()

    def _listen(self, now: float) -> None:
        silent = silent_since_s(self._rhythm) is not None
        if silent and not self._silent:
            self.silent_at.append(now)
        self._silent = silent


@lru_cache(maxsize=1)  # all greeds begin with the same document
def _seed(document: tuple[float | None, ...], now: float) -> Rhythm:
    dates = (MONDAY + date for date in document if date is not None)
    return seeded(dates, MONDAY + now, window=len(document))


_START: Final = datetime.fromtimestamp(MONDAY, UTC)


def _clock(now: float) -> datetime:
    return _START + timedelta(seconds=now)


class Fixed:
    """Every so many seconds."""

    steady = True

    def __init__(self, interval_s: float, asked_s: float = 0) -> None:
        self._interval_s = max(interval_s, asked_s)

    def first(self, now: float, document: Dates) -> float:  # noqa: ARG002 - what a rule may see
        return self._interval_s

    def later(self, now: float, fresh: Dates) -> float:  # noqa: ARG002 - what a rule may see
        return self._interval_s


class Grid:
    """At every full hour of one clock, if the server does not ask for longer (reader)."""

    steady = False

    def __init__(self, feed: Feed) -> None:
        self._hours = max(1, math.ceil(feed.asked_s / HOUR))
        self._offset = feed.number % 60  # the feeds of an hour are fetched one after another

    def first(self, now: float, document: Dates) -> float:  # noqa: ARG002 - what a rule may see
        return (now // HOUR + self._hours) * HOUR + self._offset - now

    def later(self, now: float, fresh: Dates) -> float:
        return self.first(now, fresh)


class EntryFrequency:
    """A week by the entries of the last week, between 5 minutes and a day (Miniflux)."""

    steady = False

    def __init__(self, feed: Feed) -> None:
        self._asked_s = feed.asked_s
        self._seen: deque[float] = deque()

    def first(self, now: float, document: Dates) -> float:
        return self.later(now, document)

    def later(self, now: float, fresh: Dates) -> float:
        self._seen.extend(sorted(now if date is None else date for date in fresh))
        while self._seen and self._seen[0] < now - 7 * DAY:
            self._seen.popleft()
        interval_s = 7 * DAY / len(self._seen) if self._seen else DAY
        return max(min(max(interval_s, 5 * MINUTE), DAY), self._asked_s)


class AverageGap:
    """Half the average gap, 5 minutes to an hour; 1, 2, 4 h after 7, 14, 30 days (CommaFeed)."""

    steady = False

    def __init__(self, feed: Feed) -> None:
        self._asked_s = feed.asked_s
        self._dates: deque[float] = deque(maxlen=feed.window)

    def first(self, now: float, document: Dates) -> float:
        return self.later(now, document)

    def later(self, now: float, fresh: Dates) -> float:
        self._dates.extend(date for date in fresh if date is not None)
        asked_s = self._asked_s if fresh else 0.0
        return min(max(self._empirical_s(now), asked_s, 5 * MINUTE), 4 * HOUR)

    def _empirical_s(self, now: float) -> float:
        if not self._dates:
            return 4 * HOUR
        for days, wait_s in ((30, 4 * HOUR), (14, 2 * HOUR), (7, HOUR)):
            if now - self._dates[-1] >= days * DAY:
                return wait_s
        if len(self._dates) == 1:
            return 4 * HOUR
        gap_s = (self._dates[-1] - self._dates[0]) / (len(self._dates) - 1)
        return min(max(gap_s / 2, 5 * MINUTE), HOUR)


class ByDuplicates:
    """Six hours or what sy: says, an hour less where little is known already, 10 to 60 minutes more
    where all is; 10 minutes to a day (Media Cloud).
    """

    steady = False

    def __init__(self, feed: Feed) -> None:
        self._asked_s = feed.ttl_s or 0
        self._interval_s = feed.ttl_s or 6 * HOUR
        self._window = feed.window
        self._new_at = 0.0

    def first(self, now: float, document: Dates) -> float:
        self._new_at = now if document else -DAY
        return self._interval_s

    def later(self, now: float, fresh: Dates) -> float:
        duplicates = 1 - min(len(fresh) / self._window, 1.0)
        if fresh:
            self._new_at = now
        if duplicates >= MANY:
            quiet = not fresh and now - self._new_at > 7 * DAY
            self._interval_s += HOUR if quiet else 10 * MINUTE
        elif duplicates < FEW:
            usual = 6 * HOUR
            shorter = usual if self._interval_s > usual else self._interval_s - HOUR
            self._interval_s = max(shorter, self._asked_s, 10 * MINUTE)
        self._interval_s = min(self._interval_s, DAY)
        return self._interval_s


MANY, FEW = 0.9, 0.5
