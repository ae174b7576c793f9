"""The budget of requests in an hour, which all processes on one database share."""

from __future__ import annotations

import math
from typing import Final

from sqlalchemy import BigInteger, case, literal, select, update

from app.core.slots import BUDGET
from app.store.clock import now_ms
from app.store.engine import WriteSession, to_ms
from app.store.hosts import have
from app.store.models import hosts

HOUR_MS: Final = 3_600_000
BURST_MS: Final = 1000
"""Of a budget that was not used, so much time's worth may be used at once."""


async def granted(session: WriteSession, per_hour: int | None, wanted: int) -> int:
    """How many requests the budget allows now, up to `wanted`; others wait until `spend`.

    A budget is the time at which the next request is due (a leaky bucket as a meter, GCRA): each
    request moves it on by an equal share of an hour, and time that went by unused is kept for
    BURST_MS.
    """
    if per_hour is None:
        return wanted
    await have(session, [BUDGET])
    row = await session.execute(
        select(hosts.c.free_at, now_ms().label("now_ms"))
        .where(hosts.c.host == BUDGET)
        .with_for_update()
    )
    free_at, now = row.one()
    late_ms = min(now - to_ms(free_at), BURST_MS)
    return 0 if late_ms < 0 else min(wanted, 1 + int(late_ms * per_hour / HOUR_MS))


async def spend(session: WriteSession, per_hour: int | None, requests: int) -> None:
    """Take requests out of the budget, also beyond what it allows: the next ones wait for that."""
    if per_hour is None or not requests:
        return
    await have(session, [BUDGET])
    begun = now_ms() - literal(BURST_MS)
    due = case((hosts.c.free_at > begun, hosts.c.free_at), else_=begun)
    cost_ms = literal(math.ceil(requests * HOUR_MS / per_hour), BigInteger)
    await session.execute(update(hosts).where(hosts.c.host == BUDGET).values(free_at=due + cost_ms))
