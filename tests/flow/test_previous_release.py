"""The release before goes on serving and polling while its database gets the schema of this one.

`make upgrade-check` does it with more feeds; PREVIOUS=COMMIT and PREVIOUS_SCHEMA=REVISION choose
another release. After a release, both become those of its tag.
"""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection

from app.net import plain_client
from app.store import migrate as module
from app.store.engine import Database, open_database
from app.store.migrate import schema_revision
from tests.conftest import ROOT
from tests.flow.fleet import Command, fleet, running
from tests.flow.test_fleet import (
    add_all,
    check_records,
    round_is_over,
    scalar,
    served_at,
    settings,
    until,
)
from tests.flow.test_fleet import start_round as next_round
from tests.flow.test_rolling import Balancer

PREVIOUS = os.environ.get("PREVIOUS", "5161186db06d")
PREVIOUS_SCHEMA = os.environ.get("PREVIOUS_SCHEMA", "0007")
FEEDS = int(os.environ.get("UPGRADE_FEEDS", "8"))
CALLERS = 1


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of that commit, with our migrations up to its schema: what is not released yet may
    still be changed, and the two would not have the same steps.
    """
    archived = subprocess.run(
        ["git", "archive", PREVIOUS, "app", "migrations"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archived.returncode:
        pytest.skip(f"the commit {PREVIOUS} is not here: {archived.stderr.decode().strip()}")
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as packed:
        packed.extractall(folder, filter="data")
    shutil.rmtree(folder / "migrations" / "versions")
    (folder / "migrations" / "versions").mkdir()
    for step in (ROOT / "migrations" / "versions").glob("*.py"):
        if step.name[: len(PREVIOUS_SCHEMA)] <= PREVIOUS_SCHEMA:
            shutil.copy(step, folder / "migrations" / "versions")
    return folder


@pytest.fixture
async def before(new_postgres_database: Callable[..., str]) -> AsyncIterator[tuple[str, Database]]:
    """A database with the schema of the release before."""
    url = new_postgres_database()
    opened = open_database(url)
    config = module._config()

    def upgrade(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, PREVIOUS_SCHEMA)

    async with opened.writer.begin() as connection:
        await connection.run_sync(upgrade)
    yield url, opened
    await opened.close()


@pytest.mark.timeout(240 + FEEDS)
async def test_the_release_before_works_on_while_this_one_comes(
    before: tuple[str, Database], previous: Path, tmp_path: Path
) -> None:
    url, database = before
    given = settings(url) | {"fetch_deadline_s": "20", "parse_timeout_s": "20"}
    serve = ("serve", "--no-poll", "--port", "0")
    async with AsyncExitStack() as stack:

        async def start(*words: str, of: Path = ROOT) -> Command:
            return await stack.enter_async_context(running(tmp_path, *words, of=of, **given))

        ships = await stack.enter_async_context(fleet(FEEDS))
        await add_all(database, ships)
        old = [await start(*serve, of=previous), await start("poll", of=previous)]
        client = await stack.enter_async_context(plain_client("", timeout_s=90))
        balancer = Balancer(client, [await served_at(old[0])])
        await round_is_over(database)
        async with asyncio.TaskGroup() as group:
            for caller in range(CALLERS):
                group.create_task(balancer.run(caller))
            await next_round(database, ships)
            migrating = await start("migrate")
            assert await migrating.process.wait() == 0, migrating.text()
            present, newest = await schema_revision(database)
            assert present == newest != PREVIOUS_SCHEMA
            await round_is_over(database)
            await next_round(database, ships)  # by the old ones alone, on the new schema
            await round_is_over(database)
            new = [await start(*serve)]
            balancer.servers.append(await served_at(new[0]))
            await next_round(database, ships)  # by the old poller, read from old and new servers
            await round_is_over(database)
            # Servers before pollers: what a new poller writes, an old server might not know.
            balancer.servers.pop(0)
            assert await old.pop(0).stop() == 0
            new.append(await start("poll"))

            async def polls() -> bool:
                return '"polling"' in new[1].text()

            await until(polls, "the new poller")
            await next_round(database, ships)  # by old and new side by side
            await round_is_over(database)
            balancer.stopping = True
        assert set(balancer.answers) == {200}, new[0].text()[-3000:]
        assert balancer.lost == 0
        await check_records(database, ships)
        failed = "SELECT count(*) FROM fetches WHERE outcome = 'failed'"
        assert await scalar(database, failed) == 0
        assert [await process.stop() for process in (*old, *new)] == [0, 0, 0]
