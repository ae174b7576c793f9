"""What the categories of a source stand for: operators' words for it, and what is seen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update

from app.errors import NotFound
from app.store.engine import ReadSession, WriteSession
from app.store.models import sources, stories, story_tags, tags
from app.store.policy import hold_policy, renew_policy
from app.store.sources import Source

LOOKED_AT: Final = 1000
"""The newest stories of a source whose categories are counted."""

SHOWN: Final = 50
ID_DIGITS: Final = 18
CATEGORY: Final = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCategory:
    """A category of a source, as its tag is called, and how many of its newest stories have it."""

    tag: str
    name: str
    stories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSections:
    """`sections` are the operator's: a category's words to the code of a media topic, None for one
    that says nothing.
    """

    source: Source
    sections: Mapping[str, str | None]


async def read_sections(session: ReadSession, named: str) -> SourceSections:
    """Of the source with this id or domain; raises NotFound."""
    is_id = named.isascii() and named.isdigit() and len(named) <= ID_DIGITS
    which = sources.c.id == int(named) if is_id else sources.c.domain == named.casefold()
    row = (await session.execute(select(sources).where(which))).one_or_none()
    if row is None:
        raise NotFound(f"there is no source {named[:255]!r}: GET /v1/sources lists them")
    source = Source(id=row.id, domain=row.domain, name=row.name, country=row.country)
    return SourceSections(source=source, sections=row.sections)


async def write_sections(
    session: WriteSession, source_id: int, sections: Mapping[str, str | None]
) -> None:
    """Have exactly these; the source's stories are made again by them, soon."""
    await hold_policy(session)
    await session.execute(
        update(sources).where(sources.c.id == source_id).values(sections=dict(sections))
    )
    await renew_policy(session, select(stories.c.id).where(stories.c.source_id == source_id))


async def seen_categories(session: ReadSession, source_id: int) -> list[SeenCategory]:
    """The commonest categories of the source's LOOKED_AT newest stories, at most SHOWN."""
    newest = (
        select(stories.c.id)
        .where(stories.c.source_id == source_id)
        .order_by(stories.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    count = func.count()
    rows = await session.execute(
        select(tags.c.code, tags.c.name, count.label("stories"))
        .select_from(newest)
        .join(story_tags, story_tags.c.story_id == newest.c.id)
        .join(tags, tags.c.id == story_tags.c.tag_id)
        .where(tags.c.scheme == CATEGORY)
        .group_by(tags.c.id, tags.c.code, tags.c.name)
        .order_by(count.desc(), tags.c.id)
        .limit(SHOWN)
    )
    return [
        SeenCategory(tag=f"{CATEGORY}:{r.code}", name=r.name or r.code, stories=r.stories)
        for r in rows
    ]
