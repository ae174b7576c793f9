"""Every form under which a language's news may name a place, and how far it can be trusted."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

BETWEEN: Final = "|"
FORMS: Final = ";"
LANGUAGES: Final = ("en", "fr", "de", "es", "ja", "zh", "ko")
LATIN: Final = frozenset({"en", "fr", "de", "es"})
MIN_SHOUTED: Final = 4  # shorter words in capitals are mostly acronyms
MIN_TRUSTED: Final = 3  # characters; two of them are too often another word
FOREIGN_CITY: Final = 200  # thousands; smaller ones are mostly somebody's name
KOREAN_CITY: Final = 300  # thousands
MILLION: Final = 1000  # in thousands, as the file has them

_HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_KANA: Final = re.compile(r"[\u30a0-\u30ffー・]+")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3 ]+")
_SMALL: Final = frozenset("区區镇鎮县縣村町墟府市")
_LATIN: Final = re.compile("[A-ZÀ-ÖØ-ÞĀ-Ž]")
_AT_HOME: Final = {
    "fr": frozenset({"fr", "be", "ch", "ca", "lu", "mc"}),
    "de": frozenset({"de", "at", "ch", "li", "lu"}),
    "es": frozenset(
        {
            "ar", "bo", "cl", "co", "cr", "cu", "do", "ec", "es", "gt", "hn", "mx", "ni", "pa",
            "pe", "pr", "py", "sv", "uy", "ve",
        }
    ),
}  # fmt: skip
_CODES: Final = "+" + string.ascii_lowercase
_CHINESE: Final = frozenset({"cn", "tw", "hk", "mo"})


class Kind(Enum):
    COUNTRY = "country"
    AREA = "area"  # states, regions, seas, disputed areas
    CITY = "city"


class Use(Enum):
    NAME = "name"
    ADJECTIVE = "adjective"  # "Japanese", 米大統領: the country, less surely
    NOT = "not"  # the name of something else that has a place in it


class Trust(Enum):
    SURE = 3
    LIKELY = 2  # a city that the story should give some reason for
    AMBIGUOUS = 1  # a word, a person's name: the story must say that the place is meant


ADJECTIVE: Final = 0.6
"""How sure it is that "Japanese" speaks of Japan."""
_SURE: Final = {Trust.SURE: 1.0, Trust.LIKELY: 0.9, Trust.AMBIGUOUS: 0.8}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """One and the same object for a code, so that it is compared and hashed as that."""

    code: str
    name: str  # in English
    kind: Kind
    country: str | None  # what it implies
    state: str | None = None  # of the United States, by its postal code
    capital: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form's readings, likeliest first; or, `together`, all that it names at once."""

    places: tuple[Place, ...]
    use: Use
    trust: Trust
    together: bool = False
    sure: float = field(init=False)  # from 0 to 1

    def __post_init__(self) -> None:
        sure = ADJECTIVE if self.use is Use.ADJECTIVE else _SURE[self.trust]
        object.__setattr__(self, "sure", sure)


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    place: Place
    thousands: int
    known: bool  # a capital, a million people, or often in the news
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    places: Mapping[str, Place]
    cities: Sequence[City]
    countries: Sequence[Sequence[str]]


def split_lines(lines: Sequence[str]) -> Iterator[list[str]]:
    return (line.split(BETWEEN) for line in lines)


def read_senses(words: Mapping[str, Any], language: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Names that are more than one thing: by name, a code and the words that speak for it."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for languages, surface, *readings in split_lines(words["senses"]):
        if language in languages.split(","):
            parts = (reading.partition(":") for reading in readings)
            found[surface] = {code: tuple(cues.split(FORMS)) for code, _, cues in parts}
    return found


@dataclass(slots=True, kw_only=True)
class FormBuilder:
    """Gathers a language's forms: what is added first stands, but cities of one name gather."""

    language: str
    words: Mapping[str, Any]
    places: Mapping[str, Place]
    forms: dict[str, Form] = field(default_factory=dict)

    def add_all(self, table: Table) -> None:
        for phrase in self.words["not"][self.language]:
            self.forms[phrase] = Form(places=(), use=Use.NOT, trust=Trust.SURE)
        for surface, readings in read_senses(self.words, self.language).items():
            self._add(surface, tuple(readings), use=_use_of(surface))
        at = LANGUAGES.index(self.language)
        for codes, _, *names in split_lines(self.words["places"]):
            self._add_each(names[at], tuple(codes.split(",")), together="," in codes)
        for code, *names in split_lines(self.words["names"]):
            self._add_each(names[at], (code,))
        for code, _, _, *names in table.countries:
            self._add_each(names[at], (code,))
        self._add_short_forms()
        self._add_adjectives(table)
        own = {code for code, *names in split_lines(self.words["names"]) if names[at]}
        for city in table.cities:
            if self.language not in LATIN and city.place.code in own:
                continue  # the forms written by hand are those of the news
            for form, trust in _city_forms(city, self.language, self.words):
                self._add_city(form, city.place, trust)
        if self.language in LATIN:
            self._add_capitals()

    def _add_each(self, forms: str, codes: tuple[str, ...], *, together: bool = False) -> None:
        for form in filter(None, forms.split(FORMS)):
            for written in _written(form, self.language, self.words["traditional"]):
                self._add(written, codes, together=together)

    def _add(
        self, surface: str, codes: Sequence[str], *, use: Use = Use.NAME, together: bool = False
    ) -> None:
        places = tuple(self.places[code] for code in codes)
        unsure = surface in self.words["unsure"][self.language]
        trust = Trust.AMBIGUOUS if unsure else Trust.SURE
        form = Form(places=places, use=use, trust=trust, together=together)
        self.forms.setdefault(surface, form)

    def _add_city(self, surface: str, place: Place, trust: Trust) -> None:
        there = self.forms.get(surface)
        if there is None:
            self.forms[surface] = Form(places=(place,), use=Use.NAME, trust=trust)
        elif there.places and there.places[0].kind is Kind.CITY and place not in there.places:
            places = (*there.places, place)
            self.forms[surface] = Form(places=places, use=there.use, trust=there.trust)

    def _add_short_forms(self) -> None:
        pairs = self.words["pairs"].get(self.language)
        if pairs is None:
            return
        signs = {sign[0]: sign[1:] for sign in pairs["signs"].split()}
        for word in pairs["words"].split():
            surface = word.rstrip(_CODES)
            said = word[len(surface) :]
            codes = said.split("+") if said else [signs[sign] for sign in surface]
            for written in _written(surface, self.language, self.words["traditional"]):
                self._add(written, codes, use=Use.ADJECTIVE, together=True)
        for sign in pairs.get("alone", "").split():
            self._add(sign[0], (sign[1:],), use=Use.ADJECTIVE)
        between = " " if self.language == "ko" else ""
        for maker in pairs.get("makers", "").split():
            for office in pairs["offices"].split():
                self._add(f"{maker[0]}{between}{office}", (maker[1:],), use=Use.ADJECTIVE)

    def _add_adjectives(self, table: Table) -> None:
        at = LANGUAGES.index(self.language)
        for code, *named in split_lines(self.words["adjectives"]):
            for word in filter(None, named[at].split(FORMS) if at < len(named) else ()):
                for form in _inflected(word, self.language):
                    self._add(form, (code,), use=Use.ADJECTIVE)
        owners: dict[str, set[str]] = {}
        for code, english, french, *_ in table.countries:
            given = {"en": english, "fr": french}.get(self.language, "")
            for word in filter(None, given.split(FORMS)):
                for form in _inflected(word, self.language):
                    owners.setdefault(form, set()).add(code)
        for form, codes in owners.items():
            if len(codes) == 1:
                self._add(form, tuple(codes), use=Use.ADJECTIVE)

    def _add_capitals(self) -> None:
        """Headlines in capitals: "JAPAN TO SEND AID"."""
        for surface, form in list(self.forms.items()):
            if len(surface) >= MIN_SHOUTED and form.trust is not Trust.LIKELY:
                self.forms.setdefault(surface.upper(), form)


def _use_of(surface: str) -> Use:
    return Use.ADJECTIVE if re.search(r"(?:eans?|icans?|ese)$", surface) else Use.NAME


def _written(form: str, language: str, traditional: str) -> Sequence[str]:
    """Chinese in simplified and in traditional characters."""
    if language != "zh":
        return (form,)
    changed = form.translate(str.maketrans(traditional[::2], traditional[1::2]))
    return (form, changed) if changed != form else (form,)


_ENDINGS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "de": {"isch": ("isch", "ische", "ischen", "ischer", "isches", "ischem"),
           "er": ("er", "ern", "erin", "erinnen", "ers")},
    "es": {"o": ("o", "a", "os", "as"), "és": ("és", "esa", "eses", "esas"),
           "án": ("án", "ana", "anes", "anas"), "ol": ("ol", "ola", "oles", "olas"),
           "": ("", "s")},
}  # fmt: skip


def _inflected(word: str, language: str) -> Iterator[str]:
    """The word's forms by gender, number and case, as far as endings tell."""
    if language in _ENDINGS:
        endings = _ENDINGS[language]
        ending = next((one for one in endings if word.endswith(one)), None)
        stem = word[: len(word) - len(ending or "")]
        for form in [stem + more for more in endings.get(ending or "", (ending or "",))]:
            yield form
            yield form[:1].upper() + form[1:]
    elif language == "fr":
        for form in (word, word.lower(), word[:1].upper() + word[1:]):
            yield form
            yield form if form.endswith(("s", "x")) else form + "s"
    else:
        yield word
        if language == "en" and not word.endswith(("s", "ese", "sh", "ch")):
            yield word + "s"


def _city_forms(city: City, language: str, words: Mapping[str, Any]) -> Iterator[tuple[str, Trust]]:
    unsure = words["unsure"][language]
    for form in city.forms:
        if language in LATIN:
            if _LATIN.match(form) and (city.known or _is_read_of(city, language)):
                usual = Trust.SURE if city.known else Trust.LIKELY
                yield form, Trust.AMBIGUOUS if form in unsure else usual
        elif (trust := _trust_in(form, city, language, words)) is not None:
            yield form, Trust.AMBIGUOUS if form in unsure else trust
        at_home = city.place.country in {"jp", "cn", "tw"}
        if at_home and language in {"ja", "zh"} and _HAN.fullmatch(form):
            yield form + "市", Trust.SURE
        if language == "ko" and _HANGUL.fullmatch(form) and city.place.country == "kr":
            yield form + "시", Trust.SURE


def _is_read_of(city: City, language: str) -> bool:
    """Whether the language's news names the city without saying where it is."""
    if language == "en" or city.place.country in _AT_HOME[language]:
        return True
    return city.thousands >= FOREIGN_CITY


def _trust_in(form: str, city: City, language: str, words: Mapping[str, Any]) -> Trust | None:
    """How far to trust a form in a language without capitals; None where it stays out."""
    country = city.place.country
    hidden = len(form) < MIN_TRUSTED or not (city.known or city.thousands >= FOREIGN_CITY)
    usual = None if hidden else Trust.SURE if city.known else Trust.LIKELY
    if language == "ja" and _KANA.fullmatch(form):
        return None if country == "jp" else usual
    if language == "ja" and _HAN.fullmatch(form):
        if country == "jp":
            return Trust.SURE if form in words["ja_cities"] else None
        return Trust.SURE if country in _CHINESE and city.thousands >= 3 * MILLION else None
    if language == "zh" and _HAN.fullmatch(form):
        short = city.known and country in _CHINESE | {"jp"}
        return None if form[-1] in _SMALL else Trust.SURE if short else usual
    if language == "ko" and _HANGUL.fullmatch(form):
        if country != "kr":
            return usual
        large = city.known or city.thousands >= KOREAN_CITY
        return Trust.SURE if large else Trust.LIKELY
    return None
