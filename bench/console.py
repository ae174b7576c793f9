"""How long the console's pages take as an installation grows: `make bench-console`.

Each page is asked of a small and of a large installation in turn, round by round, inside one
process and without a browser; what is told is the median of each and their ratio, which is to stay
within 3. The ledger has a poll of each feed every hour, for two days.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import insert, select

from app import main as composition
from app.console.guard import COOKIE
from app.console.routes import console_routes
from app.net import AsyncClient, asgi_client
from app.settings import Settings
from app.store.engine import Database, WriteSession
from app.store.models import copies, feeds, fetches, stories
from app.telemetry import configure_logging
from bench.corpus import BEGIN, DAYS, SOURCES, Corpus
from bench.engines import both_engines
from bench.load import load

RESULTS: Final = Path(__file__).parent / "results"
NOW: Final = BEGIN + timedelta(days=DAYS)
KEY: Final = "administrator-of-this-bench"
OURS: Final = {"Sec-Fetch-Site": "same-origin"}
SIZES: Final = {"small": (1_000, 50), "large": (100_000, 5_000)}
HOURS: Final = 48
BATCH: Final = 2_000
MOST: Final = 3.0
WARM_UP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    http: AsyncClient
    ids: Mapping[str, str]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--large", type=int, nargs=2, default=SIZES["large"])
    given = options.parse_args()
    configure_logging("error", as_json=False)
    report = asyncio.run(_run(given.rounds, {**SIZES, "large": tuple(given.large)}))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "console.md").write_text(report)
    sys.stdout.write(report)
    return 0


async def _run(rounds: int, sizes: Mapping[str, tuple[int, int]]) -> str:
    times: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        open_ones: dict[tuple[str, str], Installation] = {}
        for size, (story_count, feed_count) in sizes.items():
            engines = await stack.enter_async_context(both_engines())
            urls = [database.writer.url for database in engines.values()]
            await load(
                Corpus(total=story_count),
                [url.render_as_string(hide_password=False) for url in urls],
            )
            for engine, database in engines.items():
                await _fill(database, feed_count)
                open_ones[size, engine] = await stack.enter_async_context(_opened(database))
        for number in range(rounds + WARM_UP):
            for (size, engine), installation in open_ones.items():
                for pattern in _patterns():
                    taken = await _time(installation, pattern)
                    if number >= WARM_UP:
                        times[pattern, engine, size].append(taken)
    return _report(times, rounds, sizes)


def _patterns() -> list[str]:
    """Every page of the console, by its routes; what names a thing of its own is filled in."""
    known = ("feed_id", "story_id")
    return [
        path
        for route in console_routes()
        if "GET" in (getattr(route, "methods", None) or ())
        and (path := str(getattr(route, "path", "")))
        and ":path" not in path
        and all(name in known for name in re.findall(r"{(\w+)}", path))
        and path != "/admin/welcome"
    ] + ["/admin/stories?q=harbour", "/admin/feeds?health=failing", "/admin/feeds?q=news7"]


async def _time(installation: Installation, pattern: str) -> float:
    path = re.sub(r"{(\w+)}", lambda name: installation.ids[name[1]], pattern)
    begun = time.perf_counter()
    answer = await installation.http.get(path)
    taken = time.perf_counter() - begun
    if answer.status_code != 200:  # noqa: PLR2004 - OK
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:500]}")
    return taken


@asynccontextmanager
async def _opened(database: Database) -> AsyncIterator[Installation]:
    """The application over a database, and somebody who is logged in."""
    setattr(composition, "utc_now", lambda: NOW)  # noqa: B010 - the service's clock
    settings = Settings(  # type: ignore[call-arg]
        _env_file=None,
        database_url=database.writer.url.render_as_string(hide_password=False),
        admin_key=SecretStr(KEY),
        poll=False,
        push=False,
    )
    app = composition.create_app(settings)
    async with app.router.lifespan_context(app), asgi_client(app) as http:
        logged_in = await http.post("/admin/login", data={"key": KEY}, headers=OURS)
        http.headers["Cookie"] = f"{COOKIE}={logged_in.cookies[COOKIE]}"
        async with database.read() as session:
            newest = await session.execute(select(stories.c.id).order_by(stories.c.id.desc()))
            story_id = str(newest.scalars().first())
        yield Installation(http=http, ids={"feed_id": "1", "story_id": story_id})


async def _fill(database: Database, feed_count: int) -> None:
    """Feeds, their ledger, and which of them each story came with."""
    async with database.write() as session:
        await _insert(session, feeds, [_feed(number) for number in range(feed_count)])
        ledger = [
            _fetch(number, hour) for hour in reversed(range(HOURS)) for number in range(feed_count)
        ]
        await _insert(session, fetches, ledger)
        rows = await session.execute(select(stories.c.id, stories.c.source_id))
        turn = max(1, feed_count // SOURCES)
        found = [
            {
                "feed_id": (row.source_id - 1 + SOURCES * (row.id % turn)) % feed_count + 1,
                "ident": row.id,
                "story_id": row.id,
                "entry_hash": 0,
                "first_seen_at": NOW,
                "last_seen_at": None,
            }
            for row in rows
        ]
        await _insert(session, copies, found)


async def _insert(session: WriteSession, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:  # noqa: ANN401
    for start in range(0, len(rows), BATCH):
        await session.execute(insert(table), rows[start : start + BATCH])


def _feed(number: int) -> dict[str, Any]:
    host = f"news{number % SOURCES}.example"
    fails = number % 50 == 0
    return {
        "url": f"https://{host}/feeds/{number}.xml",
        "host": host,
        "source_id": number % SOURCES + 1,
        "title": f"News {number}",
        "added_at": BEGIN,
        "next_poll_at": NOW + timedelta(seconds=number % 3600),
        "next_poll_reasons": ["pace 60 min"],
        "failures": 7 if fails else 0,
        "failure": "not_found" if fails else None,
        "last_poll_at": NOW - timedelta(minutes=30),
        "last_success_at": NOW - timedelta(minutes=30),
    }


def _fetch(number: int, hour: int) -> dict[str, Any]:
    at = NOW - timedelta(hours=hour, seconds=number % 3000)
    return {
        "feed_id": number + 1,
        "at": at,
        "outcome": "failed" if number % 50 == 0 else "not_modified",
        "failure": "not_found" if number % 50 == 0 else None,
        "status": 404 if number % 50 == 0 else 304,
        "url": f"https://news{number % SOURCES}.example/feeds/{number}.xml",
        "redirects": [],
        "wire_bytes": 200,
        "body_bytes": 0,
        "elapsed_ms": 80,
        "entries": 0,
        "new": 0,
        "changed": 0,
        "notes": [],
        "next_poll_at": at + timedelta(hours=1),
        "reasons": ["pace 60 min"],
    }


def _report(
    times: Mapping[tuple[str, str, str], Sequence[float]],
    rounds: int,
    sizes: Mapping[str, tuple[int, int]],
) -> str:
    small, large = (f"{s:,} stories, {f:,} feeds" for s, f in sizes.values())
    lines = [
        f"Milliseconds, medians of {rounds} rounds.",
        "",
        f"| page | engine | {small} | {large} | ratio |",
        "|---|---|---|---|---|",
    ]
    for pattern, engine, size in times:
        if size != "small":
            continue
        low, high = (median(times[pattern, engine, of]) * 1000 for of in sizes)
        ratio = high / low
        told = f"{ratio:.1f}" if ratio <= MOST else f"**{ratio:.1f}**"
        lines.append(f"| {pattern} | {engine} | {low:.1f} | {high:.1f} | {told} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
