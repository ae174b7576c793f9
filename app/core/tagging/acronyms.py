"""Acronyms beside what they stand for: Trans-Pacific Partnership (TPP), and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import NameWords
from app.core.tagging.words import MAX_CHARS

_BESIDE = re.compile(r"\(([A-Z][A-Za-z&.-]{1,9})\)")
_INSIDE = re.compile(r"\b([A-Z][A-Z&.]{1,9}) \(([^()]{5,90})\)")
_WORD = re.compile(r"[^\W_]+(?:['’]s)?")
UNHEADED: Final = 0.2
"""Of what is explained, but has no name of an organization: it must be used as one."""

_LOOK_BACK: Final = 110
_CLAUSE = re.compile(r"[.;:!?()\n\"“”]")
_NO_ORGANIZATION = frozenset(
    [
        "act",
        "bill",
        "law",
        "treaty",
        "agreement",
        "accord",
        "pact",
        "syndrome",
        "disease",
        "virus",
        "disorder",
        "infection",
        "product",
        "index",
        "rate",
        "ratio",
        "time",
        "standard",
        "code",
        "test",
        "therapy",
        "vehicle",
        "aircraft",
        "missile",
        "system",
        "systems",
        "technology",
        "gas",
        "acid",
        "level",
        "area",
        "zone",
        "exam",
        "degree",
        "engine",
        "language",
        "protocol",
        "intelligence",
        "species",
        "equipment",
        "depression",
        "device",
        "tax",
        "scan",
        "unit",
        "imaging",
        "reality",
        "mission",
        "period",
        "prize",
        "award",
        "shuttle",
        "data",
        "software",
        "hardware",
        "cell",
        "cells",
        "particles",
        "oxygen",
        "carbon",
        "water",
        "scheme",
        "program",
        "programme",
        "project",
        "plan",
        "deal",
        "center",
        "centre",
    ]
)


def expansions(text: str, vocabulary: NameWords) -> Iterator[Mention]:
    """Both names of an organization that a text gives an acronym for, under the longer."""
    for found in _BESIDE.finditer(text, 0, MAX_CHARS):
        acronym = found[1].replace(".", "")
        start = _expansion(text, found.start(), acronym)
        if start is not None:
            yield from _both(text, (start, found.start() - 1), found.span(1), vocabulary)
    for found in _INSIDE.finditer(text, 0, MAX_CHARS):
        initials = _initials(found[2])
        if found[1].replace(".", "").replace("&", "") == initials:
            yield from _both(text, found.span(2), found.span(1), vocabulary)


def _both(
    text: str, name: tuple[int, int], acronym: tuple[int, int], vocabulary: NameWords
) -> Iterator[Mention]:
    words = text[slice(*name)].split()
    if words[-1].casefold() in _NO_ORGANIZATION or text[slice(*acronym)] in vocabulary.not_orgs:
        return
    heads = vocabulary.org_heads
    headed = words[-1] in heads or words[0] in heads
    evidence = {"expanded": 0.85 if headed else UNHEADED}
    yield Mention(*name, text[slice(*name)], evidence)
    yield Mention(*acronym, text[slice(*name)], evidence)


def _expansion(text: str, bracket: int, acronym: str) -> int | None:
    """Where the words begin, right before a bracket, whose capitals the acronym is made of."""
    if text[bracket - 1 : bracket] != " ":
        return None
    floor = max(0, bracket - _LOOK_BACK)
    tail = text[floor : bracket - 1]
    breaks = [found.end() for found in _CLAUSE.finditer(tail)]
    offset = breaks[-1] if breaks else 0
    words = list(_WORD.finditer(tail, offset))
    wanted = acronym.upper()
    for count in range(1, min(len(words), len(wanted) + 4) + 1):
        first = words[-count]
        letters = "".join(word[0][0] for word in words[-count:] if word[0][0].isupper())
        if letters == wanted and first[0][0].isupper() and count > 1:
            return floor + first.start()
        if len(letters) > len(wanted):
            return None
    return None


def _initials(words: str) -> str:
    return "".join(word[0] for word in _WORD.findall(words) if word[0].isupper())
