"""A search as the database is asked: a condition on the index, a stretch of ids, other times."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import select

from app.core.identity import first_id_at
from app.core.search.conditions import EVERYTHING, Condition, any_facet, condition_of
from app.core.search.facets import time_cover
from app.core.search.query import all_of
from app.core.search.search import Search, Span
from app.store.engine import SQLITE, ReadSession, to_ms
from app.store.models import tags
from app.store.search import joined_stories, matching

MAX_ID: Final = (1 << 63) - 1
_AHEAD: Final = timedelta(days=1)  # no story's time lies further ahead, whatever the clocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: a condition, a half-open stretch of ids, and bounds on columns."""

    dialect: str
    condition: Condition = EVERYTHING
    low: int = 0
    high: int = MAX_ID
    columns: tuple[tuple[str, str, int], ...] = ()  # name, ">=" or "<", milliseconds

    def within(self, low: int, high: int) -> Asked:
        return replace(self, low=max(low, self.low), high=min(high, self.high))

    def with_any(self, facets: Sequence[str]) -> Asked:
        """Only stories that have one of the filter terms; all, where there are no terms."""
        if not facets:
            return self
        narrowed = [any_facet(facets)]
        if self.condition != EVERYTHING:
            narrowed.insert(0, self.condition)
        return replace(self, condition=all_of(narrowed))

    def bounded(self, column: str, low_ms: int, high_ms: int) -> Asked:
        bounds = ((column, ">=", low_ms), (column, "<", high_ms))
        return replace(self, columns=self.columns + bounds)

    def sql(self, *, joined: bool = False, folded: bool = False) -> tuple[str, dict[str, Any]]:
        """FROM and WHERE of the stories asked for, `hit.id` each, and the parameters.

        `s` has the story's times, where one is bounded or they are `joined`; `folded` as in
        `matching`, for what reads all stories asked for.
        """
        origin, parameters = matching(self.dialect, self.condition, folded=folded)
        where = ["hit.id >= :low", "hit.id < :high"]
        parameters |= {"low": self.low, "high": self.high}
        if joined or self.columns:
            origin += f" {joined_stories(self.dialect)}"
        for number, (column, sign, value) in enumerate(self.columns):
            where.append(f"s.{column} {sign} :bound{number}")
            parameters[f"bound{number}"] = value
        return f"FROM {origin} WHERE {' AND '.join(where)}", parameters


async def story_languages(session: ReadSession) -> list[str]:
    """The languages that stories are in: those whose stems count."""
    rows = await session.execute(select(tags.c.code).where(tags.c.scheme == "lang"))
    return sorted(rows.scalars())


def ask(dialect: str, search: Search, languages: Collection[str], now: datetime) -> Asked:
    """The search as the database is asked."""
    tree, published = search.tree, search.published
    asked = Asked(
        dialect=dialect,
        condition=EVERYTHING if tree is None else condition_of(tree, search.field, languages),
        low=first_id_at(published.after) if published.after else 0,
        high=first_id_at(published.before) if published.before else MAX_ID,
    )
    for kind, span in (("ingested", search.ingested), ("updated", search.updated)):
        asked = _in_time(asked, kind, span, to_ms(now + _AHEAD))
    return asked


def id_list(dialect: str, ids: Sequence[int]) -> tuple[str, Any]:
    """SQL that follows a column and says "is one of `:ids`", and that parameter."""
    if dialect == SQLITE:
        return "IN (SELECT value FROM json_each(:ids))", orjson.dumps(ids).decode()
    return "= ANY(CAST(:ids AS BIGINT[]))", list(ids)


def _in_time(asked: Asked, kind: str, span: Span, end_ms: int) -> Asked:
    if not span:
        return asked
    low = to_ms(span.after) if span.after else 0
    high = min(to_ms(span.before), end_ms) if span.before else end_ms
    if high <= low:
        return asked.within(0, 0)
    return asked.with_any(time_cover(kind, low, high)).bounded(f"{kind}_at", low, high)
