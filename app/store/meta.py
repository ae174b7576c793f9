"""Small facts about the installation itself."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from app.store.engine import Database, WriteSession
from app.store.models import log_head, meta

CURSOR_SECRET = "cursor_secret"  # noqa: S105 - a name


async def cursor_secret(database: Database) -> bytes:
    """What cursors are signed with, the same on every server; made at the first start."""
    async with database.write() as session:
        await session.execute(
            session.insert(meta)
            .values(name=CURSOR_SECRET, value=secrets.token_hex(32))
            .on_conflict_do_nothing(index_elements=["name"])
        )
        row = await session.execute(select(meta.c.value).where(meta.c.name == CURSOR_SECRET))
        return bytes.fromhex(row.scalar_one())


async def lock_meta(session: WriteSession) -> None:
    """Let no other server past here until this transaction ends: for what is done once at start.

    The log's counter is the one row that every installation has.
    """
    await session.execute(select(log_head.c.seq).with_for_update())
