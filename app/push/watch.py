"""Watching the change log: one reader of its end for all who wait for more."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from app.store.changes import last_seq
from app.store.engine import DATABASE_FAULTS, Database

log = structlog.get_logger()

LOOK_S: Final = 0.2
"""Between two looks at the end of the log, while anybody waits: other processes write to it."""

RETRY_S: Final = 2.0


class LogWatch:
    """Knows how long the log is while somebody wants to know; else it asks nobody.

    A thousand who wait cost one small query each `LOOK_S`, not a thousand.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seq = 0
        self._waiting = 0
        self._grown = asyncio.Event()  # another one each time the log has grown
        self._wanted = asyncio.Event()
        self.stopping = False

    async def beyond(self, seq: int, timeout_s: float) -> bool:
        """Wait until the log has entries after `seq`; False after `timeout_s`, or at a stop."""
        self._waiting += 1
        self._wanted.set()
        try:
            async with asyncio.timeout(timeout_s):
                while self._seq <= seq and not self.stopping:
                    await self._grown.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return self._seq > seq

    async def run(self) -> None:
        """Look at the log until stopped, as long as anybody waits."""
        while not self.stopping:
            if self._waiting:
                await asyncio.sleep(await self._look())
            else:
                self._wanted.clear()
                await self._wanted.wait()

    def stop(self) -> None:
        """Let everybody go who waits."""
        self.stopping = True
        self._wanted.set()
        self._grown.set()

    async def _look(self) -> float:
        """Tell those who wait how long the log is; how many seconds to leave it alone."""
        try:
            async with self._database.read() as session:
                seq = await last_seq(session)
        except DATABASE_FAULTS as error:
            log.warning("database_away", error=str(error), retry_s=RETRY_S)
            return RETRY_S
        if seq != self._seq and not self.stopping:  # lower: it was set back to an earlier state
            self._seq = seq
            self._grown.set()
            self._grown = asyncio.Event()
        return LOOK_S
