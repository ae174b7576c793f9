"""What goes on while a run lasts: the script, the operator, and what is seen of the hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from random import Random

from sqlalchemy import text

from app.core.plan import body_hash
from app.store.engine import Database
from tests.chaos.checks import BackedOff
from tests.chaos.plan import Plan
from tests.chaos.publisher import Publisher, Seen
from tests.chaos.script import Desk

TICK_S = 0.5
BACK_OFF_S = 5.0
"""After so long a back-off of a host is lifted, as an operator may who knows better."""


class Keeper:
    """Lets desks take their steps, asks for feeds that would wait long, and lets none lie.

    `ids` are those of the feeds in the database.
    """

    def __init__(
        self, plan: Plan, publisher: Publisher, database: Database, ids: Mapping[int, int]
    ) -> None:
        self.plan = plan
        self.publisher = publisher
        self.database = database
        self.ids = ids
        self.chance = Random(f"{plan.seed}/script")
        self.started = time.time()
        self.resumed = 0  # feeds that were quarantined, and that the operator took out again
        self.backed_off: list[BackedOff] = []
        self.addresses_known = 0.0  # since when the address of each host is on record
        self._hold: dict[int, float] = {}  # desk → when it takes its next step
        self._backing_off: dict[str, float] = {}  # host → since when it was seen to

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await asyncio.sleep(TICK_S)
            if not self.publisher.honest:
                for desk in await self.on_record():
                    self._step(desk)
            async with self.database.write() as session:
                await session.execute(text(HURRY), {"ids": self._impatient()})
                resumed = await session.execute(text(RESUME))
                self.resumed += resumed.rowcount
            await self._look_at_hosts()

    async def on_record(self) -> list[Desk]:
        """Desks whose present document is on record for each of their feeds."""
        async with self.database.read() as session:
            rows = (await session.execute(text("SELECT id, body_hash FROM feeds"))).all()
        hashes = {row.id: row.body_hash for row in rows}
        return [
            desk
            for desk in self.publisher.desks
            if {hashes[self.ids[feed]] for feed in desk.feeds} == {body_hash(desk.document)}
        ]

    def _step(self, desk: Desk) -> None:
        now = time.monotonic()
        if desk.n not in self._hold:
            wait_s = self.chance.uniform(0, 1.5) * self.plan.interval_s
            self._hold[desk.n] = now + wait_s
        elif now >= self._hold[desk.n]:
            del self._hold[desk.n]
            desk.advance()

    def _impatient(self) -> list[int]:
        """Feeds that nobody has asked for in a while, though their servers do not forbid it."""
        now, patience_s = time.time(), self.plan.interval_s * 1.5
        found = []
        for feed, feed_id in self.ids.items():
            seen = self.publisher.last.get(feed)
            if seen is None:
                due = self.started + patience_s
            elif seen.end:
                due = max(seen.not_before + 0.5, seen.end + patience_s)
            else:
                continue
            if now > due:
                found.append(feed_id)
        return found

    async def late(self) -> list[str]:
        """Where the feeds stand whose document is not on record."""
        on_record = {desk.n for desk in await self.on_record()}
        late = [
            self.ids[feed]
            for desk in self.publisher.desks
            if desk.n not in on_record
            for feed in desk.feeds
        ]
        async with self.database.read() as session:
            rows = (await session.execute(text(STANDING), {"ids": late})).all()
        return [f"not on record when the time was over: {dict(row._mapping)}" for row in rows]

    async def _look_at_hosts(self) -> None:
        """Keep which hosts back off, and lift it after a while: it would last for minutes."""
        async with self.database.write() as session:
            asked_at = time.time()
            rows = (await session.execute(text(BACKING_OFF))).all()
            for row in rows:
                self._backing_off.setdefault(row.host, asked_at)
            lifted = [
                host
                for host, since in self._backing_off.items()
                if asked_at - since > BACK_OFF_S
                and all(seen.not_before < asked_at for seen in self._last_of(host))
            ]
            await session.execute(text(LIFT), {"hosts": lifted})
            if not self.addresses_known:
                unknown = (await session.execute(text(NO_ADDRESS))).scalar_one()
                self.addresses_known = 0.0 if unknown else asked_at
        there = {row.host: row.refused_until / 1000 for row in rows}
        for host in list(self._backing_off):
            if host in lifted or host not in there:
                since = self._backing_off.pop(host)
                until = min(there.get(host, since), asked_at)
                self.backed_off.append(BackedOff(host, since, until))

    def _last_of(self, host: str) -> list[Seen]:
        return [seen for seen in self.publisher.last.values() if seen.host == host]


HURRY = """UPDATE feeds
    SET next_poll_at = CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)
    WHERE id = ANY(:ids) AND lease_until IS NULL AND state = 'active'
    AND next_poll_at > extract(epoch FROM clock_timestamp()) * 1000"""
BACKING_OFF = """SELECT host, refused_until FROM hosts
    WHERE refusals > 0 AND refused_until > extract(epoch FROM clock_timestamp()) * 1000"""
STANDING = """SELECT f.id, f.host, f.state, f.attempts, f.failure, f.failure_detail,
    f.next_poll_at - now.ms AS due, f.lease_until - now.ms AS leased,
    h.holder, h.busy_until - now.ms AS busy, h.free_at - now.ms AS free, h.refusals,
    h.domain_slot, h.address_slot
    FROM feeds f JOIN hosts h ON h.host = f.host,
    (SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS ms) AS now
    WHERE f.id = ANY(:ids)"""
LIFT = "UPDATE hosts SET refusals = 0, refused_until = NULL WHERE host = ANY(:hosts)"
NO_ADDRESS = """SELECT count(*) FROM hosts WHERE address_slot IS NULL
    AND host IN (SELECT host FROM feeds)"""
RESUME = "UPDATE feeds SET state = 'active', attempts = 0 WHERE state = 'quarantined'"
