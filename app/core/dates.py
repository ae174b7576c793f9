"""Dates as feeds write them → instants. The raw string is kept by the caller.

feedparser's own reading is not used: it takes JST, KST, CET, HKT … for UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

import dateparser  # type: ignore[import-untyped]  # the package ships no types
from dateutil import parser as dateutil_parser

MAX_DATE_CHARS = 100
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

ZONE_HOURS = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0,
    "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1, "WAT": 1,
    "CEST": 2, "MESZ": 2, "EET": 2, "CAT": 2, "SAST": 2,
    "EEST": 3, "MSK": 3, "EAT": 3, "TRT": 3, "IRST": 3.5,
    "GST": 4, "PKT": 5, "IST": 5.5, "NPT": 5.75, "BDT": 6, "MMT": 6.5,
    "ICT": 7, "WIB": 7, "WITA": 8, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8,
    "WIT": 9, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13,
    "NST": -3.5, "NDT": -2.5, "BRT": -3, "BRST": -2, "ART": -3, "CLT": -4, "CLST": -3,
    "COT": -5, "PET": -5, "VET": -4, "AST": -4, "ADT": -3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip
"""Hours east of Greenwich. A name that several zones bear goes to who writes most feeds with it:
IST India (not Israel, Ireland), CST and EST America (not China, Australia), BST Britain (not
Bangladesh), AST the Atlantic (not Arabia), GST the Gulf (not South Georgia), PST America (not the
Philippines), AMT and others nobody. A source's own time zone does not change a name's meaning."""

_ZONES = {name: timezone(timedelta(hours=hours), name) for name, hours in ZONE_HOURS.items()}
_GMT_OFFSET = re.compile(
    r"\b(?:GMT|UTC|UT)\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?(?!\d)", re.IGNORECASE
)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?::00(?:\.0+)?)?(?![\d:])")
_BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$")  # (JST), [Asia/Tokyo]
_EPOCH = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})")
_RFC5322 = re.compile(r"(?:[A-Za-z]{3,9}\.?,? ?)?\d{1,2}[ -][A-Za-z]{3}")
_CJK = re.compile(
    r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号]"
    r"(?:\s*[（(].[)）]|\s*.曜日?)?"
    r"(?:\s*(午前|午後|오전|오후|上午|下午)?\s*(\d{1,2})\s*[:：時时시点點]\s*(?:(\d{1,2})\s*[分분]?)?"
    r"(?:\s*[:：]?\s*(\d{1,2})\s*[秒초]?)?)?\s*"
)
_AFTERNOON = ("午後", "오후", "下午")
_MORNING = ("午前", "오전", "上午")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_WORD = re.compile(r"[^\W\d_]{2}")
_MILLISECONDS = 1000
_HALF_DAY = 12
_PROBES = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001 - only fill what is missing

_Reader: TypeAlias = Callable[[str], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDate:
    """`at` is UTC; `rule` says how the string was read, "+zone" or "+utc" what zone was added."""

    at: datetime
    rule: str
    raw: str


def read_date(raw: str | None, *, time_zone: str | None = None) -> ReadDate | None:
    """The instant that a feed's date means; None for what is no complete date. Never raises.

    A date without a zone is in `time_zone` (an IANA name), else in UTC.
    """
    if raw is None or len(raw) > MAX_DATE_CHARS:
        return None
    text, days = _prepare(raw)
    for rule, reader in _READERS:
        found = _attempt(reader, text)
        if found is not None:
            return _placed(found, days, rule, raw, time_zone)
    return None


def clamp_published(read: ReadDate | None, first_seen: datetime) -> ReadDate | None:
    """A date as a publication time: None before 1970, and never after it was first seen."""
    if read is None or read.at < EARLIEST:
        return None
    if read.at > first_seen:
        return replace(read, at=first_seen, rule=f"{read.rule}+clamped")
    return read


def _prepare(raw: str) -> tuple[str, int]:
    """The string with its traps taken out, and the days to add for 24:00."""
    text = _BRACKETED.sub("", " ".join(raw.split()))
    text, days = _MIDNIGHT.subn("00:00:00", text, count=1)
    return _GMT_OFFSET.sub(_plain_offset, text), days


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
            zone = _zone(time_zone)
            rule = f"{rule}+zone" if zone else f"{rule}+utc"
            found = found.replace(tzinfo=zone or UTC)
        at = (found + timedelta(days=days)).astimezone(UTC)
    except (ValueError, OverflowError):  # at the ends of the calendar
        return None
    return ReadDate(at=at, rule=rule, raw=raw)


@cache
def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, LookupError, OSError):
        return None


def _epoch(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    found = _EPOCH.fullmatch(text)
    if not found:
        return None
    seconds = float(text) if found[1] else int(text) / _MILLISECONDS
    return datetime.fromtimestamp(seconds, UTC)


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
    rest = text[found.end() :]
    return datetime(year, month, day, hour, minute, second, tzinfo=_ZONES.get(rest))


def _dateutil(text: str) -> datetime | None:
    """What is missing is taken from a default: read with two, a whole date comes out the same."""
    first, second = (
        dateutil_parser.parse(text, default=probe, tzinfos=_named_zone) for probe in _PROBES
    )
    return first if first == second else None


def _named_zone(name: str | None, offset_s: int | None) -> tzinfo | None:
    if offset_s is not None:
        return timezone(timedelta(seconds=offset_s))
    return _ZONES.get(name.upper()) if name else None


def _dateparser(text: str) -> datetime | None:
    """Month names in other languages; slow, so only for words with a year."""
    if not (_YEAR.search(text) and _WORD.search(text)):
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
    ("dateparser", _dateparser),
)
