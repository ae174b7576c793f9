"""The change log: ordered, dense, and in commit order on both engines.

A sequence is not commit order: a reader could see 12 before 11 is committed and never come back
for it. So numbers are taken from one counter row, by the last statement of the transaction: its
lock is held until the commit, a later number is committed later, and a rollback leaves no hole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import exists, select, update

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the log; `seq` is its place, from 1 on without holes."""

    seq: int
    type: ChangeType
    at: datetime
    story_id: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChange:
    type: ChangeType
    story_id: int
    revision: int


async def append_changes(session: WriteSession, news: Sequence[NewChange], at: datetime) -> None:
    """Add entries in order; must be the last statements before the commit."""
    if not news:
        return
    taken = await session.execute(
        update(log_head).values(seq=log_head.c.seq + len(news)).returning(log_head.c.seq)
    )
    first = int(taken.scalar_one()) - len(news) + 1
    await session.execute(
        changes.insert(),
        [
            {
                "seq": first + n,
                "type": new.type.value,
                "at": at,
                "story_id": new.story_id,
                "revision": new.revision,
            }
            for n, new in enumerate(news)
        ],
    )


async def read_changes(
    session: ReadSession,
    after: int,
    limit: int,
    *,
    types: Collection[ChangeType] = (),
    compact: bool = False,
) -> list[Change]:
    """Entries with `seq` above `after`, in order; of some types only, where any are named.

    `compact`: of each story only its latest entry, of whatever type.
    """
    query = select(changes).where(changes.c.seq > after).order_by(changes.c.seq).limit(limit)
    if types:
        query = query.where(changes.c.type.in_([kind.value for kind in types]))
    if compact:
        later = changes.alias("later")
        query = query.where(
            ~exists().where(later.c.story_id == changes.c.story_id, later.c.seq > changes.c.seq)
        )
    return [
        Change(
            seq=row.seq,
            type=ChangeType(row.type),
            at=row.at,
            story_id=row.story_id,
            revision=row.revision,
        )
        for row in await session.execute(query)
    ]


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
