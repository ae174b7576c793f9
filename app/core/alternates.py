"""A document that is to be a feed, and what a page that came in its place says of feeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from app.core.parse.document import parse
from app.core.types import Failure, ParseFailed, ParseResult

MAX_ALTERNATES: Final = 5
MAX_URL_CHARS: Final = 2000  # of an address that a feed can be moved to


def parse_or_name_others(
    body: bytes, *, content_type: str | None, url: str, max_entries: int
) -> ParseResult:
    """What `parse` makes of it; of a page also the feeds that it names, readers' comments aside.

    Heavy, for a worker process.
    """
    parsed = parse(body, content_type=content_type, url=url, max_entries=max_entries)
    if not isinstance(parsed, ParseFailed) or parsed.kind is not Failure.HTML_PAGE:
        return parsed
    from app.core.page.feed_links import feed_links  # noqa: PLC0415 - slow to import, seldom needed

    links = feed_links(body, content_type=content_type, url=url)
    named = [link.url for link in links if not link.comments and len(link.url) <= MAX_URL_CHARS]
    page = parsed.detail.partition(", not a feed: ")[0]
    step = f"it names the feed {named[0]}" if named else "look on the site for its feed"
    return replace(
        parsed,
        detail=f"{page}, not a feed: {step}",
        alternates=tuple(named[:MAX_ALTERNATES]),
    )
