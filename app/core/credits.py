"""Who wrote a text and where: agency credits, datelines and bylines, in the words of the wires.

    • Kyodo                                       （共同）
    SAITAMA, Japan, Dec. 9 Kyodo -                【ワシントン共同】
    By A and B DUBAI, Feb 17 (Reuters) -          (서울=연합뉴스) 홍길동 기자 =

A sentence that only mentions an agency is left alone: a credit stands by itself, in brackets, or
before a dash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import regex

from app.core.types import Agency, Dateline

MAX_LEAD_CHARS = 120
MAX_CREDIT_CHARS = 80
MAX_BYLINE_CHARS = 120
MAX_AUTHORS = 8

_OPEN, _CLOSE = r"[(（\[［【〔/<＜]", r"[)）\]］】〕/>＞]"
_DASH = r"[-‐‑–—―=＝−]"
_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|janv|févr|avr|mai|juin|juil|août|déc"
    r"|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|mär|okt|dez|янв|фев|мар|апр|мая|июн|июл|авг|сен"
    r"|окт|ноя|дек)\w*\.?"
)
_DATE = regex.compile(
    rf"(?:{_MONTHS}\s*\d{{1,2}}|\d{{1,2}}\.?\s*(?:de\s+)?{_MONTHS}|\d{{1,2}}日|\d{{1,2}}月\d{{1,2}}日"
    r"|\d{1,2}일|\d{1,2}월\s*\d{1,2}일)(?:,?\s*\d{4})?",
    regex.IGNORECASE,
)
_BULLET = r"[•·●∙▪■◆★*|:：—–\-\s]*"
_JOINED = r"\s*(?:,|，|、|/|／|・|&|-|=|＝|\band\b|\bund\b|\bet\b|\by\b)\s*"
_SOURCE = r"(?:(?:Source|Via|Credit|From|Quelle|Fuente|Fonte|©|\(c\)|来源|出典|提供)\s*[:：]?\s*)?"
_NAME = r"\p{Lu}[\p{L}.'’-]*"
_PERSON = rf"{_NAME}(?: (?:(?:de|da|van|von|der|den|la|le|bin|al|el|dos|di) )*{_NAME}){{1,4}}"
_PEOPLE = rf"{_PERSON}(?:(?:, | and |, and | & | et | und | y ){_PERSON}){{0,5}}"
_BYLINE = regex.compile(
    rf"(?:By|BY|Por|Par|Von|Di|Door)\s*:?\s+(?P<names>{_PEOPLE})(?P<rest>.*)", regex.S
)
_BYLINE_LEAD = regex.compile(
    rf"By (?P<names>{_PERSON}?(?:(?:, | and |, and ){_PERSON}?){{0,5}}?)"
    r" (?=\p{Lu}{3,}[\p{Lu} ./'’-]*[,(（ ])"
)
_KOREAN_REPORTER = regex.compile(
    r"\s*(?P<names>\p{Hangul}{2,4}(?:[·, ]+\p{Hangul}{2,4}){0,4})\s*(?:특파원|기자)\s*=\s*"
)
_SIGN_OFF = regex.compile(
    r"[(（]?\s*(?:Reporting|Additional reporting|Writing|Editing|Compiled) by \p{Lu}[^\n]{1,300}"
)
_EDGES = " ,，、・=＝‐–—:/-"
_PLACE_WORD = regex.compile(
    r"[\p{Lu}\p{Lo}\d][\p{L}\p{M}\p{N}.'’‐-]*|de|la|le|les|du|del|el|al|and|of|the|y|et|am|an|der|sur|di|da|do|den"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """What stands before a story's first sentence; the story goes on at `end`."""

    end: int
    text: str
    agency: Agency | None = None
    dateline: Dateline | None = None
    authors: tuple[str, ...] = ()


def credit_line(line: str) -> Agency | None:
    """The agency of a line that is nothing but a credit; the first where it names several."""
    if len(line) > MAX_CREDIT_CHARS:
        return None
    found = _patterns().line.fullmatch(line)
    return agency_named(found["agency"]) if found else None


def byline(line: str) -> tuple[str, ...] | None:
    """The authors of a line that is nothing but a byline."""
    if len(line) > MAX_BYLINE_CHARS:
        return None
    found = _BYLINE.fullmatch(line)
    rest = found["rest"].strip() if found else ""
    if found is None or (rest and not rest.startswith((",", "|", "-", "–", "—", "/"))):
        return None
    return None if rest.endswith((".", "?", "!")) else split_people(found["names"])


def is_sign_off(line: str) -> bool:
    """Whether a line is the reporters' and editors' sign-off: "(Reporting by …; Editing by …)"."""
    return _SIGN_OFF.fullmatch(line) is not None


def lead_of(text: str) -> Lead | None:
    """The byline, dateline and credit that a paragraph opens with, all together."""
    start = 0
    authors: tuple[str, ...] = ()
    if found := _BYLINE_LEAD.match(text):
        start, authors = found.end(), split_people(found["names"])
    for pattern in _patterns().leads:
        found = pattern.match(text, start)
        if found and (lead := _lead(text, found, authors)):
            return lead
    return None


def tail_credit(text: str) -> tuple[int, Agency] | None:
    """Where a credit in brackets begins that a paragraph ends with, and whose it is."""
    found = _patterns().tail.search(text, max(0, len(text) - MAX_CREDIT_CHARS))
    agency = agency_named(found["agency"]) if found else None
    return (found.start(), agency) if found and agency else None


def agency_named(words: str) -> Agency | None:
    """The agency of one of its names, as it is written; None for any other words."""
    return _agencies().get(words.strip())


def agency_in(words: str) -> Agency | None:
    """The agency of an author's line such as "AFP | Reuters" or "Kyodo, staff writer"."""
    found = _patterns().whole.search(words)
    return agency_named(found["agency"]) if found else None


def split_people(names: str) -> tuple[str, ...]:
    people = regex.split(r"\s*(?:,\s*and |,| and | & | et | und | y |·)\s*", names)
    return tuple(dict.fromkeys(p.strip() for p in people if p.strip()))[:MAX_AUTHORS]


def _lead(text: str, found: regex.Match[str], authors: tuple[str, ...]) -> Lead | None:
    where = (found.groupdict().get("where") or "").strip(_EDGES)
    if where and not _is_place(where):
        return None
    end = found.end()
    if reporter := _KOREAN_REPORTER.match(text, end):
        end, authors = reporter.end(), (*authors, *split_people(reporter["names"]))
    agency = agency_named(found["agency"])
    dateline = Dateline(text=where, place=_place(where)) if where else None
    return Lead(end=end, text=text[:end].strip(), agency=agency, dateline=dateline, authors=authors)


def _is_place(where: str) -> bool:
    words = regex.split(r"[\s,，、・/／]+", _DATE.sub(" ", where))
    return all(_PLACE_WORD.fullmatch(word) for word in words if word)


def _place(where: str) -> str | None:
    return _DATE.sub("", where).strip(_EDGES) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    line: regex.Pattern[str]
    tail: regex.Pattern[str]
    whole: regex.Pattern[str]
    leads: tuple[regex.Pattern[str], ...]


@cache
def _agencies() -> Mapping[str, Agency]:
    table = json.loads(files("app.core.vocab").joinpath("agencies.json").read_text("utf-8"))
    forms: dict[str, Agency] = {}
    for row in table:
        agency = Agency(code=row["code"], name=row["name"])
        for form in row["forms"]:
            forms[form] = agency
            forms[form.upper()] = agency
    return forms


@cache
def _patterns() -> _Patterns:
    forms = sorted(_agencies(), key=len, reverse=True)
    name = rf"(?P<agency>{'|'.join(re.escape(form) for form in forms)})"
    others = rf"(?:{_JOINED}(?:{name[len('(?P<agency>') : -1]}|[\p{{Lu}}][\p{{L}}. ]{{0,20}}))*"
    some = f"{name}{others}"
    where = r"(?P<where>[^\n.!?。！？:;“”\"「」()（）]{2,60}?[^\n!?。！？:;“”\"「」()（）]{0,40}?)"
    after = rf"\s*[.:：]?{_DASH}*\s*"
    leads = (
        rf"{where}\s*{_OPEN}\s*{some}\s*{_CLOSE}{after}",  # PLACE, DATE (AGENCY) -
        rf"{_OPEN}\s*{some}\s*{_CLOSE}{after}",  # (AGENCY) -
        # 【東京共同】
        rf"{_OPEN}\s*{where}\s*[=＝]?\s*{name}[^)）\]］】\n]{{0,12}}{_CLOSE}{after}",
        rf"(?:{where}[\s,]+)?{some}\s*(?:[-–—]+|=)\s+",  # PLACE, DATE AGENCY -
    )
    return _Patterns(
        line=regex.compile(rf"{_BULLET}{_OPEN}?{_BULLET}{_SOURCE}{some}\s*{_CLOSE}?[.。\s]*"),
        tail=regex.compile(rf"\s*[(（\[［]\s*{some}\s*[)）\]］][.。]?\s*$"),
        whole=regex.compile(rf"(?<![\p{{L}}\p{{N}}]){name}(?![\p{{L}}\p{{N}}])"),
        leads=tuple(regex.compile(lead) for lead in leads),
    )
