"""The search index on both engines: FTS5 on SQLite, tsvector and GIN on PostgreSQL.

Both index the terms of `core/analyze.py` and walk story ids, which are in time order. Title, body
and filters are columns of one FTS5 row, or one tsvector where the title's positions have weight A,
the body's D, and filters have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import text

from app.core.analyze import story_facets, terms_of
from app.core.query import EVERYTHING, And, Field, Node, Not, Or, Phrase
from app.store.engine import SQLITE, ReadSession, WriteSession

MAX_POSITIONS = 15_000
"""Terms indexed of one story: a tsvector holds no position above 16,383."""

MAX_BYTES = 900_000
"""What a story's terms and their places may take up: a tsvector holds 1 MB at most."""

MAX_PLACES = 256
"""Places of one term that count: a tsvector keeps no more, and phrases are found by places."""

FIELD_GAP = 100
"""Positions between title and body in a tsvector, so that no phrase runs across."""

GONE = "\u2026"
"""Stands in FTS5 where a term would be: one token, which is no term and begins none."""

_PLACE_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedStory:
    """What the index holds of a story: its terms, in order, and GONE for those past MAX_PLACES."""

    id: int
    title: Sequence[str]
    body: Sequence[str]
    facets: Sequence[str]


def indexed_story(
    story_id: int,
    *,
    title: str,
    text: str,
    tags: Iterable[str],
    source_id: int,
    language: str | None,
) -> IndexedStory:
    """The terms of a story; pure, and the only way anything gets into the index.

    What PostgreSQL cannot hold, SQLite is not given either, so that both give the same answers:
    a text is cut where its terms are too many or too long, and no phrase is found by a term's
    257th place or a later one.
    """
    title_terms = terms_of(title)
    facets = story_facets(tags=tags, source_id=source_id, language=language)
    kept = _fitting([*title_terms, *terms_of(text)], MAX_BYTES - sum(map(_cost, facets)))
    return IndexedStory(
        id=story_id,
        title=kept[: len(title_terms)],
        body=kept[len(title_terms) :],
        facets=facets,
    )


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


async def index_stories(session: WriteSession, stories: Sequence[IndexedStory]) -> None:
    """Put stories into the index, over what it holds of them."""
    if not stories:
        return
    if session.dialect == SQLITE:
        await session.execute(
            text("DELETE FROM story_index WHERE rowid = :id"), [{"id": s.id} for s in stories]
        )
        await session.execute(
            text(
                "INSERT INTO story_index (rowid, title, body, facets)"
                " VALUES (:id, :title, :body, :facets)"
            ),
            [
                {
                    "id": s.id,
                    "title": " ".join(s.title),
                    "body": " ".join(s.body),
                    "facets": " ".join(s.facets),
                }
                for s in stories
            ],
        )
        return
    await session.execute(
        text(
            "INSERT INTO story_index (story_id, terms)"
            " VALUES (:id, CAST(CAST(:terms AS TEXT) AS tsvector))"
            " ON CONFLICT (story_id) DO UPDATE SET terms = excluded.terms"
        ),
        [{"id": s.id, "terms": _tsvector(s)} for s in stories],
    )


def matching(dialect: str, condition: Node) -> tuple[str, dict[str, int | str]]:
    """SQL for the stories that match: a FROM item `hit` with the column `id`, and its parameters.

    Plain enough for both engines to fold it into the query around it, and to walk ids downwards.
    """
    if dialect == SQLITE:
        source = "(SELECT rowid AS id FROM story_index WHERE story_index MATCH :match) AS hit"
        return source, {"match": _fts5(condition)}
    source = (
        "(SELECT story_id AS id FROM story_index"
        " WHERE terms @@ CAST(CAST(:match AS TEXT) AS tsquery)) AS hit"
    )
    return source, {"match": _tsquery(condition)}


async def count_matches(
    session: ReadSession, condition: Node | None, window: tuple[int, int], bound: int
) -> int:
    """How many stories of a half-open window of ids match, counted no further than `bound`."""
    parameters: dict[str, int | str] = {}
    if condition is None:
        origin = "(SELECT id FROM stories WHERE status = 'live') AS hit"
    else:
        origin, parameters = matching(session.dialect, condition)
    counted = text(
        f"SELECT count(*) FROM (SELECT 1 FROM {origin}"  # noqa: S608 - built from constants
        " WHERE hit.id >= :low AND hit.id < :high LIMIT :bound) AS counted"
    )
    low, high = window
    result = await session.execute(
        counted, {**parameters, "low": low, "high": high, "bound": bound}
    )
    return int(result.scalar_one())


def _tsvector(story: IndexedStory) -> str:
    positions: dict[str, list[str]] = {}
    for number, term in enumerate(story.title, 1):
        positions.setdefault(term, []).append(f"{number}A")
    first = len(story.title) + FIELD_GAP
    for number, term in enumerate(story.body, first):
        positions.setdefault(term, []).append(str(number))
    positions.pop(GONE, None)
    lexemes = [f"'{term}':{','.join(places)}" for term, places in positions.items()]
    lexemes += [f"'{facet}'" for facet in story.facets]
    return " ".join(lexemes)


_TSQUERY_WEIGHT = {Field.TITLE: "A", Field.BODY: "D", Field.TEXT: "AD", Field.FACETS: ""}


def _tsquery(node: Node) -> str:
    match node:
        case Phrase(terms, prefix, field):
            weight = _TSQUERY_WEIGHT[field]
            ends = [weight] * (len(terms) - 1) + [weight + ("*" if prefix else "")]
            lexemes = (
                f"'{t}':{end}" if end else f"'{t}'" for t, end in zip(terms, ends, strict=True)
            )
            return f"({' <-> '.join(lexemes)})"
        case And(parts):
            return f"({' & '.join(map(_tsquery, parts))})"
        case Or(parts):
            return f"({' | '.join(map(_tsquery, parts))})"
        case Not(part):
            return f"({_tsquery(EVERYTHING)} & !{_tsquery(part)})"
        case _:
            assert_never(node)


_FTS5_COLUMNS = {
    Field.TITLE: "title",
    Field.BODY: "body",
    Field.TEXT: "{title body}",
    Field.FACETS: "facets",
}


def _fts5(node: Node) -> str:
    match node:
        case Phrase(terms, prefix, field):
            star = " *" if prefix else ""
            return f'{_FTS5_COLUMNS[field]} : "{" ".join(terms)}"{star}'
        case And(parts):
            return _fts5_and(parts)
        case Or(parts):
            return f"({' OR '.join(map(_fts5, parts))})"
        case Not(part):
            return f"({_fts5(EVERYTHING)} NOT {_fts5(part)})"
        case _:
            assert_never(node)


def _fts5_and(parts: Sequence[Node]) -> str:
    """FTS5's NOT stands between two expressions: what is wanted, less what is not."""
    wanted = [_fts5(part) for part in parts if not isinstance(part, Not)]
    unwanted = [_fts5(part.part) for part in parts if isinstance(part, Not)]
    positive = f"({' AND '.join(wanted or [_fts5(EVERYTHING)])})"
    if not unwanted:
        return positive
    return f"({positive} NOT ({' OR '.join(unwanted)}))"
