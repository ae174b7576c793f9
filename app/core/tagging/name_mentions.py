"""Where a text names somebody or something, before mentions of the same are put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

THRESHOLD: Final = 0.5
"""How sure a name must be to become a tag; below it there is silence."""


class Mention(NamedTuple):
    """text[start:end] names `name`; `evidence` is by kind, each from 0 to 1."""

    start: int
    end: int
    name: str
    evidence: Mapping[str, float]
    family: str = ""  # of a person: what they are called by later; "" where it is the last word
    alone: bool = False  # a person's family name only


def sure(evidence: Mapping[str, float]) -> float:
    """How sure independent kinds of evidence make together, from 0 to 1."""
    doubt = 1.0
    for weight in evidence.values():
        doubt *= 1.0 - weight
    return 1.0 - doubt
