"""The tags of one story, and the sections of one source, by command."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from app.store.engine import open_database
from app.store.migrate import migrate
from tests.plans import add, entry, poll
from tests.test_cli import copydesk, folder

__all__ = ["folder"]


@pytest.fixture
def story(folder: Path) -> str:
    """The id of a story of news.example, in the database of the folder."""

    async def stock() -> int:
        database = open_database(f"sqlite+aiosqlite:///{folder / 'copydesk.db'}")
        await migrate(database)
        await add(database)
        (new,) = (await poll(database, entry("a", categories=("Decks & Quays",)))).new
        await database.close()
        return new.id

    return str(asyncio.run(stock()))


def edits(*words: str) -> list[tuple[str, bool]]:
    result = copydesk("tags", *words, "--json")
    assert result.exit_code == 0, result.output
    return [(e["tag"], e["given"]) for e in json.loads(result.stdout)["edits"]]


def test_tags_of_a_story_are_given_taken_and_left_alone(story: str) -> None:
    said = copydesk("tags", "add", story, "label:port", "--name", "The port").stdout
    assert "label:port" in said.splitlines()[0]
    assert said.splitlines()[1] == "  By hand: +label:port."
    assert edits("remove", story, "category:decks-quays") == [
        ("label:port", True),
        ("category:decks-quays", False),
    ]
    assert edits("reset", story, "label:port") == [("category:decks-quays", False)]
    assert edits("reset", story) == []
    refused = copydesk("tags", "add", story, "lang:ja")
    assert (refused.exit_code, "a rule sets" in refused.stderr) == (1, True)


def test_sections_of_a_source_are_shown_and_said(story: str) -> None:
    shown = copydesk("tags", "sections", "news.example").stdout
    assert "Decks & Quays" in shown
    said = copydesk(
        "tags", "sections", "news.example", "--set", "decks & quays=medtop:17000000",
        "--nothing", "World",
    ).stdout  # fmt: skip
    assert "decks & quays = medtop:17000000\nWorld = nothing\n" in said
    assert "operator" in said
    left = copydesk("tags", "sections", "news.example", "--forget", "World", "--json").stdout
    assert json.loads(left)["sections"] == {"decks & quays": "medtop:17000000"}
    refused = copydesk("tags", "sections", "news.example", "--set", "World")
    assert (refused.exit_code, "says no topic" in refused.stderr) == (1, True)
