"""How often a caller may ask: a bucket that fills at one rate, known by when it will be full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 60
ROUNDING_S: Final = 0.001
"""What floats of today's time lose, and a caller may be early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of one request.

    `full_at` is all there is to keep of a bucket. `left`: how many more could be made at once;
    `full_in_s`: when all could again; `wait_s`: when one could, 0 where this one may.
    """

    allowed: bool
    full_at: float
    left: int
    full_in_s: float
    wait_s: float


def take(full_at: float, now: float, per_window: int) -> Taken:
    """Take one request out of a bucket of `per_window`, which fills in WINDOW_S seconds.

    The generic cell rate algorithm (ITU-T I.371, annex A). Whoever waits may burst up to the whole,
    and no more than twice the whole goes through in any window. `full_at` and `now` are seconds of
    one clock; one that was set back locks nobody out for longer than a window.
    """
    each = WINDOW_S / per_window
    start = min(max(full_at, now), now + WINDOW_S)
    after = start + each
    over = after - now - WINDOW_S
    if over > ROUNDING_S:
        return Taken(allowed=False, full_at=start, left=0, full_in_s=start - now, wait_s=over)
    left = int((WINDOW_S - (after - now)) / each + 0.01)  # floats, again
    return Taken(allowed=True, full_at=after, left=left, full_in_s=after - now, wait_s=0.0)
