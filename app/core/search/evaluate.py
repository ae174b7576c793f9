"""Whether a story satisfies a condition, told without an index: for explaining, and for tests."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from app.core.search.conditions import Atom, Condition, Facet, Form, Near, Row
from app.core.search.index import IndexTerms
from app.core.search.query import And, Field, Not, Or


@dataclass(frozen=True, slots=True)
class _Text:
    terms: Sequence[str]
    distinct: frozenset[str]


class Judged:
    """A story's terms, and the filter terms of its times, laid out to be asked many times."""

    def __init__(self, story: IndexTerms, times: Sequence[str] = ()) -> None:
        self.facets = frozenset([*story.facets, *times])
        self.title = _Text(story.title, frozenset(story.title))
        self.body = _Text(story.body, frozenset(story.body))
        self.title_forms = frozenset(story.title_forms)
        self.body_forms = frozenset(story.body_forms)

    def texts(self, field: Field) -> Sequence[_Text]:
        texts = {Field.TITLE: (self.title,), Field.BODY: (self.body,)}
        return texts.get(field, (self.title, self.body))


def holds(condition: Condition, story: Judged) -> bool:
    """Whether the story satisfies the condition."""
    match condition:
        case And(parts):
            return all(holds(part, story) for part in parts)
        case Or(parts):
            return any(holds(part, story) for part in parts)
        case Not(part):
            return not holds(part, story)
        case atom:
            return _has(atom, story)


def _has(atom: Atom, story: Judged) -> bool:
    match atom:
        case Facet(term):
            return term in story.facets
        case Form(form, field):
            in_title = field is not Field.BODY and form in story.title_forms
            return in_title or (field is not Field.TITLE and form in story.body_forms)
        case Row(terms, field, prefix):
            return any(_in_a_row(terms, text, prefix=prefix) for text in story.texts(field))
        case Near(first, second):
            return any(
                text.distinct.issuperset((*first, *second)) and places_near(atom, text.terms)[0]
                for text in story.texts(atom.field)
            )
        case _:
            assert_never(atom)


def _in_a_row(row: Sequence[str], text: _Text, *, prefix: bool) -> bool:
    """Looks for the places only where all terms are there, which is seldom."""
    whole = row[:-1] if prefix else row
    if not text.distinct.issuperset(whole):
        return False
    if len(row) > 1:
        return bool(places_of(row, text.terms, prefix=prefix))
    return not prefix or any(term.startswith(row[0]) for term in text.distinct)


def places_of(row: Sequence[str], text: Sequence[str], *, prefix: bool = False) -> list[int]:
    """Where terms stand in a row in a text, by the place of the first."""
    *inner, last = row
    first = row[0]
    found = []
    for place in range(len(text) - len(inner)):
        if inner and text[place] != first:
            continue
        end = text[place + len(inner)]
        ends = end.startswith(last) if prefix else end == last
        if ends and list(text[place : place + len(inner)]) == inner:
            found.append(place)
    return found


def places_near(near: Near, text: Sequence[str]) -> tuple[list[int], list[int]]:
    """Where each of two rows stands near the other, by the places of their first terms."""
    ones, others = places_of(near.first, text), places_of(near.second, text)
    lengths = len(near.first), len(near.second)
    return (
        _close(ones, others, lengths, near.within),
        _close(others, ones, lengths[::-1], near.within),
    )


def _close(
    places: Sequence[int], others: Sequence[int], lengths: tuple[int, int], within: int
) -> list[int]:
    """The places of a row, of these lengths with the other, that one of the others is near to."""
    length, other_length = lengths

    def is_close(place: int) -> bool:
        after = place + length  # where what follows at once would begin
        until = place - other_length  # where what ends just before would begin
        ahead = bisect_left(others, after) < bisect_right(others, after + within)
        return ahead or bisect_left(others, until - within) < bisect_right(others, until)

    return [place for place in places if is_close(place)]
