"""Google News site maps, and indexes of site maps (sitemaps.org/protocol.html).

An address of a site map is an entry if it has a <news:news>; all others are pages of the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from app.core.parse.fields import absolute, sealed, unique
from app.core.parse.refuse import truncated
from app.core.parse.tree import Tree, child, children, words
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

_NEWS: Final = re.compile(rb"<(?:[\w.-]{1,40}:)?news[\s>]|schemas/sitemap-news", re.IGNORECASE)
_INDEX: Final = re.compile(rb"<(?:[\w.-]{1,40}:)?sitemapindex[\s>/]", re.IGNORECASE)
_LOOK_BYTES: Final = 4096
_SEPARATORS: Final = re.compile(r"[,;，、]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMap:
    """A site map that an index names."""

    url: str
    changed: str | None = None  # `lastmod` as it stands there


def is_index(body: bytes) -> bool:
    """Whether a document is an index of site maps, by its root."""
    return _INDEX.search(body, 0, _LOOK_BYTES) is not None


def has_news(body: bytes) -> bool:
    """Whether a site map may hold news; cheap, and only a reading of it tells."""
    return _NEWS.search(body) is not None


def read_index(tree: Tree, url: str) -> tuple[SiteMap, ...]:
    """The site maps that an index names, each once, in its order."""
    found: dict[str, SiteMap] = {}
    for element in tree.whole("sitemap"):
        if address := absolute(words(element, "loc"), url):
            found.setdefault(address, SiteMap(url=address, changed=words(element, "lastmod")))
    return tuple(found.values())


def index_feed(tree: Tree, url: str, notes: tuple[str, ...]) -> ParseResult:
    """An index by itself: a feed whose entries are elsewhere."""
    named = read_index(tree, url)
    if not named:
        why = "an index that names no site maps: ask the publisher for its feed"
        return ParseFailed(kind=Failure.NOT_A_FEED, detail=why)
    note = f"an index of {len(named)} site maps: their news is read when the feed is polled"
    return ParsedFeed(format="sitemap_index", notes=(*notes, note))


def sitemap_feed(tree: Tree, *, url: str, max_entries: int, notes: tuple[str, ...]) -> ParseResult:
    """The news of a site map, the newest `max_entries` of it; a refusal if it has none."""
    pages = tree.whole("url")
    stories = [
        (page, news)
        for page in pages
        if (news := child(page, "news")) is not None and absolute(words(page, "loc"), url)
    ]
    if not stories and not _is_of_news(tree.root):
        return _without_news(tree, len(pages))
    if len(stories) > max_entries:  # the protocol knows no order
        stories.sort(key=lambda story: words(story[1], "publication_date") or "", reverse=True)
    if len(stories) < len(pages):
        skipped = len(pages) - len(stories)
        notes = (*notes, f"{skipped} addresses skipped: without news, or not to be read")
    if tree.fault:
        notes = (*notes, f"not well-formed: {tree.fault}; read up to there")
    read = tuple(_entry(page, news, url) for page, news in stories[:max_entries])
    return ParsedFeed(
        format="news_sitemap",
        title=_the_one(entry.publisher for entry in read),
        language=_the_one(entry.language for entry in read),
        entries=read,
        dropped=len(stories) - len(read),
        notes=notes,
    )


def _is_of_news(root: Element) -> bool:
    return any("schemas/sitemap-news" in value for value in root.attrib.values())


def _without_news(tree: Tree, pages: int) -> ParseFailed:
    if tree.cut:
        return truncated(tree.length, begun=pages > 0)
    if tree.fault:
        why = f"a site map that is not well-formed ({tree.fault}): check the address"
        return ParseFailed(kind=Failure.NOT_XML, detail=why)
    why = (
        f"a site map of {pages} addresses, none with news (no <news:news>): ask the publisher for "
        "its news site map or its feed"
    )
    return ParseFailed(kind=Failure.NOT_A_FEED, detail=why)


def _entry(page: Element, news: Element, url: str) -> Entry:
    address = absolute(words(page, "loc"), url)
    title, name = words(news, "title"), words(news, "publication", "name")
    return sealed(
        Entry(
            raw_hash=0,
            url=address,
            title=Markup(value=title, html=False) if title else None,
            published_raw=words(news, "publication_date"),
            updated_raw=words(page, "lastmod"),
            categories=tuple(_categories(news)),
            enclosures=tuple(_films(page, url)),
            image_url=absolute(words(page, "image", "loc"), url),
            language=words(news, "publication", "language") or words(news, "language"),
            base_url=address,
            publisher=name,
        )
    )


def _categories(news: Element) -> Iterator[Category]:
    for name in ("keywords", "genres", "stock_tickers"):
        said = _SEPARATORS.split(words(news, name) or "")
        scheme = None if name == "keywords" else name
        yield from (
            Category(term=term, scheme=scheme) for term in unique([t.strip() for t in said]) if term
        )


def _films(page: Element, url: str) -> Iterator[Enclosure]:
    for film in children(page, "video"):
        if address := absolute(words(film, "content_loc"), url):
            yield Enclosure(url=address, type="video/mp4" if address.endswith(".mp4") else None)


def _the_one(said: Iterator[str | None]) -> str | None:
    """What all say who say anything."""
    values = {value for value in said if value}
    return values.pop() if len(values) == 1 else None
