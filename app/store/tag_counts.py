"""Tags by how many live stories have them: all of a scheme, or those whose names begin so.

A story's id tells when it was published, so a window is a stretch of ids. `story_tags` holds live
stories alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    TextClause,
    bindparam,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
)

from app.core.tag import fold_name
from app.core.tagging.vocabulary import beginning_with
from app.store.asking import MAX_ID, id_list
from app.store.engine import SQLITE, ReadSession
from app.store.models import stories, story_tags, tags
from app.store.tags import tag_id

COUNT_BOUND: Final = 10_000
"""Without a prefix, the newest stories whose tags are counted."""

TAG_BOUND: Final = 10_000
"""With a prefix, how far each tag is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """A tag and how many live stories have it; `more`: at least so many."""

    scheme: str
    code: str
    name: str
    stories: int
    more: bool = False

    @property
    def qcode(self) -> str:
        return f"{self.scheme}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsAsked:
    """Which tags, counted over the stories of a half-open stretch of ids."""

    scheme: str | None = None
    prefix: str | None = None  # of a code, or of a name in any language and any case
    low: int = 0
    high: int = MAX_ID


async def newest_low(session: ReadSession, asked: TagsAsked) -> int:
    """The id from which on `count_tags` counts: above `asked.low` where the stretch holds more
    than COUNT_BOUND stories. With a prefix it counts all.
    """
    if asked.prefix is not None:
        return asked.low
    row = await session.execute(
        select(stories.c.id)
        .where(stories.c.id >= asked.low, stories.c.id < asked.high)
        .order_by(stories.c.id.desc())
        .offset(COUNT_BOUND)
        .limit(1)
    )
    found = row.scalar_one_or_none()
    return asked.low if found is None else found + 1


async def count_tags(
    session: ReadSession, asked: TagsAsked, *, limit: int, after: TagCount | None = None
) -> list[TagCount]:
    """Tags that stories have, the commonest first, below `after`; of equally many by scheme and
    code, in the order of their characters.

    With a prefix each tag is counted for itself, up to TAG_BOUND. Without one all tags in the
    stretch are: `newest_low` keeps it short.
    """
    if asked.prefix is None:
        counted = await _all_tags(session, asked)
    else:
        counted = _named_tags(session, asked, asked.prefix)
    order: list[ColumnElement[str]] = [counted.c.scheme, counted.c.code]
    if session.dialect != SQLITE:  # its own order may be that of any language
        order = [column.collate("C") for column in order]
    query = select(counted).where(counted.c.stories > 0)
    if after is not None:
        further = tuple_(*order) > (after.scheme, after.code)
        fewer = counted.c.stories < after.stories
        query = query.where(fewer | ((counted.c.stories == after.stories) & further))
    rows = await session.execute(query.order_by(counted.c.stories.desc(), *order).limit(limit))
    bound = None if asked.prefix is None else TAG_BOUND
    return [
        TagCount(
            scheme=row.scheme,
            code=row.code,
            name=row.name or row.code,
            stories=row.stories,
            more=row.stories == bound,
        )
        for row in rows
    ]


async def _all_tags(session: ReadSession, asked: TagsAsked) -> FromClause:
    """By the ids of the stories one by one: for a stretch of them both engines would go through
    all tags there are, by the index that begins with these.
    """
    found = await session.execute(
        select(stories.c.id).where(stories.c.id >= asked.low, stories.c.id < asked.high)
    )
    of_story = (story_tags.c.tag_id + 0).label("tag_id")  # so that SQLite sorts by no index
    counts = (
        select(of_story, func.count().label("stories"))
        .where(_listed(session, "story_tags.story_id", found.scalars().all()))
        .group_by(of_story)
        .subquery("counts")
    )
    query = select(tags.c.scheme, tags.c.code, tags.c.name, counts.c.stories).join(
        counts, counts.c.tag_id == tags.c.id
    )
    return _of_scheme(query, asked).subquery("counted")


def _named_tags(session: ReadSession, asked: TagsAsked, prefix: str) -> FromClause:
    """Tags with a name or code that begins so, each with its own count."""
    folded = fold_name(prefix)  # by the database's lower() it would be ASCII's on SQLite
    known = [tag_id(*qcode.split(":", 1)) for qcode in beginning_with(prefix)]
    some = (
        select(literal(1))
        .where(
            story_tags.c.tag_id == tags.c.id,
            story_tags.c.story_id >= asked.low,
            story_tags.c.story_id < asked.high,
        )
        .limit(TAG_BOUND)
        .correlate(tags)
        .subquery()
    )
    counted = select(func.count()).select_from(some).scalar_subquery()
    begins = or_(
        tags.c.code.startswith(folded, autoescape=True),
        tags.c.folded.startswith(folded, autoescape=True),
        _listed(session, "tags.id", known),
    )
    query = select(tags.c.scheme, tags.c.code, tags.c.name, counted.label("stories")).where(begins)
    return _of_scheme(query, asked).subquery("counted")


def _listed(session: ReadSession, column: str, ids: Sequence[int]) -> TextClause:
    among, parameter = id_list(session.dialect, ids)
    return text(f"{column} {among}").bindparams(bindparam("ids", parameter))


def _of_scheme(query: Select[Any], asked: TagsAsked) -> Select[Any]:
    return query if asked.scheme is None else query.where(tags.c.scheme == asked.scheme)
