"""Whether a feed that answers has been quiet for longer than it ever is."""

from __future__ import annotations

import math
from typing import Final

from app.core.rhythm import HOUR_S, Rhythm

CHANCE: Final = 1e-4
"""So unlikely must a silence be that an operator is told of it."""

SHORTEST_S: Final = 6 * HOUR_S
LEAST_ENTRIES: Final = 12.0
LEAST_WATCHED_D: Final = 14.0
BEYOND_LONGEST: Final = 2.0
"""And so much longer than the longest silence on record: not all feeds fall silent by chance."""

LEAST_EXCESS: Final = 1.0


def silent_since_s(rhythm: Rhythm) -> float | None:
    """When the last entry appeared, if there should have been others since; else None.

    Silences are measured in entries that were due: by chance alone one of x has the probability
    e⁻ˣ. Entries that come in bursts make longer ones; how much longer is seen from their squares,
    whose mean is twice the square of the mean where there are no bursts.
    """
    if rhythm.last_s is None or rhythm.at_s - rhythm.last_s < SHORTEST_S:
        return None
    if rhythm.entries < LEAST_ENTRIES or rhythm.watched_d < LEAST_WATCHED_D:
        return None
    excess = max(rhythm.squares / (2 * rhythm.gaps), LEAST_EXCESS) if rhythm.gaps else LEAST_EXCESS
    unlikely = -math.log(CHANCE) * excess
    if rhythm.quiet < max(unlikely, rhythm.longest * BEYOND_LONGEST):
        return None
    return rhythm.last_s
