"""Dates as feeds write them → instants. The raw string is kept by the caller.

feedparser's own reading is not used: it takes JST, KST, CET, HKT … for UTC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import TypeAlias

import dateparser  # type: ignore[import-untyped]  # the package ships no types
from dateutil import parser as dateutil_parser

from app.core.normal.calendars import in_western_years
from app.core.normal.date_words import in_english
from app.core.normal.orders import DateOrder, in_iso_order
from app.core.normal.zones import ZONE_NAMES, ZONES, without_zone, zone_in_brackets, zone_named

MAX_DATE_CHARS = 100
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

_GMT_OFFSET = re.compile(
    r"(?<![A-Za-z])(?:GMT|UTC|UT)\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?(?!\d)", re.IGNORECASE
)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?::00(?:\.0+)?)?(?![\d:])")
_BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$")  # (JST), [Asia/Tokyo]
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})|(\d{15,16})")
_JSON_DATE = re.compile(r"/?Date\((\d{12,13})(?:[+-]\d{4})?\)/?")
_LABEL = re.compile(
    r"(?:published|updated|posted|date|last (?:modified|updated)|입력|등록|수정|승인|投稿日|更新日?"
    r"|公開日?|发布时间|發布時間|更新时间)(?: on| at)?(?:\s*[:：]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}\.?,\s*(?=\d{1,2}[ ./-])")
_FORMATTING = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_DOTTED = re.compile(
    r"(\b(?:19|20)\d\d(?:-\d\d-\d\d)?\b(?:[^\d+-]*))\b(\d|[01]\d|2[0-3])\.([0-5]\d)(?![\d.])"
)
_LEAP_SECOND = re.compile(r"(?<=\d\d:\d\d:)60(?!\d)")
_YEAR_ZERO = re.compile(r"(?<![\d:+-])000\d(?![\d:])")  # a database's "never", read as 2001
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_RFC5322 = re.compile(r"(?:[A-Za-z]{3,9}\.?,? ?)?\d{1,2}[ -][A-Za-z]{3}")
_CJK = re.compile(
    r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]"
    r"(?:\s*[（(].[)）]|\s*.曜日?|\s*(?:星期|周|週).|\s*.요일)?"
    r"(?:\s*(午前|午後|오전|오후|上午|下午)?\s*(\d{1,2})\s*[:：時时시点點]\s*(?:(\d{1,2})\s*[分분]?)?"
    r"(?:\s*[:：]?\s*(\d{1,2})\s*[秒초]?)?)?\s*"
)
_AFTERNOON = ("午後", "오후", "下午")
_MORNING = ("午前", "오전", "上午")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]{2}")
_MILLISECONDS = 1000
_MICROSECONDS = 1_000_000
_HALF_DAY = 12
_DIGITS = {first + n: str(n) for first in (0x660, 0x6F0, 0x966, 0x9E6, 0xE50) for n in range(10)}
_DIGITS[ord("،")] = ","
_KOREAN_DOTS = re.compile(r"(\d{4})\.\s*(\d{1,2})\.\s*(\d{1,2})\.?\s*(?=오[전후])")
_PROBES = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001 - only fill what is missing

_Reader: TypeAlias = Callable[[str], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDate:
    """`at` is UTC; `rule` says how the string was read, "+zone" or "+utc" what zone was added."""

    at: datetime
    rule: str
    raw: str


def read_date(
    raw: str | None, *, time_zone: str | None = None, order: DateOrder | None = None
) -> ReadDate | None:
    """The instant that a feed's date means; None for what is no complete date. Never raises.

    A date without a zone is in `time_zone` (an IANA name), else in UTC; numbers that may be days or
    months are in `order`, else as their form has them most often.
    """
    if raw is None or len(raw) > MAX_DATE_CHARS or _YEAR_ZERO.search(raw):
        return None
    try:
        said = _prepare(raw, order)
    except ValueError:  # a day that its calendar does not have
        return None
    for rule, reader in _READERS:
        found = _attempt(reader, said.text)
        if found is None:
            continue
        if said.zone and found.tzinfo is None:
            found = found.replace(tzinfo=said.zone)
        noted = f"{rule}+{said.order.value}" if said.order else rule
        return _placed(found, said.days, noted, raw, time_zone)
    return None


def clamp_published(read: ReadDate | None, first_seen: datetime) -> ReadDate | None:
    """A date as a publication time: None before 1970, and never after it was first seen."""
    if read is None or read.at < EARLIEST:
        return None
    if read.at > first_seen:
        return replace(read, at=first_seen, rule=f"{read.rule}+clamped")
    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A date with its traps taken out."""

    text: str
    days: int  # to add: one for 24:00
    zone: tzinfo | None  # that the string names in words
    order: DateOrder | None  # in which its numbers were taken, where they left a choice


def _prepare(raw: str, order: DateOrder | None) -> _Said:
    text = " ".join(_FORMATTING.sub(" ", raw).split())
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DIGITS)
        text = _KOREAN_DOTS.sub(r"\1년 \2월 \3일 ", text)
    text = in_western_years(text)
    text = _LABEL.sub("", text, count=1)
    remark = _BRACKETED.search(text)
    text, named = without_zone(_BRACKETED.sub("", text))
    text, taken = in_iso_order(_WEEKDAY.sub("", text, count=1), order)
    text = _LEAP_SECOND.sub("59", _dotted_clock(text))
    text, days = _MIDNIGHT.subn("00:00:00", text, count=1)
    return _Said(
        text=_GMT_OFFSET.sub(_plain_offset, text),
        days=days,
        zone=named or (zone_in_brackets(remark[0]) if remark else None),
        order=taken,
    )


def _dotted_clock(text: str) -> str:
    """14.30 after a year is a time in Indonesian, Finnish, Danish, Italian …"""
    return text if ":" in text else _DOTTED.sub(r"\1 \2:\3", text, count=1)


def _plain_offset(found: re.Match[str]) -> str:
    """GMT+9 is nine hours east; dateutil reads it the other way round, as POSIX does."""
    return f"{found[1]}{int(found[2]):02}{found[3] or '00'}"


def _attempt(reader: _Reader, text: str) -> datetime | None:
    try:
        return reader(text)
    except (ValueError, OverflowError, TypeError, LookupError, AttributeError, ArithmeticError):
        return None  # all that the libraries raise on strings that are no dates


def _placed(
    found: datetime, days: int, rule: str, raw: str, time_zone: str | None
) -> ReadDate | None:
    try:
        if found.tzinfo is None:
            zone = zone_named(time_zone)
            rule = f"{rule}+zone" if zone else f"{rule}+utc"
            found = found.replace(tzinfo=zone or UTC)
        at = (found + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):  # at the ends of the calendar
        return None
    return ReadDate(at=at, rule=rule, raw=raw)


def _epoch(text: str) -> datetime | None:
    """Seconds, milliseconds or microseconds since 1970, also as ASP.NET writes them."""
    text = _JSON_DATE.sub(r"\1", text)
    found = _EPOCH.fullmatch(text)
    if not found:
        return None
    unit = 1 if found[1] else _MILLISECONDS if found[2] else _MICROSECONDS
    return datetime.fromtimestamp(float(text) / unit, UTC)


def _rfc5322(text: str) -> datetime | None:
    """Only with a zone: an unknown zone name gives a naive date, which the next reader tries."""
    if not _RFC5322.match(text):
        return None
    found = parsedate_to_datetime(text)
    return found if found.tzinfo else None


def _cjk(text: str) -> datetime | None:
    """2024年3月5日 午後4時30分, 2024년 3월 5일 16:30, with a zone name or offset after it."""
    found = _CJK.match(text)
    if not found:
        return None
    year, month, day = (int(found[n]) for n in (1, 2, 3))
    hour, minute, second = (int(found[n] or 0) for n in (5, 6, 7))
    if found[4] in _AFTERNOON and hour < _HALF_DAY:
        hour += _HALF_DAY
    if found[4] in _MORNING and hour == _HALF_DAY:
        hour = 0
    zone = _zone_after(text[found.end() :])
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _zone_after(rest: str) -> tzinfo | None:
    if found := _OFFSET.fullmatch(rest):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-offset if found[1] == "-" else offset)
    return ZONES.get(rest.upper())


def _dateutil(text: str) -> datetime | None:
    """What is missing is taken from a default: read with two, a whole date comes out the same."""
    first, second = (
        dateutil_parser.parse(text, default=probe, tzinfos=_named_zone) for probe in _PROBES
    )
    return first if first == second else None


def _named_zone(name: str | None, offset_s: int | None) -> tzinfo | None:
    if offset_s is not None:
        return timezone(timedelta(seconds=offset_s))
    return ZONES.get(name.upper()) if name else None


def _localized(text: str) -> datetime | None:
    english = in_english(text, ZONE_NAMES)
    return _dateutil(english) if english else None


def _dateparser(text: str) -> datetime | None:
    """Languages that `in_english` does not know; slow, so only for words with a year."""
    if not (_YEAR.search(text) and _WORD.search(text)) or in_english(text, ZONE_NAMES):
        return None
    found: datetime | None = dateparser.parse(text, settings=_DATEPARSER)
    return found


_DATEPARSER = {
    "PARSERS": ["absolute-time"],  # "2 hours ago" would need a clock
    "REQUIRE_PARTS": ["day", "month", "year"],
    "RELATIVE_BASE": _PROBES[0],
    "DATE_ORDER": "DMY",
    "PREFER_DAY_OF_MONTH": "first",
}
_READERS: tuple[tuple[str, _Reader], ...] = (
    ("epoch", _epoch),
    ("iso8601", datetime.fromisoformat),
    ("rfc5322", _rfc5322),
    ("cjk", _cjk),
    ("dateutil", _dateutil),
    ("localized", _localized),
    ("dateparser", _dateparser),
)
