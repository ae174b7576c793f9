"""The dialect's parameters as they are sent: names in any case, and values as text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from app.core.newsapi.faults import ParameterInvalid

MAX_NUMBER: Final = 10**18 - 1
_SPELLED: Final = {
    name.lower(): name
    for name in (
        "apiKey",
        "q",
        "qInTitle",
        "searchIn",
        "sources",
        "domains",
        "excludeDomains",
        "from",
        "to",
        "language",
        "country",
        "category",
        "sortBy",
        "pageSize",
        "page",
    )
}
"""How each name is spelled; others are nothing to the dialect."""

Given = Mapping[str, str]
"""Parameters that hold something, by their names in lower case, without space around values."""


def spelled(name: str) -> str:
    return _SPELLED[name]


def given_of(items: Iterable[tuple[str, str]]) -> Given:
    """The parameters of a request; raises ParameterInvalid for one given twice, or with NUL."""
    found: dict[str, str] = {}
    for sent, value in items:
        name = sent.lower()
        if name not in _SPELLED or not value.strip():
            continue
        if name in found:
            raise parameter_invalid(name, "given more than once: send one value")
        if "\0" in value:
            raise parameter_invalid(name, "holds a NUL character (%00): leave it out")
        found[name] = value.strip()
    return found


def moment_of(value: str | None) -> datetime | None:
    """An ISO 8601 date or time, of UTC where it has no zone; None where it cannot be read."""
    try:
        # A "+" of an offset that was not percent-encoded arrives as a space.
        read = datetime.fromisoformat(re.sub(r"(?<=:\d\d) (?=\d\d:\d\d$)", "+", value or ""))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def number_of(given: Given, name: str, default: int, *, low: int, high: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    digits = value.isascii() and value.isdecimal() and len(value) <= len(str(MAX_NUMBER))
    if not digits or not low <= int(value) <= high:
        raise parameter_invalid(name, f"{value[:20]!r} is not a whole number from {low} to {high}")
    return int(value)


def parts_of(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def parameter_invalid(name: str, detail: str) -> ParameterInvalid:
    return ParameterInvalid(f"{spelled(name)}: {detail}")
