"""Authors as feeds give them → names and, among them, agencies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from app.core.agencies import agency_named
from app.core.story import Agency
from app.core.text import clean_text

MAX_AUTHORS = 16
MAX_NAME_CHARS = 100

_ADDRESS = re.compile(r"[^\s<>()\[\],;:|]+@[^\s<>()\[\],;:|]+|https?://[^\s<>()\[\],;|]+")
_BRACKETS = re.compile(r"[<\[(]\s*[>\])]")
_INSIDE = re.compile(r"^\s*\((.*)\)\s*$")
_BY = re.compile(
    r"^(?:by|written by|story by|reported by|author|文|記者)\s*[:：]?\s+", re.IGNORECASE
)
_HARD = regex.compile(r"\s*[;|/；、｜／•·]\s*")
_SOFT = regex.compile(r"\s*(?:,\s*and\s|,|，|\s(?:and|und|et|y|e|&|en|och|og|och)\s)\s*")
_ROLE = re.compile(
    r"(?:(?:senior|chief|special|staff|contributing|political|foreign|news|our|guest|web|digital)\s+)*"
    r"(?:writer|writers|reporter|reporters|correspondent|editor|editors|contributor|staff|report"
    r"|desk|team|newsroom|agencies|agency|admin|administrator|webmaster|none|null|n/a|unknown"
    r"|anonymous|nobody|no-?reply|undefined|author|user|root|redaktion|redacción|rédaction)",
    re.IGNORECASE,
)
_LETTER = regex.compile(r"\p{L}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    names: tuple[str, ...] = ()
    agency: Agency | None = None  # the first that stands among the names


def read_authors(raw: Iterable[str]) -> Authors:
    """People's names without addresses, "By" and roles; agencies are taken out of them.

    Names joined by a comma or "and" are parted only where each part has two words, so that
    "Roe, Jane" and "Smith and Sons" stay whole.
    """
    names: dict[str, str] = {}
    agency = None
    for line in raw:
        for part in _parts(line):
            found = agency_named(part)
            if found is None:
                names.setdefault(part.casefold(), part)
            agency = agency or found
    return Authors(names=tuple(names.values())[:MAX_AUTHORS], agency=agency)


def _parts(line: str) -> Iterator[str]:
    bare = _BRACKETS.sub("", _ADDRESS.sub(" ", clean_text(line[: MAX_NAME_CHARS * 10])))
    inside = _INSIDE.match(bare)
    bare = _BY.sub("", (inside[1] if inside else bare).strip())
    for hard in _HARD.split(bare):
        for part in _soft_parts(hard):
            name = part.strip(" ,.-–—()[]<>\"'“”") if not part.endswith("Jr.") else part.strip()
            if _LETTER.search(name) and not _ROLE.fullmatch(name):
                yield name[:MAX_NAME_CHARS].rstrip()


def _soft_parts(words: str) -> list[str]:
    parts = [part for part in _SOFT.split(words) if part]
    whole = all(" " in part or agency_named(part) or not part.isascii() for part in parts)
    return parts if whole else [words]
