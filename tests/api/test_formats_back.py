"""What one Copydesk says in ninjs, another one can read: the same stories come out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.normal.normalize import normalize
from app.core.parse.document import parse
from app.core.story import FeedContext, Story
from app.core.types import ParsedFeed
from tests.api.conftest import Api
from tests.api.publisher import Publisher
from tests.api.stocked import stock

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def read_back(body: bytes) -> list[Story]:
    feed = parse(body, content_type="application/vnd.iptc.ninjs+json", url="https://c.example/")
    assert isinstance(feed, ParsedFeed), feed
    assert feed.format == "ninjs"
    context = FeedContext(feed_url="https://c.example/")
    return [normalize(entry, context, LATER) for entry in feed.entries]


def said(story: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": story["title"],
        "url": story["url"],
        "language": story["language"],
        "authors": tuple(author["name"] for author in story["authors"]),
        "agency": story["agency"] and story["agency"]["code"],
        "published_at": datetime.fromisoformat(story["published_at"]),
        "image": story["image"],
    }


def read(story: Story) -> dict[str, Any]:
    return {
        "title": story.title,
        "url": story.url,
        "language": story.language,
        "authors": story.authors,
        "agency": story.agency.code if story.agency else None,
        "published_at": story.published_at,
        "image": story.image_url,
    }


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    return await stock(api, harbour)


async def test_a_list(stocked: Api) -> None:
    stories = await stocked.data("/v1/stories?sort=-published")
    back = read_back((await stocked.get("/v1/stories.ninjs?sort=-published")).content)
    assert [read(story) for story in back] == [said(story) for story in stories]


async def test_one_story_with_its_text(stocked: Api) -> None:
    for listed in await stocked.data("/v1/stories"):
        story = await stocked.data(f"/v1/stories/{listed['id']}")
        (back,) = read_back((await stocked.get(f"/v1/stories/{story['id']}.ninjs")).content)
        assert read(back) == said(story)
        assert back.text == story["text"]
