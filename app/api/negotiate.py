"""Which of the forms that an answer can take the caller wants (RFC 9110 §12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"\s*([!#$%&'*+.^`|~\w-]+)/([!#$%&'*+.^`|~\w-]+)\s*((?:;.*)?)", re.ASCII)
_WEIGHT: Final = re.compile(
    r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE | re.ASCII
)
_MEMBERS: Final = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRange:
    """One member of an Accept header; what is not said of a type is `*`."""

    kind: str
    subtype: str
    weight: float

    def specificity(self, media_type: str) -> int:
        """2 for the very type, 1 for `type/*`, 0 for `*/*`; -1 where it does not match."""
        kind, _, subtype = media_type.partition("/")
        if self.subtype != "*":
            return 2 if (self.kind, self.subtype) == (kind, subtype) else -1
        if self.kind != "*":
            return 1 if self.kind == kind else -1
        return 0


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """The media type to answer in; None where nothing offered will do.

    Of equal weights, what the header names more closely wins, then what is offered first. Without
    a header, or one with nothing that can be read, that is the first. Parameters of a range but q
    (`charset=utf-8`) are passed over: no format here has any.
    """
    ranges = read_accept(accept or "")
    if not ranges:
        return offered[0]
    best: tuple[float, int] = (0.0, -1)
    chosen = None
    for media_type in offered:
        specificity, weight = max((r.specificity(media_type), r.weight) for r in ranges)
        if specificity >= 0 and weight > 0 and (weight, specificity) > best:
            best, chosen = (weight, specificity), media_type
    return chosen


def read_accept(header: str) -> list[MediaRange]:
    """The ranges of an Accept header; members that are none are left out."""
    found = (_read_range(member) for member in _MEMBERS.findall(header))
    return [media_range for media_range in found if media_range is not None]


def _read_range(member: str) -> MediaRange | None:
    match = _RANGE.fullmatch(member.rstrip())
    if match is None:
        return None
    kind, subtype, parameters = match[1].lower(), match[2].lower(), match[3]
    if kind == "*" and subtype != "*":
        return None
    weight = _WEIGHT.search(parameters)
    if weight is None and re.search(r";\s*q\s*=", parameters, re.IGNORECASE):
        return None
    return MediaRange(
        kind=kind, subtype=subtype, weight=1.0 if weight is None else float(weight[1])
    )
