"""IPTC ninjs 1.x to 3.x (iptc.org/standards/ninjs): one item, a list of items, or a wrapper.

The versions differ in the names' capitals and in what is a list: 1.x says `headline` and
`body_xhtml`, later ones `headlines` and `bodies` with roles. A composite item is read as the items
that it brings along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.core.parse.fields import count
from app.core.parse.ninjs_fields import Item, lower, named_objects
from app.core.parse.ninjs_item import has_text, read_item
from app.core.types import Failure, ParsedFeed, ParseFailed, ParseResult

_MARKS: Final = (
    "pubstatus", "versioncreated", "headlines", "headline", "bodies", "body_xhtml", "body_text",
    "body_html", "bylines", "byline", "by", "representationtype", "descriptions",
    "description_text", "associations", "renditions",
)  # fmt: skip
_LISTS: Final = ("items", "results", "data", "news")
_NO_STORIES: Final = ("event", "planning")
_MAX_ITEMS: Final = 10_000


def ninjs_items(document: object) -> list[Item] | None:
    """The items of a document, names in small letters; None if it is no ninjs."""
    found = document
    if isinstance(document, dict) and not _is_item(document):
        found = next((document[n] for n in _LISTS if isinstance(document.get(n), list)), None)
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        return None
    items = [lower(item) for item in found[:_MAX_ITEMS] if isinstance(item, dict)]
    said = [item for item in items if _is_item(item)]
    return said if said or (_names_ninjs(document) and not items) else None


def _is_item(item: Mapping[str, Any]) -> bool:
    """An item has a `uri`, which alone is required, and something that only ninjs has."""
    names = {str(name).lower() for name in item}
    if "uri" not in names:
        return False
    return _names_ninjs(item) or any(mark in names for mark in _MARKS)


def _names_ninjs(document: object) -> bool:
    if not isinstance(document, dict):
        return False
    standard = document.get("standard") or document.get("$standard")
    return isinstance(standard, dict) and str(standard.get("name")).lower() == "ninjs"


def ninjs_feed(
    items: Sequence[Item], *, url: str, max_entries: int, notes: tuple[str, ...]
) -> ParseResult:
    """The stories of ninjs items; a refusal if none of them tells one."""
    brought = list(_flat(items))
    flat = [item for item in brought if item.get("type") not in _NO_STORIES]
    if len(flat) < len(brought):
        notes += (f"{len(brought) - len(flat)} events and plans skipped",)
    latest = _latest(flat)
    if len(latest) < len(flat):
        notes += (f"{len(flat) - len(latest)} older versions skipped",)
    entries = [read_item(item, url) for item in latest[:max_entries]]
    stories = tuple(e for e in entries if e.title or e.content or e.summary or e.pub_status)
    if brought and not stories:
        why = "ninjs whose items are no stories: events, plans, or without headline and text"
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=f"{why}: ask the provider for its text")
    if len(stories) < len(entries):
        notes += (f"{len(entries) - len(stories)} items without headline and text skipped",)
    return ParsedFeed(
        format="ninjs", entries=stories, dropped=len(latest) - len(entries), notes=notes
    )


def _flat(items: Sequence[Item]) -> Iterator[Item]:
    """Items, and in the place of a composite one without a text of its own those it brings."""
    for item in items:
        inner = [i for i in named_objects(item, "associations") if _is_item(i)]
        if item.get("type") in ("composite", "package") and not has_text(item) and inner:
            yield from inner
        else:
            yield item


def _latest(items: Sequence[Item]) -> list[Item]:
    """One item for each uri, its highest version, at the first one's place."""
    latest: dict[str, Item] = {}
    for item in items:
        uri = str(item.get("uri"))
        if uri not in latest or _version(item) >= _version(latest[uri]):
            latest[uri] = item
    return list(latest.values())


def _version(item: Item) -> int:
    return count(item.get("version")) or 0
