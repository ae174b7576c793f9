"""Stories by the quarter of an hour in which they were published: an id tells, without its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.core.identity import ID_RANDOM_BITS, first_id_at
from app.core.search.search import Search
from app.core.search.timeline import QUARTER_MS
from app.store.asking import Asked
from app.store.engine import SQLITE, ReadSession
from app.store.find import asked_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Live stories by quarter of an hour (its number since 1970): those that match, and all."""

    matching: Mapping[int, int]
    every: Mapping[int, int]


async def count_by_quarter(
    session: ReadSession, search: Search, window: tuple[datetime, datetime], now: datetime
) -> Series:
    """How many stories of a half-open window match, and how many there are."""
    low, high = first_id_at(window[0]), first_id_at(window[1])
    if low == high:
        return Series(matching={}, every={})
    everything = Asked(dialect=session.dialect, low=low, high=high)
    every = await _count_all(session, everything)
    asked = (await asked_of(session, search, now)).within(low, high)
    if asked == everything:
        return Series(matching=every, every=every)
    return Series(matching=await _count(session, asked), every=every)


async def _count(session: ReadSession, asked: Asked) -> dict[int, int]:
    origin, parameters = asked.sql(folded=True)
    return await _grouped(session, origin, parameters)


async def _count_all(session: ReadSession, everything: Asked) -> dict[int, int]:
    """By the index's own key on PostgreSQL, which need not look at any row; SQLite's list of the
    term that every story has is as short.
    """
    if session.dialect == SQLITE:
        return await _count(session, everything)
    origin = "FROM story_index AS hit WHERE hit.story_id >= :low AND hit.story_id < :high"
    return await _grouped(
        session, origin, {"low": everything.low, "high": everything.high}, column="hit.story_id"
    )


async def _grouped(
    session: ReadSession, origin: str, parameters: Mapping[str, Any], column: str = "hit.id"
) -> dict[int, int]:
    quarter = f"({column} >> {ID_RANDOM_BITS}) / {QUARTER_MS}"
    rows = await session.execute(
        text(f"SELECT {quarter} AS quarter, count(*) {origin} GROUP BY quarter"), parameters
    )
    return {row[0]: row[1] for row in rows}
