"""Trimming the change log: of what is old, only the latest entry of each story and feed stays.

So a compacted read misses nothing from whatever place, however old; a whole read is refused from a
place below which entries are gone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update

from app.errors import LogTrimmed
from app.store.changes import has_later, last_seq
from app.store.engine import ReadSession, WriteSession
from app.store.models import changes, log_head, push_head

STEP: Final = 1_000
"""Entries that are looked at in one transaction."""


async def trim_some(session: WriteSession, before: datetime) -> int:
    """Look at the next entries that are older than a time, and forget those whose story or feed has
    a later one; how many were looked at. What webhooks are still to be told of is left alone.
    """
    trimmed = await trimmed_up_to(session)
    told = (await session.execute(select(push_head.c.seq))).scalar_one()
    rows = await session.execute(
        select(changes.c.seq, changes.c.at)
        .where(changes.c.seq > trimmed, changes.c.seq <= told)
        .order_by(changes.c.seq)
        .limit(STEP)
    )
    old = 0
    until = trimmed
    for row in rows:
        if row.at >= before:
            break
        old, until = old + 1, row.seq
    if not old:
        return 0
    moved = await session.execute(
        update(log_head).where(log_head.c.trimmed == trimmed).values(trimmed=until)
    )
    if moved.rowcount == 0:  # somebody else has
        return 0
    await session.execute(
        delete(changes).where(changes.c.seq > trimmed, changes.c.seq <= until).where(has_later())
    )
    return old


async def trimmed_up_to(session: ReadSession) -> int:
    """The last entry up to which the log is not kept whole."""
    return int((await session.execute(select(log_head.c.trimmed))).scalar_one())


async def check_place(session: ReadSession, after: int, *, compact: bool) -> None:
    """Raises LogTrimmed where a reader who goes on from an entry would miss something."""
    trimmed = await trimmed_up_to(session)
    if after < trimmed and not compact:
        raise LogTrimmed(
            f"what happened after {after} is not kept whole: the log is trimmed up to {trimmed}; "
            "read with compact=true from the same place, which gives every story that has changed "
            "since, and go on from page.next_cursor as before"
        )
    last = await last_seq(session)
    if after > last:
        raise LogTrimmed(
            f"the log ends at {last}, before {after}: the service was set back to an earlier "
            "state; read all with after=0 and compact=true, and drop what you have and is not in it"
        )
