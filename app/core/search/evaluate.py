"""Whether a story satisfies a condition, told without an index: for explaining, and for tests."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import assert_never

from app.core.search.conditions import Atom, Condition, Facet, Form, Near, Row
from app.core.search.index import IndexTerms
from app.core.search.query import And, Field, Not, Or


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
            return any(places_of(terms, text, prefix=prefix) for text in _texts(story, field))
        case Near():
            return any(places_near(atom, text)[0] for text in _texts(story, atom.field))
        case _:
            assert_never(atom)


def _texts(story: IndexTerms, field: Field) -> list[Sequence[str]]:
    texts = {Field.TITLE: [story.title], Field.BODY: [story.body]}
    return texts.get(field, [story.title, story.body])


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
