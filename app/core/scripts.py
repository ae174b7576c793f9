"""Characters of the scripts that put no spaces between words (Unicode 16, Scripts.txt).

As ranges for `re`, since its negated sets are several times faster than script properties; texts
in other scripts leave at the first range.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_HAN_AND_KANA: Final = (
    (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007),
    (0x3021, 0x3029), (0x3038, 0x303B), (0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA),
    (0x30FD, 0x30FF), (0x31F0, 0x31FF), (0x32D0, 0x32FE), (0x3300, 0x3357), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xF900, 0xFA6D), (0xFA70, 0xFAD9), (0xFF66, 0xFF6F), (0xFF71, 0xFF9D),
    (0x16FE2, 0x16FE3), (0x16FF0, 0x16FF6), (0x1AFF0, 0x1AFF3), (0x1AFF5, 0x1AFFB),
    (0x1AFFD, 0x1AFFE), (0x1B000, 0x1B128), (0x1B132, 0x1B132), (0x1B150, 0x1B152),
    (0x1B155, 0x1B155), (0x1B164, 0x1B168), (0x1F200, 0x1F200), (0x20000, 0x2A6DF),
    (0x2A700, 0x2B81E), (0x2B820, 0x2CEAD), (0x2CEB0, 0x2EBE0), (0x2EBF0, 0x2EE5D),
    (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x33479),
)  # fmt: skip
_HANGUL: Final = (
    (0x1100, 0x11FF), (0x302E, 0x302F), (0x3131, 0x318E), (0x3200, 0x321E), (0x3260, 0x327E),
    (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB), (0xFFA0, 0xFFBE),
    (0xFFC2, 0xFFC7), (0xFFCA, 0xFFCF), (0xFFD2, 0xFFD7), (0xFFDA, 0xFFDC),
)  # fmt: skip
_LAST: Final = 0x10FFFF


def _gaps(ranges: Iterable[tuple[int, int]]) -> Iterator[str]:
    start = 0
    for first, last in (*sorted(ranges), (_LAST + 1, _LAST + 1)):
        if first > start:
            yield f"\\U{start:08x}-\\U{first - 1:08x}"
        start = last + 1


HAN_OR_KANA: Final = re.compile(f"[^{''.join(_gaps(_HAN_AND_KANA))}]+")
"""Runs of Han characters and kana."""
WIDE: Final = re.compile(f"[^{''.join(_gaps((*_HAN_AND_KANA, *_HANGUL)))}]+")
"""Runs of Han, kana and Hangul: letters that are as wide as they are high."""


def how_many(runs: re.Pattern[str], text: str) -> int:
    """How many characters of a text are in such runs."""
    return len(text) - len(runs.sub("", text))
