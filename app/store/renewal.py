"""Stories whose normal form is of an older release, or that are marked, and making them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, update

from app.core.make import NORMAL_FORM_VERSION, PLAIN, Made, Making
from app.core.search.facets import StorySource
from app.core.story import StoryStatus
from app.core.tagging.hand import HandEdits
from app.core.tagging.policy import unpack_policy
from app.store.changes import ChangeType, NewChange, append_changes
from app.store.clusters import cluster_stories
from app.store.engine import ReadSession, WriteSession
from app.store.known import chunks
from app.store.lines import learned_by_source
from app.store.models import entries, sources, stories, tag_policy, texts
from app.store.policy import STALE, read_policy, required_version, shared_version
from app.store.reindex import held_countries
from app.store.story_tag_edits import read_edits
from app.store.written import (
    Written,
    change_of_status,
    keep_made,
    status_of,
    story_columns,
    text_columns,
)

MARKED: Final = 0
"""The version of a story that is to be made again whatever the release; lower with every mark that
is set meanwhile, so that no mark is lost to whoever was making it again just then.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """What a story on record was made from, as it was read."""

    story_id: int
    version: int  # every write of the story sets it
    policy: int  # this too
    making: Making


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """What came of making stories again: `changed` were written anew, `same` were as they are now.

    Those that had changed since they were read are in neither.
    """

    changed: int
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedBatch:
    """What came of some stories; `next` is where the older ones begin, None at the end."""

    changed: int
    same: int
    skipped: int  # could not be made again: left as they are
    next: int | None
    outdated: int = 0  # that are left


class Outdated(StrEnum):
    """Which stories are to be made again."""

    ALL = "all"  # that have another form than this release would give them
    TAGS = "tags"  # that are tagged by a former policy, or by other taggers
    MARKED = "marked"  # that are marked, or tagged by a former policy while that is not paused


async def outdated_entries(
    session: ReadSession,
    *,
    before: int | None,
    limit: int,
    which: Outdated = Outdated.ALL,
    taggers: str = PLAIN,
) -> list[StoredEntry]:
    """What stories that are not withdrawn were made from, by falling id, below `before`; `taggers`
    are those of today.
    """
    required = await required_version(session)
    query = (
        _stored_entries()
        .where(_is_outdated(which, required, taggers))
        .order_by(stories.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(stories.c.id < before)
    return await _read(session, query)


async def stored_entry(
    session: ReadSession, story_id: int, *, killed: bool = False
) -> StoredEntry | None:
    """What a story was made from, one that is `killed` or one that is not; None where that is not
    kept.
    """
    found = await _read(session, _stored_entries(killed=killed).where(stories.c.id == story_id))
    return found[0] if found else None


def _stored_entries(*, killed: bool = False) -> Select[Any]:
    is_killed = stories.c.status == StoryStatus.KILLED.value
    return (
        select(
            stories.c.id,
            stories.c.source_id,
            entries.c.version,
            entries.c.packed,
            entries.c.policy,
            sources.c.domain,
            sources.c.country,
        )
        .join(stories, stories.c.id == entries.c.story_id)
        .join(sources, sources.c.id == stories.c.source_id)
        .where(is_killed if killed else ~is_killed)
    )


async def _read(session: ReadSession, query: Select[Any]) -> list[StoredEntry]:
    packed = await read_policy(session)
    rows = (await session.execute(query)).all()
    learned = await learned_by_source(session, {row.source_id for row in rows})
    edits = await read_edits(session, [row.id for row in rows])
    return [
        _stored(row, learned.get(row.source_id, frozenset()), packed, edits.get(row.id, ()))
        for row in rows
    ]


async def count_outdated_entries(
    session: ReadSession, *, which: Outdated = Outdated.ALL, taggers: str = PLAIN
) -> int:
    query = (
        select(func.count())
        .select_from(entries)
        .join(stories, stories.c.id == entries.c.story_id)
        .where(_is_outdated(which, await required_version(session), taggers))
        .where(stories.c.status != StoryStatus.KILLED.value)
    )
    return int((await session.execute(query)).scalar_one())


def _is_outdated(which: Outdated, required: int, taggers: str) -> ColumnElement[bool]:
    """Other taggers are looked for on both sides of these, so that an index finds them."""
    by_others = or_(entries.c.taggers < taggers, entries.c.taggers > taggers)
    tagged_before = entries.c.policy < required
    match which:
        case Outdated.ALL:
            return or_(entries.c.version < NORMAL_FORM_VERSION, tagged_before, by_others)
        case Outdated.TAGS:
            return or_(tagged_before, by_others)
        case Outdated.MARKED:
            paused = select(tag_policy.c.paused).scalar_subquery()
            return or_(entries.c.version <= MARKED, and_(tagged_before, ~paused))


async def mark_for_renewal(session: WriteSession, story_ids: Collection[int]) -> None:
    """Have stories made again, soon, by the renewer of a polling process."""
    await shared_version(session)  # a change of the policy marks entries too, in another order
    version = entries.c.version
    for chunk in chunks(story_ids):
        await session.execute(
            update(entries)
            .where(entries.c.story_id.in_(chunk))
            .values(version=case((version > MARKED, MARKED), else_=version - 1))
        )


async def leave_as_they_are(
    session: WriteSession, read: Collection[StoredEntry], *, taggers: str
) -> None:
    """Count stories as made again by what was known when they were read, and by these taggers,
    though they are as they were; but for those that were marked or written since.
    """
    current = await shared_version(session)
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for entry in read:
        made_by = unpack_policy(entry.making.policy).version
        alike[entry.version, made_by if made_by == current else STALE].append(entry.story_id)
    for (version, policy), story_ids in sorted(alike.items()):
        for chunk in chunks(story_ids):
            await session.execute(
                update(entries)
                .where(entries.c.story_id.in_(chunk), entries.c.version == version)
                .values(version=NORMAL_FORM_VERSION, policy=policy, taggers=taggers)
            )


async def renew_stories(
    session: WriteSession, made: Sequence[tuple[StoredEntry, Made]], at: datetime
) -> Renewed:
    """Write stories that were made again, where they came out otherwise; no revision, since their
    publishers said nothing new, but a change in the log.

    Must be the last of its transaction, as every change is.
    """
    fresh = await _still_as_read(session, [entry for entry, _ in made])
    changed: list[Written] = []
    same: dict[str, list[StoredEntry]] = defaultdict(list)  # by the taggers they are tagged by
    news: list[NewChange] = []
    for entry, again in made:
        row = fresh.get(entry.story_id)
        if row is None:
            continue
        status = status_of(again)
        columns = {**story_columns(again.story), "status": status.value}
        differing = _differing(row, columns | text_columns(again))
        if not differing:
            same[again.taggers].append(entry)
            continue
        await session.execute(
            update(stories).where(stories.c.id == entry.story_id).values(**columns)
        )
        changed.append(Written(id=entry.story_id, made=again, times=row, status=status))
        if told := _told(StoryStatus(row["status"]), status, differing):
            news.append(NewChange(type=told, story_id=entry.story_id, revision=row["revision"]))
    await keep_made(session, changed)
    for taggers, unchanged in same.items():
        await leave_as_they_are(session, unchanged, taggers=taggers)
    sketches = {entry.story_id: m.sketch for entry, m in made if entry.story_id in fresh}
    news += await cluster_stories(session, sketches)
    await append_changes(session, news, at)
    return Renewed(changed=len(changed), same=sum(map(len, same.values())))


async def holds_still(session: WriteSession, read: StoredEntry) -> bool:
    """Whether a story is as it was when its entry was read; it stays so until the transaction
    ends.
    """
    return read.story_id in await _still_as_read(session, [read])


def _differing(row: Mapping[str, Any], columns: Mapping[str, Any]) -> set[str]:
    return {name for name, value in columns.items() if row[name] != value}


def _told(before: StoryStatus, after: StoryStatus, differing: Collection[str]) -> ChangeType | None:
    """What the log says of a story that came out otherwise; nothing of one that is not served."""
    if before is after is StoryStatus.DROPPED:
        return None
    only_tags = set(differing) <= {"tags"}
    return change_of_status(before, after) or (
        ChangeType.RETAGGED if only_tags else ChangeType.RENEWED
    )


async def _still_as_read(
    session: WriteSession, read: Sequence[StoredEntry]
) -> dict[int, Mapping[str, Any]]:
    """The rows of stories that are as they were when their entries were read, held until the end
    of the transaction: as polls do, their sources first.
    """
    countries = await held_countries(session, {entry.making.source.id for entry in read})
    rows = await session.execute(
        select(stories, texts.c.text, texts.c.blocks, texts.c.html, entries.c.version)
        .add_columns(entries.c.policy)
        .join(texts, texts.c.story_id == stories.c.id)
        .join(entries, entries.c.story_id == stories.c.id)
        .where(stories.c.id.in_([entry.story_id for entry in read]))
        .where(stories.c.status != StoryStatus.KILLED.value)
    )
    edits = await read_edits(session, [entry.story_id for entry in read])
    now = {row.id: dict(row._mapping) for row in rows}  # noqa: SLF001 - SQLAlchemy's public name
    return {
        entry.story_id: now[entry.story_id]
        for entry in read
        if entry.story_id in now
        and now[entry.story_id]["version"] == entry.version
        and now[entry.story_id]["policy"] == entry.policy
        and edits.get(entry.story_id, ()) == entry.making.edits
        and countries.get(entry.making.source.id) == entry.making.source.country
    }


def _stored(row: Row[Any], learned: frozenset[int], policy: bytes, edits: HandEdits) -> StoredEntry:
    source = StorySource(id=row.source_id, domain=row.domain, country=row.country)
    making = Making(entry=row.packed, source=source, learned=learned, policy=policy, edits=edits)
    return StoredEntry(
        story_id=row.id,
        version=row.version,
        making=making,
        policy=row.policy,
    )
