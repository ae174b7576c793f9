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

HOUR_S: Final = 3600
DAY_S: Final = 86_400
THURSDAY: Final = 3  # 1970-01-01, where Monday is 0

HALF_LIFE_D: Final = 42.0
"""After this an entry counts for half: a feed that has changed its ways is soon known anew."""

MOOD_HALF_LIFE_S: Final = 2 * HOUR_S
"""How long a busy or a quiet spell is taken to last."""

MOOD_WEIGHT: Final = 3.0
"""Entries that a spell must have, more or less than expected, to double or halve the rate."""

LEAST_MOOD: Final = 0.25
PRIOR_ENTRIES: Final = 0.5
PRIOR_DAYS: Final = 0.05
"""What is believed of a feed before anything is known: half an entry in an hour or so."""

HOUR_WEIGHT: Final = 1.0
DAY_WEIGHT: Final = 3.0
"""Entries that an hour, or a weekday, is taken to have had as all others do."""

SHAPED_FROM_D: Final = 2.0
"""Days from which on the hours are told apart: before, some of them may have been seen twice."""

PATIENCE: Final = 10.0
"""A silence in which so many entries were due halves what is expected after it."""

SAME_MOMENT_S: Final = 60
LONGEST_SEED_D: Final = 180
GAPS_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When entries appeared, up to `at_s`; counts of entries and days fade by HALF_LIFE_D.

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
    gaps: float = 0.0  # sum of the last gaps
    squares: float = 0.0  # of their squares
    longest: float = 0.0  # the longest of them, slowly forgotten
    window: int = 0  # entries in its document
    fresh_s: int | None = None  # how long its last document asked to be kept for fresh

    @property
    def entries(self) -> float:
        return sum(self.days)

    @property
    def watched_d(self) -> float:
        return sum(self.spans_d)

    @property
    def per_day(self) -> float:
        """Entries a day, whatever the hour."""
        return (self.entries + PRIOR_ENTRIES) / (self.watched_d + PRIOR_DAYS)


def unwatched(at_s: float) -> Rhythm:
    """What is known of a feed that nothing is known of."""
    return Rhythm(at_s=at_s, hours=(0.0,) * 24, days=(0.0,) * 7, spans_d=(0.0,) * 7)


def seeded(published_s: Iterable[float], now_s: float, *, window: int) -> Rhythm:
    """What the dates in a feed's first document tell of it: that long it has been watched."""
    earliest = now_s - LONGEST_SEED_D * DAY_S
    times = sorted(t for t in published_s if earliest <= t <= now_s)
    if not times:
        return replace(unwatched(now_s), window=window)
    # The oldest only begins the time that the others are counted over.
    rhythm = replace(unwatched(times[0]), last_s=times[0], window=window)
    return _counted(rhythm, times[1:], now_s)


def observed(rhythm: Rhythm, appeared_s: Sequence[float], now_s: float) -> Rhythm:
    """The same after a poll at `now_s` that found entries which had appeared at these times.

    Times are taken to lie between the last poll and this one: what bears another date appeared
    then all the same.
    """
    since = min(rhythm.at_s, now_s)
    return _counted(rhythm, sorted(min(max(t, since), now_s) for t in appeared_s), now_s)


def _counted(rhythm: Rhythm, times: Sequence[float], now_s: float) -> Rhythm:
    for moment, count in _moments(times):
        rhythm = _appeared(_advanced(rhythm, moment), moment, count)
    return _advanced(rhythm, now_s)


def _moments(times: Sequence[float]) -> Iterator[tuple[float, int]]:
    """Sorted times, those of the same minute as one."""
    start, count = None, 0
    for time in times:
        if start is not None and time - start < SAME_MOMENT_S:
            count += 1
            continue
        if start is not None:
            yield start, count
        start, count = time, 1
    if start is not None:
        yield start, count


def _appeared(rhythm: Rhythm, moment: float, count: int) -> Rhythm:
    hour, day = _hour(moment), _day(moment)
    hours, days = list(rhythm.hours), list(rhythm.days)
    hours[hour] += count
    days[day] += count
    known = rhythm.last_s is not None
    kept = 1 - 1 / GAPS_REMEMBERED
    gap = rhythm.quiet if known else 0.0
    return replace(
        rhythm,
        hours=tuple(hours),
        days=tuple(days),
        recent=rhythm.recent + count,
        last_s=moment,
        quiet=0.0,
        gaps=rhythm.gaps * kept + gap,
        squares=rhythm.squares * kept + gap * gap,
        longest=max(rhythm.longest * kept, gap),
    )


def _advanced(rhythm: Rhythm, to_s: float) -> Rhythm:
    """The same at a later time, if nothing appeared until then."""
    passed_s = to_s - rhythm.at_s
    if passed_s <= 0:
        return rhythm
    fade = 2.0 ** (-passed_s / (HALF_LIFE_D * DAY_S))
    spans = [span * fade for span in rhythm.spans_d]
    rates = Rates(rhythm)
    mood_fade = 2.0 ** (-passed_s / MOOD_HALF_LIFE_S)
    due, lately = 0.0, 0.0
    for start, end in _hours(rhythm.at_s, to_s):
        length_d = (end - start) / DAY_S
        spans[_day(start)] += length_d * 2.0 ** (-(to_s - end) / (HALF_LIFE_D * DAY_S))
        here = rates.usual(start) * length_d
        due += here
        lately += here * 2.0 ** (-(to_s - end) / MOOD_HALF_LIFE_S)
    return replace(
        rhythm,
        at_s=to_s,
        hours=tuple(count * fade for count in rhythm.hours),
        days=tuple(count * fade for count in rhythm.days),
        spans_d=tuple(spans),
        recent=rhythm.recent * mood_fade,
        expected=rhythm.expected * mood_fade + lately,
        quiet=rhythm.quiet + due,
    )


def _hours(start_s: float, end_s: float) -> Iterator[tuple[float, float]]:
    """The span cut at full hours."""
    while start_s < end_s:
        until = min((start_s // HOUR_S + 1) * HOUR_S, end_s)
        yield start_s, until
        start_s = until


def _hour(moment: float) -> int:
    return int(moment // HOUR_S) % 24


def _day(moment: float) -> int:
    return (int(moment // DAY_S) + THURSDAY) % 7


class Rates:
    """Entries a day at any time, as a rhythm lets expect them."""

    def __init__(self, rhythm: Rhythm) -> None:
        self._rhythm = rhythm
        self._per_day = rhythm.per_day
        self._entries = rhythm.entries
        self._share = self._entries / rhythm.watched_d if rhythm.watched_d else 0.0
        self._shaped = rhythm.watched_d >= SHAPED_FROM_D

    def usual(self, moment: float) -> float:
        """Entries a day at this hour of the week."""
        if not self._shaped:
            return self._per_day
        return self._per_day * self.shape(moment)

    def shape(self, moment: float) -> float:
        """How much more than its share this hour of the week has: 1 where nothing is known."""
        hour, day = _hour(moment), _day(moment)
        hours, rhythm = self._rhythm.hours, self._rhythm
        near = hours[hour - 1] / 4 + hours[hour] / 2 + hours[(hour + 1) % 24] / 4
        by_hour = (near + HOUR_WEIGHT) / (self._entries / 24 + HOUR_WEIGHT)
        due = rhythm.spans_d[day] * self._share
        return by_hour * (rhythm.days[day] + DAY_WEIGHT) / (due + DAY_WEIGHT)

    def mood(self) -> float:
        """How much more has come of late than was due; it passes as spells do."""
        rhythm = self._rhythm
        return max((rhythm.recent + MOOD_WEIGHT) / (rhythm.expected + MOOD_WEIGHT), LEAST_MOOD)

    def hope(self) -> float:
        """The share of its rate that a feed is still believed to have, after its silence."""
        return 1 / (1 + self._rhythm.quiet / PATIENCE)


def crossing_s(rhythm: Rhythm, *, effort: float, room: float, longest_s: float) -> float:
    """Seconds after `rhythm.at_s` at which a poll is worth its while, at most `longest_s`.

    That is when the integral of √(rate) over the days has come to `effort`, or when `room`
    entries are due: docs/decisions/0015.
    """
    rates = Rates(rhythm)
    mood, hope = rates.mood() - 1, rates.hope()
    start_s = rhythm.at_s
    gathered, due = 0.0, 0.0
    for start, end in _hours(start_s, start_s + longest_s):
        middle = (start + end) / 2 - start_s
        rate = hope * rates.usual(start) * (1 + mood * 2.0 ** (-middle / MOOD_HALF_LIFE_S))
        length_d, worth = (end - start) / DAY_S, math.sqrt(rate)
        left_d = min((effort - gathered) / worth, (room - due) / rate)
        if left_d <= length_d:
            return start + left_d * DAY_S - start_s
        gathered += worth * length_d
        due += rate * length_d
    return longest_s
