"""Find the feeds of a site: from its page, its robots.txt and the usual places.

One request after another, each host under its slot and with its gap; a bounded number of them
within a deadline of their own. Every address goes through the guarded client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final
from urllib.parse import urljoin

from app.core.discovery import (
    Discovered,
    FoundFeed,
    Looked,
    common_addresses,
    folded,
    look,
    news_first,
    says_news,
    sitemaps_of,
)
from app.core.gather import site_maps
from app.core.page.robots import Robots, product_token
from app.core.page.types import FeedLink, FoundBy
from app.core.parse.sitemap import is_index
from app.core.types import Fetched, FetchFailed, FetchPolicy, FetchResult
from app.core.urls import host_of, without_credentials
from app.errors import Unreachable
from app.ingest.entrance import Entrance
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.offload import OffloadFailed
from app.ingest.pipeline import Pipeline
from app.ingest.robots import robots_of
from app.ingest.visiting import visiting

PERMANENT: Final = frozenset({301, 308})
LEAST_S: Final = 1.0
"""No request is begun with less time than this left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryPolicy:
    """The limits of one search for feeds."""

    deadline_s: float = 60.0
    max_requests: int = 24
    max_links: int = 10  # that a page names and that are tried
    max_listed: int = 6  # that are tried of a page which a link led to
    max_sitemaps: int = 3


async def discover(
    url: str, pipeline: Pipeline, policy: DiscoveryPolicy | None = None
) -> Discovered:
    """The feeds of the site at `url`; raises Unreachable if there is no answer from there."""
    limits = policy or DiscoveryPolicy()
    lease_s = limits.deadline_s + pipeline.fetch_policy.deadline_s
    async with visiting(pipeline, "discover", lease_s) as entrance:
        return await _Search(pipeline, limits, entrance).run(url)


class _Search:
    """One search under way: what it has found, and what it has cost."""

    def __init__(self, pipeline: Pipeline, policy: DiscoveryPolicy, entrance: Entrance) -> None:
        self._pipeline = pipeline
        self._policy = policy
        self._entrance = entrance
        self._until = time.monotonic() + policy.deadline_s
        self._asked: set[str] = set()
        self._free_at: dict[str, float] = {}  # by host, monotonic
        self._found: list[FoundFeed] = []
        self._complete = True

    async def run(self, url: str) -> Discovered:
        match await self._get(url):
            case Fetched() as page:
                looked = await self._look(url, page, FoundBy.ADDRESS)
            case FetchFailed(kind=kind, detail=detail):
                shown = without_credentials(url)
                raise Unreachable(f"{shown} could not be fetched ({kind.value}): {detail}")
            case _:
                raise Unreachable(f"{without_credentials(url)} gave no answer: try again")
        if not self._found:
            await self._search_site(page, looked)
        return Discovered(
            url=page.url,
            feeds=folded(self._found),
            requests=len(self._asked),
            complete=self._complete,
        )

    async def _search_site(self, page: Fetched, looked: Looked) -> None:
        robots, sitemaps = await self._robots(page.url)
        listed = await self._follow(looked.links[: self._policy.max_links])
        if not self._found:
            await self._follow(listed[: self._policy.max_listed])
        if not self._has_feed():
            await self._guess(page.url, robots)
        named = [each for each in sitemaps if says_news(each) or not self._has_feed()]
        for address in named[: self._policy.max_sitemaps]:
            await self._try_sitemap(address)

    def _has_feed(self) -> bool:
        """Whether there is one of the site's own already."""
        return any(not feed.comments for feed in self._found)

    # --- where feeds may be -----------------------------------------------------------------

    async def _robots(self, page: str) -> tuple[Robots | None, tuple[str, ...]]:
        """What the site asks of robots, None for nothing at all, and its site maps."""
        address = urljoin(page, "/robots.txt")
        answer = await self._get(address)
        if answer is None:
            return None, ()
        read = robots_of(answer, product_token(self._pipeline.fetch_policy.user_agent))
        named = sitemaps_of(answer.body, address) if isinstance(answer, Fetched) else ()
        return (read if isinstance(read, Robots) else None), named

    async def _follow(self, links: Iterable[FeedLink]) -> list[FeedLink]:
        """Try what a page names; what pages behind its links name, for these may be lists."""
        listed: dict[str, FeedLink] = {}
        for link in links:
            looked = await self._try(link.url, link.found_by, link)
            for other in looked.links if link.found_by is FoundBy.ANCHOR else ():
                listed.setdefault(other.url, other)
        return list(listed.values())

    async def _guess(self, page: str, robots: Robots | None) -> None:
        """Look in the usual places, as far as the site lets robots."""
        for address in common_addresses(page):
            if self._has_feed() or robots is None:
                return
            if robots.allows(address):
                await self._try(address, FoundBy.COMMON_PATH)

    async def _try_sitemap(self, address: str) -> None:
        answer = await self._get(address)
        if not isinstance(answer, Fetched):
            return
        if not is_index(answer.body):
            await self._look(address, answer, FoundBy.SITEMAP)
            return
        named = await self._pipeline.offload.run(
            site_maps, answer.body, answer.content_type, answer.url
        )
        if isinstance(named, OffloadFailed):
            return
        for child in news_first(each.url for each in named)[:1]:
            if says_news(child) or says_news(address):
                await self._try_index(answer.url, child)

    async def _try_index(self, index: str, child: str) -> None:
        """An index is a feed if what it names holds news: it is the index that stays."""
        before = len(self._found)
        await self._try(child, FoundBy.SITEMAP)
        self._found[before:] = [replace(feed, url=index) for feed in self._found[before:]]

    # --- one address ------------------------------------------------------------------------

    async def _try(self, url: str, found_by: FoundBy, link: FeedLink | None = None) -> Looked:
        answer = await self._get(url)
        if not isinstance(answer, Fetched):
            return Looked()
        return await self._look(url, answer, found_by, link)

    async def _look(
        self, asked: str, answer: Fetched, found_by: FoundBy, link: FeedLink | None = None
    ) -> Looked:
        looked = await self._pipeline.offload.run(
            look,
            answer.body,
            content_type=answer.content_type,
            url=answer.url,
            max_entries=self._pipeline.max_entries,
        )
        if isinstance(looked, OffloadFailed):
            return Looked()
        feed = looked.feed
        if feed is not None:
            comments = link is not None and link.comments
            title = feed.title or (link.title if link else None)
            address = _lasting(asked, answer)
            self._found.append(
                replace(feed, url=address, found_by=found_by, comments=comments, title=title)
            )
        return looked

    async def _get(self, url: str) -> FetchResult | None:
        """An answer; None for an address that was asked before, or where a limit is reached."""
        if url in self._asked:
            return None
        host = host_of(url) or ""
        await asyncio.sleep(max(0.0, self._free_at.get(host, 0.0) - time.monotonic()))
        left_s = self._until - time.monotonic()
        if left_s < LEAST_S or len(self._asked) >= self._policy.max_requests:
            self._complete = False
            return None
        self._asked.add(url)
        policy = self._pipeline.fetch_policy
        answer = await self._ask(url, replace(policy, deadline_s=min(policy.deadline_s, left_s)))
        for each in {host, host_of(answer.url) or host}:
            self._free_at[each] = time.monotonic() + self._pipeline.host_gap_s
        return answer

    async def _ask(self, url: str, policy: FetchPolicy) -> FetchResult:
        barred = await self._entrance.enter(url)
        if barred is not None:
            return FetchFailed(kind=barred.kind, detail=barred.detail, url=without_credentials(url))
        request = FetchRequest(url=url, enter=self._entrance.enter)
        return await fetch(request, self._pipeline.clients, policy)


def _lasting(asked: str, answer: Fetched) -> str:
    """Where the document is to be asked for: redirects that are for a while are not gone along."""
    permanent = takewhile(lambda hop: hop.status in PERMANENT, answer.redirects)
    return [without_credentials(asked), *(hop.url for hop in permanent)][-1]
