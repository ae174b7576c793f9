"""The change log, and its head."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, text

from app.store.engine import Instant, Json, metadata
from app.store.models.serial import Serial

changes = Table(
    "changes",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("type", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("story_id", BigInteger),  # of a story or of a feed: one of the two is there
    Column("revision", Integer),
    Column("feed_id", BigInteger),
    Column("detail", Json),  # what else is told of a feed
    Index("ix_changes_story", "story_id", "seq"),
    Index(
        "ix_changes_feed",
        "feed_id",
        "seq",
        sqlite_where=text("feed_id IS NOT NULL"),
        postgresql_where=text("feed_id IS NOT NULL"),
    ),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("trimmed", BigInteger, nullable=False, server_default="0"),  # nothing is whole up to it
)
