"""Stories whose place in the search index is of an older analyzer, and bringing them up to date."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import Exists, Row, Select, exists, func, select, update

from app.core.search.analyze import ANALYZER_VERSION
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, IndexTerms, times_of
from app.core.story import StoryStatus
from app.store.engine import ReadSession, WriteSession
from app.store.models import revisions, sources, stories, story_weights, texts
from app.store.search import IndexRow, index_stories
from app.store.states import unpacked_state


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStory:
    """A story as it is on record, for the index."""

    id: int
    revision: int
    words: Indexable
    published_at: datetime
    ingested_at: datetime
    updated_at: datetime


def _is_current() -> Exists:
    return exists().where(
        story_weights.c.story_id == stories.c.id, story_weights.c.version == ANALYZER_VERSION
    )


async def read_story(session: ReadSession, story_id: int) -> StoredStory | None:
    """A live story as it would be indexed now."""
    row = (await session.execute(_stored().where(stories.c.id == story_id))).one_or_none()
    return None if row is None else _story(row)


async def read_stories(session: ReadSession, ids: Sequence[int]) -> list[StoredStory]:
    """Those of some stories that are live, as they would be indexed now."""
    rows = await session.execute(_stored().where(stories.c.id.in_(ids)))
    return [_story(row) for row in rows]


async def read_gone(session: ReadSession, ids: Sequence[int]) -> list[StoredStory]:
    """Those of some stories that are out of the stream, in the words that they were last in it."""
    rows = list(await session.execute(_any_status().where(stories.c.id.in_(ids), ~_LIVE)))
    killed = [row.id for row in rows if row.status == StoryStatus.KILLED.value]
    kept = await session.execute(
        select(revisions.c.story_id, revisions.c.state)
        .where(revisions.c.story_id.in_(killed))
        .order_by(revisions.c.revision)
    )
    before = {row.story_id: row.state for row in kept}
    return [
        _story(SimpleNamespace(**{**row._asdict(), **unpacked_state(before[row.id])}))
        if row.id in before
        else _story(row)
        for row in rows
    ]


async def outdated_stories(
    session: ReadSession, *, before: int | None, limit: int
) -> list[StoredStory]:
    """Stories that the index does not hold as this release would, by falling id, below `before`."""
    query = _stored().where(~_is_current()).order_by(stories.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(stories.c.id < before)
    return [_story(row) for row in await session.execute(query)]


async def count_outdated(session: ReadSession) -> int:
    """How many live stories are not in the index as this release would have them."""
    live = (
        select(func.count()).select_from(stories).where(stories.c.status == StoryStatus.LIVE.value)
    )
    current = select(func.count()).where(story_weights.c.version == ANALYZER_VERSION)
    counts = (
        await session.execute(select(live.scalar_subquery(), current.scalar_subquery()))
    ).one()
    return max(0, int(counts[0]) - int(counts[1]))


async def reindex(session: WriteSession, renewed: Sequence[tuple[StoredStory, IndexTerms]]) -> int:
    """Index stories anew, but for those that have changed since they were read, or whose source's
    country has; how many.
    """
    countries = await held_countries(session, {story.words.source.id for story, _ in renewed})
    rows = await session.execute(
        select(stories.c.id, stories.c.revision)
        .where(
            stories.c.id.in_([story.id for story, _ in renewed]),
            stories.c.status == StoryStatus.LIVE.value,
        )
        .order_by(stories.c.id)
        .with_for_update(key_share=True)
    )
    now: Mapping[int, int] = {row.id: row.revision for row in rows}
    fresh = [
        IndexRow(story_id=story.id, terms=terms, times=_times(story))
        for story, terms in renewed
        if now.get(story.id) == story.revision
        and countries.get(story.words.source.id) == story.words.source.country
    ]
    await index_stories(session, fresh)
    return len(fresh)


async def held_countries(
    session: WriteSession, source_ids: Collection[int]
) -> Mapping[int, str | None]:
    """Where sources are at home, until the end of the transaction."""
    rows = await session.execute(
        select(sources.c.id, sources.c.country)
        .where(sources.c.id.in_(source_ids))
        .order_by(sources.c.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.country for row in rows}


async def mark_outdated(session: WriteSession, source_id: int) -> None:
    """Have the stories of a source indexed anew: what they can be filtered by has changed."""
    of_source = select(stories.c.id).where(stories.c.source_id == source_id)
    await session.execute(
        update(story_weights).where(story_weights.c.story_id.in_(of_source)).values(version=0)
    )


def _times(story: StoredStory) -> list[str]:
    return times_of(
        published_at=story.published_at,
        ingested_at=story.ingested_at,
        updated_at=story.updated_at,
    )


_LIVE: Final = stories.c.status == StoryStatus.LIVE.value


def _stored() -> Select[Any]:
    return _any_status().where(_LIVE)


def _any_status() -> Select[Any]:
    return (
        select(stories, texts.c.text, sources.c.domain, sources.c.country)
        .join(texts, texts.c.story_id == stories.c.id)
        .join(sources, sources.c.id == stories.c.source_id)
    )


def _story(row: Row[Any] | SimpleNamespace) -> StoredStory:
    return StoredStory(
        id=row.id,
        revision=row.revision,
        words=Indexable(
            title=row.title,
            text=row.text,
            language=row.language,
            tags=tuple(tag["tag"] for tag in row.tags),
            authors=tuple(row.authors),
            url=row.url,
            source=StorySource(id=row.source_id, domain=row.domain, country=row.country),
        ),
        published_at=row.published_at,
        ingested_at=row.ingested_at,
        updated_at=row.updated_at,
    )
