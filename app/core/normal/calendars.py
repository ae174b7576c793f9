"""Years and months of other calendars in dates of the Gregorian one.

Eras of Japan and of the Republic of China, the Buddhist years of Thailand, the solar Hijri months
of Iran. The lunar Hijri calendar is not read: its days differ from land to land.
"""

from __future__ import annotations

import re
from datetime import date

_ERA = re.compile(r"(令和|平成|昭和|(?:中華)?民國|(?:中华)?民国)\s*(元|\d{1,3})\s*年")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_REPUBLIC = 1911
_BUDDHIST = re.compile(r"(?<!\d)2(?:4[5-9]|5\d|60)\d(?!\d)")  # 1907 to 2066: no feed's own years
_BUDDHIST_YEARS = 543
_JALALI_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_JALALI = re.compile(
    rf"(\d{{1,2}})\s+({'|'.join(_JALALI_MONTHS)})(?:\s+ماه)?,?\s+(1[34]\d\d)(?!\d)"
)
_JALALI_NUMBERS = re.compile(r"(?<!\d)(13[89]\d|14[01]\d)([/-])(\d{1,2})\2(\d{1,2})(?!\d)")
_LONG_MONTHS = 6  # of 31 days; the others have 30
_SHIFT = 1595  # years, to the beginning of a grand cycle
_DAY_ZERO = -356_033


def in_western_years(text: str) -> str:
    """The date with its year, and its month where that is Iranian, in the Gregorian calendar.

    Raises ValueError for a day that there is not.
    """
    if not text.isascii():
        text = _JALALI.sub(_of_months, _ERA.sub(_of_era, text))
    text = _JALALI_NUMBERS.sub(_of_numbers, text)
    return _BUDDHIST.sub(lambda found: str(int(found[0]) - _BUDDHIST_YEARS), text, count=1)


def _of_era(found: re.Match[str]) -> str:
    year = 1 if found[2] == "元" else int(found[2])
    return f"{year + _ERAS.get(found[1], _REPUBLIC)}年"


def _of_months(found: re.Match[str]) -> str:
    month = _JALALI_MONTHS.index(found[2]) + 1
    return _gregorian(int(found[3]), month, int(found[1])).isoformat()


def _of_numbers(found: re.Match[str]) -> str:
    return _gregorian(int(found[1]), int(found[3]), int(found[4])).isoformat()


def _gregorian(year: int, month: int, day: int) -> date:
    """A day of the solar Hijri calendar, by its cycle of 33 years: exact from 1244 to 1502."""
    longest = 31 if month <= _LONG_MONTHS else 30
    if not (1 <= month <= len(_JALALI_MONTHS) and 1 <= day <= longest):
        raise ValueError(f"{year}-{month}-{day} is no day of the solar Hijri calendar")
    year += _SHIFT
    leaps = year // 33 * 8 + (year % 33 + 3) // 4
    before = 30 * (month - 1) + min(month - 1, _LONG_MONTHS)
    return date.fromordinal(_DAY_ZERO + 365 * year + leaps + before + day)
