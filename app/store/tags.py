"""Tags and which stories have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, tuple_

from app.core.hashing import hash64
from app.core.story import Tag
from app.core.tag import fold_name
from app.store.engine import SQLITE, ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import stories, story_tags, tags

MAX_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """A tag and how many live stories have it."""

    scheme: str
    code: str
    name: str
    stories: int


async def replace_tags(
    session: WriteSession, tagged: Sequence[tuple[int, tuple[Tag, ...]]]
) -> None:
    """Give each story (by id) exactly these tags."""
    for chunk in chunks({story_id for story_id, _ in tagged}):
        await session.execute(delete(story_tags).where(story_tags.c.story_id.in_(chunk)))
    rows = [
        {
            "tag_id": tag_id(tag.scheme, tag.code),
            "story_id": story_id,
            "by": tag.by.value,
            "score": tag.score,
            "inferred": tag.inferred,
        }
        for story_id, given in tagged
        for tag in given
    ]
    if not rows:
        return
    await _ensure(session, (tag for _, given in tagged for tag in given))
    await session.execute(session.insert(story_tags).on_conflict_do_nothing(), rows)


async def count_tags(
    session: ReadSession,
    *,
    scheme: str | None = None,
    prefix: str | None = None,
    limit: int,
    after: TagCount | None = None,
) -> list[TagCount]:
    """Tags by how many live stories have them, the commonest first, below `after`.

    `prefix` is the beginning of a code or name, in any case. Of equally many, the order is that
    of scheme and code by their characters, whatever the database's own collation.
    """
    order: list[ColumnElement[str]] = [tags.c.scheme, tags.c.code]
    if session.dialect != SQLITE:
        order = [column.collate("C") for column in order]
    counted = func.count().label("stories")
    query = (
        select(tags.c.scheme, tags.c.code, tags.c.name, counted)
        .join(story_tags, story_tags.c.tag_id == tags.c.id)
        .join(stories, stories.c.id == story_tags.c.story_id)
        .where(stories.c.status == "live")
        .group_by(tags.c.id, tags.c.scheme, tags.c.code, tags.c.name)
        .order_by(counted.desc(), *order)
        .limit(limit)
    )
    if after is not None:
        further = tuple_(*order) > (after.scheme, after.code)
        query = query.having(
            (func.count() < after.stories) | ((func.count() == after.stories) & further)
        )
    if scheme is not None:
        query = query.where(tags.c.scheme == scheme)
    if prefix is not None:
        folded = fold_name(prefix)  # by the database's lower() it would be ASCII's on SQLite
        begins = tags.c.code.startswith(folded, autoescape=True)
        named = tags.c.folded.startswith(folded, autoescape=True)
        query = query.where(begins | named)
    return [
        TagCount(scheme=row.scheme, code=row.code, name=row.name, stories=row.stories)
        for row in await session.execute(query)
    ]


def tag_id(scheme: str, code: str) -> int:
    """The key of a tag: a fingerprint, so that writing one needs no look-up."""
    return hash64("tag", scheme, code) & MAX_ID


async def _ensure(session: WriteSession, wanted: Iterable[Tag]) -> None:
    """Make the tags that are new; in the order of their ids, so that two writers never lock up."""
    rows = {
        tag_id(tag.scheme, tag.code): {
            "scheme": tag.scheme,
            "code": tag.code,
            "name": tag.name,
            "folded": fold_name(tag.name),
        }
        for tag in wanted
    }
    present: set[int] = set()
    for chunk in chunks(rows.keys()):
        present |= set(
            (await session.execute(select(tags.c.id).where(tags.c.id.in_(chunk)))).scalars()
        )
    missing = sorted(rows.keys() - present)
    if missing:
        await session.execute(
            session.insert(tags).on_conflict_do_nothing(),
            [{"id": key, **rows[key]} for key in missing],
        )
