"""The vocabulary of places is whole: every code it speaks of is there, in every language."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from app.core.countries import COUNTRIES
from app.core.tag import fold_code
from app.core.tagging.gazetteer import gazetteer, place_named
from app.core.tagging.place_forms import LANGUAGES, Kind, Trust, Use

LIMIT = 1_500_000
NOT_ISO = {"XK"}  # Kosovo: a code for users, in use everywhere


def vocabulary(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(files("app.core.vocab").joinpath(name).read_text("utf-8"))
    return read


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_country(language: str):
    book = gazetteer(language)
    named = {
        place.code
        for form in book.forms
        if form.use is Use.NAME
        for place in form.places
        if place.kind is Kind.COUNTRY
    }
    most = {"jp", "us", "cn", "kr", "kp", "fr", "de", "es", "gb", "ru", "in", "ua", "il", "ir"}
    assert most <= named
    assert len(named) >= 240


def test_countries_go_by_their_codes():
    places = gazetteer("en").places
    countries = {place.code.upper() for place in places.values() if place.kind is Kind.COUNTRY}
    assert countries - NOT_ISO == COUNTRIES


def test_codes_are_folded_and_what_they_imply_is_there():
    for code, place in gazetteer("en").places.items():
        assert code == place.code == fold_code(code)
        assert code.isascii()
        assert place.name
        if place.country is not None:
            assert gazetteer("en").places[place.country].kind is Kind.COUNTRY


def test_what_is_written_by_hand_speaks_of_places_that_there_are():
    words, places = vocabulary("place_words.json"), gazetteer("en").places
    for line in (*words["names"], *words["adjectives"]):
        assert line.partition("|")[0] in places, line
    assert set(words["states"].values()) <= set(places)
    assert set(words["state_marks"].values()) <= set(words["states"])
    for line in words["senses"]:
        languages, _, *readings = line.split("|")
        assert set(languages.split(",")) <= set(LANGUAGES)
        assert {reading.partition(":")[0] for reading in readings} <= set(places), line


def test_the_files_are_small_and_say_whose_they_are():
    size = len(files("app.core.vocab").joinpath("places.json").read_bytes())
    assert size < LIMIT
    assert "Open Database License" in vocabulary("places.json")["license"]
    assert any("GeoNames" in source for source in vocabulary("places.json")["sources"])


def test_a_city_of_a_countrys_name_is_the_country():
    book = gazetteer("en")
    forms = dict(zip(book.surfaces, book.forms, strict=True))
    assert [place.code for place in forms["Singapore"].places] == ["sg"]
    assert forms["Paris"].places[0].code == "paris"
    assert forms["Nice"].trust is Trust.AMBIGUOUS


@pytest.mark.parametrize(
    ("name", "language", "code"),
    [
        ("Japan", "en", "jp"), (" Paris ", "en", "paris"), ("日本", "ja", "jp"),
        ("Georgia", "en", "ge"),
        ("Japanese", "en", None), ("Atlantis", "en", None), ("New York Times", "en", None),
        ("East and South China seas", "en", None),
    ],
)  # fmt: skip
def test_a_place_that_is_named_on_its_own(name: str, language: str, code: str | None):
    place = place_named(name, language)
    assert (place.code if place else None) == code


def test_chinese_is_read_in_both_of_its_scripts():
    surfaces = set(gazetteer("zh").surfaces)
    assert {"美国", "美國", "首尔", "首爾", "俄罗斯", "俄羅斯"} <= surfaces
