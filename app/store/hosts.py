"""Slots of hosts, of their domains and of their addresses: one request at a time for each.

All are rows of `hosts`, named as `core/slots.py` has it; a host's own row names the other two.
Whoever asks a host holds all of its slots or none, under one name and one lease.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    update,
)

from app.core.refusal import BackOff, told
from app.core.slots import address_slots, domain_slot, is_at, lane_for
from app.core.types import Dialled
from app.store.clock import database_now, now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import hosts

OF_DOMAIN: Final = hosts.alias("of_domain")
OF_ADDRESS: Final = hosts.alias("of_address")
NO_GAPS: Final[Mapping[str, float]] = {}


# --- which rows there are -------------------------------------------------------------------------


async def know_hosts(session: WriteSession, names: Collection[str]) -> None:
    """Have a slot for each of these hosts, and for its domain."""
    domains = {name: domain_slot(name) for name in names}
    rows: dict[str, str | None] = {slot: None for slot in domains.values() if slot is not None}
    rows |= domains
    if rows:
        await session.execute(
            session.insert(hosts)
            .values(free_at=now_ms())
            .on_conflict_do_nothing(index_elements=["host"]),
            [{"host": name, "domain_slot": rows[name]} for name in sorted(rows)],
        )


async def learn_addresses(session: WriteSession, dialled: Dialled, *, gap_s: float = 0) -> None:
    """Keep at which address each host was found, and which slots it has for that.

    They have been asked: what of them nobody is taking or leaving now is left alone for `gap_s`.
    """
    at = dict(dialled)
    known = await rows_of(session, at)
    moved = {row.host: at[row.host] for row in known if not is_at(row.address_slot, at[row.host])}
    if not moved:
        return
    learned = {
        host: {
            "address_slot": lane_for(address, await _hosts_at(session, address)),
            "domain_slot": domain_slot(host),
        }
        for host, address in sorted(moved.items())
    }
    await have(session, {slot for slots in learned.values() for slot in slots.values() if slot})
    for host, slots in learned.items():
        await session.execute(update(hosts).where(hosts.c.host == host).values(slots))
    lanes = {lane for slots in learned.values() if (lane := slots["address_slot"]) is not None}
    asked = select(hosts.c.host).where(hosts.c.host.in_(lanes)).order_by(hosts.c.host)
    ours = (await session.execute(asked.with_for_update(skip_locked=True))).scalars().all()
    await session.execute(
        update(hosts).where(hosts.c.host.in_(ours)).values(free_at=_not_before(gap_s))
    )


async def _hosts_at(session: ReadSession, address: str) -> int:
    lanes = hosts.c.address_slot.in_(address_slots(address))
    return int((await session.execute(select(func.count()).where(lanes))).scalar_one())


async def have(session: WriteSession, names: Collection[str]) -> None:
    """Have these rows, which name no other slots."""
    await session.execute(
        session.insert(hosts)
        .values(free_at=now_ms())
        .on_conflict_do_nothing(index_elements=["host"]),
        [{"host": name} for name in sorted(names)],
    )


async def rows_of(session: ReadSession, names: Collection[str]) -> list[Row[Any]]:
    if not names:
        return []
    return list(await session.execute(select(hosts).where(hosts.c.host.in_(names))))


# --- taking and leaving ---------------------------------------------------------------------------


def with_slots(query: Select[Any], host: Any) -> Select[Any]:  # noqa: ANN401 - a column
    """The query with the slots of its rows' hosts; `slots_of` reads them."""
    return (
        query.add_columns(hosts.c.host, hosts.c.domain_slot, hosts.c.address_slot)
        .join(hosts, hosts.c.host == host)
        .outerjoin(OF_DOMAIN, OF_DOMAIN.c.host == hosts.c.domain_slot)
        .outerjoin(OF_ADDRESS, OF_ADDRESS.c.host == hosts.c.address_slot)
    )


def all_free(now: datetime, *, backing_off: bool = False) -> Any:  # noqa: ANN401 - a SQL expression
    """Whether a host's slots may all be taken, for a query `with_slots`.

    `now` is a value, though `take` asks the clock again: PostgreSQL cannot estimate how many rows
    are before a time that it has yet to compute, and would look at all of them. `backing_off`: a
    back-off of the host is no hindrance.
    """
    free = [_free(slot, now) for slot in (hosts, OF_DOMAIN, OF_ADDRESS)]
    if not backing_off:
        free.append(or_(hosts.c.refusals == 0, hosts.c.refused_until <= now))
    return and_(*free)


async def next_free(
    session: ReadSession,
    due: Select[Any],
    host: Any,  # noqa: ANN401 - a column
) -> datetime | None:
    """The first time of `due`, a query for one column of times by rows with a `host`; of rows
    whose host backs off, when that ends. None without a row.
    """
    now = await database_now(session)
    (at,) = due.selected_columns
    waiting = and_(hosts.c.refusals > 0, hosts.c.refused_until > now)
    first = due.where(host.not_in(select(hosts.c.host).where(waiting))).order_by(at).limit(1)
    later = select(func.min(hosts.c.refused_until)).where(
        waiting, due.where(host == hosts.c.host).correlate(hosts).exists()
    )
    times = [(await session.execute(query)).scalar_one_or_none() for query in (first, later)]
    return min((time for time in times if time is not None), default=None)


def none_of(slots: Collection[str]) -> Any:  # noqa: ANN401 - a SQL expression
    """Whether a host has none of these slots, for a query `with_slots`."""
    return and_(
        hosts.c.host.not_in(slots),
        or_(hosts.c.domain_slot.is_(None), hosts.c.domain_slot.not_in(slots)),
        or_(hosts.c.address_slot.is_(None), hosts.c.address_slot.not_in(slots)),
    )


def _free(slot: FromClause, now: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return and_(
        or_(slot.c.busy_until.is_(None), slot.c.busy_until <= now),
        or_(slot.c.free_at.is_(None), slot.c.free_at <= now),  # None: there is no such slot
    )


def slots_of(row: Row[Any]) -> frozenset[str]:
    found = (row.host, row.domain_slot, row.address_slot)
    return frozenset(slot for slot in found if slot is not None)


async def take(
    session: WriteSession,
    wanted: Mapping[str, frozenset[str]],
    lease_s: float,
    *,
    held: frozenset[str] = frozenset(),
) -> set[str]:
    """Take slots for holders (name → slots), all of a holder's or none; who has got them.

    Rows that others are taking are passed by, so that nobody waits in a circle. What a host's slots
    are is looked at again under the lock: its address may have changed since the caller looked, and
    the slot of the new one would be free to others. `held` are slots that the holder has already.
    """
    every = sorted(frozenset().union(*wanted.values()))
    got: dict[str, frozenset[str]] = {}
    for chunk in chunks(every):
        free = select(hosts.c.host, hosts.c.domain_slot, hosts.c.address_slot)
        free = free.where(hosts.c.host.in_(chunk), _free(hosts, now_ms()))
        found = await session.execute(free.order_by(hosts.c.host).with_for_update(skip_locked=True))
        got |= {row.host: slots_of(row) for row in found}
    served = {
        holder: slots
        for holder, slots in wanted.items()
        if all(slot in got and got[slot] <= slots | held for slot in slots)
    }
    if served:
        await session.execute(
            update(hosts)
            .where(hosts.c.host == bindparam("b_slot"))
            .values(busy_until=until(lease_s), holder=bindparam("b_holder")),
            [
                {"b_slot": slot, "b_holder": holder}
                for holder, slots in served.items()
                for slot in sorted(slots)
            ],
        )
    return set(served)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackingOff:
    """A host that is not to be asked for so many seconds."""

    seconds: int
    reason: str


async def take_host(
    session: WriteSession, host: str, holder: str, lease_s: float
) -> BackingOff | bool:
    """Whether one more host's slots are the holder's now, beside what it has already."""
    await know_hosts(session, {host})
    (row,) = await rows_of(session, [host])
    now = await database_now(session)
    back_off = back_off_of(row)
    if back_off.holds_at(now) and back_off.until is not None:
        wait_s = math.ceil((back_off.until - now).total_seconds())
        return BackingOff(seconds=wait_s, reason=told(host, back_off))
    held = await session.execute(
        select(hosts.c.host).where(hosts.c.holder == holder, hosts.c.busy_until > now_ms())
    )
    has = frozenset(held.scalars())
    slots = slots_of(row) - has
    return not slots or bool(await take(session, {holder: slots}, lease_s, held=has))


async def keep(session: WriteSession, holder: str, lease_s: float) -> None:
    """Make a holder's lease as long again from now; slots whose lease has ended stay lost."""
    await session.execute(
        update(hosts)
        .where(hosts.c.holder == holder, hosts.c.busy_until > now_ms())
        .values(busy_until=until(lease_s))
    )


async def leave(
    session: WriteSession, holder: str, *, gap_s: float, gaps: Mapping[str, float] = NO_GAPS
) -> None:
    """Free all that a holder has, `gap_s` from now, some hosts (`gaps`) still later."""
    for host, longer_s in sorted(gaps.items()):
        if longer_s > gap_s:
            mine = update(hosts).where(hosts.c.host == host, hosts.c.holder == holder)
            await session.execute(mine.values(free_at=_not_before(longer_s)))
    await session.execute(
        update(hosts)
        .where(hosts.c.holder == holder)
        .values(busy_until=None, holder=None, free_at=_not_before(gap_s))
    )


def _not_before(after_s: float) -> Any:  # noqa: ANN401 - a SQL expression
    free_at = until(after_s)
    return case((hosts.c.free_at > free_at, hosts.c.free_at), else_=free_at)


def until(lease_s: float) -> Any:  # noqa: ANN401 - a SQL expression
    return now_ms() + literal(int(lease_s * 1000))


def back_off_of(row: Row[Any]) -> BackOff:
    return BackOff(
        at=row.refused_at,
        by=row.refused_by,
        until=row.refused_until,
        steps=row.refusals,
        why=row.refusal,
    )
