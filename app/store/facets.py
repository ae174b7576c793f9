"""Facets: how often each value of a filter stands on the newest stories that match a search."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import Row, text

from app.core.search.filters import author_key
from app.core.search.search import Search
from app.store.asking import id_list
from app.store.engine import SQLITE, ReadSession
from app.store.find import asked_of
from app.store.walk import newest_ids

FACET_BOUND: Final = 10_000
"""The newest matches whose values are counted."""


class FacetKind(StrEnum):
    """What is counted; each value can be given to the filter of the same name."""

    TAG = "tag"
    SOURCE = "source"
    DOMAIN = "domain"  # of the source
    COUNTRY = "country"
    LANG = "lang"
    AGENCY = "agency"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What to count; `scheme` narrows tags to those of one scheme."""

    kind: FacetKind
    scheme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """A value as its filter takes it, its name for people if it has one, and its stories."""

    value: str
    name: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetCounts:
    """The commonest values; `other` is the sum of the counts of all that are not among them."""

    values: tuple[FacetValue, ...]
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Counts by facet over `counted` stories; `more`: older ones match that were not counted."""

    found: dict[Facet, FacetCounts]
    counted: int
    more: bool


async def count_facets(
    session: ReadSession, search: Search, facets: Sequence[Facet], *, limit: int, now: datetime
) -> Facets:
    """The commonest values of each facet; of equally many, by the characters of the value."""
    ids = await newest_matches(session, search, FACET_BOUND + 1, now)
    counted = ids[:FACET_BOUND]
    found = await _count_columns(session, counted, [f for f in facets if f.kind in _COLUMNS], limit)
    for facet in facets:
        if facet.kind not in _COLUMNS:
            found[facet] = await _count_tags(session, counted, facet, limit)
    return Facets(found=found, counted=len(counted), more=len(ids) > FACET_BOUND)


async def newest_matches(
    session: ReadSession, search: Search, limit: int, now: datetime
) -> list[int]:
    """The ids of the newest live stories that match, by publication, whatever the order asked."""
    return await newest_ids(session, await asked_of(session, search, now), limit)


async def _count_tags(
    session: ReadSession, ids: Sequence[int], facet: Facet, limit: int
) -> FacetCounts:
    """Tags by the index on stories; agencies are tags whose scheme goes without saying."""
    among, parameter = id_list(session.dialect, ids)
    value, scheme = "t.scheme || ':' || t.code", facet.scheme
    if facet.kind is FacetKind.AGENCY:
        value, scheme = "t.code", "agency"
    narrowed = "" if scheme is None else " WHERE t.scheme = :scheme"
    by_characters = "" if session.dialect == SQLITE else ' COLLATE "C"'
    rows = await session.execute(
        text(
            f"SELECT {value} AS value, t.name, n.stories, sum(n.stories) OVER () AS every_one"  # noqa: S608
            f" FROM (SELECT tag_id, count(*) AS stories FROM story_tags WHERE story_id {among}"
            f" GROUP BY tag_id) AS n JOIN tags AS t ON t.id = n.tag_id{narrowed}"
            f" ORDER BY n.stories DESC, ({value}){by_characters} LIMIT :limit"
        ),
        {"ids": parameter, "limit": limit} | ({} if scheme is None else {"scheme": scheme}),
    )
    shown = rows.all()
    values = tuple(FacetValue(value=r.value, name=r.name, count=r.stories) for r in shown)
    every_one = int(shown[0].every_one) if shown else 0
    return FacetCounts(values=values, other=every_one - sum(v.count for v in values))


_COLUMNS: Final = {
    FacetKind.SOURCE: ("s.source_id", "o.domain", "o.name"),
    FacetKind.DOMAIN: ("o.domain", "o.name"),
    FacetKind.COUNTRY: ("o.country",),
    FacetKind.LANG: ("s.language",),
    FacetKind.AUTHOR: ("s.authors",),
}
"""What a facet that is no tag rests on."""


async def _count_columns(
    session: ReadSession, ids: Sequence[int], facets: Sequence[Facet], limit: int
) -> dict[Facet, FacetCounts]:
    """Facets that rest on columns, all in one reading; stories that are equal in them are one row.

    Names of authors stand in JSON, and are compared as the filter compares them: here, not in SQL.
    """
    if not facets:
        return {}
    columns = ", ".join(dict.fromkeys(c for facet in facets for c in _COLUMNS[facet.kind]))
    among, parameter = id_list(session.dialect, ids)
    rows = await session.execute(
        text(
            f"SELECT {columns}, count(*) AS stories FROM stories AS s"  # noqa: S608
            f" JOIN sources AS o ON o.id = s.source_id WHERE s.id {among} GROUP BY {columns}"
        ),
        {"ids": parameter},
    )
    read = rows.all()
    return {facet: _commonest(_VALUES[facet.kind](read), limit) for facet in facets}


def _commonest(values: Iterable[FacetValue], limit: int) -> FacetCounts:
    ordered = sorted(values, key=lambda v: (-v.count, v.value))
    return FacetCounts(values=tuple(ordered[:limit]), other=sum(v.count for v in ordered[limit:]))


Rows = Sequence[Row[Any]]


def _sources(rows: Rows) -> Iterator[FacetValue]:
    return _summed((str(r.source_id), r.name or r.domain, r.stories) for r in rows)


def _domains(rows: Rows) -> Iterator[FacetValue]:
    return _summed((r.domain, r.name, r.stories) for r in rows)


def _countries(rows: Rows) -> Iterator[FacetValue]:
    return _summed((r.country, None, r.stories) for r in rows)


def _languages(rows: Rows) -> Iterator[FacetValue]:
    return _summed((r.language, None, r.stories) for r in rows)


def _authors(rows: Rows) -> Iterator[FacetValue]:
    """People by the name as it is compared, each shown as it is written most often."""
    keys: dict[str, str | None] = {}
    stories: Counter[str] = Counter()
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        here = set()
        for name in orjson.loads(row.authors):
            if name not in keys:
                keys[name] = author_key(name)
            key = keys[name]
            if key is not None:
                here.add(key)
                spellings[key][name] += row.stories
        stories.update(dict.fromkeys(here, row.stories))
    for key, count in stories.items():
        name = min(spellings[key], key=lambda name: (-spellings[key][name], name))
        yield FacetValue(value=name, name=name, count=count)


def _summed(said: Iterable[tuple[str | None, str | None, int]]) -> Iterator[FacetValue]:
    """Values with their names and stories; without a value there is nothing to count."""
    counts: Counter[str] = Counter()
    names: dict[str, str | None] = {}
    for value, name, stories in said:
        if value is not None:
            counts[value] += stories
            names[value] = name
    return (FacetValue(value=v, name=names[v], count=n) for v, n in counts.items())


_VALUES: Final[dict[FacetKind, Callable[[Rows], Iterator[FacetValue]]]] = {
    FacetKind.SOURCE: _sources,
    FacetKind.DOMAIN: _domains,
    FacetKind.COUNTRY: _countries,
    FacetKind.LANG: _languages,
    FacetKind.AUTHOR: _authors,
}
