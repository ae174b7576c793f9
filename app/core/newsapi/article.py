"""Our stories and sources as the dialect shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from app.core.urls import without_credentials

CONTENT_CHARS: Final = 200
SNIPPET_CHARS: Final = 260
FIRST_CHARS: Final = max(CONTENT_CHARS, SNIPPET_CHARS) + 1
"""How much of a text is needed to show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What is shown of a story; `text` is its beginning, `chars` the length of the whole."""

    domain: str
    source_name: str | None
    authors: Sequence[str]
    title: str
    summary: str | None
    url: str | None
    image_url: str | None
    published_at: datetime
    text: str
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSource:
    """A publisher, with what its stories and feeds tell of it."""

    domain: str
    name: str | None
    country: str | None
    site_url: str | None
    description: str | None
    language: str | None
    categories: tuple[str, ...]


def article_shape(article: Article) -> dict[str, Any]:
    """https://newsapi.org/docs/endpoints/everything, "Response object"."""
    return {
        "source": {"id": article.domain, "name": article.source_name or article.domain},
        "author": ", ".join(article.authors) or None,
        "title": article.title,
        "description": article.summary or snippet(article.text),
        "url": article.url,
        "urlToImage": article.image_url,
        "publishedAt": article.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "content": content(article.text, article.chars),
    }


def source_shape(source: ArticleSource) -> dict[str, Any]:
    """https://newsapi.org/docs/endpoints/sources; what is not known is empty, as there."""
    return {
        "id": source.domain,
        "name": source.name or source.domain,
        "description": source.description or "",
        "url": without_credentials(source.site_url or f"https://{source.domain}"),
        "category": source.categories[0],
        "language": source.language or "",
        "country": (source.country or "").lower(),
    }


def content(text: str, chars: int) -> str | None:
    """The first 200 characters, and how many more there are; None where there is no text."""
    if chars <= CONTENT_CHARS:
        return text or None
    return f"{text[:CONTENT_CHARS]}… [+{chars - CONTENT_CHARS} chars]"


def snippet(text: str) -> str | None:
    """The first paragraph, cut after a word; None where there is no text."""
    first = text.split("\n", 1)[0].strip()
    if len(first) <= SNIPPET_CHARS:
        return first or None
    return f"{first[:SNIPPET_CHARS].rsplit(' ', 1)[0]}…"
