"""Where a story says what was searched for, marked for showing: HTML-safe.

Words found by a form are marked whole, phrases where their terms stand in a row, and of a script
without spaces just the characters that were asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, assert_never

import regex

from app.core.search.analyze import PlacedTerm, placed_joined, placed_terms, word_forms
from app.core.search.conditions import Atom, Clause, Condition, Facet, Form, Near, Row
from app.core.search.evaluate import places_near, places_of
from app.core.search.query import Field, wanted_leaves

MAX_CHARS: Final = 240
LEAD_CHARS: Final = 60
MAX_LOOKED_AT: Final = 50_000
"""Characters of a text that are looked at, from its beginning."""

MAX_MARKS: Final = 300
"""Places that are weighed, at most: a page of nothing but the word asked for is no news."""

_START: Final = regex.compile(r"(?:^|[.!?。！？]\s*|\n+)")


@dataclass(frozen=True, slots=True)
class Mark:
    """A half-open place that a clause, by its number, is found at."""

    start: int
    end: int
    clause: int


def highlight_title(title: str, language: str | None, clauses: Sequence[Clause]) -> str | None:
    """The title with what was asked for marked; None where nothing is."""
    wanted = [clause for clause in clauses if clause.field is not Field.BODY]
    marks = find_marks(title, language, wanted)
    return _marked(title, 0, len(title), marks) if marks else None


def best_passage(text: str, language: str | None, clauses: Sequence[Clause]) -> str:
    """The passage that has most of what was asked for, then has it most often, then comes first.

    Where nothing is found, the beginning of the text.
    """
    wanted = [clause for clause in clauses if clause.field is not Field.TITLE]
    marks = find_marks(text, language, wanted)
    start, end = _passage(text, marks)
    before = "…" if text[:start].strip() else ""
    after = "…" if text[end:].strip() else ""
    return before + _marked(text, start, end, marks).strip() + after


def find_marks(text: str, language: str | None, clauses: Sequence[Clause]) -> list[Mark]:
    """Where the clauses are found, in the order of the text."""
    if not clauses:
        return []
    text = text[:MAX_LOOKED_AT]
    terms = placed_terms(text)
    formed = [*terms, *placed_joined(text)]
    forms = _forms_of({term.word for term in formed}, language)
    found = {
        Mark(*place, number)
        for number, clause in enumerate(clauses)
        for place in _places(clause.condition, terms, formed, forms)
    }
    return sorted(found, key=lambda mark: (mark.start, mark.end, mark.clause))


def _forms_of(words: Collection[str], language: str | None) -> Mapping[str, tuple[str, ...]]:
    """The forms of each word."""
    languages = () if language is None else (language,)
    return {word: word_forms(word, languages) for word in words}


def _places(
    condition: Condition,
    terms: Sequence[PlacedTerm],
    formed: Sequence[PlacedTerm],
    forms: Mapping[str, tuple[str, ...]],
) -> list[tuple[int, int]]:
    text = [term.term for term in terms]
    places: list[tuple[int, int]] = []
    atoms: Iterator[Atom] = wanted_leaves(condition)
    for atom in atoms:
        match atom:
            case Row(row, _, prefix):
                places += (_place(terms, at, row) for at in places_of(row, text, prefix=prefix))
            case Near(first, second):
                ones, others = places_near(atom, text)
                places += (_place(terms, at, first) for at in ones)
                places += (_place(terms, at, second) for at in others)
            case Form(form):
                places += ((t.start, t.end) for t in formed if form in forms[t.word])
            case Facet():  # stands nowhere
                pass
            case _:
                assert_never(atom)
    return places


def _place(terms: Sequence[PlacedTerm], at: int, row: Sequence[str]) -> tuple[int, int]:
    return terms[at].start, _end_of(terms, at + len(row) - 1, row[-1])


def _end_of(terms: Sequence[PlacedTerm], at: int, asked: str) -> int:
    """A single character of a script without spaces is only the first of its pair."""
    paired = at + 1 < len(terms) and terms[at].start < terms[at + 1].start < terms[at].end
    return terms[at + 1].start if paired and len(asked) == 1 else terms[at].end


def _passage(text: str, marks: Sequence[Mark]) -> tuple[int, int]:
    best, worth = 0, (0, 0)
    for number, mark in enumerate(marks[:MAX_MARKS]):
        inside = [
            m
            for m in marks[number : number + MAX_MARKS]
            if m.end <= mark.start + MAX_CHARS - LEAD_CHARS
        ]
        value = (len({m.clause for m in inside}), len(inside))
        if value > worth:
            best, worth = mark.start, value
    return _rounded(text, best)


def _rounded(text: str, place: int) -> tuple[int, int]:
    """From the start of the sentence, if it is near, or of a word; to the end of a word."""
    earliest = max(0, place - LEAD_CHARS)
    starts = [found.end() for found in _START.finditer(text, earliest, place) if found.end()]
    start = 0 if earliest == 0 else starts[-1] if starts else _word_start(text, earliest, place)
    end = min(len(text), start + MAX_CHARS)
    if end < len(text):
        space = text.rfind(" ", place + LEAD_CHARS, end)
        end = end if space == -1 else space
    return start, end


def _word_start(text: str, earliest: int, place: int) -> int:
    space = text.find(" ", earliest, place)
    return earliest if space == -1 else space + 1


def _marked(text: str, start: int, end: int, marks: Sequence[Mark]) -> str:
    """The stretch of text, escaped, with <mark> around what was found; overlapping marks join."""
    pieces: list[str] = []
    at = start
    for first, last in _joined(marks):
        if last <= start or first >= end:
            continue
        pieces.append(escape(text[at : max(first, start)]))
        at = min(last, end)
        pieces.append(f"<mark>{escape(text[max(first, start) : at])}</mark>")
    pieces.append(escape(text[at:end]))
    return "".join(pieces)


def _joined(marks: Sequence[Mark]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for mark in marks:
        if joined and mark.start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], mark.end))
        else:
            joined.append((mark.start, mark.end))
    return joined
