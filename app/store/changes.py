"""The change log: ordered, dense, and in commit order on both engines. It tells of stories, and
administrators of feeds.

A sequence is not commit order: a reader could see 12 before 11 is committed and never come back
for it. So numbers are taken from one counter row, by the last statement of the transaction: its
lock is held until the commit, a later number is committed later, and a rollback leaves no hole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sqlalchemy import Row, exists, or_, select, update

from app.core.feed_news import FeedEventType, FeedNews
from app.store.clock import database_now
from app.store.engine import ReadSession, WriteSession
from app.store.models import changes, log_head

LONGEST_POLL: Final = timedelta(minutes=15)


class ChangeType(StrEnum):
    """What happened to a story: a new revision, by its kind; or something else about it."""

    CREATED = "story.created"
    UPDATED = "story.updated"
    CORRECTED = "story.corrected"
    KILLED = "story.killed"
    RESTORED = "story.restored"
    DROPPED = "story.dropped"  # an operator's rule keeps it out of the stream
    RETAGGED = "story.retagged"  # other tags for the same words
    RENEWED = "story.renewed"  # the same words in a newer normal form: no revision
    MERGED = "story.merged"  # it is of another cluster of reprints now


EventType: TypeAlias = ChangeType | FeedEventType
EVERY_TYPE: Final[frozenset[EventType]] = frozenset((*ChangeType, *FeedEventType))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry of the log that tells of a story; `seq` is its place, from 1 on without holes."""

    seq: int
    type: ChangeType
    at: datetime
    story_id: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """An entry that tells of a feed; `detail` has what there is of `FeedNews`, by name."""

    seq: int
    type: FeedEventType
    at: datetime
    feed_id: int
    detail: Mapping[str, Any]


Entry: TypeAlias = Change | FeedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChange:
    type: ChangeType
    story_id: int
    revision: int


async def append_changes(session: WriteSession, news: Sequence[NewChange], at: datetime) -> None:
    """Add entries in order; must be the last statements before the commit."""
    await _append(
        session,
        [
            {
                "type": new.type.value,
                "at": at,
                "story_id": new.story_id,
                "revision": new.revision,
                "feed_id": None,
                "detail": None,
            }
            for new in news
        ],
    )


def tell_of_feed(session: WriteSession, news: FeedNews) -> None:
    """Have an event of a feed in the log when the transaction commits."""
    session.at_the_end(_append_events, news)


async def _append_events(session: WriteSession, news: Sequence[FeedNews]) -> None:
    now = await database_now(session)
    rows = [
        {
            "type": new.type.value,
            "at": new.at or now,
            "story_id": None,
            "revision": None,
            "feed_id": new.feed_id,
            "detail": _detail(new),
        }
        for new in news
    ]
    await _append(session, rows)


def _detail(new: FeedNews) -> dict[str, Any]:
    told = {
        "url": new.url,
        "reason": new.reason,
        "failure": None if new.failure is None else new.failure.value,
        "from_url": new.from_url,
        "merged_into": None if new.merged_into is None else str(new.merged_into),
    }
    return {name: value for name, value in told.items() if value is not None}


async def _append(session: WriteSession, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    taken = await session.execute(
        update(log_head).values(seq=log_head.c.seq + len(rows)).returning(log_head.c.seq)
    )
    first = int(taken.scalar_one()) - len(rows) + 1
    entries = [row | {"seq": first + n} for n, row in enumerate(rows)]
    await session.execute(changes.insert(), entries)


async def read_changes(
    session: ReadSession,
    after: int,
    limit: int,
    *,
    until: int | None = None,
    types: Collection[EventType] = (),
    compact: bool = False,
) -> list[Entry]:
    """Entries with `seq` above `after`, in order, up to `until`; of some types only, where any are
    named: without, of stories.

    `compact`: of each story and feed only its latest entry, of whatever type.
    """
    query = select(changes).where(changes.c.seq > after).order_by(changes.c.seq).limit(limit)
    if until is not None:
        query = query.where(changes.c.seq <= until)
    if not types:
        query = query.where(changes.c.story_id.is_not(None))
    elif set(types) != EVERY_TYPE:
        query = query.where(changes.c.type.in_(sorted(kind.value for kind in types)))
    if compact:
        query = query.where(~has_later())
    return [_entry(row) for row in await session.execute(query)]


def has_later() -> Any:  # noqa: ANN401 - a SQL expression
    """Whether an entry's story, or its feed, has a later one."""
    later = changes.alias("later")
    return or_(
        exists().where(later.c.story_id == changes.c.story_id, later.c.seq > changes.c.seq),
        exists().where(later.c.feed_id == changes.c.feed_id, later.c.seq > changes.c.seq),
    )


def event_type(said: str) -> EventType:
    """The type that is called so; ValueError if none is."""
    return FeedEventType(said) if said.startswith("feed.") else ChangeType(said)


def _entry(row: Row[Any]) -> Entry:
    if row.feed_id is not None:
        kind = FeedEventType(row.type)
        return FeedEvent(
            seq=row.seq, type=kind, at=row.at, feed_id=row.feed_id, detail=row.detail or {}
        )
    return Change(
        seq=row.seq,
        type=ChangeType(row.type),
        at=row.at,
        story_id=row.story_id,
        revision=row.revision,
    )


async def last_seq(session: ReadSession) -> int:
    return int((await session.execute(select(log_head.c.seq))).scalar_one())


async def seq_before(session: ReadSession, moment: datetime) -> int:
    """After which entry to read for everything from a moment on: at least that, and what was
    decided shortly before it.

    Entries are in the order of their commits; each has the time of its decision, which may be as
    much earlier as a poll may take. So the log is halved at a time that much before the moment.
    """
    wanted = moment - LONGEST_POLL
    low, high = 0, await last_seq(session)
    while low < high:
        middle = (low + high + 1) // 2
        at = await session.execute(
            select(changes.c.at).where(changes.c.seq >= middle).order_by(changes.c.seq).limit(1)
        )
        found = at.scalar_one_or_none()
        if found is not None and found < wanted:
            low = middle
        else:
            high = middle - 1
    return low
