"""`copydesk replay` and `copydesk doctor`, over a database in the folder."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from app.store.engine import open_database
from app.store.migrate import migrate
from tests.api.publisher import Item, atom
from tests.plans import add
from tests.test_cli import copydesk, folder

__all__ = ["folder"]

PIER = Item(title="Pier closed until Friday", text="The pier stays closed until Friday.")
LATER = Item(title="Pier closed until Friday", text="The pier stays closed until Sunday.")


@pytest.fixture
def body(folder: Path) -> Path:
    """A document for the feed in the folder's database, which has given none."""

    async def stock() -> None:
        database = open_database(f"sqlite+aiosqlite:///{folder / 'copydesk.db'}")
        await migrate(database)
        await add(database)
        async with database.write() as session:
            await session.execute(text("UPDATE feeds SET next_poll_at = 0"))
        await database.close()

    asyncio.run(stock())
    file = folder / "body.xml"
    file.write_text(atom(PIER))
    return file


def test_a_document_is_shown_then_written_and_then_changes_nothing(body: Path) -> None:
    shown = copydesk("replay", "1", "--file", str(body)).stdout
    assert PIER.title in shown
    assert "To be written: 1 new, 0 changed, 1 copies. Nothing is yet: add --apply." in shown
    assert "A poll would have set the next for " in shown
    assert "Written: 1 new" in copydesk("replay", "1", "--file", str(body), "--apply").stdout
    assert "Nothing would change." in copydesk("replay", "1", "--file", str(body)).stdout
    body.write_text(atom(LATER))
    changed = copydesk("replay", "1", "--file", str(body)).stdout
    assert "+1 −1" in changed
    assert "closed until [-Friday-]{+Sunday+}." in changed
    told = json.loads(copydesk("replay", "1", "--file", str(body), "--json").stdout)
    assert (told["changed"], told["applied"]) == (1, False)


def test_what_cannot_be_replayed_is_said(body: Path) -> None:
    nothing = copydesk("replay", "1")
    assert (nothing.exit_code, "has given no document yet" in nothing.stderr) == (1, True)
    for words in (("--file", "none.xml"), ("--content-type", "text/xml")):
        ended = copydesk("replay", "1", *words)
        assert ended.exit_code == 1
        assert len(ended.stderr.splitlines()) == 1
    body.write_text("<html><p>no feed</p></html>")
    ended = copydesk("replay", "1", "--file", str(body))
    assert (ended.exit_code, "cannot be read as a feed" in ended.stderr) == (1, True)


def test_a_deployment_is_looked_at_where_nothing_runs(body: Path) -> None:
    found = copydesk("doctor", "--json", contact="ops@news.example")
    told = json.loads(found.stdout)
    codes = {finding["code"] for finding in told["findings"]}
    assert "contact" not in codes
    assert "database" not in codes
    assert "no_poller" in codes  # the feed has been due since 1970
    assert (told["healthy"], found.exit_code) == (False, 1)
    assert "→ start copydesk poll" in copydesk("doctor").stdout
    body.with_name("copydesk.db").unlink()
    gone = copydesk("doctor")
    assert gone.exit_code == 1
    assert "there is no such file yet" in gone.stdout
    assert not body.with_name("copydesk.db").exists()


def test_a_database_that_does_not_answer_is_a_finding_without_its_password() -> None:
    ended = copydesk("doctor", database_url="postgresql://me:hush@127.0.0.1:1/news")
    assert ended.exit_code == 1
    assert "the database cannot be used" in ended.stdout
    assert "hush" not in ended.output
