"""What a page turned out to be: an article with its facts, or why it is none that we may use."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeAlias

from pydantic import TypeAdapter


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


def pack_page(page: Page) -> bytes:
    """Compressed JSON; `unpack_page` is the inverse."""
    return zlib.compress(_form().dump_json(page, exclude_defaults=True), 6)


def unpack_page(packed: bytes) -> Page:
    return _form().validate_json(zlib.decompress(packed))


@cache
def _form() -> TypeAdapter[Page]:
    return TypeAdapter(Page)
