"""Open data become a line a place: what is taken, what it is called, which code it gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import places
from tools.places import (
    BETWEEN,
    ascii_code,
    capitals,
    document,
    forms,
    read_checked,
    read_cities,
    read_countries,
)

WORDS: dict[str, Any] = {
    "places": ["portia||Portia Sea", "east,west||East and West"],
    "well_known": ["Tiny Town"],
    "shown": {"Köln-Haven": "Haven", "Nowhere": ""},
}


def country(**more: Any) -> dict[str, Any]:
    names = {"common": "Freedonia", "official": "Republic of Freedonia"}
    return {
        "cca2": "FD",
        "name": names,
        "capital": ["Port Élan"],
        "demonyms": {"eng": {"m": "Freedonian", "f": "Freedonian"}, "fra": {"m": "Fredon, Fred"}},
        "translations": {"jpn": {"common": "フリードニア", "official": "フリードニア"}},
        **more,
    }


def city(name: str, people: int, country: str = "FD", state: str = "", *others: str) -> Any:
    return {
        "name": name, "countrycode": country, "admin1code": state, "population": people,
        "alternatenames": list(others),
    }  # fmt: skip


def cities(*given: Any) -> list[list[str]]:
    lines = read_cities(given, frozenset({("FD", "port-elan")}), WORDS)
    return [line.split(BETWEEN) for line in lines]


def test_a_country_is_its_code_its_people_and_its_names():
    code, english, french, *names = next(iter(read_countries([country()]))).split(BETWEEN)
    assert (code, english, french) == ("fd", "Freedonian", "Fredon;Fred")
    assert names == ["Freedonia;Republic of Freedonia", "", "", "", "フリードニア", "", ""]


def test_a_name_with_a_note_is_no_name():
    odd = {"common": "Freedonia (Rep.)", "official": "Freedonia"}
    read = country(name=odd, translations={"deu": {"common": "Freie (Rep.)", "official": "Freie"}})
    assert next(iter(read_countries([read]))).split(BETWEEN)[3:6] == ["Freedonia", "", "Freie"]


def test_no_city_has_a_countrys_code():
    assert cities(city("Bo", 400_000))[0][0] == "bo-fd"


def test_capitals_are_known_by_country_and_folded_name():
    assert capitals([country()]) == {("FD", "port-elan")}


def test_small_cities_are_left_out_but_for_capitals_and_known_ones():
    found = cities(
        city("Big", 400_000), city("Small", 900), city("Port Élan", 900), city("Tiny Town", 9)
    )
    assert [line[0] for line in found] == ["big", "port-elan", "tiny-town"]
    assert [line[5] for line in found] == ["", "*", ""]


def test_the_largest_of_a_name_has_the_bare_code():
    found = cities(
        city("Spring", 500_000), city("Spring", 400_000, "US", "OH"),
        city("Spring", 300_000, "US", "KS"), city("Spring", 200_000), city("Spring", 100_000),
    )  # fmt: skip
    assert [line[0] for line in found] == ["spring", "spring-us", "spring-us-ks", "spring-fd"]
    assert [line[3] for line in found] == ["", "OH", "KS", ""]


def test_a_code_that_was_given_by_hand_is_taken():
    assert cities(city("Portia", 400_000))[0][0] == "portia-fd"
    assert cities(city("West", 400_000))[0][0] == "west-fd"


def test_names_are_those_of_the_news():
    found = cities(city("Köln-Haven", 400_000), city("Nowhere", 400_000), city("Ward 7", 400_000))
    assert [line[:2] for line in found] == [["haven", "Haven"]]


def test_other_forms_are_the_same_letters_or_another_script():
    given = city(
        "Elan", 1, "FD", "", "Élan", "elan", "Ellan", "エラン市", "えらん", "埃兰市", "엘란시",
        "엘란 시", "X|Y",
    )  # fmt: skip
    assert forms("Elan", given) == ["Élan", "エラン", "埃兰", "엘란"]


def test_codes_are_plain():
    assert ascii_code("São Tomé’s Łódź") == "sao-tomes-lodz"


def test_another_edition_is_refused(tmp_path: Path):
    path = tmp_path / "countries.json"
    path.write_text("[]")
    with pytest.raises(SystemExit, match=r"countries\.json is not the edition"):
        read_checked(path, places.COUNTRIES_SHA256)


def test_the_file_has_a_place_a_line_and_says_whose_they_are():
    written = document(["fd|Freedonian"], ["big|Big"])
    assert '\n"fd|Freedonian"\n' in written
    read = json.loads(written)
    assert "Open Database License" in read["license"]
    assert any("GeoNames" in source and "CC BY 4.0" in source for source in read["sources"])
    assert (read["countries"], read["cities"]) == (["fd|Freedonian"], ["big|Big"])
