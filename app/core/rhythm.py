"""When a feed's entries appear: what polling has learned of it, and what it expects from that.

A feed has a rate (entries a day, older ones counted for less), a shape (which hours of the day and
which days of the week have more than their share) and a mood (more or less than that of late).
Hours and days are UTC; times are seconds since 1970, as sums of them are all that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.core.minutes import UNTOLD, Minutes

HOUR_S: Final = 3600
DAY_S: Final = 86_400
THURSDAY: Final = 3  # 1970-01-01, where Monday is 0

HALF_LIFE_D: Final = 42.0
"""After this an entry counts for half: a feed that has changed its ways is soon known anew."""

MOOD_HALF_LIFE_S: Final = 2400
"""How long a busy or a quiet spell is taken to last."""

PRIOR_ENTRIES: Final = 0.5
PRIOR_DAYS: Final = 0.05
"""What is believed of a feed before anything is known: half an entry in an hour or so."""

HOUR_WEIGHT: Final = 0.5
DAY_WEIGHT: Final = 12.0
"""Entries that an hour, or a weekday, is taken to have had as all others do."""

SHAPED_FROM_D: Final = 2.0
"""Days from which on the hours are told apart: before, some of them may have been seen twice."""

PATIENCE: Final = 50.0
"""A silence in which so many entries were due halves what is expected after it."""

SAME_MOMENT_S: Final = 60
LONGEST_SEED_D: Final = 180
HOURLY_UNTIL_S: Final = 2 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When entries appeared, up to `at_s`; what was counted fades by HALF_LIFE_D.

    A gap is the silence between two entries, measured in entries that were due in it: 1 on
    average, whatever the hour.
    """

    at_s: float
    hours: tuple[float, ...]  # entries by hour of the day, 24
    days: tuple[float, ...]  # entries by day of the week, 7
    spans_d: tuple[float, ...]  # days watched, by day of the week, 7
    recent: float = 0.0  # entries of late, fading by MOOD_HALF_LIFE_S
    expected: float = 0.0  # and how many were due
    last_s: float | None = None  # the newest appearance
    quiet: float = 0.0  # entries due since
    gaps: float = 0.0  # their sum
    squares: float = 0.0  # the sum of their squares
    longest: float = 0.0  # the longest of them
    window: int = 0  # entries in its document
    fresh_s: int | None = None  # how long its last document asked to be kept for fresh
    minutes: Minutes = UNTOLD  # of the hour, at which entries appeared

    @property
    def entries(self) -> float:
        return sum(self.days)

    @property
    def watched_d(self) -> float:
        return sum(self.spans_d)


def unwatched(at_s: float, *, window: int = 0) -> Rhythm:
    """What is known of a feed that nothing is known of."""
    nothing = (0.0,) * 7
    return Rhythm(at_s=at_s, hours=(0.0,) * 24, days=nothing, spans_d=nothing, window=window)


def seeded(published_s: Iterable[float], now_s: float, *, window: int) -> Rhythm:
    """What the dates in a feed's first document tell of it: that long it has been watched."""
    earliest = now_s - LONGEST_SEED_D * DAY_S
    past = sorted(t for t in published_s if t <= now_s)
    times = [t for t in past if t >= earliest]
    if not times:
        return replace(unwatched(now_s, window=window), last_s=past[-1] if past else None)
    # The oldest only begins the time that the others are counted over.
    begun = replace(unwatched(times[0], window=window), last_s=times[0])
    return _counted(replace(begun, minutes=UNTOLD.seen(times)), times[1:], now_s)


def observed(rhythm: Rhythm, appeared_s: Sequence[float | None], now_s: float) -> Rhythm:
    """The same after a poll at `now_s` that found entries which had appeared at these times.

    Times are taken to lie between the last poll and this one: what bears another date appeared
    then all the same, and what bears none (None) half-way.
    """
    since = min(rhythm.at_s, now_s)
    middle = (rhythm.at_s + now_s) / 2
    dated = [t for t in appeared_s if t is not None]
    times = sorted(min(max(middle if t is None else t, since), now_s) for t in appeared_s)
    within = [t for t in dated if since < t <= now_s]
    misdated = {t // SAME_MOMENT_S for t in dated if not since < t <= now_s}
    undated = len(dated) < len(appeared_s)
    minutes = rhythm.minutes.seen(within, undated=undated, misdated=len(misdated))
    return _counted(replace(rhythm, minutes=minutes), times, now_s)


def _counted(rhythm: Rhythm, times: Sequence[float], now_s: float) -> Rhythm:
    watch = _Watch(rhythm)
    for moment, count in _moments(times):
        watch.wait(moment)
        watch.see(moment, count)
    watch.wait(now_s)
    return watch.rhythm()


def _moments(times: Sequence[float]) -> Iterator[tuple[float, int]]:
    """Sorted times, those of the same minute as one."""
    n = 0
    while n < len(times):
        until = n + 1
        while until < len(times) and times[until] - times[n] < SAME_MOMENT_S:
            until += 1
        yield times[n], until - n
        n = until


class _Watch:
    """A rhythm while it is being counted on."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._before = rhythm
        self._at_s = rhythm.at_s
        self._hours, self._days = list(rhythm.hours), list(rhythm.days)
        self._spans_d = list(rhythm.spans_d)
        self._recent, self._expected = rhythm.recent, rhythm.expected
        self._last_s, self._quiet = rhythm.last_s, rhythm.quiet
        self._gaps, self._squares, self._longest = rhythm.gaps, rhythm.squares, rhythm.longest
        self._minutes = rhythm.minutes

    def wait(self, to_s: float) -> None:
        """Time in which nothing appeared."""
        if to_s <= self._at_s:
            return
        rates = Rates(self._hours, self._days, self._spans_d)
        lately = 0.0
        for start, end in _cells(self._at_s, to_s):
            length_d = (end - start) / DAY_S
            rate = rates.of_day(start) if length_d == 1 else rates.usual(start)
            self._quiet += rate * length_d
            lately += rate * length_d * mood_left(to_s - end)
            self._spans_d[_day(start)] += length_d
        self._recent *= mood_left(to_s - self._at_s)
        self._expected = self._expected * mood_left(to_s - self._at_s) + lately
        self._fade(int(to_s // DAY_S - self._at_s // DAY_S))
        self._at_s = to_s

    def _fade(self, midnights: int) -> None:
        if midnights:
            left = 2.0 ** (-midnights / HALF_LIFE_D)
            for counts in (self._hours, self._days, self._spans_d):
                counts[:] = [count * left for count in counts]
            self._gaps, self._squares = self._gaps * left, self._squares * left
            self._longest *= left
            self._minutes = self._minutes.faded(left)

    def see(self, moment: float, count: int) -> None:
        """Entries that appeared at this moment, which is now."""
        self._hours[_hour(moment)] += count
        self._days[_day(moment)] += count
        self._recent += count
        gap = 0.0 if self._last_s is None else self._quiet
        self._gaps += gap
        self._squares += gap * gap
        self._longest = max(self._longest, gap)
        self._last_s, self._quiet = moment, 0.0

    def rhythm(self) -> Rhythm:
        return Rhythm(
            at_s=self._at_s,
            hours=tuple(self._hours),
            days=tuple(self._days),
            spans_d=tuple(self._spans_d),
            recent=self._recent,
            expected=self._expected,
            last_s=self._last_s,
            quiet=self._quiet,
            gaps=self._gaps,
            squares=self._squares,
            longest=self._longest,
            window=self._before.window,
            fresh_s=self._before.fresh_s,
            minutes=self._minutes,
        )


def _cells(start_s: float, end_s: float) -> Iterator[tuple[float, float]]:
    """The span cut at full hours, but in whole days where it is long."""
    whole = end_s - start_s > HOURLY_UNTIL_S
    while start_s < end_s:
        size_s = DAY_S if whole and start_s % DAY_S == 0 and end_s - start_s >= DAY_S else HOUR_S
        until = min((start_s // size_s + 1) * size_s, end_s)
        yield start_s, until
        start_s = until


def mood_left(after_s: float) -> float:
    """The share of a spell that lasts so long."""
    return math.exp2(-after_s / MOOD_HALF_LIFE_S)


def _hour(moment: float) -> int:
    return int(moment // HOUR_S) % 24


def _day(moment: float) -> int:
    return (int(moment // DAY_S) + THURSDAY) % 7


class Rates:
    """Entries a day at any time, as what was counted lets expect them."""

    def __init__(
        self,
        hours: Sequence[float],
        days: Sequence[float],
        spans_d: Sequence[float],
        *,
        sharp: bool = False,
    ) -> None:
        """`sharp` takes each hour by itself, else its neighbours count for a half."""
        self._hours, self._days, self._spans_d = hours, days, spans_d
        self._sharp = sharp
        entries, watched_d = sum(days), sum(spans_d)
        self.per_day = (entries + PRIOR_ENTRIES) / (watched_d + PRIOR_DAYS)
        self._of_hour = entries / 24 + HOUR_WEIGHT
        self._share = entries / watched_d if watched_d else 0.0
        self._shaped = watched_d >= SHAPED_FROM_D

    def usual(self, moment: float) -> float:
        """At this hour of the week."""
        if not self._shaped:
            return self.per_day
        hour, hours = _hour(moment), self._hours
        near = hours[hour]
        if not self._sharp:
            near = hours[hour - 1] / 4 + near / 2 + hours[(hour + 1) % 24] / 4
        return self.of_day(moment) * (near + HOUR_WEIGHT) / self._of_hour

    def of_day(self, moment: float) -> float:
        """On this day of the week."""
        if not self._shaped:
            return self.per_day
        day = _day(moment)
        due = self._spans_d[day] * self._share
        return self.per_day * (self._days[day] + DAY_WEIGHT) / (due + DAY_WEIGHT)
