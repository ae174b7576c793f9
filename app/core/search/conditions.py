"""A search → one tree of conditions over the index, which every engine is asked alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from app.core.search.analyze import TermRow, term_row, word_forms
from app.core.search.facets import EVERY_STORY, filter_term
from app.core.search.query import (
    Field,
    Filter,
    QueryTree,
    Tree,
    Words,
    any_of,
    replace_leaves,
    wanted_leaves,
)
from app.core.search.search import Search


@dataclass(frozen=True, slots=True)
class Row:
    """Terms in a row; with `prefix` the last one is only a beginning."""

    terms: tuple[str, ...]
    field: Field = Field.TEXT
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Near:
    """Two rows with at most `within` terms between them, whichever comes first."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    within: int
    field: Field = Field.TEXT


@dataclass(frozen=True, slots=True)
class Form:
    """A form that one of the story's words has (a stem, or words joined)."""

    form: str
    field: Field = Field.TEXT


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter term that the story has."""

    term: str


Atom: TypeAlias = Row | Near | Form | Facet
Condition: TypeAlias = Tree[Atom]

EVERYTHING = Facet(EVERY_STORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Words of a search, read: what the index is asked for them."""

    words: Words
    field: Field
    row: TermRow
    forms: tuple[str, ...]
    condition: Condition


def condition_of(tree: QueryTree, field: Field, languages: Collection[str]) -> Condition:
    """What the index is asked; `field` is where words must stand that name none.

    `languages` are those whose stems count: all that stories are in.
    """

    def read(leaf: Words | Filter) -> Condition:
        if isinstance(leaf, Filter):
            return Facet(filter_term(leaf))
        return clause_of(leaf, field, languages).condition

    return replace_leaves(tree, read)


def wanted_clauses(tree: QueryTree, field: Field, languages: Collection[str]) -> tuple[Clause, ...]:
    """The words that speak for a story, for ranking and for marking them; each once."""
    words = dict.fromkeys(leaf for leaf in wanted_leaves(tree) if isinstance(leaf, Words))
    return tuple(clause_of(leaf, field, languages) for leaf in words)


def wanted_clauses_of(search: Search, languages: Collection[str]) -> tuple[Clause, ...]:
    """`wanted_clauses` of a search; none where it has no words."""
    return () if search.text is None else wanted_clauses(search.text, search.field, languages)


def clause_of(words: Words, field: Field, languages: Collection[str]) -> Clause:
    """Words as the index is asked for them.

    A bare word is found by itself and by its forms; what is quoted, or begins a word, as written.
    """
    where = words.field or field
    row = term_row(words.text, prefix=words.prefix)
    if row is None:
        raise ValueError(f"no letter or digit in {words.text!r}: the parser lets none such through")
    if words.within is not None:
        near = _near(words.text.split(), words.within, where)
        return Clause(words=words, field=where, row=row, forms=(), condition=near)
    forms = () if words.quoted or words.prefix else word_forms(words.text, languages)
    found: list[Condition] = [Row(row.terms, where, row.prefix)]
    if row.joined is not None and not words.quoted and not words.prefix:
        found.append(Row((row.joined,), where))
    found += (Form(form, where) for form in forms)
    return Clause(words=words, field=where, row=row, forms=forms, condition=any_of(found))


def any_facet(terms: Collection[str]) -> Condition:
    return any_of(Facet(term) for term in terms)


def _near(pair: list[str], within: int, field: Field) -> Condition:
    first, second = (term_row(word) for word in pair)
    if first is None or second is None:
        raise ValueError(f"no letter or digit in one of {pair}: the parser lets none such through")
    overlapping = {
        *_overlaps(first.terms, second.terms),
        *_overlaps(second.terms, first.terms),
    }
    near = Near(first.terms, second.terms, within, field)
    return any_of([near, *(Row(terms, field) for terms in sorted(overlapping))])


def _overlaps(first: tuple[str, ...], second: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Rows in which the second begins inside the first: FTS5 calls that near, so all must."""
    for start in range(len(first)):
        shared = first[start : start + len(second)]
        if shared == second[: len(shared)]:
            yield first + second[len(shared) :]
