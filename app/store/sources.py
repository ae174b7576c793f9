"""Publishers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update

from app.core.search.facets import StorySource
from app.core.story import StoryStatus
from app.store.engine import ReadSession, WriteSession
from app.store.models import feeds, sources, stories
from app.store.reindex import mark_outdated


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    id: int
    domain: str
    name: str | None
    country: str | None


async def list_sources(
    session: ReadSession, *, after_id: int = 0, limit: int
) -> list[tuple[Source, int, int]]:
    """Sources in the order of their ids, each with its number of feeds and of live stories."""
    of_feeds = select(func.count()).where(feeds.c.source_id == sources.c.id).scalar_subquery()
    of_stories = (
        select(func.count())
        .where(stories.c.source_id == sources.c.id, stories.c.status == StoryStatus.LIVE.value)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(sources, of_feeds.label("feeds"), of_stories.label("stories"))
        .where(sources.c.id > after_id)
        .order_by(sources.c.id)
        .limit(limit)
    )
    return [
        (Source(id=r.id, domain=r.domain, name=r.name, country=r.country), r.feeds, r.stories)
        for r in rows
    ]


async def find_source(session: ReadSession, domain: str) -> StorySource | None:
    row = (await session.execute(select(sources).where(sources.c.domain == domain))).one_or_none()
    if row is None:
        return None
    return StorySource(id=row.id, domain=row.domain, country=row.country)


async def sources_as_told(session: ReadSession) -> list[tuple[int, str | None, str | None]]:
    """Id, name and country of every source: what stories tell of it, and no change log does."""
    columns = (sources.c.id, sources.c.name, sources.c.country)
    rows = await session.execute(select(*columns).order_by(sources.c.id))
    return [(row.id, row.name, row.country) for row in rows]


async def set_country(session: WriteSession, source_id: int, country: str | None) -> None:
    """Say where a source is at home: ISO 3166-1 alpha-2, or None where nobody knows."""
    changed = await session.execute(
        update(sources)
        .where(sources.c.id == source_id, sources.c.country.is_distinct_from(country))
        .values(country=country)
    )
    if changed.rowcount:
        await mark_outdated(session, source_id)
