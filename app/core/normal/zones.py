"""Time zones as dates name them."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

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
    "MSD": 4, "IDT": 3, "IRDT": 4.5, "AFT": 4.5, "GET": 4, "AZT": 4, "SAMT": 4, "UZT": 5, "TJT": 5,
    "TMT": 5, "MVT": 5, "YEKT": 5, "OMST": 6, "KGT": 6, "BTT": 6, "KRAT": 7, "NOVT": 7, "IRKT": 8,
    "BNT": 8, "ULAT": 8, "YAKT": 9, "TLT": 9, "VLAT": 10, "CHST": 10, "PGT": 10, "MAGT": 11,
    "SBT": 11, "PETT": 12, "FJT": 12, "TOT": 13, "CVT": -1, "UYT": -3, "GFT": -3, "SRT": -3,
    "BOT": -4, "GYT": -4, "ECT": -5, "WAST": 2,
}  # fmt: skip
"""Hours east of Greenwich. A name that several zones bear goes to who writes most feeds with it:
IST India (not Israel, Ireland), CST and EST America (not China, Australia), BST Britain (not
Bangladesh), AST the Atlantic (not Arabia), GST the Gulf (not South Georgia), PST America (not the
Philippines), AMT and others nobody. A source's own time zone does not change a name's meaning."""

ZONES = {name: timezone(timedelta(hours=hours), name) for name, hours in ZONE_HOURS.items()}
ZONE_NAMES = frozenset(ZONES)
_REGIONS = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver",
    "PT": "America/Los_Angeles", "МСК": "Europe/Moscow", "TSİ": "Europe/Istanbul",
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
_OFFSET = re.compile(r"(?:GMT|UTC|UT)?\s*([+-])\s*(\d|[01]\d)(?::?([0-5]\d))?")
_LAST_NAME = re.compile(r"[\s,]+([A-Z]{2,5})$")


def without_zone(text: str) -> tuple[str, tzinfo | None]:
    """The date without the zone in words that it ends with, and that zone; None if there is none.

    A zone's letters go only where there is no clock: with one the readers know what they mean.
    """
    found = _REGION.search(text)
    zone = zone_named(_REGIONS.get(found[1].upper(), found[1])) if found else None
    if found and zone:
        return text[: found.start()], zone
    last = _LAST_NAME.search(text) if ":" not in text else None
    if last and last[1] in ZONES and last[1] not in ("AM", "PM"):
        return text[: last.start()], ZONES[last[1]]
    return text, None


def zone_in_brackets(words: str) -> tzinfo | None:
    """The zone of a remark after a date: (JST), (GMT+7), [Asia/Tokyo]."""
    bare = words.strip(" ()[]")
    if found := _OFFSET.fullmatch(bare):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-offset if found[1] == "-" else offset)
    return ZONES.get(bare.upper()) or zone_named(_REGIONS.get(bare.upper(), bare))


@cache
def zone_named(name: str | None) -> tzinfo | None:
    """The zone of an IANA name; None if there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, LookupError, OSError):
        return None
