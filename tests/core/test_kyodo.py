"""The Kyodo piece in its house form, where the shared test data is."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.normal.normalize import normalize
from app.core.story import BlockType, FeedContext, Story
from app.core.types import Entry, Markup

TITLE = "Tillerson arrives in Tokyo"
PUBLISHED = "2017-03-15T09:30:00Z"
SEEN = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def expected(shared_data: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((shared_data / "kyodo" / "expected.json").read_text("utf-8"))
    return said


@pytest.fixture(params=["html", "plain"])
def story(request: pytest.FixtureRequest, shared_data: Path) -> Story:
    piece = (shared_data / "kyodo" / "piece.txt").read_text("utf-8")
    content = Markup(value=piece, html=False)
    if request.param == "html":
        parts = (part.strip().replace("\n", "<br>") for part in piece.split("\n\n"))
        content = Markup(value="".join(f"<p>{part}</p>" for part in parts if part))
    entry = Entry(raw_hash=0, title=Markup(value=TITLE), content=content, published_raw=PUBLISHED)
    context = FeedContext(feed_url="https://feeds.example/", source_name="The Japan Times")
    return normalize(entry, context, SEEN)


def test_language_agency_and_time(story: Story, expected: dict[str, Any]) -> None:
    assert story.language == expected["language"]
    assert story.agency is not None
    assert story.agency.code == expected["agency"]
    assert [tag.name for tag in story.tags if tag.scheme == "agency"] == expected["tags"]["agency"]
    assert story.published_at == datetime(2017, 3, 15, 9, 30, tzinfo=UTC)


def test_blocks(story: Story, expected: dict[str, Any]) -> None:
    assert Counter(block.type.value for block in story.blocks) == expected["blocks"]
    own = [block.text for block in story.blocks if block.type is BlockType.PARAGRAPH]
    assert own[0].startswith(expected["first_paragraph_starts"])
    assert own[-1].endswith(expected["last_paragraph_ends"])
    closing = [block.text for block in story.blocks if block.type is BlockType.BOILERPLATE]
    for line, start in zip(closing, expected["boilerplate_starts"], strict=True):
        assert line.startswith(start)


def test_the_text_is_the_paragraphs(story: Story, expected: dict[str, Any]) -> None:
    assert story.text.count("\n\n") == expected["blocks"]["paragraph"] - 1
    for words in expected["search"]["must_not_match"]:
        assert words.strip('"') not in story.text.lower()
