"""The Kyodo piece in its house form, where the shared test data is."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.core.kept import KeptEntry
from app.core.make import complete
from app.core.normal.normalize import normalize
from app.core.search.facets import StorySource
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
    kept = KeptEntry(entry=entry, context=context, first_seen=SEEN)
    source = StorySource(id=1, domain="feeds.example", country="JP")
    return complete(normalize(entry, context, SEEN), kept, source).story


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


def test_the_tags(story: Story, expected: dict[str, Any]) -> None:
    """All that are expected, and none that must not be; topics by their roots."""
    names = {
        scheme: {tag.name for tag in story.tags if tag.scheme == scheme}
        for scheme in ("person", "place", "org")
    }
    for scheme, found in names.items():
        assert set(expected["tags"][scheme]) <= found
    roots = {re.search(r"\d{8}", topic)[0] for topic in expected["tags"]["medtop_roots"]}
    assert roots <= {tag.code for tag in story.tags if tag.scheme == "medtop"}
    assert names["person"] == set(expected["tags"]["person"]), "nobody else"
    assert "Trump" not in names["place"]
    assert not {tag.code for tag in story.tags} & {"washington-state", "state", "vladimir"}


def test_tags_say_where_they_are_found(story: Story) -> None:
    for tag in story.tags:
        if tag.span is None:
            continue
        text = story.title if tag.span.field == "title" else story.text
        assert text[tag.span.start : tag.span.end] == tag.matched
        assert tag.mentions >= 1
