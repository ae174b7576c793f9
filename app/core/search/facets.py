"""Filters as terms of the search index: what a story can be filtered by, hashed to one length.

Each begins with FACET_MARK, which no term or form of a text holds: PostgreSQL keeps them all in one
space, and a publisher must not be able to write a word that is a filter. Each fits every engine's
syntax and limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.core.hashing import hash64
from app.core.identity import EPOCH
from app.core.search.filters import author_key
from app.core.search.query import Filter, FilterKind
from app.core.topics import broader
from app.core.urls import host_of, registrable_domain

TOPICS: Final = "medtop"
FACET_MARK: Final = "¤"
HOUR_MS: Final = 3_600_000
UNITS_MS: Final = (HOUR_MS, 24 * HOUR_MS, 32 * 24 * HOUR_MS)
"""Hours, days and months of 32 days, all of UTC: every time falls into one of each."""

MAX_UNITS: Final = 100
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuv"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySource:
    """The publisher, as far as stories are filtered by it."""

    id: int
    domain: str
    country: str | None = None


def facet_term(kind: str, value: str) -> str:
    number = hash64("facet", kind, value) & 0xFFFFFFFFFFFFFFFF
    return FACET_MARK + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(60, -1, -5))


EVERY_STORY: Final = facet_term("every", "story")
"""A term that every indexed story has: what a search that only excludes starts from."""


def filter_term(wanted: Filter) -> str:
    """The term that the stories have which a filter lets through."""
    if wanted.kind is FilterKind.AGENCY:
        return facet_term(FilterKind.TAG, f"agency:{wanted.value}")
    is_topic = wanted.value.startswith(f"{TOPICS}:")
    if wanted.kind is FilterKind.TAG_EXACT and not is_topic:
        return facet_term(FilterKind.TAG, wanted.value)  # only topics have narrower ones
    return facet_term(wanted.kind, wanted.value)


def story_facets(
    *,
    tags: Iterable[str],
    source: StorySource,
    language: str | None,
    authors: Iterable[str],
    url: str | None,
) -> list[str]:
    """The filter terms of a story, each once; `tags` are QCodes."""
    values: list[tuple[FilterKind, str]] = [
        (FilterKind.SOURCE, str(source.id)),
        (FilterKind.SOURCE, source.domain),
    ]
    values += ((FilterKind.DOMAIN, domain) for domain in _domains(source.domain, url))
    values += _tag_values(tags)
    values += ((FilterKind.AUTHOR, key) for name in authors for key in _author_keys(name))
    if language:
        values.append((FilterKind.LANG, language))
    if source.country:
        values.append((FilterKind.COUNTRY, source.country))
    return [EVERY_STORY, *dict.fromkeys(facet_term(kind, value) for kind, value in values)]


def time_facets(kind: str, at: datetime) -> list[str]:
    """The hour, day and month a story's time falls into."""
    ms = (at - EPOCH) // (EPOCH.resolution * 1000)
    return [_unit_term(kind, unit, ms // unit) for unit in UNITS_MS]


def time_cover(kind: str, start_ms: int, end_ms: int) -> Sequence[str]:
    """Terms of which every story of a half-open span of time has one.

    So do some stories just outside it. Empty where the span is too long to be worth it.
    """
    for unit in UNITS_MS:
        first, last = start_ms // unit, (end_ms - 1) // unit
        if last - first < MAX_UNITS:
            return [_unit_term(kind, unit, number) for number in range(first, last + 1)]
    return ()


def _unit_term(kind: str, unit_ms: int, number: int) -> str:
    return facet_term(kind, f"{unit_ms // HOUR_MS}h {number}")


def _tag_values(tags: Iterable[str]) -> Iterator[tuple[FilterKind, str]]:
    for qcode in tags:
        yield FilterKind.TAG, qcode
        scheme, _, code = qcode.partition(":")
        if scheme == TOPICS:
            yield FilterKind.TAG_EXACT, qcode
            for topic in broader(code):
                yield FilterKind.TAG, f"{TOPICS}:{topic}"


def _author_keys(name: str) -> Iterator[str]:
    """The whole name, and each word of it."""
    key = author_key(name)
    if key is not None:
        yield key
        yield from key.split()


def _domains(source_domain: str, url: str | None) -> Iterator[str]:
    """The source's domain, and the link's host with what is above it, up to what was registered."""
    yield source_domain
    host = host_of(url) if url else None
    site = registrable_domain(host) if host else None
    while host is not None and site is not None:
        yield host
        if host == site or "." not in host:
            return
        host = host.partition(".")[2]
