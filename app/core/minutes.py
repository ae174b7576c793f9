"""At which minutes of the hour a feed's entries appear, where they keep to some.

Sites that are built by a timer, and stories that are scheduled, come at the same minutes. To look
right after them costs nothing, and is soonest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MINUTE_S: Final = 60
NOWHERE: Final = (0.0,) * 60

LEAST_MOMENTS: Final = 12.0
LEAST_REPEATED: Final = 0.1
"""How likely two moments must be to be of the same minute; by chance it is one in sixty."""

BELIEF: Final = 2.0
"""Moments that are taken to have come at any minute."""

MISDATED: Final = 0.9
"""What is left of all that was counted, after a moment that was not when its date says."""

LUMP: Final = 0.1
"""The share of an hour's moments that makes a minute one to look after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Moments by minute of the hour, and those of which the minute is not known."""

    counts: tuple[float, ...] = NOWHERE
    elsewhen: float = 0.0

    def seen(self, known_s: Iterable[float], *, undated: int = 0, misdated: int = 0) -> Minutes:
        """With so many more; times of the same minute are one moment.

        A day's midnight is no moment: who gives no more than the day writes it so. What was not
        there when it says makes all else less believable: to look right after its minute would be
        to miss it each time.
        """
        before = self.faded(MISDATED**misdated) if misdated else self
        counts = list(before.counts)
        moments = {int(time_s // MINUTE_S) for time_s in known_s}
        for moment in moments:
            if moment % (24 * 60):
                counts[moment % 60] += 1
        return Minutes(counts=tuple(counts), elsewhen=before.elsewhen + undated + misdated)

    def faded(self, left: float) -> Minutes:
        """What counts for so much less."""
        counts = tuple(count * left for count in self.counts) if any(self.counts) else NOWHERE
        return Minutes(counts=counts, elsewhen=self.elsewhen * left)

    def shares(self) -> tuple[float, ...] | None:
        """What each minute has of an hour's entries, 1 in all; None where they keep to none."""
        moments = sum(self.counts)
        if moments < LEAST_MOMENTS:
            return None
        same = sum(count * count for count in self.counts) - moments
        known = moments / (moments + self.elsewhen)
        if same / (moments * (moments - 1)) * known * known < LEAST_REPEATED:
            return None
        total = moments + self.elsewhen + BELIEF
        even = (self.elsewhen + BELIEF) / 60
        return tuple((count + even) / total for count in self.counts)


UNTOLD: Final = Minutes()
"""Of a feed of which nothing is known."""
