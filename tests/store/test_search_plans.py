"""PostgreSQL finds stories by their index, however few there are."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import event

from app.core.search.query_parse import parse_query
from app.core.search.search import Search, Sort
from app.store.engine import Database
from app.store.find import count_stories, find_stories
from tests.databases import on_postgresql
from tests.store.test_search_engines import NOW, load, sample_stories

STORIES = 300


@on_postgresql
@pytest.mark.parametrize("query", ["talks", "talks minister", "the", '"trade talks"', "title:talk"])
async def test_a_search_reads_no_table_from_end_to_end(database: Database, query: str) -> None:
    await load(database, sample_stories(random.Random(1), STORIES))
    asked: list[tuple[str, tuple[Any, ...]]] = []

    @event.listens_for(database.reader.sync_engine, "before_cursor_execute")
    def _keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    tree = parse_query(query)
    async with database.read() as session:
        for sort in Sort:
            search = Search(text=tree, sort=sort)
            assert (await find_stories(session, search, after=None, limit=20, now=NOW)).ids
        await count_stories(session, Search(text=tree), 1000, NOW)
    scanned = [statement for statement, plan in await plans(database, asked) if "Seq Scan" in plan]
    assert scanned == []


async def plans(
    database: Database, asked: list[tuple[str, tuple[Any, ...]]]
) -> list[tuple[str, str]]:
    """Each statement about the index with how PostgreSQL would go about it for a reader."""
    found = []
    async with database.reader.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        for statement, parameters in list(asked):
            if "story_index" in statement:
                rows = await driver.fetch(f"EXPLAIN {statement}", *parameters)
                found.append((statement, "\n".join(row[0] for row in rows)))
    return found
