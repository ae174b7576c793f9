"""Our reading of gofeed's test feeds beside gofeed's own: where both say something, do they agree?

gofeed (github.com/mmcdole/gofeed) is another parser by other people, so where the two agree neither
is likely to be wrong. Its JSON goldens are of three shapes: RSS, Atom, and the one that it makes of
both; only values that a golden has are compared.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.core.normal.blocks import BlocksRead, read_blocks
from app.core.normal.dates import read_date
from app.core.normal.people import read_authors
from app.core.parse.document import parse
from app.core.parse.fields import absolute
from app.core.text import fold_space, title_text
from app.core.types import Entry, Markup, ParsedFeed

BASE: Final = "https://feeds.example/feed.xml"
FIELDS: Final = ("title", "link", "id", "date", "authors", "text", "categories", "enclosures")

_SEVERAL = "with several links, of which gofeed takes the last"
_TEXT = "whose type says that they are text, not HTML: markup in them is shown"
_MARKUP = "with elements inside, which no format allows"

_BINARY = "whose type is of no text: pictures, data"

CAUSES: Final = {
    ("extensions/dublincore/dublincore_item_multiple_values.xml", "authors"): (
        "with several creators, of which gofeed takes the first"
    ),
    ("parser/atom/atom03_feed_entry_title_base64_escaped_markup.xml", "title"): _TEXT,
    ("parser/atom/atom03_feed_entry_title_xhtml_escaped_markup.xml", "title"): _TEXT,
    ("parser/atom/atom10_feed_entry_title_base64.xml", "title"): _TEXT,
    ("parser/atom/atom10_feed_entry_title_base64_escaped_markup.xml", "title"): _TEXT,
    ("parser/rss/rdf_item_links.xml", "link"): _SEVERAL,
    ("parser/rss/rss_channel_item_links.xml", "link"): _SEVERAL,
    ("translator/rss/feed_item_links_-_rss_channel_item_links.xml", "link"): _SEVERAL,
    ("parser/rss/rss_channel_item_author_naked_markup.xml", "authors"): _MARKUP,
    ("parser/rss/rss_channel_item_guid_naked_markup.xml", "id"): _MARKUP,
    ("parser/rss/rss_channel_item_category_naked_markup.xml", "categories"): _MARKUP,
    ("parser/atom/atom03_feed_entry_summary_base64_escaped_markup.xml", "text"): _TEXT,
    ("parser/atom/atom03_feed_entry_summary_xhtml_escaped_markup.xml", "text"): _TEXT,
    ("parser/atom/atom10_feed_entry_summary_base64.xml", "text"): _TEXT,
    ("parser/atom/atom10_feed_entry_summary_base64_escaped_markup.xml", "text"): _TEXT,
    ("parser/atom/atom10_feed_entry_content_base64.xml", "text"): _BINARY,
    ("parser/atom/atom10_feed_entry_content_base64_escaped_markup.xml", "text"): _BINARY,
    ("parser/atom/issue_275_extensions_and_source.xml", "text"): _BINARY,
}
"""Differences that were looked at, with the reason for which ours stands."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value on which the two readings differ."""

    name: str
    field: str
    theirs: str
    ours: str


@dataclass(kw_only=True)
class Agreement:
    """How many values were compared and how many agree, by field."""

    files: int = 0
    unread: list[str] = field(default_factory=list)
    compared: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def share(self, name: str) -> float:
        return self.agreed[name] / self.compared[name] if self.compared[name] else 1.0


def compare(folder: Path) -> Agreement:
    """All pairs of a feed and its golden under gofeed's `testdata`."""
    found = Agreement()
    for feed, golden in _pairs(folder):
        found.files += 1
        name = feed.relative_to(folder).as_posix()
        items = _items(json.loads(golden.read_text("utf-8-sig")))
        result = parse(feed.read_bytes(), content_type=None, url=BASE)
        if not isinstance(result, ParsedFeed) or len(result.entries) != len(items):
            if items:
                found.unread.append(name)
            continue
        for theirs, entry in zip(items, result.entries, strict=True):
            _compare(found, name, _said(theirs), _read(entry))
    return found


def _pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    for feed in sorted(folder.rglob("*.xml")):
        if (golden := feed.with_suffix(".json")).exists():
            yield feed, golden
    for feed in sorted(folder.rglob("*.json")):
        golden = feed.with_name(f"{feed.stem}_expected.json")
        if golden.exists():
            yield feed, golden


def _items(golden: dict[str, Any]) -> list[dict[str, Any]]:
    return golden.get("items") or golden.get("entries") or []


# --- the two readings -------------------------------------------------------------------------


def _said(item: dict[str, Any]) -> dict[str, Any]:
    """What the golden has, as comparable values."""
    guid = item.get("guid") or item.get("id")
    if isinstance(guid, dict):
        guid = guid.get("value")
    link = item.get("link") or next(
        (one.get("href") for one in item.get("links", ()) if _is_alternate(one)), None
    )
    date = next((item[k] for k in _DATES if item.get(k)), None)
    people = [*item.get("authors", ()), *([item["author"]] if item.get("author") else [])]
    names = [p if isinstance(p, str) else p.get("name") or p.get("email") or "" for p in people]
    return {
        "title": _plain(item.get("title")),
        "link": absolute(link, BASE) if isinstance(link, str) else None,
        "id": guid.strip() if isinstance(guid, str) and guid.strip() else None,
        "date": datetime.fromisoformat(date) if date else None,
        "authors": frozenset(map(str.casefold, read_authors(names).names)) or None,
        "text": frozenset(filter(None, (_words(item.get(name)) for name in _TEXTS))) or None,
        "categories": frozenset(filter(None, map(_term, item.get("categories", ())))) or None,
        "enclosures": frozenset(_addresses(item)) or None,
    }


_TEXTS: Final = ("content", "description", "summary", "content_html")


def _words(said: object) -> str | None:
    """A text without its markup, by which readers differ in every detail."""
    value = said.get("value") if isinstance(said, dict) else said
    return _folded(read_blocks(value, is_html=True)) if isinstance(value, str) else None


def _folded(read: BlocksRead) -> str | None:
    return fold_space(read.text) or None


def _term(category: object) -> str | None:
    said = category
    if isinstance(category, dict):
        said = category.get("label") or category.get("term") or category.get("value")
    return said.strip() or None if isinstance(said, str) else None


def _addresses(item: dict[str, Any]) -> Iterator[str]:
    links = [one for one in item.get("links", ()) if isinstance(one, dict)]
    files = [one.get("href") for one in links if one.get("rel") == "enclosure"]
    files += [one.get("url") for one in item.get("enclosures", ())]
    yield from (url for file in files if (url := absolute(file, BASE)))


_DATES: Final = ("publishedParsed", "pubDateParsed", "updatedParsed")


def _is_alternate(link: object) -> bool:
    return isinstance(link, dict) and link.get("rel", "alternate") == "alternate"


def _plain(title: object) -> str | None:
    said = title.get("value") if isinstance(title, dict) else title
    return fold_space(title_text(Markup(value=said))) or None if isinstance(said, str) else None


def _read(entry: Entry) -> dict[str, Any]:
    date = read_date(entry.published_raw) or read_date(entry.updated_raw)
    return {
        "title": fold_space(title_text(entry.title)) if entry.title else None,
        "link": entry.url,
        "id": entry.guid,
        "date": date.at if date else None,
        "authors": frozenset(map(str.casefold, read_authors(entry.authors).names)) or None,
        "text": frozenset(filter(None, map(_read_words, (entry.content, entry.summary)))) or None,
        "categories": frozenset(c.label or c.term for c in entry.categories) or None,
        "enclosures": frozenset(enclosure.url for enclosure in entry.enclosures) or None,
    }


def _read_words(markup: Markup | None) -> str | None:
    return _folded(read_blocks(markup.value, is_html=markup.html)) if markup else None


def _compare(found: Agreement, name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    for which in FIELDS:
        if theirs[which] is None:
            continue
        found.compared[which] += 1
        if theirs[which] == ours[which]:
            found.agreed[which] += 1
            continue
        shown = (str(theirs[which])[:80], str(ours[which])[:80])
        found.differences.append(Difference(name=name, field=which, theirs=shown[0], ours=shown[1]))
