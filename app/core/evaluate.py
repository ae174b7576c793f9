"""Whether a story satisfies a condition, told without an index: for explaining, and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from app.core.conditions import Atom, Condition, Facet, Form, Near, Row
from app.core.index import IndexTerms
from app.core.query import And, Field, Not, Or


def holds(condition: Condition, story: IndexTerms, times: Sequence[str] = ()) -> bool:
    """Whether the story's terms, and the filter terms of its times, satisfy the condition."""
    match condition:
        case And(parts):
            return all(holds(part, story, times) for part in parts)
        case Or(parts):
            return any(holds(part, story, times) for part in parts)
        case Not(part):
            return not holds(part, story, times)
        case atom:
            return _has(atom, story, times)


def _has(atom: Atom, story: IndexTerms, times: Sequence[str]) -> bool:
    match atom:
        case Facet(term):
            return term in story.facets or term in times
        case Form(form, field):
            in_title = field is not Field.BODY and form in story.title_forms
            return in_title or (field is not Field.TITLE and form in story.body_forms)
        case Row(terms, field, prefix):
            return any(_places(terms, text, prefix=prefix) for text in _texts(story, field))
        case Near(first, second, within, field):
            return any(_near(first, second, within, text) for text in _texts(story, field))
        case _:
            assert_never(atom)


def _texts(story: IndexTerms, field: Field) -> list[Sequence[str]]:
    texts = {Field.TITLE: [story.title], Field.BODY: [story.body]}
    return texts.get(field, [story.title, story.body])


def _places(terms: Sequence[str], text: Sequence[str], *, prefix: bool = False) -> list[int]:
    """Where the terms stand in a row."""
    *inner, last = terms
    found = []
    for place in range(len(text) - len(inner)):
        end = text[place + len(inner)]
        ends = end.startswith(last) if prefix else end == last
        if ends and list(text[place : place + len(inner)]) == inner:
            found.append(place)
    return found


def _near(first: Sequence[str], second: Sequence[str], within: int, text: Sequence[str]) -> bool:
    ones, others = _places(first, text), _places(second, text)
    return any(
        1 <= other - (one + len(first) - 1) <= within + 1
        or 1 <= one - (other + len(second) - 1) <= within + 1
        for one in ones
        for other in others
    )
