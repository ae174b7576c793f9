"""Writing and reading an installation's file, with progress, and sums compared at the end."""

from __future__ import annotations

import asyncio
import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app import __version__
from app.cli.opening import database_name, explained, own, settings_of
from app.cli.outcome import Stopped, fail, run
from app.cli.show import console
from app.core.search.index import index_all
from app.settings import Settings
from app.store.archive import Importing, Sum, count_rows, export_lines, one_snapshot, read_head
from app.store.engine import Database, open_database
from app.store.migrate import migrate, schema_revision
from app.store.reindex import count_outdated, outdated_stories, reindex

INDEXED_AT_ONCE: Final = 100
COLUMNS: Final = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


def export_to(file: Path, *, force: bool) -> None:
    settings = settings_of()
    if file.exists() and not force:
        fail(f"{file} is there already: name another file, or add --force")
    rows = run(_export(settings, file))
    typer.echo(f"Wrote {rows} rows of {database_name(settings)} to {file}.")


def import_from(file: Path) -> None:
    settings = settings_of()
    total = run(_import(settings, file))
    typer.echo(f"Brought {sum(total.rows.values())} rows into {database_name(settings)}:")
    for table in ("feeds", "stories", "changes", "keys"):
        typer.echo(f"  {total.rows.get(table, 0)} {table}")


async def _export(settings: Settings, file: Path) -> int:
    """Into a file beside it first: one that was not finished is never taken for whole."""
    unfinished = file.with_name(f"{file.name}.part")
    async with AsyncExitStack() as stack:
        with explained(settings):
            database = await _opened(stack, settings)
            before, needed = await schema_revision(database)
            if before != needed:
                raise Stopped(f"the database has schema {before}: run copydesk migrate first")
            with _private(unfinished) as out, _progress() as progress:
                rows = await _write_lines(database, str(needed), out, progress)
    unfinished.replace(file)
    return rows


async def _write_lines(
    database: Database, schema: str, out: gzip.GzipFile, progress: Progress
) -> int:
    written = 0
    async with database.read() as session:
        await one_snapshot(session)
        total = sum((await count_rows(session)).values())
        task = progress.add_task("Writing", total=total)
        lines = export_lines(session, schema=schema, version=__version__, at=datetime.now(UTC))
        async for line in lines:
            out.write(line + b"\n")
            written += 1
            progress.update(task, completed=min(written, total))
    return written - 2  # the first line and the last are no rows


async def _import(settings: Settings, file: Path) -> Sum:
    async with AsyncExitStack() as stack:
        own(stack, settings)
        with explained(settings):
            database = await _opened(stack, settings)
            schema = await migrate(database)
            with _progress() as progress:
                total = await _read_lines(database, schema, _lines(file), progress)
                await _index(database, progress)
    return total


async def _read_lines(
    database: Database, schema: str, lines: Iterator[bytes], progress: Progress
) -> Sum:
    head = read_head(next(lines, b""), schema)
    async with database.write() as session:
        importing = Importing(session, head)
        await importing.begin()
        task = progress.add_task("Reading", total=sum(importing.expected.values()))
        for number, line in enumerate(lines, 1):
            progress.update(task, completed=number)
            if await importing.add(line):
                break
        else:
            raise Stopped("the export ends in the middle: nothing was imported; export again")
        await importing.finish()
    return importing.sum


async def _index(database: Database, progress: Progress) -> None:
    async with database.read() as session:
        task = progress.add_task("Indexing", total=await count_outdated(session))
    before: int | None = None
    while True:
        async with database.read() as session:
            found = await outdated_stories(session, before=before, limit=INDEXED_AT_ONCE)
        if not found:
            return
        terms = await asyncio.to_thread(index_all, [story.words for story in found])
        async with database.write() as session:
            await reindex(session, list(zip(found, terms, strict=True)))
        progress.advance(task, len(found))
        before = found[-1].id


async def _opened(stack: AsyncExitStack, settings: Settings) -> Database:
    database = open_database(settings.database_url)
    stack.push_async_callback(database.close)
    return database


def _progress() -> Progress:
    return Progress(*COLUMNS, TimeRemainingColumn(), console=console(stderr=True))


@contextmanager
def _private(file: Path) -> Iterator[gzip.GzipFile]:
    """A gzip file that only its owner may read."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Stopped(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as out:
        yield out


def _lines(file: Path) -> Iterator[bytes]:
    """The lines of a file; Stopped for what is no gzip file, or a broken one."""
    try:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                yield line.rstrip(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        raise Stopped(f"{file} cannot be read as an export: {error}") from error
