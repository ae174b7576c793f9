"""The search index on both engines: FTS5 on SQLite, tsvector and GIN on PostgreSQL.

Both index the terms of `core/index.py`. SQLite's walks story ids, which are in time order, and
stops when a page is full. PostgreSQL's gives all that matches at once: it is asked for a span of
time after another (`spans.py`), which its filter terms of hours, days and months make cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from sqlalchemy import delete, text

from app.core.search.analyze import ANALYZER_VERSION
from app.core.search.conditions import EVERYTHING, Atom, Condition, Facet, Form, Near, Row
from app.core.search.index import GONE, IndexTerms
from app.core.search.query import And, Field, Not, Or
from app.core.search.stems import MARK
from app.store.engine import SQLITE, WriteSession
from app.store.models import story_weights

FIELD_GAP: Final = 100
"""Positions between title and body in a tsvector, so that nothing is found across."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """A story as it goes into the index, with the filter terms of its times."""

    story_id: int
    terms: IndexTerms
    times: Sequence[str]


async def index_stories(session: WriteSession, rows: Sequence[IndexRow]) -> None:
    """Put stories into the index, over what it holds of them."""
    if not rows:
        return
    if session.dialect == SQLITE:
        await _index_on_sqlite(session, rows)
    else:
        await _index_on_postgresql(session, rows)
    insert = session.insert(story_weights)
    kept = ("version", "weights")
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["story_id"], set_={name: insert.excluded[name] for name in kept}
        ),
        [
            {"story_id": row.story_id, "version": ANALYZER_VERSION, "weights": row.terms.weights}
            for row in rows
        ],
    )


async def unindex_stories(session: WriteSession, ids: Sequence[int]) -> None:
    """Take stories out of the index, and so out of every list and count."""
    key = "rowid" if session.dialect == SQLITE else "story_id"
    for story_id in ids:
        await session.execute(
            text(f"DELETE FROM story_index WHERE {key} = :id"),  # noqa: S608 - one of two names
            {"id": story_id},
        )
        await session.execute(delete(story_weights).where(story_weights.c.story_id == story_id))


async def _index_on_sqlite(session: WriteSession, rows: Sequence[IndexRow]) -> None:
    await session.execute(
        text("DELETE FROM story_index WHERE rowid = :id"), [{"id": row.story_id} for row in rows]
    )
    await session.execute(
        text(
            "INSERT INTO story_index (rowid, title, body, title_forms, body_forms, facets)"
            " VALUES (:id, :title, :body, :title_forms, :body_forms, :facets)"
        ),
        [
            {
                "id": row.story_id,
                "title": " ".join(row.terms.title),
                "body": " ".join(row.terms.body),
                "title_forms": " ".join(row.terms.title_forms),
                "body_forms": " ".join(row.terms.body_forms),
                "facets": " ".join([*row.terms.facets, *row.times]),
            }
            for row in rows
        ],
    )


async def _index_on_postgresql(session: WriteSession, rows: Sequence[IndexRow]) -> None:
    await session.execute(
        text(
            "INSERT INTO story_index (story_id, terms)"
            " VALUES (:id, CAST(CAST(:terms AS TEXT) AS tsvector))"
            " ON CONFLICT (story_id) DO UPDATE SET terms = excluded.terms"
        ),
        [{"id": row.story_id, "terms": _tsvector(row)} for row in rows],
    )


def matching(
    dialect: str, condition: Condition, *, folded: bool = False
) -> tuple[str, dict[str, int | str]]:
    """SQL for the stories that match: a FROM item `hit` with the column `id`, and its parameters.

    SQLite folds it into the query around it and walks ids downwards. PostgreSQL must not: OFFSET
    keeps it from walking all ids in search of a rare word. Where all that match are wanted, and
    not the first few, it may (`folded`).
    """
    if dialect == SQLITE:
        source = "(SELECT rowid AS id FROM story_index WHERE story_index MATCH :match) AS hit"
        return source, {"match": _fts5(condition)}
    found = (
        "SELECT story_id AS id FROM story_index"
        " WHERE terms @@ CAST(CAST(:match AS TEXT) AS tsquery)"
    )
    source = f"({found}) AS hit" if folded else f"({found} OFFSET 0) AS hit"
    return source, {"match": _tsquery(condition)}


def joined_stories(dialect: str) -> str:
    """SQL that follows `hit` and adds the times of its story, as `s`.

    The index always comes first: neither engine may look each story of a time up in it.
    """
    if dialect == SQLITE:
        return "CROSS JOIN stories AS s ON s.id = hit.id"  # SQLite keeps this order
    return (
        "CROSS JOIN LATERAL (SELECT id, ingested_at, updated_at FROM stories"
        " WHERE stories.id = hit.id OFFSET 0) AS s"
    )


def _tsvector(row: IndexRow) -> str:
    """Weight A is the title's, D the body's. What is in the title is there once more, by itself:
    GIN knows no weights.
    """
    positions: dict[str, list[str]] = {}
    for number, term in enumerate(row.terms.title, 1):
        positions.setdefault(term, []).append(f"{number}A")
    first = len(row.terms.title) + FIELD_GAP
    for number, term in enumerate(row.terms.body, first):
        positions.setdefault(term, []).append(str(number))
    positions.pop(GONE, None)
    for form in row.terms.title_forms:
        positions.setdefault(form, []).append("1A")
    for form in row.terms.body_forms:
        positions.setdefault(form, []).append("2")
    lexemes = [f"'{term}':{','.join(places)}" for term, places in positions.items()]
    in_title = {*row.terms.title, *row.terms.title_forms} - {GONE}
    lexemes += [f"'{_in_title(term)}'" for term in sorted(in_title)]
    lexemes += [f"'{facet}'" for facet in (*row.terms.facets, *row.times)]
    return " ".join(lexemes)


def _in_title(term: str) -> str:
    return f"{MARK}{MARK}{term}"


_WEIGHT: Final = {Field.TITLE: "A", Field.BODY: "D", Field.TEXT: ""}


def _tsquery(condition: Condition) -> str:
    match condition:
        case And(parts):
            return _tsquery_and(parts)
        case Or(parts):
            return f"({' | '.join(map(_tsquery, parts))})"
        case Not(part):
            return f"({_tsquery(EVERYTHING)} & !{_tsquery(part)})"
        case atom:
            return _tsquery_atom(atom)


def _tsquery_and(parts: Sequence[Condition]) -> str:
    """What is wanted, less what is not: a NOT by itself starts from every story."""
    wanted = [_tsquery(part) for part in parts if not isinstance(part, Not)]
    unwanted = [_tsquery(part.part) for part in parts if isinstance(part, Not)]
    positive = " & ".join(wanted or [_tsquery(EVERYTHING)])
    return f"({positive} & !({' | '.join(unwanted)}))" if unwanted else f"({positive})"


def _tsquery_atom(atom: Atom) -> str:
    match atom:
        case Facet(term):
            return f"'{term}'"
        case Form(form, field):
            return _selective([form], field, _lexeme(form, field))
        case Row(terms, field, prefix):
            return _selective(
                terms, field, _tsquery_row(terms, field, prefix=prefix), prefix=prefix
            )
        case Near(first, second, within, field):
            one = _tsquery_row(first, field, prefix=False)
            other = _tsquery_row(second, field, prefix=False)
            apart = [f"<{n}>" for n in range(1, within + 2)]
            # A distance counts to the first word of what follows, from the last of what is before.
            ways = [f"{a} {gap} {b}" for gap in apart for a, b in ((one, other), (other, one))]
            return _selective([*first, *second], field, f"({' | '.join(ways)})")
        case _:
            assert_never(atom)


def _tsquery_row(terms: Sequence[str], field: Field, *, prefix: bool) -> str:
    *inner, last = terms
    lexemes = [_lexeme(term, field) for term in inner]
    lexemes.append(_lexeme(last, field, "*" if prefix else ""))
    return f"({' <-> '.join(lexemes)})"


def _lexeme(term: str, field: Field, star: str = "") -> str:
    end = _WEIGHT[field] + star
    return f"'{term}':{end}" if end else f"'{term}'"


def _selective(terms: Sequence[str], field: Field, query: str, *, prefix: bool = False) -> str:
    if field is not Field.TITLE:
        return query
    there = [f"'{_in_title(term)}'" for term in terms]
    if prefix:
        there[-1] += ":*"
    return f"({' & '.join([*there, query])})"


_COLUMNS: Final = {Field.TITLE: "title", Field.BODY: "body", Field.TEXT: "{title body}"}
_FORM_COLUMNS: Final = {
    Field.TITLE: "title_forms",
    Field.BODY: "body_forms",
    Field.TEXT: "{title_forms body_forms}",
}


def _fts5(condition: Condition) -> str:
    match condition:
        case And(parts):
            return _fts5_and(parts)
        case Or(parts):
            return f"({' OR '.join(map(_fts5, parts))})"
        case Not(part):
            return f"({_fts5(EVERYTHING)} NOT {_fts5(part)})"
        case atom:
            return _fts5_atom(atom)


def _fts5_atom(atom: Atom) -> str:
    match atom:
        case Facet(term):
            return f'facets : "{term}"'
        case Form(form, field):
            return f'{_FORM_COLUMNS[field]} : "{form}"'
        case Row(terms, field, prefix):
            return f'{_COLUMNS[field]} : "{" ".join(terms)}"{" *" if prefix else ""}'
        case Near(first, second, within, field):
            phrases = f'"{" ".join(first)}" "{" ".join(second)}"'
            return f"{_COLUMNS[field]} : NEAR({phrases}, {within})"
        case _:
            assert_never(atom)


def _fts5_and(parts: Sequence[Condition]) -> str:
    """FTS5's NOT stands between two expressions: what is wanted, less what is not."""
    wanted = [_fts5(part) for part in parts if not isinstance(part, Not)]
    unwanted = [_fts5(part.part) for part in parts if isinstance(part, Not)]
    positive = f"({' AND '.join(wanted or [_fts5(EVERYTHING)])})"
    if not unwanted:
        return positive
    return f"({positive} NOT ({' OR '.join(unwanted)}))"
