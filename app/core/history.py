"""A feed's rhythm as the few bytes that are kept of it."""

from __future__ import annotations

import math
import struct
from typing import Final

from app.core.minutes import Minutes
from app.core.rhythm import Rhythm

VERSION: Final = 2
_LAYOUT: Final = struct.Struct("<B38f6f60ef2dHi")
_GREATEST: Final = 1e12  # of a count or a time; greater is no history of ours
_GREATEST_OF_MINUTE: Final = 65_000.0  # which no more than one an hour come to
_NEVER: Final = -1.0
_UNASKED: Final = -1


def pack_history(rhythm: Rhythm) -> bytes:
    """Some 330 bytes; counts keep seven digits, those of minutes three."""
    return _LAYOUT.pack(
        VERSION,
        *rhythm.hours,
        *rhythm.days,
        *rhythm.spans_d,
        rhythm.recent,
        rhythm.expected,
        rhythm.quiet,
        rhythm.gaps,
        rhythm.squares,
        rhythm.longest,
        *(min(count, _GREATEST_OF_MINUTE) for count in rhythm.minutes.counts),
        rhythm.minutes.elsewhen,
        rhythm.at_s,
        _NEVER if rhythm.last_s is None else rhythm.last_s,
        min(rhythm.window, 0xFFFF),
        _UNASKED if rhythm.fresh_s is None else min(rhythm.fresh_s, 0x7FFFFFFF),
    )


def unpack_history(packed: bytes | None) -> Rhythm | None:
    """What was packed; None for anything else, which is forgotten and learned anew."""
    if packed is None or len(packed) != _LAYOUT.size or packed[0] != VERSION:
        return None
    _, *values, at_s, last_s, window, fresh_s = _LAYOUT.unpack(packed)
    times = (at_s, 0.0 if last_s == _NEVER else last_s)
    if not all(math.isfinite(v) and 0 <= v <= _GREATEST for v in (*values, *times)):
        return None
    recent, expected, quiet, gaps, squares, longest = values[38:44]
    return Rhythm(
        at_s=at_s,
        hours=tuple(values[:24]),
        days=tuple(values[24:31]),
        spans_d=tuple(values[31:38]),
        recent=recent,
        expected=expected,
        last_s=None if last_s == _NEVER else last_s,
        quiet=quiet,
        gaps=gaps,
        squares=squares,
        longest=longest,
        window=window,
        fresh_s=None if fresh_s < 0 else fresh_s,
        minutes=Minutes(counts=tuple(values[44:104]), elsewhen=values[104]),
    )
