"""A page as a document of one entry, for who wants to see what it would be read as."""

from __future__ import annotations

from app.core.identity import keys_of, lookup_of
from app.core.page.types import Page, PageRefused
from app.core.poll import Document
from app.core.types import Entry, Markup, ParsedFeed


def page_document(body: bytes, *, content_type: str | None, url: str) -> Document | PageRefused:
    """The article of a page as the only entry of its document; heavy, for a worker process."""
    from app.core.page.read import read_page  # noqa: PLC0415 - .1 s that only workers need to spend

    page = read_page(body, content_type=content_type, url=url)
    if isinstance(page, PageRefused):
        return page
    keys = keys_of((_entry(page),))
    feed = ParsedFeed(
        format="html",
        language=page.facts.language,
        entries=tuple(each.entry for each in keys),
        notes=("an article's page, not a feed",),
    )
    return Document(feed=feed, keys=keys, lookup=lookup_of(keys, url))


def _entry(page: Page) -> Entry:
    facts = page.facts
    return Entry(
        raw_hash=0,
        url=facts.canonical_url or page.url,
        title=Markup(value=facts.title, html=False) if facts.title else None,
        content=Markup(value=page.html, html=True),
        authors=facts.authors,
        published_raw=facts.published_raw,
        updated_raw=facts.updated_raw,
        image_url=facts.image_url,
        base_url=page.url,
    )
