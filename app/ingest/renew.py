"""Making stories again: those of an older release when asked, those that are marked by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from app.core.make import PLAIN, Made, make_again
from app.core.types import Failure
from app.ingest.offload import Offload, OffloadFailed
from app.store.clock import database_now
from app.store.engine import Database
from app.store.reindex import count_outdated
from app.store.renewal import (
    Outdated,
    RenewedBatch,
    StoredEntry,
    count_outdated_entries,
    leave_as_they_are,
    outdated_entries,
    renew_stories,
)
from app.work.loop import Loop

log = structlog.get_logger()

BATCH: Final = 50
TASK: Final = 20
"""Stories that a worker makes at a time: with a model each may take a tenth of a second."""

IDLE_S: Final = 5.0


async def renew_batch(
    database: Database,
    offload: Offload,
    *,
    before: int | None,
    limit: int,
    which: Outdated = Outdated.ALL,
    taggers: str = PLAIN,
) -> RenewedBatch:
    """Make the newest outdated stories below `before` again, and write those that come out
    otherwise; `taggers` are those of the workers.
    """
    some = await renew_some(
        database, offload, before=before, limit=limit, which=which, taggers=taggers
    )
    async with database.read() as session:
        left = await count_outdated_entries(session, which=which, taggers=taggers)
    return replace(some, outdated=left)


async def renew_some(
    database: Database,
    offload: Offload,
    *,
    before: int | None,
    limit: int,
    which: Outdated,
    taggers: str,
) -> RenewedBatch:
    """As `renew_batch`, without counting what is left, which looks at all stories."""
    async with database.read() as session:
        found = await outdated_entries(
            session, before=before, limit=limit, which=which, taggers=taggers
        )
    changed, same, skipped = await _renew(database, offload, found, taggers)
    following = found[-1].story_id if len(found) == limit else None
    return RenewedBatch(changed=changed, same=same, skipped=skipped, next=following)


async def _renew(
    database: Database, offload: Offload, found: Sequence[StoredEntry], taggers: str
) -> tuple[int, int, int]:
    if not found:
        return 0, 0, 0
    if len(found) > TASK:
        parts = [found[at : at + TASK] for at in range(0, len(found), TASK)]
        return _sums([await _renew(database, offload, part, taggers) for part in parts])
    made = await offload.run(make_again, [entry.making for entry in found])
    if not isinstance(made, OffloadFailed):
        return *await _write(database, list(zip(found, made, strict=True))), 0
    if made.kind is Failure.INTERNAL:  # no worker took it: another time
        log.warning("stories_not_renewed", detail=made.detail)
        return 0, 0, 0
    if len(found) > 1:  # one of them is too much for a worker: find it
        return _sums([await _renew(database, offload, [entry], taggers) for entry in found])
    log.warning("story_not_renewed", story_id=found[0].story_id, detail=made.detail)
    async with database.write() as session:
        await leave_as_they_are(session, found, taggers=taggers)
    return 0, 0, 1


def _sums(each: Sequence[tuple[int, int, int]]) -> tuple[int, int, int]:
    changed, same, skipped = (sum(numbers) for numbers in zip(*each, strict=True))
    return changed, same, skipped


async def _write(database: Database, made: list[tuple[StoredEntry, Made]]) -> tuple[int, int]:
    async with database.write() as session:
        renewed = await renew_stories(session, made, await database_now(session))
    return renewed.changed, renewed.same


async def tell_of_outdated(database: Database, taggers: str = PLAIN) -> None:
    """Say in the log that an older release has read some stories otherwise, if it has."""
    async with database.read() as session:
        outdated = await count_outdated(session)
        entries = await count_outdated_entries(session, taggers=taggers)
    if outdated:
        log.warning("index_outdated", stories=outdated, mend="copydesk reindex")
    if entries:
        log.info("stories_outdated", stories=entries, mend="copydesk reprocess")


class Renewer:
    """Renews the stories that are marked, while others are polled."""

    def __init__(self, database: Database, offload: Offload, taggers: str = PLAIN) -> None:
        """`taggers` are those of the workers."""
        self._database = database
        self._offload = offload
        self._taggers = taggers
        self._loop = Loop("renewals", self._turn)

    def stop(self) -> None:
        self._loop.stop()

    async def run(self) -> None:
        """Look for marked stories now and then until stopped."""
        await self._loop.run()

    async def renew_marked(self) -> int:
        """Make a batch of marked stories again; how many are done with."""
        async with self._database.read() as session:
            found = await outdated_entries(session, before=None, limit=BATCH, which=Outdated.MARKED)
        changed, same, skipped = await _renew(self._database, self._offload, found, self._taggers)
        if found:
            log.info("stories_renewed", changed=changed, same=same, skipped=skipped)
        return changed + same + skipped

    async def _turn(self) -> float:
        return 0.0 if await self.renew_marked() else IDLE_S
