"""Stories by quarter of an hour, the same on both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.identity import EPOCH
from app.core.search.query_parse import parse_query
from app.core.search.search import Search, Sort, Span
from app.core.search.timeline import QUARTER_MS
from app.store.engine import Database
from app.store.timeline import Series, count_by_quarter
from tests.plans import NOW, add, entry, poll

TIMES = {
    "a": "2096-11-24T05:14:59.999Z",
    "b": "2096-11-24T05:15:00Z",
    "c": "2096-11-24T05:29:59.999Z",
    "d": "2096-11-24T05:30:00Z",
    "e": "2096-11-22T23:50:00Z",
    "f": "2095-01-01T00:00:00Z",
}
FIVE = datetime(2096, 11, 24, 5, tzinfo=UTC)
QUARTER = timedelta(milliseconds=QUARTER_MS)


@pytest.fixture
async def stocked(database: Database) -> Database:
    """Six stories; those of the names b, d and f are of tuna."""
    await add(database)
    told = [
        entry(name, title="Tuna" if name in "bdf" else "Ferry", body="It is said.", published=at)
        for name, at in TIMES.items()
    ]
    await poll(database, *told)
    return database


def by_quarter(counts: dict[datetime, int]) -> dict[int, int]:
    return {(at - EPOCH) // QUARTER: count for at, count in counts.items()}


async def series(
    database: Database, start: datetime, end: datetime, search: Search | None = None
) -> Series:
    async with database.read() as session:
        return await count_by_quarter(session, search or Search(), (start, end), NOW)


TUNA = Search(text=parse_query("tuna"))


async def test_by_the_quarter_in_which_they_were_published(stocked: Database):
    found = await series(stocked, FIVE, NOW, TUNA)
    assert found.every == by_quarter({FIVE: 1, FIVE + QUARTER: 2, FIVE + 2 * QUARTER: 1})
    assert found.matching == by_quarter({FIVE + QUARTER: 1, FIVE + 2 * QUARTER: 1})


async def test_the_window_is_half_open_to_the_millisecond(stocked: Database):
    millisecond = timedelta(milliseconds=1)
    found = await series(stocked, FIVE + QUARTER, FIVE + 2 * QUARTER)
    assert found.every == by_quarter({FIVE + QUARTER: 2})
    found = await series(stocked, FIVE + QUARTER - millisecond, FIVE + 2 * QUARTER + millisecond)
    assert found.every == by_quarter({FIVE: 1, FIVE + QUARTER: 2, FIVE + 2 * QUARTER: 1})
    assert await series(stocked, FIVE, FIVE, TUNA) == Series(matching={}, every={})


async def test_over_years(stocked: Database):
    found = await series(stocked, EPOCH, NOW, TUNA)
    assert sum(found.every.values()) == 6
    assert sum(found.matching.values()) == 3


async def test_without_conditions_all_match(stocked: Database):
    found = await series(stocked, EPOCH, NOW)
    assert found.matching == found.every


async def test_other_times_and_any_order(stocked: Database):
    for sort in Sort:
        early = Search(text=TUNA.text, ingested=Span(before=NOW), sort=sort)
        assert (await series(stocked, EPOCH, NOW, early)).matching == {}
        later = Search(text=TUNA.text, ingested=Span(after=NOW), sort=sort)
        assert sum((await series(stocked, EPOCH, NOW, later)).matching.values()) == 3
    only_times = Search(ingested=Span(before=NOW))
    assert (await series(stocked, EPOCH, NOW, only_times)).matching == {}
