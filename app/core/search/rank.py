"""How well a story answers a search: BM25F over title and body, and how recent it is.

What is counted of a story is packed when it is indexed, so that both engines rank by the same
bytes: `count of keys, terms of title, terms of body` as 16-bit numbers, then 32-bit keys of terms
and forms, then a byte each: how often in the title (2 bits) and in the body (6 bits).
Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), §3.6.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import exp2, log
from typing import Final

from xxhash import xxh32_intdigest

from app.core.search.analyze import word_forms
from app.core.search.conditions import Clause
from app.core.search.query import Field

K1: Final = 1.2
TITLE_WEIGHT: Final = 2.0
TITLE_NORM: Final = 0.3  # how much a long title counts less; b of BM25
BODY_NORM: Final = 0.5
TITLE_TERMS: Final = 12  # the usual length, in terms
BODY_TERMS: Final = 300
FRESH_SHARE: Final = 0.3  # of the score of a story of this moment, gone by half each HALF_LIFE
HALF_LIFE_DAYS: Final = 7.0
SCALE: Final = 1_000_000

_HEAD: Final = struct.Struct("<HHH")
_MAX_TITLE: Final = 3
_MAX_BODY: Final = 63
_MAX_KEYS: Final = 0xFFFF
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """How many terms a text has, and how often each term or form counts in it."""

    length: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedClause:
    """A clause as stories are weighed by it.

    Each of `terms` is the keys that any of them count for it; all must be there. `idf` in
    sixteenths, so that a cursor can carry it.
    """

    terms: tuple[tuple[bytes, ...], ...]
    field: Field
    idf: int


def pack_weights(title: Weighed, body: Weighed) -> bytes:
    """What ranking needs to know of a story."""
    counts: dict[int, int] = {}
    for term, count in title.counts.items():
        counts[xxh32_intdigest(term.encode())] = min(count, _MAX_TITLE) << 6
    for term, count in body.counts.items():
        key = xxh32_intdigest(term.encode())
        counts[key] = (counts.get(key, 0) & ~_MAX_BODY) | min(count, _MAX_BODY)
    kept = list(counts.items())[:_MAX_KEYS]
    head = _HEAD.pack(len(kept), min(title.length, _MAX_KEYS), min(body.length, _MAX_KEYS))
    keys = struct.pack(f"<{len(kept)}I", *(key for key, _ in kept))
    return head + keys + bytes(count for _, count in kept)


def ranked_clause(clause: Clause, languages: Collection[str], idf: int) -> RankedClause:
    """A beginning of a word has no key of its own: it weighs by the words before it."""
    row = clause.row
    whole = row.terms[:-1] if row.prefix else row.terms
    if len(row.terms) == 1 and whole:
        alternatives = [(row.terms[0], *clause.forms)]
    else:
        alternatives = [(term, *word_forms(term, languages)) for term in whole]
    return RankedClause(
        terms=tuple(tuple(_key(term) for term in terms) for terms in alternatives),
        field=clause.field,
        idf=idf,
    )


def idf_of(found: int, stories: int) -> int:
    """How rare a clause is among so many stories, in sixteenths of a natural logarithm."""
    held = min(found, stories)
    return min(round(16 * log(1 + (stories - held + 0.5) / (held + 0.5))), 255)


def score(
    weights: bytes, clauses: Sequence[RankedClause], *, published_ms: int, now_ms: int
) -> int:
    """How well a story answers, in millionths; the higher the better."""
    count, title_terms, body_terms = _HEAD.unpack_from(weights)
    title_norm = TITLE_WEIGHT / (1 - TITLE_NORM + TITLE_NORM * title_terms / TITLE_TERMS)
    body_norm = 1 / (1 - BODY_NORM + BODY_NORM * body_terms / BODY_TERMS)
    found = 0.0
    for clause in clauses:
        in_title, in_body = _counts(weights, count, clause)
        often = in_title * title_norm + in_body * body_norm
        found += clause.idf / 16 * often * (K1 + 1) / (often + K1)
    age_days = max(0, now_ms - published_ms) / _DAY_MS
    fresh = exp2(-age_days / HALF_LIFE_DAYS)
    return round(SCALE * found * (1 - FRESH_SHARE + FRESH_SHARE * fresh))


def _counts(weights: bytes, count: int, clause: RankedClause) -> tuple[int, int]:
    """How often in title and body; of a row of terms, as often as the rarest of them."""
    if not clause.terms:
        return 0, 1
    titles, bodies = [], []
    for keys in clause.terms:
        found = [_count(weights, count, key) for key in keys]
        titles.append(max(byte >> 6 for byte in found))
        bodies.append(max(byte & _MAX_BODY for byte in found))
    return (
        min(titles) if clause.field is not Field.BODY else 0,
        min(bodies) if clause.field is not Field.TITLE else 0,
    )


def _count(weights: bytes, count: int, key: bytes) -> int:
    end = _HEAD.size + 4 * count
    at = weights.find(key, _HEAD.size, end)
    while at != -1 and (at - _HEAD.size) % 4:
        at = weights.find(key, at + 1, end)
    return 0 if at == -1 else weights[end + (at - _HEAD.size) // 4]


def _key(term: str) -> bytes:
    return struct.pack("<I", xxh32_intdigest(term.encode()))
