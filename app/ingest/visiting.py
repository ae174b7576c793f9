"""Requests that no claim of a feed or page stands behind: trying an address, looking for feeds."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.ingest.entrance import Entrance, Lease
from app.ingest.pipeline import Pipeline
from app.store.engine import DATABASE_FAULTS
from app.store.hosts import leave

log = structlog.get_logger()


@asynccontextmanager
async def visiting(pipeline: Pipeline, purpose: str, lease_s: float) -> AsyncIterator[Entrance]:
    """Hosts are entered one by one, and left at the end with their gap.

    If the database is away then, their lease runs out after `lease_s`.
    """
    lease = Lease(holder=f"{purpose}-{secrets.token_hex(8)}", seconds=lease_s)
    try:
        yield Entrance(pipeline.database, lease, host="", per_hour=pipeline.requests_per_hour)
    finally:
        try:
            async with pipeline.database.write() as session:
                await leave(session, lease.holder, gap_s=pipeline.host_gap_s)
        except DATABASE_FAULTS as error:
            log.warning("hosts_not_left", purpose=purpose, error=type(error).__name__)
