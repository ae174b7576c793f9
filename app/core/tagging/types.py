"""What taggers read and what they find."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.story import Field, Span, TagBy
from app.core.types import Category

__all__ = ["Field", "Found", "Span", "Taggable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taggable:
    """A story as taggers read it: `text` is its own words, paragraphs divided by blank lines."""

    title: str
    text: str
    language: str | None
    categories: tuple[Category, ...] = ()
    source_country: str | None = None  # ISO 3166-1 alpha-2, where the publisher is at home


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A tag that a tagger gives, with every place it rests on, in order (title first).

    Without spans it is inferred from another. `score` is from 0 to 1: how sure, and how much the
    story is about it.
    """

    scheme: str
    code: str
    name: str  # in English where there is an English one, else as the story has it
    by: TagBy
    spans: tuple[Span, ...]
    score: float
    inferred: bool = False
