"""Which feeds a site has: what a document that was fetched says of that, and which is the main one.

Pure: `ingest/discover.py` does the fetching.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from urllib.parse import urljoin, urlsplit

from app.core.identity import url_hash
from app.core.normal.dates import read_date
from app.core.page.types import FeedLink, FoundBy
from app.core.parse.document import parse
from app.core.types import Failure, ParsedFeed
from app.core.urls import absolute_url, canonical_url

COMMON_PATHS: Final = (
    "/feed",
    "/rss.xml",
    "/feed.xml",
    "/rss",
    "/atom.xml",
    "/index.xml",
    "/feeds/posts/default",
    "/news-sitemap.xml",
)
"""Where sites use to have a feed that no page of theirs names, the most usual first."""

MAX_ENTRIES_COMPARED: Final = 50
MAX_SITEMAPS: Final = 20
ALIKE: Final = 0.8
"""Share of the entries of two feeds that are in both, from which on they are one."""

LONG_DEAD: Final = timedelta(days=180)
"""A feed that much behind another of its site is no main feed."""

_SITEMAP: Final = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_SAYS_NEWS: Final = re.compile(r"news", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed of a site, as it is at this moment."""

    url: str
    found_by: FoundBy
    format: str
    title: str | None = None
    site_url: str | None = None
    language: str | None = None
    entries: int = 0
    newest_at: datetime | None = None
    comments: bool = False  # of readers
    self_url: str | None = None
    compared: frozenset[int] = frozenset()  # its first entries, by their addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The feeds of a site, the main one first; `complete` is False if a limit came first."""

    url: str  # of the page, after redirects
    feeds: tuple[FoundFeed, ...]
    requests: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a document turned out to be: a feed, an index of site maps, or a page with links."""

    feed: FoundFeed | None = None
    links: tuple[FeedLink, ...] = ()


def look(body: bytes, *, content_type: str | None, url: str, max_entries: int) -> Looked:
    """Read a document that may be a feed or name some; heavy, for a worker process."""
    parsed = parse(body, content_type=content_type, url=url, max_entries=max_entries)
    if isinstance(parsed, ParsedFeed):
        return Looked(feed=_described(parsed, url))
    if parsed.kind is not Failure.HTML_PAGE:
        return Looked()
    from app.core.page.feed_links import feed_links  # noqa: PLC0415 - .1 s that only workers spend

    return Looked(links=feed_links(body, content_type=content_type, url=url))


def _described(parsed: ParsedFeed, url: str) -> FoundFeed:
    first = parsed.entries[:MAX_ENTRIES_COMPARED]
    dates = (read_date(entry.published_raw or entry.updated_raw) for entry in first)
    urls = (canonical_url(e.url, e.base_url) if e.url else None for e in first)
    return FoundFeed(
        url=url,
        found_by=FoundBy.ADDRESS,
        format=parsed.format,
        title=parsed.title,
        site_url=parsed.site_url,
        language=parsed.language,
        entries=len(parsed.entries) + parsed.dropped,
        newest_at=max((read.at for read in dates if read is not None), default=None),
        self_url=absolute_url(parsed.self_url, url) if parsed.self_url else None,
        compared=frozenset(url_hash(each) for each in urls if each),
    )


def sitemaps_of(robots: bytes, url: str) -> tuple[str, ...]:
    """The site maps that a robots.txt names (sitemaps.org/protocol.html), those for news first."""
    text = robots.decode("utf-8", "replace")
    found = (absolute_url(line[1], url) for line in islice(_SITEMAP.finditer(text), MAX_SITEMAPS))
    return news_first(address for address in found if address)


def news_first(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(addresses), key=lambda each: not says_news(each)))


def says_news(address: str) -> bool:
    """Whether an address of a site map says that it is one of news; its host may say so anyway."""
    return _SAYS_NEWS.search(urlsplit(address).path) is not None


def common_addresses(page: str) -> tuple[str, ...]:
    """Addresses where the site of a page may have its feed, without the page saying so."""
    return tuple(urljoin(page, path) for path in COMMON_PATHS)


def folded(found: Sequence[FoundFeed]) -> tuple[FoundFeed, ...]:
    """Each feed once, in order of rank: readers' comments, dead and empty ones last.

    Two are one if they have the same address, name the same as their own, or hold the same entries.
    """
    kept: list[FoundFeed] = []
    for feed in ranked(found):
        if not any(_same(feed, other) for other in kept):
            kept.append(feed)
    return tuple(kept)


def ranked(found: Sequence[FoundFeed]) -> list[FoundFeed]:
    newest = max((feed.newest_at for feed in found if feed.newest_at), default=None)
    return sorted(
        found,
        key=lambda feed: (
            feed.comments,
            feed.found_by is FoundBy.SITEMAP,
            _is_dead(feed, newest),
            feed.entries == 0,
        ),
    )


def main_feed(found: Sequence[FoundFeed]) -> FoundFeed | None:
    """The one feed that a site has beside its readers' comments; None where there is a choice.

    A site map of news is a choice only where there is nothing else.
    """
    of_the_site = [feed for feed in found if not feed.comments]
    feeds = [feed for feed in of_the_site if feed.found_by is not FoundBy.SITEMAP]
    wanted = feeds or of_the_site
    return wanted[0] if len(wanted) == 1 else None


def _is_dead(feed: FoundFeed, newest: datetime | None) -> bool:
    return newest is not None and (feed.newest_at is None or newest - feed.newest_at > LONG_DEAD)


def _same(one: FoundFeed, other: FoundFeed) -> bool:
    if one.url in (other.url, other.self_url) or other.url == one.self_url:
        return True
    if one.self_url is not None and one.self_url == other.self_url:
        return True
    both, either = one.compared & other.compared, one.compared | other.compared
    return len(both) > 1 and len(both) >= ALIKE * len(either)
