"""What hosts have refused, and how each of them stands for an operator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from app.core.hashing import hash64
from app.core.refusal import Answer, BackOff, judge, told
from app.core.slots import named
from app.store.clock import database_now
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import back_off_of, rows_of, slots_of
from app.store.models import hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStatus:
    """How a host stands, for an operator."""

    host: str
    domain: str | None
    address: str | None
    free_at: datetime  # the earliest next request: the gap, or the end of a back-off
    busy: bool
    backs_off: bool
    refusals: int  # back-offs in a row
    reason: str | None


async def note_answers(session: WriteSession, answers: Iterable[Answer], by: int) -> list[str]:
    """Put on record what hosts said to whom (see `BackOff.by`); notes for the ledger.

    A host that refuses nothing costs one look.
    """
    said = {answer.host: answer for answer in answers}
    notes: list[str] = []
    for row in await rows_of(session, said):
        answer = said[row.host]
        if _after(row, answer, by, await database_now(session))[0] == back_off_of(row):
            continue
        locked = select(hosts).where(hosts.c.host == row.host).with_for_update()
        now_row = (await session.execute(locked)).one()
        after, note = _after(now_row, answer, by, await database_now(session))
        await session.execute(
            update(hosts)
            .where(hosts.c.host == row.host)
            .values(
                refused_at=after.at,
                refused_by=after.by,
                refused_until=after.until,
                refusals=after.steps,
                refusal=after.why,
            )
        )
        notes += [] if note is None else [note]
    return notes


def _after(row: Row[Any], answer: Answer, by: int, now: datetime) -> tuple[BackOff, str | None]:
    jitter = (hash64("back-off", row.host) & 0xFFFF) / 0x10000
    return judge(back_off_of(row), answer, by=by, now=now, jitter=jitter)


async def read_host(session: ReadSession, host: str) -> HostStatus | None:
    """How a host stands now; None for one that nobody has asked for."""
    row = next(iter(await rows_of(session, [host])), None)
    if row is None:
        return None
    now = await database_now(session)
    back_off = back_off_of(row)
    waits = back_off.holds_at(now)
    slots = await rows_of(session, slots_of(row))
    return HostStatus(
        host=host,
        domain=named(row.domain_slot),
        address=named(row.address_slot),
        free_at=max([slot.free_at for slot in slots] + ([back_off.until or now] if waits else [])),
        busy=any(slot.busy_until is not None and slot.busy_until > now for slot in slots),
        backs_off=waits,
        refusals=back_off.steps,
        reason=told(host, back_off) if waits else None,
    )
