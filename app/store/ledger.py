"""The fetch ledger: one row for each poll, whatever came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from app.core.poll import LedgerRow
from app.core.schedule import NextPoll, Outcome
from app.core.types import Failure
from app.store.engine import ReadSession, WriteSession
from app.store.models import fetches


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A row of the ledger as it is on record."""

    id: int
    feed_id: int
    row: LedgerRow
    worker: str | None


def failed_row(
    at: datetime, url: str, failure: Failure, detail: str, *, next_poll_at: datetime
) -> LedgerRow:
    """The row of a poll that ended before anything was fetched."""
    return LedgerRow(
        at=at,
        outcome=Outcome.FAILED,
        failure=failure,
        status=None,
        detail=detail,
        url=url,
        redirects=(),
        wire_bytes=0,
        body_bytes=0,
        elapsed_ms=0,
        entries=0,
        new=0,
        changed=0,
        notes=(),
        next_poll=NextPoll(at=next_poll_at, reasons=(detail,)),
    )


async def insert_row(
    session: WriteSession, feed_id: int, row: LedgerRow, *, worker: str | None
) -> None:
    await session.execute(
        fetches.insert().values(
            feed_id=feed_id,
            at=row.at,
            outcome=row.outcome.value,
            failure=row.failure and row.failure.value,
            status=row.status,
            detail=row.detail,
            url=row.url,
            redirects=[{"status": status, "url": url} for status, url in row.redirects],
            wire_bytes=row.wire_bytes,
            body_bytes=row.body_bytes,
            elapsed_ms=row.elapsed_ms,
            entries=row.entries,
            new=row.new,
            changed=row.changed,
            notes=list(row.notes),
            next_poll_at=row.next_poll.at,
            reasons=list(row.next_poll.reasons),
            worker=worker,
        )
    )


async def list_fetches(
    session: ReadSession, *, feed_id: int | None = None, before_id: int | None = None, limit: int
) -> list[Fetch]:
    """Rows of one feed or of all, newest first, below `before_id`."""
    query = select(fetches).order_by(fetches.c.id.desc()).limit(limit)
    if feed_id is not None:
        query = query.where(fetches.c.feed_id == feed_id)
    if before_id is not None:
        query = query.where(fetches.c.id < before_id)
    return [_fetch(row) for row in await session.execute(query)]


async def latest_fetches(session: ReadSession, feed_ids: Sequence[int]) -> dict[int, Fetch]:
    """The last poll of each feed that had one."""
    newest = (
        select(func.max(fetches.c.id))
        .where(fetches.c.feed_id.in_(feed_ids), fetches.c.outcome != Outcome.REPLAYED.value)
        .group_by(fetches.c.feed_id)
    )
    rows = await session.execute(select(fetches).where(fetches.c.id.in_(newest)))
    return {row.feed_id: _fetch(row) for row in rows}


def _fetch(row: Row[Any]) -> Fetch:
    return Fetch(
        id=row.id,
        feed_id=row.feed_id,
        worker=row.worker,
        row=LedgerRow(
            at=row.at,
            outcome=Outcome(row.outcome),
            failure=Failure(row.failure) if row.failure else None,
            status=row.status,
            detail=row.detail,
            url=row.url,
            redirects=tuple((hop["status"], hop["url"]) for hop in row.redirects),
            wire_bytes=row.wire_bytes,
            body_bytes=row.body_bytes,
            elapsed_ms=row.elapsed_ms,
            entries=row.entries,
            new=row.new,
            changed=row.changed,
            notes=tuple(row.notes),
            next_poll=NextPoll(at=row.next_poll_at, reasons=tuple(row.reasons)),
        ),
    )
