"""The capitalized words of a text: in scripts that have capitals, what names are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

MAX_CHARS: Final = 60_000
"""What is read of a text: whom and what a story is about stands before that."""

MAX_WORDS: Final = 6_000

_PREPOSITION: Final = 3
_ENOUGH: Final = 4

_WORD = re.compile(
    r"(?<!\w)(?:(?:[^\W\d_a-z]\.-?)+(?:[^\W\d_a-z](?!\w))?"
    r"|[^\W\d_a-z]\w*(?:[-‐‑&]\w+|['’](?!s\b)\w+)*)"
)
_ABBREVIATED = frozenset(
    {
        "Jr", "Sr", "St", "Ste", "Dr", "Mr", "Mrs", "Ms", "Mx", "Prof", "Gen", "Sen", "Sens",
        "Rep", "Reps", "Gov", "Lt", "Col", "Maj", "Capt", "Sgt", "Cpl", "Pvt", "Cmdr", "Adm",
        "Rev", "Hon", "Det", "Corp", "Inc", "Ltd", "Co", "Bros", "Fr", "Sra", "S.A", "N.V", "Mt",
    }
)  # fmt: skip
_COMPOUND = re.compile(r"\w+-(?:[a-z]{3,}ing|based|led|born|dated|backed|owned|held|bound)")
_ENDS = frozenset('.!?:;…。！？\n"“”„«»‹›(•|')


class Word(NamedTuple):
    """A capitalized word, without a possessive 's; text[start:end] with an abbreviation's stop."""

    key: str  # without a stop at its end
    start: int
    end: int
    gap: str | None  # what stands between it and the one before, up to MAX_GAP characters


MAX_GAP: Final = 14


def capitalized(text: str) -> list[Word]:
    """The first MAX_WORDS of them in the first MAX_CHARS, in order."""
    words: list[Word] = []
    before = -MAX_GAP - 1
    for found in _WORD.finditer(text, 0, min(len(text), MAX_CHARS)):
        key = found[0]
        if not key[0].isupper():
            continue
        start, end = found.span()
        if text[end : end + 1] == "." and (key in _ABBREVIATED or len(key) == 1):
            end += 1
        gap = text[before:start] if 0 < start - before <= MAX_GAP and words else None
        words.append(Word(key.rstrip(".") if key[-1] == "." else key, start, end, gap))
        before = end
        if len(words) == MAX_WORDS:
            break
    return words


def begins_sentence(text: str, start: int) -> bool:
    """Whether what begins there may have its capital from where it stands."""
    before = text[max(0, start - 3) : start].rstrip(" \t\u00a0'‘’")
    return not before or before[-1] in _ENDS


def is_compound(key: str) -> bool:
    """Whether a word is no part of a name: NBA-leading, Oslo-based, Composer_Jane."""
    return "_" in key or _COMPOUND.fullmatch(key) is not None


def shouted_within(words: Sequence[Word]) -> int | None:
    """Where a word in capitals stands before the last two, as a post does: "Browns DL Jane Roe"."""
    for at in range(1, len(words) - 2):
        key = words[at].key
        if len(key) > 1 and key.isupper() and key.isalpha():
            return at
    return None


def is_shouted(text: str) -> bool:
    """Whether a line is in capitals only."""
    return text.isupper()


def is_title_case(text: str) -> bool:
    """Whether a headline has a capital on every word that is longer than a preposition."""
    words = [word for word in text.split() if len(word) > _PREPOSITION and word[0].isalpha()]
    return len(words) >= _ENOUGH and sum(not word[0].isupper() for word in words) * 8 <= len(words)


def found_at(text: str, name: str) -> Iterator[int]:
    """Where a name stands in a text (its first MAX_CHARS), each time."""
    at = text.find(name, 0, MAX_CHARS)
    while at >= 0:
        yield at
        at = text.find(name, at + len(name), MAX_CHARS)
