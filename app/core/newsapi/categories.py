"""The dialect's seven categories, by the media topics (IPTC) at the root of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.core.search.filters import any_value
from app.core.search.query import FilterKind, Not, QueryTree

GENERAL: Final = "general"
TOPICS: Final = {
    "business": "04000000",
    "entertainment": "01000000",
    "health": "07000000",
    "science": "13000000",
    "technology": "13000000",  # IPTC has both under one
    "sports": "15000000",
}
CATEGORIES: Final = (*TOPICS, GENERAL)
MOSTLY: Final = 0.5


def category_filter(category: str) -> QueryTree:
    """The stories of a category; general are those of no other."""
    if category == GENERAL:
        return Not(any_value(FilterKind.TAG, [f"medtop:{code}" for code in sorted(set(_ROOTS))]))
    return any_value(FilterKind.TAG, [f"medtop:{TOPICS[category]}"])


def categories_of(stories: int, by_topic: Mapping[str, int]) -> tuple[str, ...]:
    """The categories of a source that has so many stories, by the codes of the topics they have.

    One that half of its stories are in, or general; the first is the one it is shown with.
    """
    most = max(by_topic, key=lambda code: (by_topic[code], code), default=None)
    if most is None or by_topic[most] < stories * MOSTLY:
        return (GENERAL,)
    return tuple(category for category, code in TOPICS.items() if code == most)


_ROOTS = TOPICS.values()
