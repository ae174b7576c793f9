"""Datelines that name no agency: LONDON —; KYIV, Ukraine, May 5 -; 【ワシントン＝山田花子】.

Capitals before a dash may be anything ("BREAKING —", a company, a captain), so a place by itself
must be one that papers print by itself; others need a region or a date beside them.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import regex

from app.core.normal.bylines import east_asian_names
from app.core.normal.credits import DATE, Lead, place_of
from app.core.normal.people import is_role
from app.core.story import Dateline

_LEAD = regex.compile(
    r"(?P<where>(?P<place>\p{Lu}[\p{Lu} .'’-]{1,30}\p{Lu})"
    rf"(?:, (?P<region>\p{{Lu}}\p{{Ll}}[\p{{L}}. ]{{1,25}}?))?(?:, (?P<date>(?i:{DATE.pattern})))?)"
    r"(?P<mark>\s*(?:—|–|--+)\s*|\s+-\s+|:\s+)(?=[\p{Lu}\p{Lo}\d\"“‘'«])",
)
_CORRESPONDENT = regex.compile(
    r"[【\[［（(]\s*(?P<where>[\p{Han}\p{Katakana}\p{Hiragana}ー・]{1,15})\s*[=＝]\s*"
    r"(?P<names>[\p{Han}\p{Hiragana}\p{Katakana}ー、・ 　]{3,24})\s*[】\]］）)]\s*"
    r"|[\[(【]\s*(?P<where>\p{Hangul}{1,6})\s*=\s*"
    r"(?P<names>\p{Hangul}{2,4}(?:[·, ]+\p{Hangul}{2,4}){0,3})"
    r"\s*(?:기자|특파원)\s*[\])】]\s*=?\s*"
)


def bare_lead(text: str) -> Lead | None:
    """The dateline, without an agency, that a paragraph opens with."""
    if found := _CORRESPONDENT.match(text):
        authors = east_asian_names(found["names"])
        return _lead(found, text, authors) if authors else None
    found = _LEAD.match(text)
    if found is None or not _is_meant(found):
        return None
    return _lead(found, text, ())


def _is_meant(found: regex.Match[str]) -> bool:
    place, region, date = found["place"], found["region"], found["date"]
    if region and is_role(region):
        return False
    known = place in _places()
    if ":" in found["mark"]:
        return bool(known and date)
    return known or bool(date) or bool(region and found["mark"].strip() != "-")


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
    text = files("app.core.vocab").joinpath("dateline_places.json").read_text("utf-8")
    return frozenset(json.loads(text))
