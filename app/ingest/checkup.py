"""Gathers what a doctor judges: settings, machine, database, workers, and the way out if asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from app.core.deployment import DatabaseFacts, Facts, MachineFacts, SettingFacts
from app.core.plan import body_hash
from app.core.types import FetchFailed, FetchPolicy
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.offload import Offload, OffloadFailed
from app.net import HttpClients
from app.store.checkup import read_checkup
from app.store.engine import DATABASE_FAULTS, Database
from app.store.machine import descriptors_free, disk_free, file_system

OUTSIDE: Final = "https://example.org/"
"""A name that is reserved for examples (RFC 2606 §3) and answers over HTTPS."""


async def examine(
    settings: SettingFacts,
    *,
    database: Database | None,
    file: str | None,
    offload: Offload,
    clients: HttpClients,
    fetch_policy: FetchPolicy,
    clock: Callable[[], datetime],
    online: bool = False,
) -> Facts:
    """All facts there are; `file` is that of an SQLite database, None as `database` that it is not
    there yet.
    """
    found, fault, now = await _database(database, clock)
    machine = MachineFacts(
        now=now,
        descriptors_free=descriptors_free(),
        database_disk_free=disk_free(file) if file else None,
        database_file_system=file_system(file) if file else None,
    )
    return Facts(
        settings=settings,
        machine=machine,
        database=found,
        database_fault=fault,
        workers_fault=await _workers(offload),
        online_fault=await _outside(clients, fetch_policy) if online else None,
    )


async def _database(
    database: Database | None, clock: Callable[[], datetime]
) -> tuple[DatabaseFacts | None, str | None, datetime]:
    """What it says, or why it does not; and this machine's time as it read its own."""
    if database is None:
        return None, "there is no such file yet", clock()
    try:
        return await read_checkup(database), None, clock()
    except DATABASE_FAULTS as error:
        cause = getattr(error, "orig", None) or error
        said = str(cause).strip() or type(cause).__name__
        return None, said.splitlines()[0], clock()


async def _workers(offload: Offload) -> str | None:
    done = await offload.run(body_hash, b"")
    return done.detail if isinstance(done, OffloadFailed) else None


async def _outside(clients: HttpClients, policy: FetchPolicy) -> str | None:
    fetched = await fetch(FetchRequest(url=OUTSIDE), clients, policy)
    return f"{OUTSIDE}: {fetched.detail}" if isinstance(fetched, FetchFailed) else None
