"""A search taken apart: what each part of it asks of the index, and whether a story has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from app.core.search.conditions import Condition, Facet, clause_of
from app.core.search.evaluate import Judged, holds
from app.core.search.facets import filter_term
from app.core.search.query import And, Field, Filter, Not, Or, QueryTree, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One word, phrase or filter: what is asked, and whether the story has it (None without one).

    Filters have no terms to show: they are hashed.
    """

    leaf: Words | Filter
    field: Field | None
    terms: tuple[str, ...]
    forms: tuple[str, ...]
    condition: Condition
    holds: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Parts under `and`, `or` or `not`."""

    operator: str
    parts: tuple[Explained, ...]
    holds: bool | None


Explained: TypeAlias = Part | Joined


def explain(
    tree: QueryTree, field: Field, languages: Collection[str], story: Judged | None
) -> Explained:
    """The tree with what each part asks of the index; with a story, whether it has it."""
    match tree:
        case And(parts):
            return _joined("and", [explain(part, field, languages, story) for part in parts])
        case Or(parts):
            return _joined("or", [explain(part, field, languages, story) for part in parts])
        case Not(part):
            return _joined("not", [explain(part, field, languages, story)])
        case Words():
            clause = clause_of(tree, field, languages)
            return Part(
                leaf=tree,
                field=clause.field,
                terms=clause.row.terms,
                forms=clause.forms,
                condition=clause.condition,
                holds=None if story is None else holds(clause.condition, story),
            )
        case Filter():
            condition = Facet(filter_term(tree))
            return Part(
                leaf=tree,
                field=None,
                terms=(),
                forms=(),
                condition=condition,
                holds=None if story is None else holds(condition, story),
            )
        case _:
            assert_never(tree)


def parts_of(explained: Explained) -> list[Part]:
    """The words, phrases and filters, in order."""
    if isinstance(explained, Part):
        return [explained]
    return [part for inner in explained.parts for part in parts_of(inner)]


def _joined(operator: str, parts: Sequence[Explained]) -> Joined:
    known = [part.holds for part in parts if part.holds is not None]
    if len(known) < len(parts):
        held = None
    elif operator == "not":
        held = not known[0]
    else:
        held = all(known) if operator == "and" else any(known)
    return Joined(operator=operator, parts=tuple(parts), holds=held)
