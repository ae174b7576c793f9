"""Numbers and names of a story, which tell apart two reports that one template was filled for."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import islice, takewhile
from typing import Final

import regex
from xxhash import xxh32_intdigest

MAX_FACTS: Final = 100
"""The first numbers, and the first names, of a text; what more it has is not known."""

LEAD_TERMS: Final = 60
OPENING_WORDS: Final = 24

MAX_NUMBERS_MISSING: Final = 0.25
"""An editor who rounds one number of four leaves the report what it is."""

MAX_NAMES_MISSING: Final = 0.4
"""House styles spell names otherwise, and editors put in or leave out capitals."""

TO_THE_WORD: Final = 0.9
"""Editors who change a name change more than that."""

_CJK: Final = r"\p{Han}\p{Hiragana}\p{Katakana}"
_SEPARATORS: Final = str.maketrans("", "", ".,:/'’-")
_NUMBER: Final = regex.compile(r"\p{N}+(?:[.,:/'’-]\p{N}+)*")
_LAST_CHARACTERS: Final = 40
_CUT_NUMBER: Final = regex.compile(r"\p{N}[\p{N}.,:/'’-]*(?:…|\.\.\.)?\s*\Z")
_NAME: Final = regex.compile(
    r"(?<=[\p{L}\p{N},;)] )\p{Lu}(?=[\p{L}\p{M}'’-]*\p{Ll})[\p{L}\p{M}'’-]+"
    r"|[\p{Katakana}ー]{3,}"
)
# Kana part the words of Japanese; in Chinese a run of Han is half a sentence
_JAPANESE_NAME: Final = regex.compile(rf"{_NAME.pattern}|\p{{Han}}{{3,}}")
_KANA: Final = regex.compile(r"\p{Hiragana}")
_TERM: Final = regex.compile(
    rf"\p{{N}}+(?:[.,:/'’-]\p{{N}}+)*|\p{{Han}}{{2,}}|[\p{{Katakana}}ー]{{2,}}"
    rf"|(?:(?![{_CJK}])[\p{{L}}\p{{M}}]){{2,}}"
)
_WORD: Final = regex.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[\p{{L}}\p{{M}}\p{{N}}])+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Fingerprints (32 bits) of what a report does not share with another of its template."""

    numbers: frozenset[int] = frozenset()
    names: frozenset[int] = frozenset()
    lead: frozenset[int] = frozenset()
    told: frozenset[int] = frozenset()  # the words of the title that the lead has, too
    opening: frozenset[int] = frozenset()  # names of the first sentence or so


NO_FACTS: Final = Facts()


def facts_of(title: str, text: str) -> Facts:
    """The facts of a story. Names are words with a capital inside a sentence, and runs of Katakana,
    in Japanese also of Han; a number that ends the text may have been cut in two, and does not
    count.
    """
    plain = unicodedata.normalize("NFKC", text)
    name = _JAPANESE_NAME if _KANA.search(plain) else _NAME
    opening_end = _opening_end(plain)
    lead = _hashes(_TERM.finditer(plain), LEAD_TERMS)
    told = _hashes(_TERM.finditer(unicodedata.normalize("NFKC", title)), LEAD_TERMS)
    return Facts(
        numbers=_hashes(_NUMBER.finditer(plain, 0, _without_cut_number(plain)), MAX_FACTS),
        names=_hashes(name.finditer(plain), MAX_FACTS),
        lead=lead,
        told=told & lead,
        opening=_hashes(
            takewhile(lambda m: m.start() < opening_end, name.finditer(plain)), MAX_FACTS
        ),
    )


def contradict(one: Facts, other: Facts, alike: float) -> bool:
    """Whether two texts that are much alike report different things; the same in either order.
    `alike` is the share of the shorter that is in the longer one.

    A text that was cut has fewer facts than the whole, but no others; a new title over the same
    text tells nothing that is not in it. So it is facts of the one that are missing in the other
    that speak, the more so in both directions: numbers, names, what the titles tell.
    """
    return (
        _missing(one.numbers, other.numbers) > MAX_NUMBERS_MISSING
        or _missing(one.names, other.names) > MAX_NAMES_MISSING
        or bool(one.told - other.lead and other.told - one.lead)
        or (_strange(one.opening, other.names, alike) and _strange(other.opening, one.names, alike))
    )


def pack_facts(facts: Facts) -> bytes:
    """Bytes that `unpack_facts` reads, at most 2 KB."""
    packed = bytearray()
    for field in fields(facts):
        numbers: frozenset[int] = getattr(facts, field.name)
        packed += struct.pack(f"<B{len(numbers)}I", len(numbers), *sorted(numbers))
    return bytes(packed)


def unpack_facts(packed: bytes) -> Facts:
    found: list[frozenset[int]] = []
    at = 0
    for _ in fields(Facts):
        count = packed[at]
        found.append(frozenset(struct.unpack_from(f"<{count}I", packed, at + 1)))
        at += 1 + 4 * count
    numbers, names, lead, told, opening = found
    return Facts(numbers=numbers, names=names, lead=lead, told=told, opening=opening)


def _missing(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of the smaller set that is not in the larger; 0 where that cannot be told: one is
    empty, or the larger may go on.
    """
    smaller, larger = (one, other) if len(one) <= len(other) else (other, one)
    if not smaller or len(smaller) < len(larger) == MAX_FACTS:
        return 0.0
    return len(smaller - larger) / len(smaller)


def _strange(opening: frozenset[int], names: frozenset[int], alike: float) -> bool:
    """Whether a text begins with names that are not in the other: most of them, or any where all
    else is the same to the word.
    """
    unknown = len(opening - names)
    return 2 * unknown > len(opening) or (unknown > 0 and alike >= TO_THE_WORD)


def _without_cut_number(text: str) -> int:
    """Where the text ends, or the number that it ends with begins."""
    found = _CUT_NUMBER.search(text, max(0, len(text) - _LAST_CHARACTERS))
    return found.start() if found else len(text)


def _opening_end(text: str) -> int:
    """Where the first words end; two characters of CJK make a word."""
    room = OPENING_WORDS * 2
    for found in _WORD.finditer(text):
        room -= 1 if len(found[0]) == 1 else 2
        if room <= 0:
            return found.end()
    return len(text)


def _hashes(found: Iterable[regex.Match[str]], most: int) -> frozenset[int]:
    words = (match[0].translate(_SEPARATORS).casefold() for match in found)
    first = islice(_unique(words), most)
    return frozenset(xxh32_intdigest(word.encode("utf-8", "surrogatepass")) for word in first)


def _unique(words: Iterable[str]) -> Iterable[str]:
    seen: set[str] = set()
    for word in words:
        if word not in seen:
            seen.add(word)
            yield word
