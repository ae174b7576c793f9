"""A search as the address of its page: what of it the API is asked, and addresses near it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qsl

from app.console.inside import Refused
from app.console.render import query

HERE: Final = "/admin/stories"
TIMES: Final = tuple(
    f"{what}_{side}"
    for what in ("published", "ingested", "updated")
    for side in ("after", "before")
)
VALUES: Final = (
    "tag",
    "tag_exact",
    "tag_any",
    "tag_none",
    *(
        f"{sense}{name}"
        for name in ("source", "domain", "lang", "country", "author", "agency")
        for sense in ("", "not_")
    ),
)
SEARCH: Final = ("q", "search_in", *VALUES, *TIMES)
LIST: Final = ("sort", "collapse", "limit")

LABELS: Final = {
    "tag": "tag",
    "tag_exact": "tag",
    "tag_any": "any of tags",
    "tag_none": "without tag",
    "lang": "language",
    "not_lang": "not language",
    "published_after": "published from",
    "published_before": "published before",
    "ingested_after": "came from",
    "ingested_before": "came before",
    "updated_after": "changed from",
    "updated_before": "changed before",
}

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_CLOCK = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?")


def label(name: str) -> str:
    """A filter as people read it."""
    return LABELS.get(name) or name.replace("not_", "not ")


def moment(written: str) -> str:
    """A day, or a time without a zone, as one of UTC (RFC 3339); anything else as it is."""
    if _DAY.fullmatch(written):
        return f"{written}T00:00:00Z"
    if found := _CLOCK.fullmatch(written):
        return f"{found[1]}T{found[2]}{found[3] or ':00'}Z"
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSearch:
    """The parameters of a search page in their order, without those that are empty or unknown."""

    pairs: tuple[tuple[str, str], ...]
    cursor: str | None = None

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.pairs if key == name), None)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    @property
    def filters(self) -> list[tuple[str, str]]:
        """All but the words and how the list is shown."""
        return [pair for pair in self.pairs if pair[0] in VALUES or pair[0] in TIMES]

    @property
    def search(self) -> list[tuple[str, str]]:
        """What the API is asked to find."""
        return [
            (name, moment(value) if name in TIMES else value)
            for name, value in self.pairs
            if name in SEARCH
        ]

    @property
    def list(self) -> Iterable[tuple[str, str]]:
        """The same, with how the list is shown."""
        return [*self.search, *(pair for pair in self.pairs if pair[0] in LIST)]

    def address(self, *, path: str = HERE) -> str:
        return path + _query(self.pairs)

    def api_address(self) -> str:
        """Where a program finds the same."""
        return "/v1/stories" + _query(self.list)

    def toggled(self, name: str, value: str) -> AskedSearch:
        """With a filter, or without it if it is there."""
        if (name, value) in self.pairs:
            return AskedSearch(pairs=tuple(p for p in self.pairs if p != (name, value)))
        return self.having(**{name: value})

    def having(self, **given: str | None) -> AskedSearch:
        """With these; of what takes one value, in the place of what was there."""
        kept = [pair for pair in self.pairs if pair[0] not in given or pair[0] in VALUES]
        new = [(name, value) for name, value in given.items() if value]
        return AskedSearch(pairs=(*kept, *(pair for pair in new if pair not in kept)))

    def saved(self) -> dict[str, Any]:
        """As a saved search takes it: without times, which have no place there."""
        found: dict[str, Any] = {}
        for name, value in self.pairs:
            if name == "q":
                found["q"] = value
            elif name in VALUES or name == "search_in":
                found.setdefault(name, []).append(value)
        return found


def read_search(given: Iterable[tuple[str, str]]) -> AskedSearch:
    known = (*SEARCH, *LIST)
    pairs = [(name, value.strip()) for name, value in given]
    cursor = next((value for name, value in pairs if name == "cursor"), None)
    kept = dict.fromkeys(pair for pair in pairs if pair[0] in known and pair[1])
    return AskedSearch(pairs=tuple(kept), cursor=cursor or None)


def read_address(written: str) -> AskedSearch:
    """A search from the query string that a form has kept."""
    return read_search(parse_qsl(written))


def marked(html: str | None) -> list[tuple[bool, str]]:
    """The API's highlights as pieces of text, each with whether it was asked for."""
    pieces = re.split("(<mark>|</mark>)", html or "")
    found, inside = [], False
    for piece in pieces:
        if piece in ("<mark>", "</mark>"):
            inside = piece == "<mark>"
        elif piece:
            found.append((inside, unescape(piece)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFault:
    """What is wrong with a search text; `at` is the place, between what is before and behind."""

    detail: str
    before: str = ""
    at: str = ""
    behind: str = ""


def query_fault(problem: Refused, text: str) -> QueryFault | None:
    """Where a search text cannot be read; None where the problem is another."""
    for fault in problem.errors:
        if fault.get("parameter") != "q" and fault.get("pointer") != "/query":
            continue
        place, detail = fault.get("position"), str(fault["detail"])
        if place is None:
            return QueryFault(detail=detail)
        return QueryFault(
            detail=detail,
            before=text[:place],
            at=text[place : place + 1] or "\N{OPEN BOX}",
            behind=text[place + 1 :],
        )
    return None


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return query(**grouped)
