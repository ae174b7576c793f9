"""Bytes as they came from the network → what the feed says."""

from __future__ import annotations

import io

import feedparser  # type: ignore[import-untyped]  # it brings no types

from app.core.hashing import hash64
from app.core.types import Entry, Failure, Markup, ParsedFeed, ParseFailed, ParseResult


def parse(
    body: bytes, *, content_type: str | None, url: str, max_entries: int = 2000
) -> ParseResult:
    """What `body`, found at `url` and called `content_type` there, says as a feed.

    Never raises; at most `max_entries` entries, the first in document order.
    """
    if not body.strip():
        return ParseFailed(kind=Failure.EMPTY, detail="the document is empty")
    found = feedparser.parse(
        io.BytesIO(body),
        response_headers={
            "content-type": content_type or "application/xml",
            "content-location": url,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not found.version and not found.entries:
        return ParseFailed(kind=Failure.NOT_A_FEED, detail="neither RSS nor Atom")
    entries = tuple(_entry(e) for e in found.entries[:max_entries])
    return ParsedFeed(
        format=found.version or "unknown",
        title=found.feed.get("title"),
        site_url=found.feed.get("link"),
        language=found.feed.get("language"),
        entries=entries,
        dropped=len(found.entries) - len(entries),
    )


def _entry(found: feedparser.FeedParserDict) -> Entry:
    title, summary = found.get("title"), found.get("summary")
    content = next((c.value for c in found.get("content", ())), None)
    published, updated = dict.get(found, "published"), dict.get(found, "updated")
    guid, link = found.get("id"), found.get("link")
    return Entry(
        raw_hash=hash64(guid, link, title, summary, content, published, updated),
        guid=guid,
        url=link,
        title=Markup(value=title, html=False) if title else None,
        summary=Markup(value=summary) if summary else None,
        content=Markup(value=content) if content else None,
        published_raw=published,
        updated_raw=updated,
    )
