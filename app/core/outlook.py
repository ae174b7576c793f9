"""What is to come of a feed, and when a poll is worth its while."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.core.minutes import LUMP, MINUTE_S
from app.core.rhythm import DAY_S, HOUR_S, PATIENCE, Rates, Rhythm, mood_left

LEAST_MOOD: Final = 0.25
MOOD_WEIGHT: Final = 6.0
"""Entries that a spell must have, more or less than expected, to double or halve the rate."""

LEAST_HOUR: Final = 0.3
"""Of the usual rate an hour must have for its minutes to be looked after."""

MOSTLY: Final = 0.5
"""What of all that will have waited must be there by such a minute, to be fetched then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """When a poll is worth its while, in seconds, and the minute of the hour it is right after."""

    wait_s: float
    minute: int | None = None


class Outlook:
    """What is to come after `rhythm.at_s`."""

    def __init__(self, rhythm: Rhythm) -> None:
        self.rhythm = rhythm
        self.silent_s = rhythm.at_s - (rhythm.last_s or rhythm.at_s)
        self._begun = rhythm.at_s
        self._shares = rhythm.minutes.shares()
        timed = self._shares is not None
        self._rates = Rates(rhythm.hours, rhythm.days, rhythm.spans_d, sharp=timed)
        self.usual = self._rates.usual(rhythm.at_s)  # entries a day at this hour of the week
        mood = (rhythm.recent + MOOD_WEIGHT) / (rhythm.expected + MOOD_WEIGHT)
        self.mood = max(mood, LEAST_MOOD)  # how much more than that of late; it passes
        self.hope = 1 / (1 + rhythm.quiet / PATIENCE)  # that the silence is not for good

    def worthwhile(self, *, price: float, room: float, longest_s: float) -> Ahead:
        """When a poll is worth its while, `longest_s` at most: docs/decisions/0015.

        That is when the entries due by then will have waited for `price` days in all, or when there
        are `room` of them. Where entries keep to minutes it is right after the last of these before
        then: what comes after it would have waited longer than that is worth.
        """
        waited, due = 0.0, 0.0
        lump, due_at_lump = Ahead(wait_s=longest_s), 0.0
        for start, end, rate in self._cells(longest_s):
            # waited + due·x + rate·x²/2 = price, for x days into this hour or minute
            paid_d = (math.sqrt(due * due + 2 * rate * (price - waited)) - due) / rate
            left_d = min(paid_d, (room - due) / rate)
            length_d = min((end - start) / DAY_S, left_d)
            waited += due * length_d + rate * length_d * length_d / 2
            due += rate * length_d
            if over := self._over(start, end):
                lump, due_at_lump = over, due
            if left_d <= (end - start) / DAY_S:
                paid = Ahead(wait_s=start + left_d * DAY_S - self._begun)
                break
        else:
            paid = Ahead(wait_s=longest_s)
        return lump if due_at_lump > due * MOSTLY else paid

    def after_lump(self, at_least_s: float) -> Ahead | None:
        """The first minute that entries keep to which is over then, or up to an hour later.

        One that is over by less than a minute then counts: waiting always from right after it would
        come to nothing else.
        """
        for start, end in _steps(self._begun + at_least_s - 2 * MINUTE_S, HOUR_S, MINUTE_S):
            if (over := self._over(start, end)) and over.wait_s > at_least_s - MINUTE_S:
                return Ahead(wait_s=max(over.wait_s, at_least_s), minute=over.minute)
        return None

    def _cells(self, longest_s: float) -> Iterator[tuple[float, float, float]]:
        """From now on by the hour, or by the minute where it matters, with entries a day."""
        size_s = HOUR_S if self._shares is None else MINUTE_S
        for start, end in _steps(self._begun, longest_s, size_s):
            mood = 1 + (self.mood - 1) * mood_left((start + end) / 2 - self._begun)
            rate = self.hope * mood * self._rates.usual(start)
            yield start, end, rate * 60 * self._shares[_minute(start)] if self._shares else rate

    def _over(self, start: float, end: float) -> Ahead | None:
        """The end of this minute, if entries keep to it and not to the next."""
        if self._shares is None or end - self._begun < MINUTE_S:
            return None
        minute = _minute(start)
        if self._shares[minute] < LUMP or self._shares[(minute + 1) % 60] >= LUMP:
            return None
        if self._rates.usual(start) < LEAST_HOUR * self._rates.per_day:
            return None
        return Ahead(wait_s=end - self._begun, minute=minute)


def _steps(start_s: float, length_s: float, size_s: float) -> Iterator[tuple[float, float]]:
    end_s = start_s + length_s
    while start_s < end_s:
        until = min((start_s // size_s + 1) * size_s, end_s)
        yield start_s, until
        start_s = until


def _minute(moment: float) -> int:
    return int(moment // MINUTE_S) % 60
