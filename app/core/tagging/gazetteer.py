"""What places are called in a language, and how far each form can be trusted.

vocab/places.json (countries and cities; its head names sources and licence) and
vocab/place_words.json (seas, regions, disputed areas, other forms; written by hand) are read when
the first story of a language is tagged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import ahocorasick_rs

from app.core.tagging.place_forms import (
    BETWEEN,
    FORMS,
    LANGUAGES,
    MILLION,
    City,
    Form,
    FormBuilder,
    Kind,
    Place,
    Table,
    Use,
    read_senses,
    split_lines,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gazetteer:
    """The forms of one language; `automaton` gives indexes into `forms`, leftmost-longest."""

    language: str
    automaton: Any
    forms: Sequence[Form]
    surfaces: Sequence[str]
    senses: Mapping[str, Mapping[str, tuple[str, ...]]]  # by surface: a code and its cues
    places: Mapping[str, Place]
    states: Mapping[str, str]  # postal codes and usual abbreviations to codes of places


@cache
def gazetteer(language: str) -> Gazetteer:
    """Of one of LANGUAGES."""
    words, table = _words(), _table()
    builder = FormBuilder(language=language, words=words, places=table.places)
    builder.add_all(table)
    surfaces = list(builder.forms)
    postal = words["states"]
    return Gazetteer(
        language=language,
        automaton=ahocorasick_rs.AhoCorasick(
            surfaces,
            matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
            implementation=ahocorasick_rs.Implementation.ContiguousNFA,
        ),
        forms=list(builder.forms.values()),
        surfaces=surfaces,
        senses=read_senses(words, language),
        places=table.places,
        states={**postal, **{mark: postal[code] for mark, code in words["state_marks"].items()}},
    )


def place_named(name: str, language: str = "en") -> Place | None:
    """The place that a publisher names on its own; None where it is unknown.

    In a language that is not among LANGUAGES its English name is looked for. Of several the best
    known: whoever says "Georgia" as a place means one, and says no more.
    """
    form = _by_name(language if language in LANGUAGES else "en").get(name.strip())
    if form is None or form.use is not Use.NAME or form.together:
        return None
    return form.places[0]


@cache
def _by_name(language: str) -> Mapping[str, Form]:
    book = gazetteer(language)
    return dict(zip(book.surfaces, book.forms, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Words beside a name in Latin letters, and what they say of it."""

    offices: frozenset[str]  # after a country's name they do not make it another name
    before: frozenset[str]  # capitals that are no part of a name
    parts_of: frozenset[str]  # "Bank of …" is a name of its own
    where: frozenset[str]  # a place follows, most likely
    inside: frozenset[str]  # a place follows, even if it is a word or a person's name


@cache
def marks_of(language: str) -> Marks:
    marks = _words()["marks"]
    return Marks(
        offices=frozenset(marks["offices"]),
        before=frozenset(marks["before"]),
        parts_of=frozenset(marks["parts_of"]),
        where=frozenset(marks["where"].get(language, ())),
        inside=frozenset(marks["inside"].get(language, ())),
    )


@cache
def _words() -> dict[str, Any]:
    return _read("place_words.json")


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        files("app.core.vocab").joinpath(name).read_text(encoding="utf-8")
    )
    return document


@cache
def _table() -> Table:
    words, document = _words(), _read("places.json")
    countries = [line.split(BETWEEN) for line in document["countries"]]
    places: dict[str, Place] = {}
    english = {code: names.split(FORMS)[0] for code, names, *_ in split_lines(words["names"])}
    for code, _, _, names, *_ in countries:
        name = english.get(code) or names.split(FORMS)[0]
        places[code] = Place(code=code, name=name, kind=Kind.COUNTRY, country=None)
    for codes, country, names, *_ in split_lines(words["places"]):
        if "," not in codes:
            name = names.split(FORMS)[0] or codes.replace("-", " ").title()
            places[codes] = Place(code=codes, name=name, kind=Kind.AREA, country=country or None)
    known, alone = frozenset(words["well_known"]), frozenset(words["no_country"])
    cities = [_city(line, known, alone) for line in split_lines(document["cities"])]
    places |= {city.place.code: city.place for city in cities}
    return Table(places=places, cities=cities, countries=countries)


def _city(line: Sequence[str], known: frozenset[str], alone: frozenset[str]) -> City:
    code, name, country, state, thousands, capital, forms = line
    place = Place(
        code=code,
        name=name,
        kind=Kind.CITY,
        country=None if code in alone else country,
        state=state or None,
        capital=bool(capital),
    )
    return City(
        place=place,
        thousands=int(thousands),
        known=bool(capital) or int(thousands) >= MILLION or name in known,
        forms=(name, *(form for form in forms.split(FORMS) if form)),
    )
