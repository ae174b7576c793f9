"""What clustering costs a story: `make bench-clusters`.

Made-up stories, a quarter of them reprinted; then a flood of reports of one template, which share
most of their bands and are all compared with those next to them in time.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from app.core.syndicate import Sketch, sketch_of
from app.store.clusters import cluster_stories
from app.store.engine import SQLITE, Database
from app.store.models import members
from app.telemetry import configure_logging
from bench.corpus import BEGIN, SOURCES, Corpus
from bench.engines import both_engines
from bench.load import Ready, ready, settle, write_sources, write_stories
from bench.templates import filled

BATCH: Final = 200
REPRINTED: Final = 4  # one in so many
PLAN: Final = 20
MEASURED: Final = 50
FLOOD: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    what: str
    stories: int
    ms: Sequence[float]  # of each transaction


def made_up(total: int, chance: random.Random) -> list[Ready]:
    """Stories in the order of their times; reprints are cut, of another source, an hour later."""
    corpus = Corpus(total=total)
    found: list[Ready] = []
    for number in range(total):
        source, story = corpus.story(number)
        found.append(ready(source, story, number))
        if chance.randrange(REPRINTED) == 0:
            later = story.published_at + timedelta(hours=1)
            cut = story.text[: round(len(story.text) * chance.choice((0.5, 0.8, 1)))]
            copy = replace(story, text=cut, published_at=later)
            found.append(ready((source + 1) % SOURCES, copy, total + number))
    return sorted(found, key=lambda each: each.id)


def flood(count: int, chance: random.Random) -> list[Ready]:
    """Reports of one template, ten a minute."""
    _, story = Corpus(total=1).story(0)
    found = []
    for number in range(count):
        told = filled("weather", chance)
        at = BEGIN + timedelta(days=400, seconds=6 * number)
        report = replace(story, title=told.title, text=told.text, published_at=at)
        found.append(ready(number % SOURCES, report, number))
    return found


async def cluster(database: Database, batch: Sequence[Ready]) -> float:
    """Write stories, then cluster them; the milliseconds of the latter."""
    sketches: dict[int, Sketch] = {
        each.id: sketch_of(each.story.title, each.story.text) for each in batch
    }
    async with database.write() as session:
        await write_stories(session, batch)
        begun = time.perf_counter()
        await cluster_stories(session, sketches, set(sketches))
        return (time.perf_counter() - begun) * 1000


async def measure(
    database: Database, stories: Sequence[Ready], reports: Sequence[Ready]
) -> list[Cost]:
    async with database.write() as session:
        await write_sources(session, SOURCES)
    kept = len(stories) - MEASURED * (PLAN + 1)
    for n in range(0, kept, BATCH):
        await cluster(database, stories[n : min(n + BATCH, kept)])
    await settle(database)
    costs: list[Cost] = []
    for what, size in (("one new story", 1), (f"a plan of {PLAN}", PLAN)):
        times = []
        for _ in range(MEASURED):
            times.append(await cluster(database, stories[kept : kept + size]))
            kept += size
        costs.append(Cost(what=what, stories=size, ms=times))
    for n in range(0, len(reports) - MEASURED, BATCH):
        await cluster(database, reports[n : min(n + BATCH, len(reports) - MEASURED)])
    times = [await cluster(database, [report]) for report in reports[-MEASURED:]]
    costs.append(Cost(what=f"one more of {FLOOD} reports", stories=1, ms=times))
    return costs


async def size_of(database: Database) -> tuple[int, int]:
    """Bytes of what is kept for clustering, and how many stories are in a cluster."""
    names = ("sketches", "bands", "members")
    async with database.read() as session:
        if database.dialect == SQLITE:
            query = "SELECT sum(pgsize) FROM dbstat WHERE name IN ('sketches', 'bands', 'members')"
        else:
            sizes = " + ".join(f"pg_total_relation_size('{name}')" for name in names)
            query = f"SELECT {sizes}"
        size = (await session.execute(text(query))).scalar_one()
        clustered = await session.execute(select(func.count()).select_from(members))
        return int(size), clustered.scalar_one()


async def run(total: int) -> None:
    console = Console()
    chance = random.Random(1)
    stories, reports = made_up(total, chance), flood(FLOOD, chance)
    table = Table("clustering", "engine", "ms, p50", "max", "a story")
    async with both_engines() as databases:
        for engine, database in databases.items():
            for cost in await measure(database, stories, reports):
                middle = median(cost.ms)
                shown = (f"{middle:.1f}", f"{max(cost.ms):.1f}", f"{middle / cost.stories:.2f}")
                table.add_row(cost.what, engine, *shown)
            size, clustered = await size_of(database)
            each = size / (len(stories) + len(reports))
            table.add_row(f"{clustered:,} stories in clusters", engine, f"{each:.0f} bytes a story")
    console.print(table)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stories", type=int, default=8000, help="that are there before")
    configure_logging("error", as_json=False)
    asyncio.run(run(options.parse_args().stories))
    return 0


if __name__ == "__main__":
    sys.exit(main())
