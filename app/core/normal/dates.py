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
from functools import cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

import dateparser  # type: ignore[import-untyped]  # the package ships no types
from dateutil import parser as dateutil_parser

from app.core.normal.date_words import in_english

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
_ZONE_NAMES = frozenset(_ZONES)
_REGIONS = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver",
    "PT": "America/Los_Angeles", "МСК": "Europe/Moscow",
    **{
        f"{name} {kind}": f"America/{city}"
        for name, city in (
            ("EASTERN", "New_York"), ("CENTRAL", "Chicago"), ("MOUNTAIN", "Denver"),
            ("PACIFIC", "Los_Angeles"),
        )
        for kind in ("TIME", "STANDARD TIME", "DAYLIGHT TIME")
    },
    "JAPAN STANDARD TIME": "Asia/Tokyo", "KOREA STANDARD TIME": "Asia/Seoul",
    "CHINA STANDARD TIME": "Asia/Shanghai", "INDIA STANDARD TIME": "Asia/Kolkata",
    "CENTRAL EUROPEAN TIME": "Europe/Paris", "CENTRAL EUROPEAN SUMMER TIME": "Europe/Paris",
    "BRITISH SUMMER TIME": "Europe/London", "COORDINATED UNIVERSAL TIME": "UTC",
    "GREENWICH MEAN TIME": "UTC",
}  # fmt: skip
"""Zones by the names of places or in words, which say what their hours are on the day."""

_REGION = re.compile(
    r"\s+((?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)"
    r"/[A-Za-z0-9_+/-]+|" + "|".join(sorted(_REGIONS, key=len, reverse=True)) + r")$",
    re.IGNORECASE,
)
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
_WEEKDAY = re.compile(r"[^\W\d_]{2,12}\.?,\s*(?=\d{1,2}[ .-])")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)")  # with dots: never US
_LEAP_SECOND = re.compile(r"(?<=\d\d:\d\d:)60(?!\d)")
_YEAR_ZERO = re.compile(r"(?<![\d:+-])000\d(?![\d:])")  # a database's "never", read as 2001
_ERA = re.compile(r"(令和|平成|昭和|(?:中華)?民國|(?:中华)?民国)\s*(元|\d{1,3})\s*年")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_REPUBLIC = 1911
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
_DIGITS = {first + n: str(n) for first in (0x660, 0x6F0, 0x966, 0xE50) for n in range(10)}
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


def read_date(raw: str | None, *, time_zone: str | None = None) -> ReadDate | None:
    """The instant that a feed's date means; None for what is no complete date. Never raises.

    A date without a zone is in `time_zone` (an IANA name), else in UTC.
    """
    if raw is None or len(raw) > MAX_DATE_CHARS or _YEAR_ZERO.search(raw):
        return None
    text, days, named = _prepare(raw)
    for rule, reader in _READERS:
        found = _attempt(reader, text)
        if found is not None and named and found.tzinfo is None:
            return _placed(found.replace(tzinfo=named), days, rule, raw, None)
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


def _prepare(raw: str) -> tuple[str, int, tzinfo | None]:
    """The string with its traps taken out, the days to add for 24:00, and the zone it names."""
    text = " ".join(raw.split())
    if not text.isascii():
        text = _ERA.sub(_western_year, unicodedata.normalize("NFKC", text).translate(_DIGITS))
        text = _KOREAN_DOTS.sub(r"\1년 \2월 \3일 ", text)
    text = _BRACKETED.sub("", _LABEL.sub("", text, count=1))
    text, named = _without_region(_WEEKDAY.sub("", text, count=1))
    text = _LEAP_SECOND.sub("59", _DAY_FIRST.sub(r"\3-\2-\1", text, count=1))
    text, days = _MIDNIGHT.subn("00:00:00", text, count=1)
    return _GMT_OFFSET.sub(_plain_offset, text), days, named


def _without_region(text: str) -> tuple[str, tzinfo | None]:
    found = _REGION.search(text)
    zone = _zone(_REGIONS.get(found[1].upper(), found[1])) if found else None
    return (text[: found.start()], zone) if found and zone else (text, None)


def _western_year(found: re.Match[str]) -> str:
    year = 1 if found[2] == "元" else int(found[2])
    return f"{year + _ERAS.get(found[1], _REPUBLIC)}年"


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
    return _ZONES.get(rest.upper())


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


def _localized(text: str) -> datetime | None:
    english = in_english(text, _ZONE_NAMES)
    return _dateutil(english) if english else None


def _dateparser(text: str) -> datetime | None:
    """Languages that `in_english` does not know; slow, so only for words with a year."""
    if not (_YEAR.search(text) and _WORD.search(text)) or in_english(text, _ZONE_NAMES):
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
