"""The change log, and its head."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from app.store.engine import Instant, metadata
from app.store.models.serial import Serial

changes = Table(
    "changes",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("type", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("story_id", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("ix_changes_story", "story_id", "seq"),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("trimmed", BigInteger, nullable=False, server_default="0"),  # nothing is whole up to it
)
