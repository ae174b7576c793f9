"""What a page turned out to be: an article with its facts, or why it is none that we may use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from app.core.types import Entry, Markup


class Refusal(StrEnum):
    """Why a page's text is not taken; closed, so that metric labels stay bounded."""

    PAYWALL = "paywall"
    CONSENT = "consent"
    LOGIN = "login"
    BOT_CHECK = "bot_check"
    ERROR_PAGE = "error_page"  # answered with 200, and says that there is nothing here
    NOT_HTML = "not_html"
    NOT_AN_ARTICLE = "not_an_article"  # a front page, a list of links
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """What a page says of itself in its head and its structured data; nothing guessed."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_raw: str | None = None
    updated_raw: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An article page. `html` is a fragment for `read_blocks`, not yet safe to show."""

    url: str  # of the answer, after redirects
    html: str
    facts: PageFacts = PageFacts()
    source: str = "extracted"  # or "articleBody", from the page's structured data


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRefused:
    """`detail` is one line for an operator: what gave it away."""

    kind: Refusal
    detail: str


PageRead: TypeAlias = Page | PageRefused


class FoundBy(StrEnum):
    """How an address of a feed was come by, the surest first."""

    ADDRESS = "address"  # it is the one that was asked for
    LINK = "link"  # a link element of the page
    ANCHOR = "anchor"  # the page has a link that looks like one to a feed
    COMMON_PATH = "common_path"  # where sites use to have it
    SITEMAP = "sitemap"  # a site map that robots.txt names


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """An address that may be a feed's; without credentials, which are not the page's to give."""

    url: str
    found_by: FoundBy
    title: str | None = None
    comments: bool = False  # of readers, not of the site


def with_page(entry: Entry, page: Page) -> Entry:
    """The entry with the page's text for its content, and what else the feed left out.

    What the feed says stays: its title, summary, date, categories; its content, where it has no
    summary, becomes one.
    """
    return replace(
        entry,
        summary=entry.summary or entry.content,
        content=Markup(value=page.html, html=True),
        authors=entry.authors or page.facts.authors,
        image_url=entry.image_url or page.facts.image_url,
    )
