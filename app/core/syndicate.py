"""Whether two stories are one text: sketches of their words, kept so that they can be compared.

A MinHash sketch tells how many of their shingles two texts share; its bands are keys that texts
with much in common are likely to share, so that candidates are looked up and not searched for.
All that is said of a pair rests on the two sketches, is the same in either order, and holds still
whatever else is known: clusters, its connected components, do not depend on who came first.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import eq
from typing import Final

import regex
from rensa import RMinHash
from xxhash import xxh3_64_intdigest

from app.core.facts import NO_FACTS, Facts, contradict, facts_of, pack_facts, unpack_facts
from app.core.identity import ID_RANDOM_BITS

SKETCH_VERSION: Final = RMinHash.ALGORITHM_VERSION * 100 + 1
"""Of what is kept: sketches of different versions cannot be compared, and none is. Raise it with
NORMAL_FORM_VERSION, so that all stories are sketched again, and empty `sketches`, `bands` and
`members` in a migration.
"""

WINDOW_MS: Final = 7 * 24 * 3600 * 1000
"""Reprints come within days; what is alike after weeks is a column, a list or a template."""

MIN_CONTAINED: Final = 0.6
"""The share of the shorter text that must be in the longer one."""

OWN_CONTAINED: Final = 0.8
"""The same for two stories of one source."""

MIN_SHINGLES: Final = 16
"""A text with fewer is no story to compare: "Read more on our site" is everybody's."""

MIN_FULL_SHINGLES: Final = 40
"""A text with fewer is all lead."""

SUMMARY_SHINGLES: Final = 120
"""A text with more is no summary: that its beginning is in another's lead is not enough."""

SEED: Final = 7
WORD_SHINGLE: Final = 3
CHARACTER_SHINGLE: Final = 5
CHARACTERS_A_WORD: Final = 2
FIRST_SPACELESS: Final = "\u0e00"  # Thai: no letter before it is of such a script

_SPACELESS: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_TOKEN: Final = regex.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}])[\p{{L}}\p{{M}}\p{{N}}])+")
_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
_CHARACTER: Final = regex.compile(rf"[{_SPACELESS}]")
_HEAD: Final = struct.Struct("<HIIBBB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a text that is sketched, how many minima, and how many of them make a key."""

    name: bytes
    words: int | None
    minima: int
    rows: int


FULL: Final = Part(name=b"full", words=None, minima=128, rows=3)
LEAD: Final = Part(name=b"lead", words=60, minima=60, rows=4)
OPENING: Final = Part(name=b"opening", words=24, minima=15, rows=3)
"""A summary of 30 words shares too little with a lead of 60 to be found by it, but begins alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What is kept of a story's words: minima over the shingles of its parts, 4 bytes each.

    All three are empty where the text is too short to be compared, `full` where it is all lead.
    """

    shingles: int = 0
    lead_shingles: int = 0
    full: bytes = b""
    lead: bytes = b""
    opening: bytes = b""
    facts: Facts = NO_FACTS


NOTHING: Final = Sketch()
"""The sketch of a text that is too short: it is like no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketched:
    """A story as it is compared with others."""

    id: int
    source_id: int
    sketch: Sketch

    @property
    def published_ms(self) -> int:
        return self.id >> ID_RANDOM_BITS


def sketch_of(title: str, text: str) -> Sketch:
    """The sketch of a story, from its title and its own words."""
    tokens = _tokens(unicodedata.normalize("NFKC", text).casefold())
    whole, lead = _shingles(tokens), _shingles(_beginning(tokens, LEAD))
    if len(lead) < MIN_SHINGLES:
        return NOTHING
    return Sketch(
        shingles=len(whole),
        lead_shingles=len(lead),
        full=_minima(whole, FULL) if len(whole) >= MIN_FULL_SHINGLES else b"",
        lead=_minima(lead, LEAD),
        opening=_minima(_shingles(_beginning(tokens, OPENING)), OPENING),
        facts=facts_of(title, text),
    )


def band_keys(sketch: Sketch) -> tuple[int, ...]:
    """The keys under which a story is looked up, each once, in [-2**63, 2**63)."""
    parts = ((FULL, sketch.full), (LEAD, sketch.lead), (OPENING, sketch.opening))
    return tuple({key: None for part, minima in parts for key in _bands(part, minima)})


def are_reprints(one: Sketched, other: Sketched) -> bool:
    """Whether two stories that share a band are one text, cut, edited or added to.

    Two of one source only if nearly all of the shorter is in the longer: a source begins its
    columns, listings and live reports with the same words every day.
    """
    if abs(one.published_ms - other.published_ms) > WINDOW_MS:
        return False
    a, b = one.sketch, other.sketch
    alike, least = same_text(a, b), OWN_CONTAINED
    if one.source_id != other.source_id:
        alike, least = max(alike, summarized(a, b)), MIN_CONTAINED
    return alike >= least and not contradict(a.facts, b.facts, alike)


def same_text(one: Sketch, other: Sketch) -> float:
    """The share of the shorter text that is in the longer one, as far as sketches tell."""
    if one.full and other.full:
        return _contained(one.full, other.full, one.shingles, other.shingles)
    if one.full or other.full:
        return 0.0
    return _contained(one.lead, other.lead, one.lead_shingles, other.lead_shingles)


def summarized(one: Sketch, other: Sketch) -> float:
    """How much of the shorter lead is in the other's, if either text may be but a summary."""
    if min(one.shingles, other.shingles) > SUMMARY_SHINGLES:
        return 0.0
    return _contained(one.lead, other.lead, one.lead_shingles, other.lead_shingles)


def pack_sketch(sketch: Sketch) -> bytes:
    """Bytes that `unpack_sketch` reads, under 3 KB."""
    head = _HEAD.pack(
        SKETCH_VERSION,
        sketch.shingles,
        sketch.lead_shingles,
        *(len(minima) // 4 for minima in (sketch.full, sketch.lead, sketch.opening)),
    )
    return head + sketch.full + sketch.lead + sketch.opening + pack_facts(sketch.facts)


def unpack_sketch(packed: bytes) -> Sketch:
    _, shingles, lead_shingles, *sizes = _HEAD.unpack_from(packed)
    ends = list(accumulate((4 * size for size in sizes), initial=_HEAD.size))
    full, lead, opening = (packed[a:b] for a, b in pairwise(ends))
    return Sketch(
        shingles=shingles,
        lead_shingles=lead_shingles,
        full=full,
        lead=lead,
        opening=opening,
        facts=unpack_facts(packed[ends[-1] :]),
    )


def _contained(one: bytes, other: bytes, shingles: int, others: int) -> float:
    """The share of the smaller set in the larger, from their Jaccard index J and their sizes:
    |A ∩ B| = J · (|A| + |B|) / (1 + J).
    """
    if not one or not other:
        return 0.0
    same = sum(map(eq, memoryview(one).cast("I"), memoryview(other).cast("I")))
    jaccard = same * 4 / len(one)
    share: float = jaccard * (shingles + others) / ((1 + jaccard) * min(shingles, others))
    return share


def _beginning(tokens: Sequence[str], part: Part) -> Sequence[str]:
    room = (part.words or 0) * CHARACTERS_A_WORD
    for n, token in enumerate(tokens):
        if room <= 0:
            return tokens[:n]
        room -= 1 if _is_character(token) else CHARACTERS_A_WORD
    return tokens


def _tokens(text: str) -> list[str]:
    """Words; the characters of scripts that are written without spaces."""
    if text.isascii():
        return _ASCII_WORD.findall(text)
    found: list[str] = (_TOKEN if _CHARACTER.search(text) else _WORD).findall(text)
    return found


def _shingles(tokens: Sequence[str]) -> set[str]:
    """Runs of three words; of five characters in scripts that are written without spaces."""
    if not any(map(_is_character, tokens)):
        return set(map(" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False)))
    return {
        " ".join(tokens[n : n + (CHARACTER_SHINGLE if _is_character(token) else WORD_SHINGLE)])
        for n, token in enumerate(tokens[: 1 - WORD_SHINGLE])
    }


def _is_character(token: str) -> bool:
    return len(token) == 1 and token >= FIRST_SPACELESS and _CHARACTER.match(token) is not None


def _minima(shingles: set[str], part: Part) -> bytes:
    sketch = RMinHash(part.minima, SEED)
    sketch.update(list(shingles))
    return struct.pack(f"<{part.minima}I", *sketch.digest())


def _bands(part: Part, minima: bytes) -> list[int]:
    width = part.rows * 4
    head = SKETCH_VERSION.to_bytes(2, "big") + part.name
    keys = (
        xxh3_64_intdigest(head + bytes([n]) + minima[n * width : (n + 1) * width])
        for n in range(len(minima) // width)
    )
    return [key - (1 << 64) if key >= 1 << 63 else key for key in keys]
