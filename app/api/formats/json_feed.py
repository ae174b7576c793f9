"""JSON Feed 1.1 (jsonfeed.org/version/1.1); `_copydesk` holds what it has no words for."""

from __future__ import annotations

from typing import Any, Final

from app.api.formats.page import (
    PageFormat,
    Shape,
    StoryPage,
    media_type_of,
    rfc3339,
    source_name,
    story_urn,
)
from app.api.replies import encode

VERSION: Final = "https://jsonfeed.org/version/1.1"
MEDIA_TYPE: Final = "application/feed+json"


def write(page: StoryPage) -> bytes:
    feed = {
        "version": VERSION,
        "title": page.title,
        "home_page_url": page.absolute(page.json_link),
        "feed_url": page.absolute(page.self_link),
        "next_url": page.next_link and page.absolute(page.next_link),
        "items": [_item(story) for story in page.stories],
        "_copydesk": {"id": page.search_id},
    }
    return encode(_said(feed))


def _item(story: Shape) -> dict[str, Any]:
    """An item; one of content_html and content_text must be there: in want of the text, it is the
    summary, then the title.
    """
    attachments = [_attachment(enclosure) for enclosure in story["enclosures"]]
    return _said(
        {
            "id": story_urn(story),
            "url": story["url"],
            "title": story["title"],
            "content_html": story.get("html"),
            "content_text": story.get("text") or story["summary"] or story["title"],
            "summary": story["summary"],
            "image": story["image"],
            "date_published": rfc3339(story["published_at"]),
            "date_modified": rfc3339(story["updated_at"]),
            "authors": story["authors"] or [{"name": source_name(story)}],
            "tags": [tag["name"] for tag in story["tags"]] or None,
            "language": story["language"],
            "attachments": attachments or None,
            "_copydesk": {
                key: story[key]
                for key in ("tags", "agency", "dateline", "source", "ingested_at", "revision")
            },
        }
    )


def _attachment(enclosure: dict[str, Any]) -> dict[str, Any]:
    url = enclosure["url"]
    return _said(
        {
            "url": url,
            "mime_type": media_type_of(url, enclosure["type"]),
            "size_in_bytes": enclosure["length"],
        }
    )


def _said(names: dict[str, Any]) -> dict[str, Any]:
    """JSON Feed leaves out what is absent."""
    return {name: value for name, value in names.items() if value is not None}


JSON_FEED: Final = PageFormat(media_type=MEDIA_TYPE, suffix=".feed.json", write=write)
