"""The search index on both engines: FTS5 on SQLite, tsvector and GIN on PostgreSQL.

Both index the terms of `core/analyze.py` and walk story ids, which are in time order. Title, body
and filters are columns of one FTS5 row, or one tsvector where the title's positions have weight A,
the body's D, and filters have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from sqlalchemy import text

from app.core.index import GONE, IndexTerms
from app.core.query import EVERYTHING, And, Field, Node, Not, Or, Phrase
from app.store.engine import SQLITE, ReadSession, WriteSession

FIELD_GAP = 100
"""Positions between title and body in a tsvector, so that no phrase runs across."""


async def index_stories(session: WriteSession, stories: Sequence[tuple[int, IndexTerms]]) -> None:
    """Put stories, by id, into the index, over what it holds of them."""
    if not stories:
        return
    if session.dialect == SQLITE:
        await session.execute(
            text("DELETE FROM story_index WHERE rowid = :id"),
            [{"id": story_id} for story_id, _ in stories],
        )
        await session.execute(
            text(
                "INSERT INTO story_index (rowid, title, body, facets)"
                " VALUES (:id, :title, :body, :facets)"
            ),
            [
                {
                    "id": story_id,
                    "title": " ".join(terms.title),
                    "body": " ".join(terms.body),
                    "facets": " ".join(terms.facets),
                }
                for story_id, terms in stories
            ],
        )
        return
    await session.execute(
        text(
            "INSERT INTO story_index (story_id, terms)"
            " VALUES (:id, CAST(CAST(:terms AS TEXT) AS tsvector))"
            " ON CONFLICT (story_id) DO UPDATE SET terms = excluded.terms"
        ),
        [{"id": story_id, "terms": _tsvector(terms)} for story_id, terms in stories],
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


def _tsvector(story: IndexTerms) -> str:
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
