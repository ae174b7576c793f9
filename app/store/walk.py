"""Stories that match, newest first, without looking at more of them than is needed.

SQLite walks the ids in its index downwards and stops. PostgreSQL's index gives all matches at
once; so it is asked for the newest span of time first, one that holds some 1,000 stories, then for
longer ones, and last for all that is left. Orders by a column are walked so on both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Final

from sqlalchemy import text

from app.core.identity import ID_RANDOM_BITS
from app.core.search.facets import HOUR_MS, time_cover
from app.store.asking import Asked, id_list
from app.store.engine import SQLITE, ReadSession

FIRST_SPAN: Final = 1000
GROWTH: Final = (8, 64)


async def in_order(
    session: ReadSession,
    asked: Asked,
    column: str | None,
    after: tuple[int, int] | None,
    limit: int,
) -> list[tuple[int, int]]:
    """Column and id of the stories that match, falling by both, below `after`; without a column
    0 and id, which are in the order of publication.
    """
    if column is not None:
        return await latest(session, asked, column, after, limit)
    below = asked if after is None else asked.within(0, after[1])
    return [(0, story_id) for story_id in await newest_ids(session, below, limit)]


async def newest_ids(session: ReadSession, asked: Asked, limit: int) -> list[int]:
    """The highest ids that match, in falling order."""
    found: list[int] = []
    async for span in id_spans(session, asked):
        origin, parameters = span.sql()
        rows = await session.execute(
            text(f"SELECT hit.id {origin} ORDER BY hit.id DESC LIMIT :limit"),
            {**parameters, "limit": limit - len(found)},
        )
        found += rows.scalars()
        if len(found) >= limit:
            break
    return found


async def latest(
    session: ReadSession, asked: Asked, column: str, after: tuple[int, int] | None, limit: int
) -> list[tuple[int, int]]:
    """Column (milliseconds) and id of the stories that match, falling by both, below `after`."""
    found: list[tuple[int, int]] = []
    async for span in _column_spans(session, asked, column, after):
        origin, parameters = span.sql(joined=True)
        below = ""
        if after is not None:
            below = f" AND (s.{column}, s.id) < (:value, :after)"
            parameters |= {"value": after[0], "after": after[1]}
        rows = await session.execute(
            text(
                f"SELECT s.{column}, s.id {origin}{below}"
                f" ORDER BY s.{column} DESC, s.id DESC LIMIT :limit"
            ),
            {**parameters, "limit": limit - len(found)},
        )
        found += ((row[0], row[1]) for row in rows)
        if len(found) >= limit:
            break
    return found


async def among(
    session: ReadSession, asked: Asked, column: str | None, ids: Collection[int]
) -> list[tuple[int, int]]:
    """Those of some stories that match, as `in_order` gives them, in no order."""
    if not ids:
        return []
    origin, parameters = asked.within(min(ids), max(ids) + 1).sql(joined=column is not None)
    these, parameter = id_list(session.dialect, sorted(ids))
    value = "0" if column is None else f"s.{column}"
    rows = await session.execute(
        text(f"SELECT {value}, hit.id {origin} AND hit.id {these}"),
        {**parameters, "ids": parameter},
    )
    return [(row[0], row[1]) for row in rows]


async def count_found(session: ReadSession, asked: Asked, bound: int) -> int:
    """How many stories match, counted no further than `bound`."""
    found = 0
    async for span in id_spans(session, asked):
        origin, parameters = span.sql()
        rows = await session.execute(
            text(f"SELECT count(*) FROM (SELECT 1 {origin} LIMIT :bound) AS counted"),  # noqa: S608
            {**parameters, "bound": bound - found},
        )
        found += rows.scalar_one()
        if found >= bound:
            break
    return found


async def id_spans(session: ReadSession, asked: Asked) -> AsyncIterator[Asked]:
    """The stretch of ids that is asked for in spans, the newest first."""
    if session.dialect == SQLITE:
        yield asked
        return
    rows = await session.execute(
        text(
            "SELECT min(story_id), max(story_id) FROM (SELECT story_id FROM story_index"
            " WHERE story_id >= :low AND story_id < :high ORDER BY story_id DESC LIMIT :some) AS n"
        ),
        {"low": asked.low, "high": asked.high, "some": FIRST_SPAN},
    )
    oldest, newest = rows.one()
    if newest is None:
        return
    low_ms, top_ms = asked.low >> ID_RANDOM_BITS, (newest >> ID_RANDOM_BITS) + 1
    for low, high in _spans(low_ms, oldest >> ID_RANDOM_BITS, top_ms):
        yield asked.with_any(time_cover("published", low, high)).within(
            low << ID_RANDOM_BITS, high << ID_RANDOM_BITS
        )


async def _column_spans(
    session: ReadSession, asked: Asked, column: str, after: tuple[int, int] | None
) -> AsyncIterator[Asked]:
    """The time that a column holds in spans, the newest first."""
    below = "" if after is None else f" WHERE {column} <= :value"
    rows = await session.execute(
        text(
            f"SELECT min({column}), max({column}) FROM (SELECT {column} FROM stories"  # noqa: S608
            f"{below} ORDER BY {column} DESC LIMIT :some) AS n"
        ),
        {"some": FIRST_SPAN} | ({} if after is None else {"value": after[0]}),
    )
    oldest, newest = rows.one()
    if newest is None:
        return
    kind = column.removesuffix("_at")
    for low, high in _spans(0, oldest, newest + 1):
        yield asked.with_any(time_cover(kind, low, high)).bounded(column, low, high)


def _spans(low: int, edge: int, high: int) -> list[tuple[int, int]]:
    """Half-open spans of milliseconds from `high` down to `low`; the first goes down to `edge`."""
    spans: list[tuple[int, int]] = []
    width = max(high - edge, HOUR_MS)
    for lower in (edge, *(high - width * factor for factor in GROWTH)):
        if low < lower < high:
            spans.append((lower, high if not spans else spans[-1][0]))
    spans.append((low, high if not spans else spans[-1][0]))
    return [span for span in spans if span[0] < span[1]]
