"""Puts stories into databases as the service would: rows, texts, tags, index and change log.

Each story is made and analyzed once for all databases, by a process per core.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.hashing import hash64
from app.core.identity import story_id
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, IndexTerms, index_terms, times_of
from app.core.story import Story, tag_record
from app.store.changes import ChangeType, NewChange, append_changes
from app.store.engine import SQLITE, Database, WriteSession, check_database_url, open_database
from app.store.migrate import migrate
from app.store.models import sources, stories, texts
from app.store.search import IndexRow, index_stories
from app.store.tags import replace_tags
from app.telemetry import configure_logging
from bench.corpus import BEGIN, SOURCES, Corpus

BATCH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A story with its id and all that the index holds of it."""

    id: int
    source: int  # from 0 on
    story: Story
    terms: IndexTerms


def ready(source: int, story: Story, number: int) -> Ready:
    """The story as it is written; `number` tells it from the others of its millisecond."""
    indexable = Indexable(
        title=story.title,
        text=story.text,
        language=story.language,
        tags=tuple(tag.qcode for tag in story.tags),
        authors=story.authors,
        url=story.url,
        source=StorySource(id=source + 1, domain=_domain(source)),
    )
    return Ready(
        id=story_id(story.published_at, number),
        source=source,
        story=story,
        terms=index_terms(indexable),
    )


async def write_sources(session: WriteSession, count: int) -> None:
    """Sources with the ids from 1 on; the story of source 0 is that of id 1."""
    rows = [{"id": n + 1, "domain": _domain(n), "created_at": BEGIN} for n in range(count)]
    await session.execute(insert(sources), rows)


async def write_stories(session: WriteSession, batch: Sequence[Ready]) -> None:
    """New stories, as if each had been polled when it was published."""
    await session.execute(insert(stories), [_row(each) for each in batch])
    await session.execute(insert(texts), [_text_row(each) for each in batch])
    await replace_tags(session, [(each.id, each.story.tags) for each in batch])
    await index_stories(session, [_index_row(each) for each in batch])
    changes = [NewChange(type=ChangeType.CREATED, story_id=each.id, revision=1) for each in batch]
    await append_changes(session, changes, datetime.now(UTC))


async def settle(database: Database, *statements: str) -> None:
    """What an installation has from autovacuum: statistics, and a GIN index with nothing pending;
    before it, `statements`, without the service's limits of time.

    SQLite has no such thing, and is left as it is.
    """
    if database.dialect == SQLITE:
        return
    engine = create_async_engine(database.writer.url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in (*statements, "VACUUM (ANALYZE)"):
            await connection.execute(text(statement))
    await engine.dispose()


def main() -> int:
    options = argparse.ArgumentParser(description="Fill empty databases with made-up stories.")
    options.add_argument("urls", nargs="+", type=check_database_url, metavar="URL")
    options.add_argument("--stories", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    configure_logging("error", as_json=False)
    asyncio.run(_migrate_and_load(Corpus(total=given.stories, seed=given.seed), given.urls))
    return 0


async def _migrate_and_load(corpus: Corpus, urls: Sequence[str]) -> None:
    for url in urls:
        database = open_database(url)
        await migrate(database)
        await database.close()
    await load(corpus, urls)


async def load(corpus: Corpus, urls: Sequence[str]) -> None:
    """The whole corpus into each of the databases, which are migrated and empty."""
    databases = [open_database(url) for url in urls]
    unmade = [await _prepare(database) for database in databases]
    with Progress(
        TextColumn("stories"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task("stories", total=corpus.total)
        for count in _fill(corpus, urls):
            progress.advance(task, count)
    for database, indexes in zip(databases, unmade, strict=True):
        await settle(database, *indexes)
        await database.close()


async def _prepare(database: Database) -> list[str]:
    """Sources; and the GIN indexes taken away, which are made 10 times as fast in the end.

    Returns the statements that make them again.
    """
    async with database.write() as session:
        await write_sources(session, SOURCES)
        if database.dialect == SQLITE:
            return []
        rows = await session.execute(
            text("SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gin%'")
        )
        indexes = [(name, definition) for name, definition in rows]
        for name, _ in indexes:
            await session.execute(text(f"DROP INDEX {name}"))
    return ["SET maintenance_work_mem = '512MB'", *(definition for _, definition in indexes)]


def _fill(corpus: Corpus, urls: Sequence[str]) -> Iterator[int]:
    """By a process per core; how many stories are in, batch by batch."""
    starts = range(0, corpus.total, BATCH)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(partial(_filled, corpus, urls), starts)


def _filled(corpus: Corpus, urls: Sequence[str], start: int) -> int:
    batch = [
        ready(*corpus.story(number), number)
        for number in range(start, min(start + BATCH, corpus.total))
    ]
    asyncio.run(_write(urls, batch))
    return len(batch)


async def _write(urls: Sequence[str], batch: Sequence[Ready]) -> None:
    for url in urls:
        database = open_database(url)
        async with database.write() as session:
            await write_stories(session, batch)
        await database.close()


def _domain(source: int) -> str:
    return f"news{source}.example"


def _row(each: Ready) -> dict[str, object]:
    story = each.story
    return {
        "id": each.id,
        "source_id": each.source + 1,
        "identity": each.id,
        "url": story.url,
        "url_hash": None if story.url is None else hash64("url", story.url),
        "title": story.title,
        "title_hash": hash64("title", story.title),
        "summary": story.summary,
        "language": story.language,
        "authors": list(story.authors),
        "agency": story.agency and {"code": story.agency.code, "name": story.agency.name},
        "published_at": story.published_at,
        "published_from": story.published_from.value,
        "published_raw": story.published_raw,
        "published_rule": story.published_rule,
        "updated_at": story.published_at,
        "ingested_at": story.published_at,
        "revised_at": story.published_at,
        "enclosures": [],
        "tags": [tag_record(tag) for tag in story.tags],
        "word_count": story.word_count,
        "revision": 1,
        "content_hash": story.content_hash,
    }


def _text_row(each: Ready) -> dict[str, object]:
    blocks = [
        {"type": block.type.value, "text": block.text, "rule": block.rule}
        for block in each.story.blocks
    ]
    return {"story_id": each.id, "text": each.story.text, "blocks": blocks, "html": None}


def _index_row(each: Ready) -> IndexRow:
    at = each.story.published_at
    times = times_of(published_at=at, ingested_at=at, updated_at=at)
    return IndexRow(story_id=each.id, terms=each.terms, times=times)


if __name__ == "__main__":
    sys.exit(main())
