"""Writing and reading a backup: its file, the manifest beside it, and what is compared."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import typer

from app import __version__
from app.cli.opening import database_name, explained, own, settings_of
from app.cli.outcome import Stopped, run
from app.errors import Invalid
from app.settings import Settings
from app.store.archive import one_snapshot
from app.store.backup import (
    Contents,
    check_contents,
    check_sqlite,
    clear_postgresql,
    copy_sqlite,
    export_snapshot,
    libpq_environment,
    read_contents,
    refuse_if_filled,
    replace_sqlite,
    server_major,
)
from app.store.engine import SQLITE, Database, check_database_url, open_database, sqlite_path
from app.store.machine import is_file
from app.store.migrate import is_known, migrate, needed_revision, schema_revision

FORMAT: Final = 1
SHOWN: Final = ("feeds", "stories", "changes", "keys")
DUMP: Final = ("--format=custom", "--no-owner", "--no-privileges")
LOAD: Final = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup is: of which release and engine, of when, and what it holds."""

    engine: str
    version: str
    at: datetime
    sha256: str
    contents: Contents


def back_up(file: Path, *, force: bool) -> None:
    settings = settings_of()
    manifest = run(_back_up(settings, file, force=force))
    rows = sum(manifest.contents.rows.values())
    size = file.stat().st_size
    typer.echo(
        f"Wrote {rows} rows of {database_name(settings)} to {file} ({size} bytes), verified."
    )


def restore_from(file: Path, *, force: bool) -> None:
    settings = settings_of()
    manifest = run(_restore(settings, file, force=force))
    typer.echo(
        f"{database_name(settings)} holds the backup of {manifest.at:%Y-%m-%d %H:%M} UTC, verified:"
    )
    for name in SHOWN:
        typer.echo(f"  {manifest.contents.rows.get(name, 0)} {name}")


async def _back_up(settings: Settings, file: Path, *, force: bool) -> Manifest:
    """Into a file beside it first: one that was not finished is never taken for whole."""
    if is_file(str(file)) and not force:
        raise Stopped(f"{file} is there already: name another file, or add --force")
    async with AsyncExitStack() as stack:
        unfinished = stack.enter_context(_unfinished(file))
        with explained(settings):
            database = _opened(stack, settings.database_url)
            present, needed = await schema_revision(database)
            if present != needed:
                raise Stopped(f"the database has schema {present}: run copydesk migrate first")
            at = datetime.now(UTC)
            copy = _copy_sqlite if database.dialect == SQLITE else _dump
            contents = await copy(database, settings, unfinished)
        manifest = Manifest(
            engine=database.dialect,
            version=__version__,
            at=at,
            sha256=await asyncio.to_thread(_sha256, unfinished),
            contents=contents,
        )
        _write_manifest(file, manifest)
        unfinished.replace(file)
        return manifest


async def _copy_sqlite(database: Database, _settings: Settings, file: Path) -> Contents:
    contents = await copy_sqlite(database, file)
    await _check_file(file, contents)
    return contents


async def _check_file(file: Path, expected: Contents) -> None:
    """Raise Invalid for an SQLite file that is broken, or holds something else."""
    await asyncio.to_thread(check_sqlite, file)
    async with AsyncExitStack() as stack:
        copied = _opened(stack, check_database_url(f"sqlite:///{file}"))
        async with copied.read() as session:
            await check_contents(session, expected, same_schema=_is_ours(expected))


async def _dump(database: Database, settings: Settings, file: Path) -> Contents:
    async with database.read() as session:
        await one_snapshot(session)
        tool = await _tool("pg_dump", least=await server_major(session))
        snapshot = await export_snapshot(session)
        contents = await read_contents(session)
        dumped = [*DUMP, f"--snapshot={snapshot}", f"--file={file}"]
        await _run_tool(tool, dumped, settings)
    await _run_tool(await _tool("pg_restore"), ["--list", str(file)], settings)
    return contents


async def _restore(settings: Settings, file: Path, *, force: bool) -> Manifest:
    manifest = _read_manifest(file)
    async with AsyncExitStack() as stack:
        own(stack, settings)
        path = sqlite_path(settings.database_url)
        engine = "postgresql" if path is None else SQLITE
        if manifest.engine != engine:
            raise Stopped(
                f"{file} is of {manifest.engine} and COPYDESK_DATABASE_URL of {engine}: from one "
                "to the other goes copydesk export, then copydesk import"
            )
        if await asyncio.to_thread(_sha256, file) != manifest.sha256:
            raise Stopped(f"{file} is not the file that was backed up: it was changed or cut off")
        if not is_known(manifest.contents.schema):
            raise Stopped(
                f"{file} has schema {manifest.contents.schema}, which this release does not know: "
                f"restore it by release {manifest.version}, or a newer one"
            )
        with explained(settings):
            if path is None:
                await _load(stack, settings, file, manifest, force=force)
            else:
                await _put_back(Path(path), settings, file, manifest, force=force)
            await migrate(_opened(stack, settings.database_url))
    return manifest


async def _put_back(
    path: Path, settings: Settings, file: Path, manifest: Manifest, *, force: bool
) -> None:
    """An SQLite file, verified beside the place where it then goes."""
    if is_file(str(path)) and not force:
        async with AsyncExitStack() as stack:
            await refuse_if_filled(_opened(stack, settings.database_url))
    with _unfinished(path) as copied:
        await asyncio.to_thread(shutil.copyfile, file, copied)
        await _check_file(copied, manifest.contents)
        replace_sqlite(path, copied)


async def _load(
    stack: AsyncExitStack, settings: Settings, file: Path, manifest: Manifest, *, force: bool
) -> None:
    database = _opened(stack, settings.database_url)
    async with database.read() as session:
        tool = await _tool("pg_restore", least=await server_major(session))
    if not force:
        await refuse_if_filled(database)
    await clear_postgresql(database)
    name = libpq_environment(settings.database_url).get("PGDATABASE", "")
    await _run_tool(tool, [*LOAD, f"--dbname={name}", str(file)], settings)
    try:
        async with database.read() as session:
            await one_snapshot(session)
            ours = _is_ours(manifest.contents)
            await check_contents(session, manifest.contents, same_schema=ours)
    except Invalid:
        await clear_postgresql(database)  # nobody is to take it for what was backed up
        raise


def _is_ours(contents: Contents) -> bool:
    return contents.schema == needed_revision()


async def _tool(name: str, *, least: int = 0) -> str:
    """Where a program of PostgreSQL is; Stopped where it is missing, or older than the server."""
    found = shutil.which(name)
    if found is None:
        raise Stopped(
            f"{name} is not on the PATH: install PostgreSQL's client programs "
            "(postgresql-client), of the server's version or a newer one"
        )
    asked = await asyncio.create_subprocess_exec(found, "--version", stdout=asyncio.subprocess.PIPE)
    said = (await asked.communicate())[0].decode()
    number = re.search(r"\d+", said)
    if number is None or int(number[0]) < least:
        raise Stopped(
            f"{found} is of version {number[0] if number else 'unknown'}, and the server of "
            f"{least}: install postgresql-client-{least}, and put it first on the PATH"
        )
    return found


async def _run_tool(tool: str, arguments: list[str], settings: Settings) -> None:
    environment = {**os.environ, **libpq_environment(settings.database_url)}
    running = await asyncio.create_subprocess_exec(
        tool,
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await running.communicate()
    if running.returncode != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
        raise Stopped(f"{Path(tool).name} has failed: {lines[0]}")


def _opened(stack: AsyncExitStack, url: str) -> Database:
    database = open_database(url)
    stack.push_async_callback(database.close)
    return database


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    """An empty file beside one, gone at the end unless it has taken its place; only its owner may
    read it, since it holds webhooks' secrets.
    """
    beside = file.with_name(f"{file.name}.part")
    try:
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise Stopped(f"{beside} cannot be written: {error.strerror}") from error
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()


def _manifest_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")


def _write_manifest(file: Path, manifest: Manifest) -> None:
    said = {"copydesk_backup": FORMAT, **asdict(manifest)}
    beside = _manifest_of(file)
    with _unfinished(beside) as written:
        written.write_bytes(orjson.dumps(said, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2))
        written.replace(beside)


def _read_manifest(file: Path) -> Manifest:
    beside = _manifest_of(file)
    if not file.is_file() or not beside.is_file():
        missing = beside if file.is_file() else file
        raise Stopped(f"there is no {missing}: a backup is two files, FILE and FILE.json")
    try:
        said: Mapping[str, Any] = orjson.loads(beside.read_bytes())
        return _manifest(said)
    except (ValueError, LookupError, TypeError):
        raise Stopped(f"{beside} is no manifest of copydesk backup") from None


def _manifest(said: Mapping[str, Any]) -> Manifest:
    if said["copydesk_backup"] != FORMAT:
        raise ValueError("another format")
    return Manifest(
        engine=str(said["engine"]),
        version=str(said["version"]),
        at=datetime.fromisoformat(str(said["at"])),
        sha256=str(said["sha256"]),
        contents=Contents(**said["contents"]),
    )
