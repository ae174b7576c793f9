"""What a polling process does beside serving: polls feeds, fetches pages, renews stories."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from app.ingest.page_loop import PageLoop
from app.ingest.poller import Poller
from app.ingest.renew import Renewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Loops:
    """The loops of one process, run and stopped together."""

    poller: Poller
    pages: PageLoop
    renewer: Renewer

    async def run(self) -> None:
        """Run all until they are stopped."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.poller.run(), name="poller")
            group.create_task(self.pages.run(), name="pages")
            group.create_task(self.renewer.run(), name="renewer")

    def stop(self) -> None:
        self.poller.stop()
        self.pages.stop()
        self.renewer.stop()
