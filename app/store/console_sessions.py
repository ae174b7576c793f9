"""Who has logged in at the console: a session stands for the key that it was begun with."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from app.store.engine import ReadSession, WriteSession
from app.store.keys import Key, key_of_row
from app.store.models import console_sessions, keys

SESSION_LIFE: Final = timedelta(hours=12)  # at most, however busy
IDLE_LIFE: Final = timedelta(hours=2)
SEEN_GRAIN: Final = timedelta(minutes=1)
TOKEN_BYTES: Final = 32
KEY_IN_SCOPE: Final = "copydesk.key"
"""Where a request inside the process carries the key of its session; no request from outside can
have it, since a server makes its scope from what it is sent."""


async def begin_session(session: WriteSession, key_id: int, now: datetime) -> str:
    """The new session's token, which is not kept; sessions that are over are swept away."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await session.execute(delete(console_sessions).where(console_sessions.c.expires_at < now))
    await session.execute(
        console_sessions.insert().values(
            hash=_hash(token),
            key_id=key_id,
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return token


async def find_session(session: ReadSession, token: str, now: datetime) -> tuple[Key, bool] | None:
    """The key of a session that is not over, and whether it is time to note that it was seen.

    None too where the key has expired or was revoked: its sessions end with it.
    """
    rows = await session.execute(
        select(keys, console_sessions.c.seen_at)
        .join(console_sessions, console_sessions.c.key_id == keys.c.id)
        .where(console_sessions.c.hash == _hash(token))
        .where(console_sessions.c.expires_at > now, console_sessions.c.seen_at > now - IDLE_LIFE)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    key = key_of_row(row)
    return (key, now - row.seen_at >= SEEN_GRAIN) if key.usable(now) else None


async def note_seen(session: WriteSession, token: str, now: datetime) -> None:
    await session.execute(
        update(console_sessions).where(console_sessions.c.hash == _hash(token)).values(seen_at=now)
    )


async def end_session(session: WriteSession, token: str) -> None:
    await session.execute(delete(console_sessions).where(console_sessions.c.hash == _hash(token)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
