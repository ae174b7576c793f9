"""Keys, and what else the service keeps of itself."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from app.store.engine import Instant, Json, metadata
from app.store.models.serial import Serial

keys = Table(
    "keys",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256; the key is not kept
    Column("scopes", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    Column("requests_per_minute", Integer),  # null: as the settings say
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Json, nullable=False),
)
