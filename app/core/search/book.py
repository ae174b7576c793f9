"""Many searches held against one story: found by the terms that they need, not tried one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.search.conditions import Atom, Condition, Facet, Form, Near, Row, condition_of
from app.core.search.evaluate import Judged, holds
from app.core.search.index import IndexTerms
from app.core.search.query import And, Field, Not, Or, QueryTree, Words, leaves

PREFIX_CHARS: Final = 3
"""A beginning of a word is of so many letters at least (`query_parse`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedSearch:
    """A search of a book; `field` is where words must stand that name none."""

    tree: QueryTree
    field: Field = Field.TEXT


class SearchBook:
    """Searches by their numbers.

    A story is held against those only of whose needed terms it has one, so that thousands cost
    little more than those that come near to matching.
    """

    def __init__(self, searches: Mapping[int, BookedSearch]) -> None:
        self._worded: dict[int, BookedSearch] = {}  # those that ask for words in any form
        shared: dict[int, BookedSearch] = {}
        for number, search in searches.items():
            (self._worded if _asks_for_forms(search.tree) else shared)[number] = search
        self._shared = _Compiled(shared, None)
        self._by_language: dict[str | None, _Compiled] = {}

    def matching(self, story: IndexTerms, language: str | None) -> list[int]:
        """The numbers of the searches that find the story, in their order."""
        own = self._by_language.get(language)
        if own is None:
            own = self._by_language[language] = _Compiled(self._worded, language)
        keys, judged = _keys_of(story), Judged(story)
        return sorted([*self._shared.matching(keys, judged), *own.matching(keys, judged)])


class _Compiled:
    """The conditions of searches, by their numbers, for stories of one language."""

    def __init__(self, searches: Mapping[int, BookedSearch], language: str | None) -> None:
        # Forms are marked with their language: those of others cannot be a story's.
        languages = [language] if language else []
        self._conditions = {
            number: condition_of(search.tree, search.field, languages)
            for number, search in searches.items()
        }
        self._always: list[int] = []
        self._needing: dict[str, list[int]] = defaultdict(list)
        conditions = self._conditions.values()
        asked = Counter(key for condition in conditions for key in _every_key(condition))
        for number, condition in self._conditions.items():
            keys = needed(condition, asked)
            for key in keys or ():
                self._needing[key].append(number)
            if keys is None:
                self._always.append(number)

    def matching(self, keys: set[str], story: Judged) -> list[int]:
        """The numbers of the searches that find a story with these keys."""
        near = set(self._always)
        for key in keys & self._needing.keys():
            near.update(self._needing[key])
        return [number for number in near if holds(self._conditions[number], story)]


def _asks_for_forms(tree: QueryTree) -> bool:
    """Whether words are asked for that are found by their forms too, which languages have."""
    return any(
        isinstance(leaf, Words) and not (leaf.quoted or leaf.prefix) for leaf in leaves(tree)
    )


def needed(condition: Condition, asked: Mapping[str, int]) -> frozenset[str] | None:
    """Keys of which a story that satisfies the condition has one; None where nothing is needed.

    A key is a term, a form, a filter term, or the first PREFIX_CHARS letters of a term and a `*`.
    Of keys that would do, those are taken that the fewest searches ask for (`asked`), and the
    longest of these, which the fewest stories have.
    """

    def commonness(keys: frozenset[str]) -> tuple[int, int]:
        return sum(asked.get(key, 0) for key in keys), -min(map(len, keys))

    match condition:
        case And(parts):
            known = [keys for part in parts if (keys := needed(part, asked)) is not None]
            return min(known, key=commonness, default=None)
        case Or(parts):
            every: set[str] = set()
            for part in parts:
                keys = needed(part, asked)
                if keys is None:
                    return None
                every |= keys
            return frozenset(every)
        case Not():
            return None
        case atom:
            return min((frozenset([key]) for key in _keys(atom)), key=commonness)


def _every_key(condition: Condition) -> Iterator[str]:
    atoms: Iterator[Atom] = leaves(condition)
    return (key for atom in atoms for key in _keys(atom))


def _keys(atom: Atom) -> Sequence[str]:
    """The keys of which every one is needed."""
    match atom:
        case Facet(term):
            return [term]
        case Form(form):
            return [form]
        case Row(terms, _, True):
            return [*terms[:-1], f"{terms[-1][:PREFIX_CHARS]}*"]
        case Row(terms):
            return terms
        case Near(first, second):
            return [*first, *second]


def _keys_of(story: IndexTerms) -> set[str]:
    terms = {*story.title, *story.body}
    keys = {*terms, *story.title_forms, *story.body_forms, *story.facets}
    keys.update(f"{term[:PREFIX_CHARS]}*" for term in terms)
    return keys
