"""Who wrote a text and where: agency credits, datelines and bylines, in the words of the wires.

    • Kyodo                                       （共同）
    SAITAMA, Japan, Dec. 9 Kyodo -                【ワシントン共同】
    By A and B DUBAI, Feb 17 (Reuters) -          (서울=연합뉴스) 홍길동 기자 =

A sentence that only mentions an agency is left alone: a credit stands by itself, in brackets, or
before a dash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import regex

from app.core.normal.agencies import agencies, agency_named
from app.core.normal.bylines import byline_before_lead, reporters_after_lead
from app.core.normal.people import read_authors
from app.core.story import Agency, Dateline

MAX_CREDIT_CHARS = 80
MAX_BARE_PLACE_WORDS = 3
MAX_LEAD_CHARS = 300

_OPEN, _CLOSE = r"[(（\[［【〔/<＜]", r"[)）\]］】〕/>＞]"
_DASHES = "-‐‑–—―=＝−"
_LEVANTINE = (
    "كانون (?:الثاني|الأول)|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين (?:الأول|الثاني)"
)
_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|janv|févr|avr|mai|juin|juil|août|déc"
    r"|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|mär|okt|dez|янв|фев|мар|апр|мая|июн|июл|авг|сен"
    r"|окт|ноя|дек|يناير|فبراير|مارس|[أا]بريل|مايو|يونيو|يوليو|[أا]غسطس|سبتمبر|[أا]كتوبر|نوفمبر"
    rf"|ديسمبر|{_LEVANTINE})\w*\.?(?: (?:{_LEVANTINE}))?"  # Reuters writes both: 5 مارس آذار
)
DATE = regex.compile(
    rf"(?:{_MONTHS}\s*\d{{1,2}}|\d{{1,2}}\.?\s*(?:de\s+)?{_MONTHS}|\d{{1,2}}月\d{{1,2}}日|\d{{1,2}}日"
    r"|\d{1,2}월\s*\d{1,2}일|\d{1,2}일)(?:,?\s*\d{4})?",
    regex.IGNORECASE,
)
_BULLET = r"[•·●∙▪■◆★*|:：—–\-\s]*"
_JOINED = r"\s*(?:,|，|、|/|／|・|&|-|=|＝|\band\b|\bund\b|\bet\b|\by\b)\s*"
_COMPANY = r"[Ss]taff(?: [Rr]eports?| [Ww]riters?)?|[Aa]gencies"
_STAFF = r"(?: (?:Staff|staff|Correspondents?|correspondents?))?"
_SOURCE = (
    r"(?:(?:By|BY|Source|Via|Credit|From|Quelle|Fuente|Fonte|©|\(c\)|来源|出典|提供)\s*[:：]?\s*)?"
)
_WHERE = r"(?P<where>[^\n.!?。！？:;“”\"「」()（）]{2,60}?[^\n!?。！？:;“”\"「」()（）]{0,40}?)"
_IN_BRACKETS = r"[^)）\]］】\n]{0,12}"
_AFTER = rf"\s*[.:：]?[{_DASHES}]*\s*"
_WIRED = r"(?P<where>[^\s，。、]{1,12}?\d{1,2}日)[电電]"
_WIRED_FROM = (
    r"(?:[記记]者(?P<reporters>\p{Han}{2,3}(?:、\p{Han}{2,3})*))?"
    r"(?P<where>\p{Han}{1,8}\d{1,2}日)[电電]"
)
_CAPITALS = r"(?P<where>\p{Lu}{3,}[^\n.!?:;“”\"()]{0,40}?)"
_REPORTERS = r"(?:\s*[（(]记者\s*(?P<reporters>[^)）]{2,40})[)）])?"
_EDGES = " ,，、・=＝‐–—:/.-"
_SHORTENED = regex.compile(r",\s(?:\p{Lu}\p{Ll}{1,4}|(?:\p{Lu}\.)+\p{Lu})$")
_PLACE_WORD = regex.compile(
    r"[\p{Lu}\p{Lo}\d][\p{L}\p{M}\p{N}.'’‐-]*"
    r"|de|la|le|les|du|del|el|al|and|of|the|y|et|am|an|der|sur|di|da|do|den|[-–—]"
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


def lead_of(text: str) -> Lead | None:
    """The byline, dateline and credit that a paragraph opens with, all together."""
    if not _patterns().name.search(text, 0, MAX_LEAD_CHARS):
        return None
    start, authors = byline_before_lead(text)
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


def _lead(text: str, found: regex.Match[str], authors: tuple[str, ...]) -> Lead | None:
    groups = found.groupdict()
    where, end = _trimmed(groups.get("where") or ""), found.end()
    if where and not (
        _is_place(where) and (_is_marked(found) or _is_bare_place(where, text[end:]))
    ):
        return None
    if groups.get("reporters"):
        authors += read_authors((groups["reporters"],)).names
    end, reporters = reporters_after_lead(text, end)
    return Lead(
        end=end,
        text=text[:end].strip(),
        agency=agency_named(found["agency"]),
        dateline=Dateline(text=where, place=place_of(where)) if where else None,
        authors=authors + reporters,
    )


def _is_marked(found: regex.Match[str]) -> bool:
    """Whether the lead is set off from the sentence: by a dash after it, or brackets around it."""
    lead = found[0].strip()
    marked = lead[0] in "(（[［【〔" or lead[-1] in f"{_DASHES}.:：电電"
    return marked or "reporters" in found.groupdict()


def _is_bare_place(where: str, rest: str) -> bool:
    """Whether "Place (Agency) Sentence" is meant: not "The Associated Press (AP) reported"."""
    few = len(where.split()) <= MAX_BARE_PLACE_WORDS
    return few and where[0].isupper() and rest != "" and not rest[0].islower()


def _is_place(where: str) -> bool:
    words = regex.split(r"[\s,，、・·/／]+", DATE.sub(" ", where))
    return agency_named(where) is None and all(_PLACE_WORD.fullmatch(w) for w in words if w)


def place_of(where: str) -> str | None:
    """A dateline without its date."""
    return _trimmed(DATE.sub("", where)) or None


def _trimmed(where: str) -> str:
    """Without dashes and stops around it; abbreviated states keep theirs: Fla., D.C."""
    bare = where.strip(_EDGES)
    return f"{bare}." if _SHORTENED.search(bare) and f"{bare}." in where else bare


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patterns:
    name: re.Pattern[str]  # any agency's, wherever it stands: most texts have none to begin with
    line: regex.Pattern[str]
    tail: regex.Pattern[str]
    leads: tuple[regex.Pattern[str], ...]


@cache
def _patterns() -> _Patterns:
    forms = "|".join(re.escape(form) for form in sorted(agencies(), key=len, reverse=True))
    name = rf"(?P<agency>{forms})"
    some = rf"{name}(?:/\p{{Ll}}{{2,3}}\b)?(?:{_JOINED}(?:{forms}|{_COMPANY}))*"
    leads = (
        rf"{_WHERE}\s*{_OPEN}\s*{some}\s*{_CLOSE}{_AFTER}",  # PLACE, DATE (AGENCY) -
        rf"{_OPEN}\s*{some}\s*{_CLOSE}{_AFTER}{_CAPITALS}\s*[-–—]\s+",  # (AGENCY) - PLACE, DATE -
        rf"{_OPEN}\s*{name}{_WIRED_FROM}{_CLOSE}\s*",  # （中央社記者…台北5日電）
        rf"{_OPEN}\s*{some}\s*{_CLOSE}{_AFTER}",  # (AGENCY) -
        rf"{_OPEN}\s*{_WHERE}\s*[=＝]?\s*{name}{_IN_BRACKETS}{_CLOSE}{_AFTER}",  # 【東京共同】
        rf"(?:{_WHERE}[\s,]+)?{some}\s*(?:[-–—]+|=)\s+",  # PLACE, DATE AGENCY -
        rf"{_WHERE}\s[-–—]\s{some}[.:]\s+",  # МЕСТО, ДАТА - АГЕНТСТВО.
        rf"{name}{_WIRED}{_REPORTERS}\s*",  # 新华社北京3月5日电（记者…）
    )
    return _Patterns(
        name=re.compile(rf"(?<![A-Za-z])(?:{forms})(?![A-Za-z])"),
        line=regex.compile(
            rf"{_BULLET}{_OPEN}?{_BULLET}{_SOURCE}{some}{_STAFF}\s*{_CLOSE}?[.。\s]*"
        ),
        tail=regex.compile(
            rf"\s*[(（\[［]\s*{some}\s*[)）\]］][.。]?\s*$|(?<=[.!?…][\"”’»)]?)\s+{some}$"
        ),
        leads=tuple(regex.compile(lead) for lead in leads),
    )
