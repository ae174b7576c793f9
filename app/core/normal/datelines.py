"""Datelines that name no agency: LONDON —; KYIV, Ukraine, May 5 -; 【ワシントン＝山田花子】.

Capitals before a dash may be anything ("BREAKING —", a company, a captain, a race), so a place by
itself must be one that papers print by itself; others need a region that there is, or a date,
beside them. A hyphen between two places makes a route: PARIS - Nice.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import regex

from app.core.normal.beside import is_outlet
from app.core.normal.bylines import east_asian_names
from app.core.normal.credits import DATE, Lead, place_of
from app.core.normal.people import is_role
from app.core.story import Dateline

_LEAD = regex.compile(
    r"(?P<where>(?P<place>\p{Lu}[\p{Lu} .'’-]{1,30}\p{Lu})"
    r"(?:, (?P<region>\p{Lu}[\p{L}.][\p{L}. -]{0,30}?))?"
    rf"(?:, (?P<date>(?i:{DATE.pattern})))?)"
    r"(?:\s*\((?P<outlet>[\p{Lu}\p{N}][^()\n]{1,30})\))?"
    r"(?P<mark>\s*(?:—|--+)\s*|\s*–\s+|\s+[–-]\s+|:\s+)(?=[\p{Lu}\p{Lo}\d\"“‘'«])",
)
_IN_SMALL = regex.compile(  # Dekalb, Ill. — …; London/Oslo - …
    r"(?P<where>(?P<place>\p{Lu}\p{Ll}[\p{L}.'’-]*(?:[ /]\p{Lu}[\p{L}.'’-]+){0,3})"
    r"(?:, (?P<region>\p{Lu}[\p{L}.][\p{L}. -]{0,30}?))?)"
    r"(?P<mark>\s*(?:—|--+)\s*|\s+[–-]\s+)(?=[\p{Lu}\d\"“‘'«])",
)
_SENTENCE = regex.compile(r"(?:\S+\s+){7,}\S+[.!?][\"”’»]?(?:\s|$)")
_STATION = regex.compile(
    r"[KW][A-Z]{2,3}(?:[ -]?(?:TV|FM|AM|DT|\d{1,2}))?|\p{Lu}\w*(?:News|TV|Radio)\w*"
)
_CORRESPONDENT = regex.compile(
    r"[【\[［（(]\s*(?P<where>[\p{Han}\p{Katakana}\p{Hiragana}ー・]{1,15})\s*[=＝]\s*"
    r"(?P<names>[\p{Han}\p{Hiragana}\p{Katakana}ー、・ 　]{3,24})\s*[】\]］）)]\s*"
    r"|[\[(【]\s*(?P<where>\p{Hangul}{1,6})\s*=\s*"
    r"(?P<names>\p{Hangul}{2,4}(?:[·, ]+\p{Hangul}{2,4}){0,3})"
    r"\s*(?:기자|특파원)\s*[\])】]\s*=?\s*"
)

_PAPER = regex.compile(
    r".+(?:신문|일보|뉴스|닷컴|경제|미디어|저널|투데이|타임[즈스]|방송|데일리|[Tt][Vv]|新聞|日報|時報|通信|放送|テレビ)"
)
_NEXT_CHARS = 30  # after a dash, in which another makes a list of the first
_STAGE = regex.compile(r"(?:Group|Pool|Round|Stage|Day|Match|Game|Week|Part|Race|Heat|Leg)\b")
_NAME = regex.compile(r"\p{Lu}[\p{L}.'’-]+(?: \p{Lu}[\p{L}.'’-]+){0,2}")
_RACES = frozenset(
    ("NICE", "ROUBAIX", "TOURS", "TROYES", "CAMEMBERT", "SANREMO", "SAN REMO", "DAKAR", "BREST")
)
"""Where races that begin in a capital end."""


def bare_lead(text: str) -> Lead | None:
    """The dateline, without an agency, that a paragraph opens with."""
    if found := _CORRESPONDENT.match(text):
        authors = east_asian_names(found["names"])
        if authors and _PAPER.fullmatch(found["where"]):
            return Lead(end=found.end(), text=found[0].strip(), authors=authors)
        return _lead(found, text, authors) if authors else None
    if found := _LEAD.match(text):
        return _lead(found, text, ()) if _is_meant(found) else None
    found = _IN_SMALL.match(text)
    return _lead(found, text, ()) if found and _is_meant_in_small(found) else None


def is_set_off(lead: Lead) -> bool:
    """Whether a lead is one wherever it stands: with an agency, or in capitals before a dash."""
    if lead.dateline is None:
        return False
    place = (lead.dateline.place or "").partition(",")[0]
    return lead.agency is not None or (place.isupper() and not lead.text.endswith(" -"))


def _is_meant(found: regex.Match[str]) -> bool:
    place, region, date = found["place"], found["region"], found["date"]
    if region and (is_role(region) or _STAGE.match(region)):
        return False
    known, mark = place in _places(), found["mark"].strip()
    if mark == ":":
        return bool(known and date)
    if outlet := found["outlet"]:
        said = region in _regions() if region else known
        named = _STATION.fullmatch(outlet) or (is_outlet(outlet) and not outlet.isupper())
        return bool(said or date or named)
    if region and not date:
        return region in _regions() and (known or mark != "-")
    return bool(date) or (known and not (mark in "-–" and _begins_with_a_town(found)))


def _is_meant_in_small(found: regex.Match[str]) -> bool:
    """A place in small letters must be known, or its region, and a whole sentence follow."""
    region, mark = found["region"], found["mark"].strip()
    rest = found.string[found.end() :]
    if not _SENTENCE.match(rest) or mark in rest[:_NEXT_CHARS] or _begins_with_a_town(found):
        return False
    if region:
        return region in _regions() and mark != "-"
    return all(part.upper() in _places() for part in found["place"].split("/"))


def _begins_with_a_town(found: regex.Match[str]) -> bool:
    """Whether the words after a hyphen begin with another place: a route, a race, a match."""
    words = _NAME.match(found.string, found.end())
    parts = words[0].upper().split(" ") if words else []
    towns = (" ".join(parts[:length]) for length in range(1, len(parts) + 1))
    return any(town in _places() or town in _RACES for town in towns)


def _lead(found: regex.Match[str], text: str, authors: tuple[str, ...]) -> Lead:
    where = found["where"]
    return Lead(
        end=found.end(),
        text=text[: found.end()].strip(),
        dateline=Dateline(text=where, place=place_of(where)),
        authors=authors,
    )


@cache
def _places() -> frozenset[str]:
    """In capitals: national capitals, and the cities that English papers print by themselves."""
    return _names("dateline_places.json")


@cache
def _regions() -> frozenset[str]:
    """Countries, states and provinces, as they stand after other places."""
    return _names("dateline_regions.json")


def _names(table: str) -> frozenset[str]:
    return frozenset(json.loads(files("app.core.vocab").joinpath(table).read_text("utf-8")))
