"""What was answered to requests that carry a key of the caller's own, so that a second sending
does nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from app.store.engine import WriteSession
from app.store.models import idempotency_keys

KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request by whose it is, the key that it carries, and what it asks."""

    owner: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer, to be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """The request that came with the key first; without an answer it is under way, or its process
    ended before it could say.
    """

    fingerprint: bytes
    answered: Answered | None


async def begin(session: WriteSession, sent: Sent, now: datetime) -> Former | None:
    """Put a request on record; the former one where its key is in use. Sweeps what is too old."""
    await session.execute(
        delete(idempotency_keys).where(idempotency_keys.c.begun_at < now - KEPT_FOR)
    )
    values = {"owner": sent.owner, "key": sent.key, "fingerprint": sent.fingerprint}
    begun = await session.execute(
        session.insert(idempotency_keys)
        .values(**values, begun_at=now)
        .on_conflict_do_nothing()
        .returning(idempotency_keys.c.key)
    )
    if begun.one_or_none() is not None:
        return None
    row = (await session.execute(select(idempotency_keys).where(*_of(sent)))).one()
    answered = None
    if row.status is not None:
        answered = Answered(status=row.status, headers=row.headers, body=row.body)
    return Former(fingerprint=row.fingerprint, answered=answered)


async def keep(session: WriteSession, sent: Sent, answered: Answered) -> None:
    await session.execute(
        update(idempotency_keys)
        .where(*_of(sent))
        .values(status=answered.status, headers=answered.headers, body=answered.body)
    )


async def forget(session: WriteSession, sent: Sent) -> None:
    """Nothing came of it: its key may be sent again."""
    await session.execute(delete(idempotency_keys).where(*_of(sent)))


def _of(sent: Sent) -> tuple[Any, ...]:
    return (idempotency_keys.c.owner == sent.owner, idempotency_keys.c.key == sent.key)
