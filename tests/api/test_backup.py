"""Backups, made beside a running service, put back elsewhere, and used there."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import backing
from app.cli.backing import _back_up, _restore
from app.cli.outcome import Stopped
from app.store.backup import libpq_environment
from app.store.ownership import owned
from tests.api.conftest import Api, running, settings
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_archive import fill
from tests.databases import on_both, on_postgresql
from tests.postgres import Server


def files(folder: Path) -> dict[str, int]:
    """What is there of a backup, with its mode."""
    return {path.name: path.stat().st_mode for path in folder.glob("*.backup*")}


@pytest.fixture
def tools(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs of the server's version, first on the path."""
    server: Server = request.getfixturevalue("postgres_server")
    if not (server.psql.parent / "pg_dump").exists():
        pytest.skip(f"there is no pg_dump beside {server.psql}")
    monkeypatch.setenv("PATH", f"{server.psql.parent}:{os.environ['PATH']}")


@pytest.fixture
def other_url(request: pytest.FixtureRequest, migrated_url: str, tmp_path: Path) -> str:
    """The address of an empty database of the same engine."""
    if migrated_url.startswith("sqlite"):
        return f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    request.getfixturevalue("tools")
    create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return create()


@on_both
async def test_a_backup_is_restored_and_goes_on_where_it_stood(
    api: Api, harbour: Publisher, migrated_url: str, other_url: str, tmp_path: Path
):
    await fill(api, harbour)
    file = tmp_path / "copydesk.backup"
    made = await _back_up(settings(migrated_url), file, force=False)
    before = await api.data("/v1/changes", include="body")
    harbour.pages["/late"] = atom(Item(title="Too late", text="It came after the backup."))
    await api.poll(harbour.url("/late"))
    found = files(tmp_path)
    assert found.keys() == {"copydesk.backup", "copydesk.backup.json"}
    assert {mode & 0o077 for mode in found.values()} == {0}
    said = json.loads((tmp_path / "copydesk.backup.json").read_text())
    assert said["contents"]["rows"]["stories"] == 2
    restored = await _restore(settings(other_url), file, force=False)
    assert restored == made
    async with running(other_url, read_auth="open") as back:
        assert await back.data("/v1/changes", include="body") == before
        assert await back.titles(q="ferry") == ["Ferry sails"]
        harbour.pages["/other"] = atom(Item(title="Lamp lit", text="The lamp was lit."))
        await back.poll(harbour.url("/other"))
        assert await back.titles(q="lamp") == ["Lamp lit"]
        log = await back.data("/v1/changes")
        assert [change["seq"] for change in log] == list(range(1, len(before) + 2))
    with pytest.raises(Stopped, match="has feeds: restore into a new one"):
        await _restore(settings(other_url), file, force=False)
    await _restore(settings(other_url), file, force=True)
    async with running(other_url, read_auth="open") as back:
        assert await back.titles(q="lamp") == []
        assert await back.titles(q="ferry") == ["Ferry sails"]


@on_both
async def test_a_file_that_is_not_as_it_was_is_refused_and_nothing_is_lost(
    api: Api, harbour: Publisher, migrated_url: str, other_url: str, tmp_path: Path
):
    await fill(api, harbour)
    file, beside = tmp_path / "copydesk.backup", tmp_path / "copydesk.backup.json"
    await _back_up(settings(migrated_url), file, force=False)
    manifest, whole = beside.read_text(), file.read_bytes()

    async def refused(why: str, *, force: bool = False, url: str = other_url) -> None:
        with pytest.raises(Stopped, match=why):
            await _restore(settings(url), file, force=force)

    file.write_bytes(whole[:-100])
    await refused("changed or cut off")
    file.write_bytes(whole)
    later = json.loads(manifest)
    later["contents"]["schema"] = "9999"
    beside.write_text(json.dumps(later))
    await refused("does not know")
    engine = "postgresql" if migrated_url.startswith("sqlite") else "sqlite"
    beside.write_text(json.dumps(json.loads(manifest) | {"engine": engine}))
    await refused("copydesk export, then copydesk import")
    for wrong in ("{}", "nonsense", '{"copydesk_backup": 2}'):
        beside.write_text(wrong)
        await refused("no manifest")
    lying = json.loads(manifest)
    lying["contents"]["rows"]["stories"] += 1
    beside.write_text(json.dumps(lying))
    await refused("stories has 2 rows, and the backup 3")
    lying["contents"]["rows"]["stories"] -= 1
    lying["contents"]["sums"]["changes"] = "0" * 16
    beside.write_text(json.dumps(lying))
    await refused("what changes holds is not what the backup held", force=True)
    beside.unlink()
    await refused("two files")
    if migrated_url.startswith("sqlite"):
        assert not (tmp_path / "other.db").exists()
    assert [name for name in files(tmp_path) if name.endswith(".part")] == []
    assert len(await api.titles()) == 2


async def test_a_broken_copy_is_no_backup(
    api: Api, harbour: Publisher, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await fill(api, harbour)
    file = tmp_path / "copydesk.backup"
    copy = backing.copy_sqlite

    async def lossy(*given: object) -> object:
        contents = await copy(*given)
        with closing(sqlite3.connect(given[1])) as copied, copied:
            copied.execute("DELETE FROM changes WHERE seq = 1")
        return contents

    monkeypatch.setattr(backing, "copy_sqlite", lossy)
    with pytest.raises(Stopped, match="changes has"):
        await _back_up(settings(migrated_url), file, force=False)
    assert files(tmp_path) == {}


async def test_what_a_backup_holds_is_of_one_moment(
    api: Api, harbour: Publisher, migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Stories that are written while it is copied are not in it, in no table."""
    await fill(api, harbour)
    harbour.pages["/late"] = atom(Item(title="Too late", text="It came meanwhile."))
    read = backing.copy_sqlite.__globals__["read_contents"]

    async def and_then(*given: object) -> object:
        contents = await read(*given)
        await api.poll(harbour.url("/late"))
        return contents

    monkeypatch.setitem(backing.copy_sqlite.__globals__, "read_contents", and_then)
    made = await _back_up(settings(migrated_url), tmp_path / "file", force=False)
    assert len(await api.titles()) == 3
    assert made.contents.rows["stories"] == 2


async def test_writes_that_a_killed_process_left_are_not_taken_for_the_backups(
    api: Api, harbour: Publisher, migrated_url: str, other_url: str, tmp_path: Path
):
    await fill(api, harbour)
    file = tmp_path / "copydesk.backup"
    await _back_up(settings(migrated_url), file, force=False)
    harbour.pages["/late"] = atom(Item(title="Too late", text="It came after the backup."))
    await api.poll(harbour.url("/late"))
    for rest in ("", "-wal", "-shm"):
        shutil.copyfile(tmp_path / f"copydesk.db{rest}", tmp_path / f"other.db{rest}")
    await _restore(settings(other_url), file, force=True)
    async with running(other_url, read_auth="open") as back:
        assert sorted(await back.titles()) == ["Bridge opens", "Ferry sails"]


async def test_a_database_in_use_is_not_replaced(
    api: Api, harbour: Publisher, migrated_url: str, tmp_path: Path
):
    await fill(api, harbour)
    file = tmp_path / "copydesk.backup"
    await _back_up(settings(migrated_url), file, force=False)
    with owned(str(tmp_path / "copydesk.db")), pytest.raises(Stopped, match="is using"):
        await _restore(settings(migrated_url), file, force=True)


@on_postgresql
async def test_programs_that_are_missing_or_too_old_are_named(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "copydesk.backup"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Stopped, match="pg_dump is not on the PATH: install"):
        await _back_up(settings(migrated_url), file, force=False)
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    with pytest.raises(Stopped, match="of version 9, and the server of"):
        await _back_up(settings(migrated_url), file, force=False)
    assert not file.exists()


def test_an_address_goes_to_postgresqls_programs_in_variables():
    url = "postgresql+asyncpg://desk:s%40fe@/news?host=a:5433&host=b&ssl=require"
    assert libpq_environment(url) == {
        "PGHOST": "a,b",
        "PGPORT": "5433,5432",
        "PGUSER": "desk",
        "PGPASSWORD": "s@fe",
        "PGDATABASE": "news",
        "PGSSLMODE": "require",
    }
    plain = libpq_environment("postgresql+asyncpg://desk@db.internal/news")
    assert (plain["PGHOST"], plain["PGPORT"]) == ("db.internal", "5432")
