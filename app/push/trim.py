"""Keeps the change log from growing for ever, where a time is set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from app.store.engine import Database
from app.store.trim import trim_some
from app.work.loop import Loop

IDLE_S: Final = 600.0
PAUSE_S: Final = 0.2
"""Between two steps: writers wait behind each."""


class Trimmer(Loop):
    """Trims what is older than `keep`, step by step."""

    def __init__(self, database: Database, keep: timedelta, clock: Callable[[], datetime]) -> None:
        super().__init__("log trimmer", self.trim)
        self._database = database
        self._keep = keep
        self._clock = clock

    async def trim(self) -> float:
        """One step; how long to wait for the next."""
        async with self._database.write() as session:
            looked_at = await trim_some(session, self._clock() - self._keep)
        return PAUSE_S if looked_at else IDLE_S
