"""The hosts that one piece of work leads to: each is entered under slots of its own."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from app.core.refusal import Answer
from app.core.types import Barred, Failure, FetchResult, ServerHints
from app.core.urls import host_of
from app.store.budget import spend
from app.store.engine import Database
from app.store.hosts import BackingOff, take_host

WAIT_S: Final = 20.0
LOOK_S: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Under which name slots are held, and for how long at a time."""

    holder: str
    seconds: float


class Entrance:
    """Lets the holder of one host ask further ones, those that it is redirected to.

    `per_hour` is the budget; every request beyond the first, which the claim has paid, is charged.
    """

    def __init__(
        self, database: Database, lease: Lease, *, host: str, per_hour: int | None = None
    ) -> None:
        self._database = database
        self._lease = lease
        self._per_hour = per_hour
        self._hosts = {host}

    async def enter(self, url: str) -> Barred | None:
        """What forbids one more request now, to the host of an address; else it is charged."""
        barred = await self.admit(url)
        if barred is None:
            await self.charge()
        return barred

    async def admit(self, url: str) -> Barred | None:
        """What forbids to ask the host of an address now; it may wait a while for it."""
        host = host_of(url)
        if host is None or host in self._hosts:  # what is no address is the fetch's to refuse
            return None
        barred = await self._take(host)
        if barred is None:
            self._hosts.add(host)
        return barred

    async def charge(self) -> None:
        """One request more than the claim has paid."""
        if self._per_hour is not None:
            async with self._database.write() as session:
                await spend(session, self._per_hour, 1)

    async def _take(self, host: str) -> Barred | None:
        until = time.monotonic() + WAIT_S
        while True:
            async with self._database.write() as session:
                taken = await take_host(session, host, self._lease.holder, self._lease.seconds)
            if isinstance(taken, BackingOff):
                hints = ServerHints(retry_after_s=taken.seconds)
                return Barred(kind=Failure.RATE_LIMITED, detail=taken.reason, hints=hints)
            if taken:
                return None
            if time.monotonic() >= until:
                detail = f"{host} is asked for something else just now"
                return Barred(kind=Failure.TIMEOUT, detail=detail)
            await asyncio.sleep(LOOK_S)


def answers_of(fetched: FetchResult) -> tuple[Answer, ...]:
    """What the host that a fetch ended at has said to it."""
    host = host_of(fetched.url)
    if host is None or fetched.status is None:
        return ()
    hints = fetched.hints
    return (
        Answer(
            host=host,
            status=fetched.status,
            retry_after_s=hints.retry_after_s,
            quota_s=hints.quota_s,
        ),
    )
