"""What a polling process does beside serving: the loops that are run and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol


class Runs(Protocol):
    """A loop: it runs until it is stopped, and then ends what it has begun."""

    async def run(self) -> None: ...

    def stop(self) -> None: ...


class Loops:
    """The loops of one process, by name."""

    def __init__(self, loops: Mapping[str, Runs]) -> None:
        self._loops = dict(loops)

    async def run(self) -> None:
        """Run all until they are stopped."""
        async with asyncio.TaskGroup() as group:
            for name, loop in self._loops.items():
                group.create_task(loop.run(), name=name)

    def stop(self) -> None:
        for loop in self._loops.values():
            loop.stop()
