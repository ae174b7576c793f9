"""What the search index holds of a story: cut where PostgreSQL could not hold it.

SQLite is not given more either, so that both engines give the same answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.search.analyze import analyze
from app.core.search.facets import StorySource, story_facets, time_facets
from app.core.search.rank import Weighed, pack_weights

MAX_POSITIONS = 15_000
"""Terms indexed of one story: a tsvector holds no position above 16,383."""

MAX_BYTES = 600_000
MAX_FORM_BYTES = 200_000
"""What a story's terms and their places, and its forms, may take up: a tsvector holds 1 MB."""

MAX_PLACES = 256
"""Places of one term that count: a tsvector keeps no more, and phrases are found by places."""

GONE = "\u2026"
"""Stands in FTS5 where a term would be: one token, which is no term and begins none."""

_PLACE_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexable:
    """What of a story is searched for; `tags` are QCodes."""

    title: str
    text: str
    language: str | None
    tags: tuple[str, ...]
    authors: tuple[str, ...]
    url: str | None
    source: StorySource


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexTerms:
    """The terms of a story in order, with GONE for those past MAX_PLACES; its forms, each once;
    its filters; and what ranking needs to know (`rank.py`).
    """

    title: Sequence[str]
    body: Sequence[str]
    title_forms: Sequence[str]
    body_forms: Sequence[str]
    facets: Sequence[str]
    weights: bytes


def index_terms(story: Indexable) -> IndexTerms:
    """The terms of a story; the only way anything gets into the index.

    A text is cut where its terms are too many or too long, and no phrase is found by a term's
    257th place or a later one.
    """
    title = analyze(story.title, story.language)
    body = analyze(story.text, story.language)
    kept = _fitting([*title.terms, *body.terms], MAX_BYTES)
    return IndexTerms(
        title=kept[: len(title.terms)],
        body=kept[len(title.terms) :],
        title_forms=_first_forms(title.forms),
        body_forms=_first_forms(body.forms),
        facets=story_facets(
            tags=story.tags,
            source=story.source,
            language=story.language,
            authors=story.authors,
            url=story.url,
        ),
        weights=pack_weights(
            Weighed(length=len(title.terms), counts=title.counts),
            Weighed(length=len(body.terms), counts=body.counts),
        ),
    )


def index_all(stories: Sequence[Indexable]) -> list[IndexTerms]:
    return [index_terms(story) for story in stories]


def times_of(*, published_at: datetime, ingested_at: datetime, updated_at: datetime) -> list[str]:
    """The filter terms for the times of a story, which are known when it is written."""
    return [
        *time_facets("published", published_at),
        *time_facets("ingested", ingested_at),
        *time_facets("updated", updated_at),
    ]


def _first_forms(forms: Mapping[str, int]) -> list[str]:
    kept: list[str] = []
    spare = MAX_FORM_BYTES // 2
    for form in forms:
        spare -= _cost(form)
        if spare < 0:
            break
        kept.append(form)
    return kept


def _fitting(terms: Iterable[str], spare: int) -> list[str]:
    """As many of the terms as an index holds in `spare` bytes."""
    kept: list[str] = []
    places: dict[str, int] = {}
    for term in terms:
        count = places.get(term, 0)
        spare -= _PLACE_BYTES if count else _cost(term)
        if spare < 0 or len(kept) == MAX_POSITIONS:
            break
        places[term] = count + 1
        kept.append(term if count < MAX_PLACES else GONE)
    return kept


def _cost(term: str) -> int:
    """Bytes of a tsvector that a term takes up with one place: itself, aligned, and a count."""
    return len(term.encode()) + 1 + 2 + _PLACE_BYTES
