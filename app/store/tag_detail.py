"""One tag: how many stories have it, who gave it, and which other tags its newest stories have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, literal, select

from app.core.story import TagBy
from app.store.engine import SQLITE, ReadSession
from app.store.models import story_tags, tags
from app.store.tag_counts import TAG_BOUND, TagCount
from app.store.tags import tag_id

NEWEST: Final = 1000
"""The newest stories of a tag that tell who gives it and what it comes with."""

RELATED: Final = 20
_APART: Final = ("lang",)
"""Schemes whose tags nearly every story has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What the newest stories of a tag say: how many they are, who gave it, what else they have."""

    stories: int
    given_by: Mapping[TagBy, int]
    related: tuple[TagCount, ...]


async def count_stories_of(session: ReadSession, qcode: str, low: int = 0) -> int:
    """How many live stories from an id on have a tag; no more than TAG_BOUND + 1 are counted."""
    scheme, _, code = qcode.partition(":")
    some = (
        select(literal(1))
        .where(story_tags.c.tag_id == tag_id(scheme, code), story_tags.c.story_id >= low)
        .limit(TAG_BOUND + 1)
        .subquery()
    )
    counted = await session.execute(select(func.count()).select_from(some))
    return int(counted.scalar_one())


async def company_of(session: ReadSession, qcode: str) -> Company:
    """Of the NEWEST stories that have a tag."""
    scheme, _, code = qcode.partition(":")
    own = tag_id(scheme, code)
    newest = (
        select(story_tags.c.story_id, story_tags.c.by)
        .where(story_tags.c.tag_id == own)
        .order_by(story_tags.c.story_id.desc())
        .limit(NEWEST)
        .subquery("newest")
    )
    by = await session.execute(select(newest.c.by, func.count()).group_by(newest.c.by))
    given_by = {TagBy(row[0]): row[1] for row in by}
    together = (
        select(story_tags.c.tag_id, func.count().label("stories"))
        .join(newest, newest.c.story_id == story_tags.c.story_id)
        .where(story_tags.c.tag_id != own)
        .group_by(story_tags.c.tag_id)
        .subquery("together")
    )
    order = [tags.c.scheme, tags.c.code]
    rows = await session.execute(
        select(tags.c.scheme, tags.c.code, tags.c.name, together.c.stories)
        .join(together, together.c.tag_id == tags.c.id)
        .where(tags.c.scheme.not_in(_APART))
        .order_by(
            together.c.stories.desc(),
            *(order if session.dialect == SQLITE else (c.collate("C") for c in order)),
        )
        .limit(RELATED)
    )
    return Company(
        stories=sum(given_by.values()),
        given_by=dict(sorted(given_by.items(), key=lambda each: (-each[1], each[0]))),
        related=tuple(
            TagCount(scheme=r.scheme, code=r.code, name=r.name or r.code, stories=r.stories)
            for r in rows
        ),
    )
