"""Operators' rules: a search, and what is done with the stories that match.

A rule sees a story as the taggers left it, never what other rules did: so the rules that match do
not depend on each other. Only where two say different things about one tag, the language, the
agency or the visibility does the later one win. What comes of a story is a function of the story
and of the rules that are on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from app.core.search.book import BookedSearch, SearchBook
from app.core.search.index import IndexTerms
from app.core.search.query import QueryTree
from app.core.search.query_parse import parse_query


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
    """The rules that are on, in their order; thousands cost little (`SearchBook`)."""

    def __init__(
        self,
        rules: Iterable[Rule],
        read: Callable[[QueryTree], QueryTree] = lambda tree: tree,
    ) -> None:
        """`read`: what a search is taken for."""
        self._rules = tuple(rules)
        self._book = SearchBook(
            {
                number: BookedSearch(tree=read(parse_query(rule.query)))
                for number, rule in enumerate(self._rules)
            }
        )

    def outcome(self, story: IndexTerms, language: str | None) -> Outcome:
        """What the rules say of a story, whose filter terms are those of the taggers' tags."""
        if not self._rules:
            return Outcome()
        matched = self._book.matching(story, language)
        return _together(self._rules[number] for number in matched)


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
