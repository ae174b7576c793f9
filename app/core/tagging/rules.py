"""Operators' rules: a search, and what is done with the stories that match.

A rule sees a story as the taggers left it, never what other rules did: so the rules that match do
not depend on each other. Only where two say different things about one tag, the language, the
agency or the visibility does the later one win. What comes of a story is a function of the story
and of the rules that are on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from app.core.search.conditions import Atom, Condition, Facet, Form, Near, Row, condition_of
from app.core.search.evaluate import Judged, holds
from app.core.search.index import IndexTerms
from app.core.search.query import And, Field, Not, Or, QueryTree, Words, leaves
from app.core.search.query_parse import parse_query

PREFIX_CHARS: Final = 3
"""A beginning of a word is of so many letters at least (`query_parse`)."""


class Visibility(StrEnum):
    """Whether a story is in the stream; what a rule drops is kept, and not served."""

    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTag:
    """A tag that a rule gives."""

    scheme: str
    code: str
    name: str

    @property
    def qcode(self) -> str:
        return f"{self.scheme}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What is done with the stories that match; what is empty does nothing."""

    add: tuple[GivenTag, ...] = ()
    remove: tuple[str, ...] = ()  # QCodes
    visibility: Visibility | None = None
    language: str | None = None
    agency: str | None = None  # its code, of the table of agencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that is on; `query` is one that the parser has let through."""

    id: int
    query: str
    actions: Actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rules that matched say together: each tag with the rule that gives it."""

    matched: tuple[int, ...] = ()
    add: tuple[tuple[GivenTag, int], ...] = ()
    remove: frozenset[str] = frozenset()
    visibility: Visibility | None = None
    language: str | None = None
    agency: str | None = None


class RuleBook:
    """The rules that are on, in their order, found by the terms that they need.

    A story is held against those rules only of whose needed terms it has one, so that thousands
    of rules cost little more than those that come near to matching.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        read: Callable[[QueryTree], QueryTree] = lambda tree: tree,
    ) -> None:
        """`read`: what a search is taken for."""
        self._rules = tuple(rules)
        trees = enumerate(read(parse_query(rule.query)) for rule in self._rules)
        self._worded: dict[int, QueryTree] = {}  # by number: those that ask for words in any form
        shared: dict[int, QueryTree] = {}
        for number, tree in trees:
            (self._worded if _asks_for_forms(tree) else shared)[number] = tree
        self._shared = _Compiled(shared, None)
        self._by_language: dict[str | None, _Compiled] = {}

    def outcome(self, story: IndexTerms, language: str | None) -> Outcome:
        """What the rules say of a story, whose filter terms are those of the taggers' tags."""
        if not self._rules:
            return Outcome()
        own = self._by_language.get(language)
        if own is None:
            own = self._by_language[language] = _Compiled(self._worded, language)
        keys, judged = _keys_of(story), Judged(story)
        matched = [*self._shared.matching(keys, judged), *own.matching(keys, judged)]
        return _together(self._rules[number] for number in sorted(matched))


class _Compiled:
    """The conditions of rules, by their numbers, for stories of one language."""

    def __init__(self, trees: Mapping[int, QueryTree], language: str | None) -> None:
        # Forms are marked with their language: those of others cannot be a story's.
        languages = [language] if language else []
        self._conditions = {
            number: condition_of(tree, Field.TEXT, languages) for number, tree in trees.items()
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
        """The numbers of the rules that a story with these keys satisfies."""
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
    Of keys that would do, those are taken that the fewest rules ask for (`asked`), and the longest
    of these, which the fewest stories have.
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


def _together(rules: Iterable[Rule]) -> Outcome:
    given: dict[str, tuple[GivenTag, int] | None] = {}  # None: taken away
    matched: list[int] = []
    visibility: Visibility | None = None
    language = agency = None
    for rule in rules:
        matched.append(rule.id)
        given.update(dict.fromkeys(rule.actions.remove))
        given.update({tag.qcode: (tag, rule.id) for tag in rule.actions.add})
        visibility = rule.actions.visibility or visibility
        language = rule.actions.language or language
        agency = rule.actions.agency or agency
    return Outcome(
        matched=tuple(matched),
        add=tuple(tag for tag in given.values() if tag is not None),
        remove=frozenset(qcode for qcode, tag in given.items() if tag is None),
        visibility=visibility,
        language=language,
        agency=agency,
    )


def pack_actions(actions: Actions) -> dict[str, Any]:
    """As a JSON object, without what does nothing; `read_actions` is the inverse."""
    packed: dict[str, Any] = _actions_form().dump_python(
        actions, mode="json", exclude_defaults=True
    )
    return packed


def read_actions(packed: Mapping[str, Any]) -> Actions:
    return _actions_form().validate_python(packed)


@cache
def _actions_form() -> TypeAdapter[Actions]:
    return TypeAdapter(Actions)
