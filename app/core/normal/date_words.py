"""The words of dates in many languages: months, days of the week, what stands between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import regex

MONTHS = frozenset(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)

_WORD = regex.compile(r"\p{L}(?:[\p{L}\p{M}]|\.(?=\p{L}))*\.?")
_CLOCK = regex.compile(r"(?<!\d)(\d{1,2})\s?h\s?(\d{2})(?!\d)")


def in_english(text: str, zones: frozenset[str]) -> str | None:
    """The date with English months and no other words; None if there is a word not known.

    `zones` are names of time zones, which stay. Of two months the first is a day of the week:
    "mar. 5 mars".
    """
    phrases, months_of = _phrases()
    text = phrases.sub(
        lambda said: f" {months_of[said[0].casefold()]} ", _CLOCK.sub(r"\1:\2", text)
    )
    words = [(found, _meaning(found[0], zones)) for found in _WORD.finditer(text)]
    months = [n for n, (_, meaning) in enumerate(words) if meaning in MONTHS]
    if len(months) > 2 or any(meaning is None for _, meaning in words):  # noqa: PLR2004 - as above
        return None
    parts, end = [], 0
    for n, (found, meaning) in enumerate(words):
        said = "" if n in months[:-1] else meaning or ""
        parts += [text[end : found.start()], " ", said, " "]
        end = found.end()
    return " ".join("".join([*parts, text[end:]]).replace("|", " ").split()).strip(" ,")


def _meaning(word: str, zones: frozenset[str]) -> str | None:
    """A month in English, a half of the day, a zone; "" for what says nothing."""
    if word.upper() in zones:
        return word.upper()
    return _words().get(word.casefold().rstrip("."))


def is_date_word(word: str) -> bool:
    """Whether a word is a month or a day of the week in some language."""
    return word.casefold().rstrip(".") in _days_and_months()


@cache
def _days_and_months() -> frozenset[str]:
    table = json.loads(_table())
    return frozenset(
        (*table["days"], *(word for words in table["months"].values() for word in words))
    )


@cache
def _phrases() -> tuple[regex.Pattern[str], Mapping[str, str]]:
    """Months of several words, or that are a word and a number: tháng 7, تشرين الأول."""
    table: dict[str, str] = json.loads(_table())["phrases"]
    longest = sorted(table, key=len, reverse=True)
    form = regex.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)", regex.IGNORECASE)
    return form, {words.casefold(): month for words, month in table.items()}


def _table() -> str:
    return files("app.core.vocab").joinpath("date_words.json").read_text("utf-8")


@cache
def _words() -> Mapping[str, str]:
    """From vocab/date_words.json; a word that is a day and a month, as "mar", is the month."""
    table = json.loads(_table())
    silent = dict.fromkeys((*table["days"], *table["fillers"]), "")
    said = {**table["halves"], **table["months"]}
    return silent | {word: meaning for meaning, words in said.items() for word in words}
