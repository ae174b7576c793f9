"""How long searches take, side by side: `make bench-search`.

Newest-first search for a common word is to stay within 3 times that for a rare one, on both
engines. Every round measures each case, class of words and engine once, so that noise hits all
alike. "FTS5 alone" asks the same file for ids by one statement, without anything of ours.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

from rich.console import Console
from rich.progress import track

from app.core.search.search import Search
from app.store.engine import Database, check_database_url, is_sqlite, open_database, sqlite_path
from app.store.find import COUNT_BOUND, count_stories, find_stories
from app.telemetry import configure_logging
from bench.cases import BY_WORD, HARD, WORD, Asking, classes
from bench.corpus import BEGIN, DAYS, Corpus
from bench.engines import both_engines
from bench.load import load
from bench.report import Key, markdown

RESULTS: Final = Path(__file__).parent / "results"
NOW: Final = BEGIN + timedelta(days=DAYS)
PAGE: Final = 20
WARM_UP: Final = 2
FTS5: Final = "FTS5 alone"

Times: TypeAlias = dict[Key, list[float]]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stories", type=int, default=200_000, help="how many to make up")
    options.add_argument("--rounds", type=int, default=30)
    options.add_argument(
        "urls",
        nargs="*",
        type=check_database_url,
        metavar="URL",
        help="databases that bench.load has filled, one of SQLite and one of PostgreSQL",
    )
    given = options.parse_args()
    configure_logging("error", as_json=False)
    report = asyncio.run(_run(given.stories, given.rounds, given.urls))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"search-{given.stories}.md").write_text(report)
    sys.stdout.write(report)
    return 0


async def _run(total: int, rounds: int, urls: Sequence[str]) -> str:
    async with AsyncExitStack() as stack:
        if urls:
            databases = {_name(url): open_database(url) for url in urls}
            for database in databases.values():
                stack.push_async_callback(database.close)
        else:
            databases = await stack.enter_async_context(both_engines())
            addresses = [
                database.writer.url.render_as_string(hide_password=False)
                for database in databases.values()
            ]
            await load(Corpus(total=total), addresses)
        return markdown(total, rounds, await _measure(databases, rounds))


def _name(url: str) -> str:
    return "SQLite" if is_sqlite(url) else "PostgreSQL"


async def _measure(databases: Mapping[str, Database], rounds: int) -> Times:
    """Seconds of each case, class and engine, a time a round."""
    times: Times = defaultdict(list)
    alone = [found for database in databases.values() if (found := _fts5(database))]
    console = Console(stderr=True)
    for number in track(range(-WARM_UP, rounds), "rounds", console=console):
        for case in (*BY_WORD, *HARD):
            words = classes() if case in BY_WORD else {"": [""]}
            for name, pool in words.items():
                word = pool[number % len(pool)]
                search = case.search(word, number)
                for engine, database in databases.items():
                    took = await _seconds(database, search, case.asking)
                    if number >= 0:
                        times[Key(case.name, name, engine)].append(took)
                for connection in alone if case is WORD else ():
                    took = _seconds_alone(connection, word)
                    if number >= 0:
                        times[Key(case.name, name, FTS5)].append(took)
    return times


async def _seconds(database: Database, search: Search, asking: Asking) -> float:
    async with database.read() as session:
        started = time.perf_counter()
        if asking is Asking.COUNT:
            await count_stories(session, search, COUNT_BOUND, NOW)
        else:
            await find_stories(session, search, after=None, limit=PAGE, now=NOW)
        return time.perf_counter() - started


def _fts5(database: Database) -> sqlite3.Connection | None:
    path = sqlite_path(database.reader.url.render_as_string(hide_password=False))
    if path is None:
        return None
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.execute("PRAGMA cache_size=-32768")
    return connection


def _seconds_alone(connection: sqlite3.Connection, word: str) -> float:
    started = time.perf_counter()
    connection.execute(
        "SELECT rowid FROM story_index WHERE story_index MATCH ? ORDER BY rowid DESC LIMIT ?",
        (f'{{title body}} : "{word}"', PAGE),
    ).fetchall()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
