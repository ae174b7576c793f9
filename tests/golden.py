"""Entries whose stories were written down by hand, in tests/core/golden: one piece to a file.

{"feed": what is known of the feed, "entry": what it says, "story": what it comes to}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core.normal.normalize import normalize
from app.core.normal.orders import DateOrder
from app.core.story import FeedContext, Story, TitleAffixes
from app.core.types import Category, Entry, Markup

FOLDER = Path(__file__).parent / "core" / "golden"
SEEN = datetime(2024, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    name: str  # language and kind: "english-wire"
    context: FeedContext
    entry: Entry
    story: dict[str, Any]

    def made(self) -> dict[str, Any]:
        """What the entry comes to now, in the form of `story`."""
        return story_as_json(normalize(self.entry, self.context, SEEN))


def goldens() -> list[Golden]:
    return [_golden(path) for path in sorted(FOLDER.glob("*.json"))]


def _golden(path: Path) -> Golden:
    said = json.loads(path.read_text("utf-8"))
    return Golden(
        name=path.stem,
        context=context_of(said["feed"]),
        entry=entry_of(said["entry"]),
        story=said["story"],
    )


def entry_of(said: dict[str, Any]) -> Entry:
    markup: dict[str, Any] = {
        k: Markup(value=said[k]) for k in ("title", "summary", "content") if k in said
    }
    categories = tuple(Category(term=term) for term in said.get("categories", ()))
    plain: dict[str, Any] = {
        k: said[k] for k in ("url", "base_url", "published_raw", "updated_raw") if k in said
    }
    authors = tuple(said.get("authors", ()))
    return Entry(raw_hash=0, authors=authors, categories=categories, **markup, **plain)


def context_of(said: dict[str, Any]) -> FeedContext:
    fields = dict(said)
    if affixes := fields.pop("title_suffixes", None):
        fields["title_affixes"] = TitleAffixes(suffixes=tuple(affixes))
    if order := fields.pop("date_order", None):
        fields["date_order"] = DateOrder(order)
    return FeedContext(**fields)


def story_as_json(story: Story) -> dict[str, Any]:
    return {
        "url": story.url,
        "title": story.title,
        "summary": story.summary,
        "blocks": [[block.type.value, block.rule, block.text] for block in story.blocks],
        "html": story.html,
        "authors": list(story.authors),
        "agency": story.agency.code if story.agency else None,
        "dateline": story.dateline.text if story.dateline else None,
        "place": story.dateline.place if story.dateline else None,
        "language": story.language,
        "published_at": story.published_at.isoformat(),
        "published_from": story.published_from.value,
        "published_rule": story.published_rule,
        "updated_at": story.updated_at.isoformat() if story.updated_at else None,
        "image_url": story.image_url,
        "tags": [tag.qcode for tag in story.tags],
        "word_count": story.word_count,
    }
