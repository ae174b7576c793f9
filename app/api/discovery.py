"""Find the feeds of a site, for operators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep
from app.api.feed_fields import feed_url
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_discovery import DiscoverFeeds, DiscoveryAnswer
from app.core.discovery import FoundFeed, main_feed

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])


@router.post("/feeds:discover", response_model=DiscoveryAnswer, responses=problems(400, 422))
async def discover(request: Request, deps: DepsDep, asked: DiscoverFeeds) -> Response:
    """Find the feeds of a site, the main one first; nothing is stored.

    Its page is read, robots.txt, the feeds that it names, and the usual places if it names none:
    some dozen requests at most, one after another, in up to a minute.
    """
    url = feed_url(asked.url if "://" in asked.url else f"https://{asked.url}")
    found = await deps.discover(url)
    main = main_feed(found.feeds)
    meta = {
        "url": found.url,
        "main": main and main.url,
        "requests": found.requests,
        "complete": found.complete,
    }
    return reply(request, {"data": [_shape(feed) for feed in found.feeds], "meta": meta})


def _shape(feed: FoundFeed) -> dict[str, Any]:
    return {
        "url": feed.url,
        "title": feed.title,
        "format": feed.format,
        "site_url": feed.site_url,
        "language": feed.language,
        "entries": feed.entries,
        "newest_at": feed.newest_at,
        "found_by": feed.found_by.value,
        "comments": feed.comments,
    }
