"""`copydesk feeds moves` over a database file of its own."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import Result

from app.store.engine import open_database
from app.store.feeds import NewFeed, add_feed
from tests.databases import migrated_file
from tests.plans import NOW
from tests.test_cli import copydesk, folder

__all__ = ["folder", "migrated_file"]

OLD, NEW, OTHER = (f"https://{name}.example/rss" for name in ("old", "new", "other"))


async def _add(url: str) -> None:
    database = open_database(url)
    async with database.write() as session:
        feed = NewFeed(url=NEW, host="new.example", domain="new.example")
        await add_feed(session, feed, NOW)
    await database.close()


@pytest.fixture
def desk(migrated_file: Path, tmp_path: Path) -> str:
    """A database with one feed, which has moved twice."""
    path = tmp_path / "desk.db"
    path.write_bytes(migrated_file.read_bytes())
    url = f"sqlite+aiosqlite:///{path}"
    asyncio.run(_add(url))
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO feed_moves (feed_id, at, from_url, to_url, why, merged_into)"
            " VALUES (1, 0, ?, ?, 'led there', ?)",
            [(OLD, NEW, None), (NEW, OTHER, 7)],
        )
    connection.close()
    return url


def moves(url: str, *words: str) -> Result:
    return copydesk("feeds", "moves", *words, database_url=url)


def test_moves_are_listed_for_people_and_for_programs(desk: str) -> None:
    told = moves(desk, "1")
    assert told.exit_code == 0, told.output
    assert told.output.index(f"{OTHER} (feed 7)") < told.output.index(OLD)
    lines = [json.loads(line) for line in moves(desk, "1", "--json").output.splitlines()]
    assert [(line["id"], line["merged_into"]) for line in lines] == [("2", "7"), ("1", None)]


def test_moves_are_taken_back_once(desk: str) -> None:
    merger = moves(desk, "1", "--revert", "2")
    assert merger.output == "Took merger 2 back: the feed is polled by itself, due now.\n"
    move = moves(desk, "1", "--revert", "1")
    assert move.output == f"Took move 1 back: the feed is at {OLD}, due now.\n"
    again = moves(desk, "1", "--revert", "1")
    assert again.exit_code == 1
    assert "taken back already" in again.output


def test_a_feed_that_never_moved_says_so(desk: str) -> None:
    path = desk.removeprefix("sqlite+aiosqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM feed_moves")
    connection.close()
    assert moves(desk, "1").output == "Feed 1 has always been where it is.\n"
