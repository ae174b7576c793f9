"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import orjson

from app.core.parse.fields import absolute, count, feed_title, sealed, text_of, unique
from app.core.parse.ninjs import ninjs_feed, ninjs_items
from app.core.parse.refuse import truncated
from app.core.types import (
    Category,
    Enclosure,
    Entry,
    Failure,
    Markup,
    ParsedFeed,
    ParseFailed,
    ParseResult,
)

Item: TypeAlias = dict[str, Any]

_VERSION = "jsonfeed.org/version/"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str, *, url: str, max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    """What a JSON document says as a feed."""
    try:
        document = _loads(text)
    except orjson.JSONDecodeError as error:
        if error.pos >= len(text):
            return truncated(len(text), begun='"items"' in text)
        return _refused(f"JSON that cannot be read ({error})")
    version = str(document.get("version") or "") if isinstance(document, dict) else ""
    if _VERSION not in version and (items := ninjs_items(document)) is not None:
        return ninjs_feed(items, url=url, max_entries=max_entries, notes=notes)
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return _refused("JSON, but neither JSON Feed (it has no list of items) nor ninjs")
    if _VERSION not in version:
        notes = (*notes, "no JSON Feed version: read as 1.1 by its items")
    return _feed(document, version, url=url, max_entries=max_entries, notes=notes)


def _loads(text: str) -> object:
    """The document; JSONDecodeError. orjson refuses all of it for one lone surrogate's escape."""
    try:
        return orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError:
        if not _SURROGATE_ESCAPE.search(text):
            raise
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
        raise


def _refused(what: str) -> ParseFailed:
    return ParseFailed(kind=Failure.NOT_A_FEED, detail=f"{what}: check the address")


def _feed(
    document: Item, version: str, *, url: str, max_entries: int, notes: tuple[str, ...]
) -> ParsedFeed:
    site_url = absolute(document.get("home_page_url"), url)
    authors = _authors(document)
    items = [item for item in document["items"] if isinstance(item, dict)]
    if len(items) < len(document["items"]):
        notes = (*notes, f"{len(document['items']) - len(items)} items skipped: not objects")
    return ParsedFeed(
        format="json10" if version.rstrip("/").endswith(("/1", "/1.0")) else "json11",
        title=feed_title(document.get("title"), html=False),
        site_url=site_url,
        self_url=absolute(document.get("feed_url"), url),
        hub_urls=_hubs(document, url),
        language=text_of(document.get("language")),
        entries=tuple(_entry(item, url, authors) for item in items[:max_entries]),
        dropped=max(0, len(items) - max_entries),
        notes=notes,
    )


def _entry(item: Item, feed_url: str, feed_authors: tuple[str, ...]) -> Entry:
    url = absolute(item.get("url"), feed_url) or absolute(item.get("external_url"), feed_url)
    guid = item.get("id")
    draft = Entry(
        raw_hash=0,
        guid=text_of(str(guid)) if isinstance(guid, str | int | float) else None,
        url=url,
        title=_markup(item.get("title"), html=False),
        summary=_markup(item.get("summary"), html=False),
        content=_markup(item.get("content_html"), html=True)
        or _markup(item.get("content_text"), html=False),
        authors=_authors(item) or feed_authors,
        published_raw=text_of(item.get("date_published")),
        updated_raw=text_of(item.get("date_modified")),
        categories=tuple(Category(term=tag) for tag in unique(_texts(item.get("tags")))),
        enclosures=_attachments(item, feed_url),
        image_url=absolute(item.get("image"), feed_url)
        or absolute(item.get("banner_image"), feed_url),
        language=text_of(item.get("language")),
        base_url=url or feed_url,
    )
    return sealed(draft)


def _authors(item: Item) -> tuple[str, ...]:
    """Names, of 1.1's `authors` or 1.0's `author`; an item's own stand before the feed's."""
    people = [*_objects(item.get("authors")), *_objects([item.get("author")])]
    return unique([name for person in people if (name := text_of(person.get("name")))])


def _attachments(item: Item, base: str) -> tuple[Enclosure, ...]:
    return tuple(
        Enclosure(
            url=url,
            type=text_of(attachment.get("mime_type")),
            length=count(attachment.get("size_in_bytes")),
        )
        for attachment in _objects(item.get("attachments"))
        if (url := absolute(attachment.get("url"), base))
    )


def _hubs(document: Item, url: str) -> tuple[str, ...]:
    """The WebSub hubs, among those of other protocols."""
    named = _objects(document.get("hubs"))
    hubs = [hub for hub in named if str(hub.get("type")).lower() in ("websub", "pubsubhubbub")]
    return tuple(found for hub in hubs if (found := absolute(hub.get("url"), url)))


def _markup(value: object, *, html: bool) -> Markup | None:
    text = text_of(value)
    return Markup(value=text, html=html) if text else None


def _objects(value: object) -> Iterator[Item]:
    yield from (part for part in value if isinstance(part, dict)) if isinstance(value, list) else ()


def _texts(value: object) -> list[str]:
    parts = value if isinstance(value, list) else []
    return [text for part in parts if (text := text_of(part))]
