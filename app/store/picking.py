"""Which of what is due is claimed: the longest due, no two of which share a slot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select

from app.store.clock import database_now
from app.store.engine import WriteSession
from app.store.hosts import slots_of

OVERSCAN = 4
"""Rows looked at for each one claimed, since only one of a slot is taken."""

SCANS = 8
"""How often the next such number is looked at, where the first share a few slots."""


async def pick_free(
    session: WriteSession,
    due_after: Callable[[Row[Any] | None, set[str], datetime, int], Select[Any]],
    limit: int,
) -> list[Row[Any]]:
    """Up to `limit` rows of what is due, no two of which have a slot in common.

    `due_after` asks for so many rows behind one that was looked at, without those of some slots.
    """
    now = await database_now(session)
    picked: list[Row[Any]] = []
    used: set[str] = set()
    last: Row[Any] | None = None
    for _ in range(SCANS):
        rows = (await session.execute(due_after(last, used, now, limit * OVERSCAN))).all()
        for row in rows:
            if len(picked) < limit and used.isdisjoint(slots_of(row)):
                picked.append(row)
                used |= slots_of(row)
        if len(picked) == limit or len(rows) < limit * OVERSCAN:
            break
        last = rows[-1]
    return picked
