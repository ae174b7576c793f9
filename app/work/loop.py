"""A loop that never stops by itself: turn after turn, whatever happens in one of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from app.store.engine import DATABASE_FAULTS

log = structlog.get_logger()

RETRY_S: Final = 2.0
"""How long a database that is away is left alone."""


class Loop:
    """Takes turns until it is stopped; a database that is away is waited for."""

    def __init__(self, name: str, turn: Callable[[], Awaitable[float]]) -> None:
        """`turn` does what there is to do, and returns the seconds to pause before the next."""
        self._name = name
        self._turn = turn
        self._stopping = False
        self._wake = asyncio.Event()

    @property
    def stopping(self) -> bool:
        return self._stopping

    def wake(self) -> None:
        """Take the next turn now rather than in a moment."""
        self._wake.set()

    def stop(self) -> None:
        """Take no more turns; `run` returns when the one under way has ended."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        while not self._stopping:
            await self.pause(await self._turn_anyway())

    async def pause(self, seconds: float) -> None:
        """Wait until woken, `seconds` at most."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()

    async def _turn_anyway(self) -> float:
        try:
            return await self._turn()
        except DATABASE_FAULTS as error:
            log.warning("database_away", loop=self._name, error=str(error), retry_s=RETRY_S)
        except Exception:
            log.exception("loop_broke", loop=self._name, retry_s=RETRY_S)
        return RETRY_S
