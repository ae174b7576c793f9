"""Whether the keys of long answers are good still: a key may end while its stream goes on."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Final

from app.errors import NotFound
from app.store.engine import Database
from app.store.keys import Key, get_key

KEPT_S: Final = 15.0
"""How long it is believed what was found: a thousand streams of one key are one query in this."""


class KeyChecks:
    """Looks keys up again, each once in KEPT_S."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[float, Key | None]] = {}
        self._asking = asyncio.Lock()

    async def usable(self, database: Database, key_id: int, now: datetime) -> bool:
        """Whether it is good, or was shortly before; raises what a database does that is away."""
        async with self._asking:
            at, key = self._found.get(key_id, (-KEPT_S, None))
            if time.monotonic() - at >= KEPT_S:
                key = await self._look_up(database, key_id)
                self._found[key_id] = (time.monotonic(), key)
        return key is not None and key.usable(now)

    @staticmethod
    async def _look_up(database: Database, key_id: int) -> Key | None:
        async with database.read() as session:
            try:
                return await get_key(session, key_id)
            except NotFound:
                return None
