"""Dates in numbers, whose order is not said: 05/03/2024, 24-03-05.

What one date leaves open, a document's dates together often say: the order in which all are days
and lie nearest to each other. Else the feed's language says it, else the form does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Final

MAX_DATES: Final = 200
"""Of a document's dates so many are looked at."""

_NUMBERS = re.compile(
    r"(?P<head>[^\d+-]*)(?P<a>\d{1,2})(?P<mark>[-/.])\s?(?P<b>\d{1,2})(?P=mark)\s?(?P<c>\d{4}|\d{2})"
    r"(?:\.(?=\s|$))?(?![\d/:]|[-.]\d)"
)
_LONG_YEAR = 4
_MONTHS = 12
_LAST_CENTURY = 70  # and more: 1970 to 1999


class DateOrder(StrEnum):
    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


_DEFAULTS: Final = {  # by what stands between, and whether the year is whole
    ("/", True): (DateOrder.MONTH_FIRST, DateOrder.DAY_FIRST),
    ("-", True): (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST),
    (".", True): (DateOrder.DAY_FIRST,),  # never American
    ("/", False): (DateOrder.MONTH_FIRST, DateOrder.DAY_FIRST, DateOrder.YEAR_FIRST),
    ("-", False): (DateOrder.YEAR_FIRST, DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST),
    (".", False): (DateOrder.DAY_FIRST, DateOrder.YEAR_FIRST),
}
_YEAR_FIRST_LANGUAGES = frozenset(("ja", "ko", "zh", "hu", "lt", "mn", "fa"))


def in_iso_order(text: str, order: DateOrder | None) -> tuple[str, DateOrder | None]:
    """A date that begins in numbers, with year, month and day in the order of ISO 8601; and the
    order that was taken, None where there was no choice.
    """
    found = _NUMBERS.match(text)
    days = _readings(found) if found else {}
    if not found or not days:
        return text, None
    taken = order if order in days else next(iter(days))
    said = f"{found['head']}{days[taken].isoformat()}{text[found.end() :]}"
    return said, taken if len(set(days.values())) > 1 else None


def date_order(raws: Iterable[str | None], language: str | None) -> DateOrder | None:
    """The order in which a document's dates in numbers are meant; None if nothing tells."""
    texts = dict.fromkeys(raw for raw in islice(raws, MAX_DATES) if raw)
    found = [days for text in texts if (hit := _NUMBERS.match(text)) and (days := _readings(hit))]
    if not found:
        return None
    spans = {order: _span(days[order] for days in found) for order in _of_all(found)}
    nearest = [order for order, span in spans.items() if span == min(spans.values())]
    if len(nearest) == 1:
        return nearest[0]
    return _order_of(language)


def _of_all(found: list[dict[DateOrder, date]]) -> list[DateOrder]:
    return [order for order in found[0] if all(order in days for days in found)]


def _span(days: Iterable[date]) -> int:
    numbers = [day.toordinal() for day in days]
    return max(numbers) - min(numbers)


def _order_of(language: str | None) -> DateOrder | None:
    """How dates are written where a language is; English without a country is no answer."""
    said = (language or "").lower().replace("_", "-")
    primary, _, country = said.partition("-")
    if primary in _YEAR_FIRST_LANGUAGES:
        return DateOrder.YEAR_FIRST
    if primary == "en" and country in ("us", "ph"):
        return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST if primary and said != "en" else None


def _readings(found: re.Match[str]) -> dict[DateOrder, date]:
    """The days that the numbers may be, likeliest first: no feed begins in 2012 or before."""
    forms = _DEFAULTS[found["mark"], len(found["c"]) == _LONG_YEAR]
    if forms[0] is DateOrder.YEAR_FIRST and int(found["a"]) <= _MONTHS:
        forms = (*forms[1:], forms[0])
    return dict(_days(forms, found["a"], found["b"], found["c"]))


def _days(forms: Iterable[DateOrder], a: str, b: str, c: str) -> Iterator[tuple[DateOrder, date]]:
    for order in forms:
        match order:
            case DateOrder.YEAR_FIRST:
                year, month, day = a, b, c
            case DateOrder.DAY_FIRST:
                year, month, day = c, b, a
            case DateOrder.MONTH_FIRST:
                year, month, day = c, a, b
        try:
            yield order, date(_year(year), int(month), int(day))
        except ValueError:
            continue


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == _LONG_YEAR:
        return year
    return year + (1900 if year >= _LAST_CENTURY else 2000)
