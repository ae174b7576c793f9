"""What the search index holds of a story: cut where PostgreSQL could not hold it.

SQLite is not given more either, so that both engines give the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.analyze import story_facets, terms_of
from app.core.story import Story

MAX_POSITIONS = 15_000
"""Terms indexed of one story: a tsvector holds no position above 16,383."""

MAX_BYTES = 900_000
"""What a story's terms and their places may take up: a tsvector holds 1 MB at most."""

MAX_PLACES = 256
"""Places of one term that count: a tsvector keeps no more, and phrases are found by places."""

GONE = "\u2026"
"""Stands in FTS5 where a term would be: one token, which is no term and begins none."""

_PLACE_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexTerms:
    """The terms of a story in order, and GONE for those past MAX_PLACES."""

    title: Sequence[str]
    body: Sequence[str]
    facets: Sequence[str]


def index_terms(story: Story, source_id: int) -> IndexTerms:
    """The terms of a story; the only way anything gets into the index.

    A text is cut where its terms are too many or too long, and no phrase is found by a term's
    257th place or a later one.
    """
    title = terms_of(story.title)
    tags = (tag.qcode for tag in story.tags)
    facets = story_facets(tags=tags, source_id=source_id, language=story.language)
    kept = _fitting([*title, *terms_of(story.text)], MAX_BYTES - sum(map(_cost, facets)))
    return IndexTerms(title=kept[: len(title)], body=kept[len(title) :], facets=facets)


def _fitting(terms: Sequence[str], spare: int) -> list[str]:
    """As many of the terms as an index holds in `spare` bytes."""
    kept: list[str] = []
    places: dict[str, int] = {}
    for term in terms[:MAX_POSITIONS]:
        count = places.get(term, 0)
        spare -= _PLACE_BYTES if count else _cost(term)
        if spare < 0:
            break
        places[term] = count + 1
        kept.append(term if count < MAX_PLACES else GONE)
    return kept


def _cost(term: str) -> int:
    """Bytes of a tsvector that a term takes up with one place: itself, aligned, and a count."""
    return len(term.encode()) + 1 + 2 + _PLACE_BYTES
