"""A rule's search, tried on the stories in the stream before it is saved."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.core.search.book import needed
from app.core.search.conditions import condition_of
from app.core.search.query import Field, QueryTree
from app.core.search.search import Search
from app.store.asking import story_languages
from app.store.engine import ReadSession
from app.store.find import COUNT_BOUND, count_stories, find_stories
from app.store.stories import load_stories

SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRow:
    """A story that matches, as it stands; `tags` are QCodes."""

    id: int
    title: str
    url: str | None
    published_at: datetime
    language: str | None
    agency: str | None
    tags: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedQuery:
    """How many stories match (`exact` unless there are more), the newest of them, and the cost:
    of the search here, and whether a rule by it is only tried on stories with its words.
    """

    total: int
    exact: bool
    stories: tuple[TriedRow, ...]
    search_ms: float
    needs_words: bool


async def try_query(session: ReadSession, tree: QueryTree, now: datetime) -> TriedQuery:
    search = Search(text=tree)
    languages = await story_languages(session)
    started = time.perf_counter()
    total = await count_stories(session, search, COUNT_BOUND + 1, now)
    page = await find_stories(session, search, after=None, limit=SHOWN, now=now)
    search_ms = (time.perf_counter() - started) * 1000
    rows = await load_stories(session, page.ids, body=False)
    return TriedQuery(
        total=min(total, COUNT_BOUND),
        exact=total <= COUNT_BOUND,
        stories=tuple(
            TriedRow(
                id=row.id,
                title=row.title,
                url=row.url,
                published_at=row.published_at,
                language=row.language,
                agency=row.agency and row.agency["code"],
                tags=frozenset(tag["tag"] for tag in row.tags),
            )
            for row in rows
        ),
        search_ms=search_ms,
        needs_words=needed(condition_of(tree, Field.TEXT, languages), {}) is not None,
    )
