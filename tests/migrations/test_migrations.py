"""The migrations make the tables the code works with, on both engines, from several processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

import app.store.models  # noqa: F401 - fills the metadata
from app.errors import Unavailable
from app.store import migrate as module
from app.store.engine import Database, Instant, Json, metadata, open_database
from app.store.migrate import migrate, schema_revision
from tests.conftest import ROOT


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Database]:
    opened = open_database(database_url)
    yield opened
    await opened.close()


async def test_an_empty_database_is_brought_to_the_newest_schema(empty: Database) -> None:
    before, needed = await schema_revision(empty)
    assert before is None
    assert await migrate(empty) == needed
    assert await schema_revision(empty) == (needed, needed)
    assert await migrate(empty) == needed, "again changes nothing"


async def test_the_migrations_make_what_the_models_say(empty: Database) -> None:
    await migrate(empty)
    async with empty.writer.connect() as connection:
        assert await connection.run_sync(differences) == []


def differences(connection: Connection) -> list[object]:
    def same_type(_context, _column, _there, _inspected, ours) -> bool | None:
        return False if isinstance(ours, Instant | Json) else None

    def ours(name: str | None, kind: str, _parents: object) -> bool:
        return not (kind == "table" and (name or "").startswith("story_index"))

    context = MigrationContext.configure(
        connection, opts={"compare_type": same_type, "include_name": ours}
    )
    return list(compare_metadata(context, metadata))


def test_several_processes_may_migrate_at_once(new_postgres_database: Callable[..., str]) -> None:
    environment = os.environ | {"COPYDESK_DATABASE_URL": new_postgres_database()}
    command_line = [sys.executable, "-m", "app", "migrate"]
    several = [
        subprocess.Popen(command_line, env=environment, cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[0].decode() for process in several]
    assert [process.returncode for process in several] == [0, 0, 0], said


async def test_down_and_up_again(empty: Database) -> None:
    await migrate(empty)
    config = module._config()

    def down(connection: Connection) -> list[str]:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        return inspect(connection).get_table_names()

    async with empty.writer.begin() as connection:
        assert await connection.run_sync(down) == ["alembic_version"]
    await migrate(empty)


STORY_OF_0002 = """
INSERT INTO sources (id, domain, created_at) VALUES (1, 'news.example', 0);
INSERT INTO stories (id, source_id, identity, title, title_hash, authors, published_at,
 published_from, published_rule, updated_at, ingested_at, revised_at, enclosures, tags,
 word_count, revision, content_hash)
 VALUES (7, 1, 1, 'Ferry', 1, '[]', 0, 'published', 'iso8601', 0, 0, 0, '[]', '[]', 1, 2, 1);
INSERT INTO revisions (story_id, revision, at, state) VALUES (7, 1, 0, 'x')
"""


async def test_revisions_of_before_get_their_kinds(empty: Database) -> None:
    """0003 on a database with a story that had been revised once."""
    await migrate(empty)
    async with empty.writer.begin() as connection:
        await connection.run_sync(to("0002", command.downgrade))
        for statement in STORY_OF_0002.split(";"):
            await connection.exec_driver_sql(statement)
        await connection.run_sync(to("head", command.upgrade))
        now = (await connection.execute(text("SELECT revision_kind FROM stories"))).scalar_one()
        before = (await connection.execute(text("SELECT kind FROM revisions"))).scalar_one()
    assert (before, now) == ("first", "update")


def to(revision: str, move: Callable[..., None]) -> Callable[[Connection], None]:
    config = module._config()

    def step(connection: Connection) -> None:
        config.attributes["connection"] = connection
        move(config, revision)

    return step


async def test_hosts_of_before_share_the_slots_of_their_domains(empty: Database) -> None:
    """0005 on a database with hosts, some of one domain; and again, after a way back."""
    await migrate(empty)
    async with empty.writer.begin() as connection:
        await connection.run_sync(to("0004", command.downgrade))
        await connection.exec_driver_sql(
            "INSERT INTO hosts (host, free_at) "
            "VALUES ('a.example.org', 0), ('b.example.org', 0), ('203.0.113.7', 0)"
        )
        for _ in range(2):
            await connection.run_sync(to("head", command.upgrade))
            rows = await connection.execute(text("SELECT host, domain_slot FROM hosts"))
            assert {row.host: row.domain_slot for row in rows} == {
                "a.example.org": "* example.org",
                "b.example.org": "* example.org",
                "203.0.113.7": None,
                "* example.org": None,
            }
            await connection.run_sync(to("0004", command.downgrade))


async def later(database: Database, serves: str | None) -> None:
    """Have the schema be that of a later release, which serves releases back to this revision."""
    await migrate(database)
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.execute(text("DELETE FROM meta WHERE name = 'schema_serves'"))
        if serves is not None:
            marked = {"value": f'"{serves}"'}
            await connection.execute(
                text("INSERT INTO meta VALUES ('schema_serves', :value)"), marked
            )


async def test_a_later_schema_that_serves_this_release_is_used_as_it_is(empty: Database) -> None:
    _, newest = await schema_revision(empty)
    assert newest is not None
    await later(empty, serves=newest)
    assert await migrate(empty) == "9999"
    assert await schema_revision(empty) == ("9999", "9999")


@pytest.mark.parametrize("serves", ["9998", None])
async def test_one_that_does_not_is_refused_with_what_to_do(
    empty: Database, serves: str | None
) -> None:
    await later(empty, serves=serves)
    with pytest.raises(Unavailable, match="install the release"):
        await migrate(empty)
    present, needed = await schema_revision(empty)
    assert present == "9999" != needed


async def test_what_it_serves_is_on_record(empty: Database) -> None:
    await migrate(empty)
    async with empty.writer.begin() as connection:
        kept = await connection.execute(text("SELECT value FROM meta WHERE name = 'schema_serves'"))
        assert kept.scalar_one() == f'"{module.SERVES}"'


async def test_a_table_in_use_is_not_waited_for_with_all_others_behind(
    new_postgres_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump holds a table: the migration gives way to writers between its tries, then is done."""
    opened = open_database(new_postgres_database())
    await migrate(opened)
    async with opened.writer.begin() as connection:
        await connection.run_sync(to("0007", command.downgrade))
    tried = asyncio.Event()

    async def pause(_seconds: float) -> None:
        async with opened.writer.begin() as connection:  # nobody's lock is in a writer's way
            await connection.execute(text("SET LOCAL lock_timeout = '1s'"))
            await connection.execute(text("UPDATE feeds SET url = url"))
        tried.set()
        await released.wait()

    released = asyncio.Event()
    monkeypatch.setattr(module.asyncio, "sleep", pause)
    async with opened.reader.connect() as dump, dump.begin():
        await dump.execute(text("SELECT count(*) FROM feeds"))
        migrating = asyncio.create_task(migrate(opened))
        await asyncio.wait_for(tried.wait(), 30)
    released.set()
    assert await migrating == (await schema_revision(opened))[1]
    await opened.close()


async def test_who_never_gets_a_table_is_told_what_to_do(
    new_postgres_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_database(new_postgres_database())
    await migrate(opened)
    async with opened.writer.begin() as connection:
        await connection.run_sync(to("0007", command.downgrade))
    monkeypatch.setattr(module, "TRIES", 1)
    monkeypatch.setattr(module, "PAUSE_S", 0)
    async with opened.reader.connect() as dump, dump.begin():
        await dump.execute(text("SELECT count(*) FROM feeds"))
        with pytest.raises(Unavailable, match="pg_stat_activity"):
            await migrate(opened)
    await opened.close()
