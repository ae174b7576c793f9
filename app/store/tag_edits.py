"""What operators do to tags: blocked, merged, renamed, on record with its time.

Every edit is one transaction with the policy that comes of it (`policy.py`); the stories that it
concerns are made again by the renewer of a polling process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, select, union_all, update

from app.core.search.query import Filter, leaves
from app.core.search.search import Search
from app.core.story import StoryStatus
from app.core.tag import fold_name
from app.core.tagging.edits import (
    MAX_MERGES,
    TAG_KINDS,
    MergeFault,
    Merges,
    hides,
    merge_fault,
    qcode_of,
    with_merged,
)
from app.core.tagging.policy import unpack_policy
from app.core.tagging.vocabulary import known_tag
from app.errors import Conflict
from app.store.engine import ReadSession, WriteSession
from app.store.models import stories, story_tag_edits, story_tags, tag_edits, tags
from app.store.policy import hold_policy, read_policy, renew_policy
from app.store.tags import NAMELESS, tag_id, tag_names

MAX_EDITS: Final = 10_000


class EditKind(StrEnum):
    BLOCKED = "blocked"
    MERGED = "merged"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEdit:
    """What operators have done to a tag; `at` is the last time, None where nothing is on record."""

    tag: str
    blocked: bool = False
    into: str | None = None
    into_name: str | None = None  # what that was called then
    name: str | None = None
    at: datetime | None = None

    @property
    def empty(self) -> bool:
        return not self.blocked and self.into is None and self.name is None


async def list_edits(
    session: ReadSession, *, kind: EditKind | None, after: str, limit: int
) -> list[TagEdit]:
    """Edited tags by their QCodes, in the order of the database, behind `after`."""
    query = select(tag_edits).where(tag_edits.c.tag > after).order_by(tag_edits.c.tag).limit(limit)
    match kind:
        case EditKind.BLOCKED:
            query = query.where(tag_edits.c.blocked)
        case EditKind.MERGED:
            query = query.where(tag_edits.c.into.is_not(None))
        case EditKind.RENAMED:
            query = query.where(tag_edits.c.name.is_not(None))
        case None:
            pass
    return [_edit(row) for row in await session.execute(query)]


async def read_edit(session: ReadSession, tag: str) -> TagEdit:
    """What was done to a tag; an empty edit where nothing was."""
    found = await session.execute(select(tag_edits).where(tag_edits.c.tag == tag))
    row = found.one_or_none()
    return TagEdit(tag=tag) if row is None else _edit(row)


async def read_merges(session: ReadSession) -> Merges:
    rows = await session.execute(
        select(tag_edits.c.tag, tag_edits.c.into).where(tag_edits.c.into.is_not(None))
    )
    return Merges(into={row.tag: row.into for row in rows})


async def block_tag(session: WriteSession, tag: str, at: datetime, *, blocked: bool) -> TagEdit:
    """Have a tag given to no story again, or let it be given."""
    before = await _held(session, tag)
    return await _write(session, before, replace(before, blocked=blocked), at)


async def rename_tag(session: WriteSession, tag: str, name: str | None, at: datetime) -> TagEdit:
    """Give a tag another name; None gives its own back."""
    before = await _held(session, tag)
    after = await _write(session, before, replace(before, name=name), at)
    if before.name != name:
        known = known_tag(tag)
        await _call(session, tag, name or (NAMELESS if known is None else known.name))
    return after


async def merge_tag(session: WriteSession, tag: str, into: str | None, at: datetime) -> TagEdit:
    """Have a tag go under another's name; None takes that back. Raises Conflict."""
    before = await _held(session, tag)
    if into == before.into:
        return before
    if into is None:
        return await _write(session, before, replace(before, into=None, into_name=None), at)
    fault = merge_fault(tag, into, await read_merges(session))
    if fault is not None:
        raise Conflict(_FAULTS[fault].format(tag=tag, into=into))
    named = replace(before, into=into, into_name=await called(session, into))
    return await _write(session, before, named, at)


async def called(session: ReadSession, tag: str) -> str | None:
    """What a tag is called here, whether or not a story has it; None for one that nobody knows."""
    if (name := (await read_edit(session, tag)).name) is not None:
        return name
    known = known_tag(tag)
    return (await tag_names(session, [tag])).get(tag) if known is None else known.name


async def with_merges(session: ReadSession, search: Search) -> Search:
    """The search with each tag standing also for what it is merged into by now."""
    tree = search.tree
    asked = () if tree is None else leaves(tree)
    wanted = {qcode_of(f) for f in asked if isinstance(f, Filter) and f.kind in TAG_KINDS}
    return merged(search, await _merges_of(session, wanted))


def merged(search: Search, merges: Merges) -> Search:
    """The search under these merges."""
    if not merges.into:
        return search
    return replace(
        search,
        text=None if search.text is None else with_merged(search.text, merges),
        filters=tuple(with_merged(each, merges) for each in search.filters),
    )


async def _merges_of(session: ReadSession, wanted: set[str]) -> Merges:
    """As far as some tags are concerned."""
    into: dict[str, str] = {}
    for _ in range(MAX_MERGES):
        if not wanted:
            break
        rows = await session.execute(
            select(tag_edits.c.tag, tag_edits.c.into).where(
                tag_edits.c.tag.in_(wanted), tag_edits.c.into.is_not(None)
            )
        )
        found = {row.tag: row.into for row in rows}
        into |= found
        wanted = set(found.values()) - into.keys()
    return Merges(into=into)


_FAULTS: Final = {
    MergeFault.ITSELF: "{tag} cannot be merged into itself: name another tag",
    MergeFault.CIRCLE: "{into} is merged into {tag} already, which would make a circle: "
    "unmerge it first",
    MergeFault.TOO_LONG: f"more than {MAX_MERGES} merges would follow one another: "
    "merge into the tag at the end of them",
    MergeFault.OTHER_ORIGIN: "{tag} and {into} are of schemes that are not merged: an agency is "
    "merged into an agency",
}


async def _held(session: WriteSession, tag: str) -> TagEdit:
    """What was done to a tag so far; nobody else does anything until the transaction ends."""
    await hold_policy(session)
    return await read_edit(session, tag)


async def _write(session: WriteSession, before: TagEdit, after: TagEdit, at: datetime) -> TagEdit:
    if after == before:
        return before
    concerned = await _concerned(session, before.tag)
    if after.empty:
        await session.execute(delete(tag_edits).where(tag_edits.c.tag == after.tag))
        after = replace(after, at=None)
    else:
        if before.empty:
            await _check_room(session)
        after = replace(after, at=at)
        values: Mapping[str, Any] = {
            "blocked": after.blocked,
            "into": after.into,
            "into_name": after.into_name,
            "name": after.name,
            "at": at,
        }
        await session.execute(
            session.insert(tag_edits)
            .values(tag=after.tag, **values)
            .on_conflict_do_update(index_elements=["tag"], set_=values)
        )
    await renew_policy(session, concerned)
    return after


async def _concerned(session: WriteSession, tag: str) -> Select[tuple[int]] | None:
    """The ids of all stories that come out otherwise by an edit of a tag, and some more; None
    where it can be any.

    What the taggers or a rule gave a story stands in `story_tags` as it is called by now; of
    stories that a rule has dropped nothing does, but they are few.
    """
    policy = unpack_policy(await read_policy(session))
    merges = Merges(into=policy.merged)
    if hides(tag, merges, policy.blocked, policy.rules):
        return None
    scheme, _, code = merges.called(tag).partition(":")
    having = select(story_tags.c.story_id).where(story_tags.c.tag_id == tag_id(scheme, code))
    dropped = select(stories.c.id).where(stories.c.status == StoryStatus.DROPPED.value)
    by_hand = select(story_tag_edits.c.story_id)  # few, and any may be of a tag merged into this
    all_of_them = union_all(having, dropped, by_hand).subquery()
    return select(all_of_them.c.story_id)


async def _check_room(session: WriteSession) -> None:
    counted = await session.execute(select(func.count()).select_from(tag_edits))
    if counted.scalar_one() >= MAX_EDITS:
        raise Conflict(f"{MAX_EDITS} tags are edited, which is all there may be: take some back")


async def _call(session: WriteSession, tag: str, name: str) -> None:
    """Name a tag in lists and counts, if stories have ever had it."""
    scheme, _, code = tag.partition(":")
    await session.execute(
        update(tags)
        .where(tags.c.id == tag_id(scheme, code))
        .values(name=name, folded=fold_name(name))
    )


def _edit(row: Row[Any]) -> TagEdit:
    return TagEdit(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
