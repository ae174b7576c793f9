"""Who is told of stories: saved searches, webhooks, what is to be delivered and what came of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from app.store.engine import Instant, Json, metadata
from app.store.models.serial import Serial

searches = Table(
    "searches",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("owner_id", ForeignKey("keys.id"), index=True),
    Column("name", Text, nullable=False),
    Column("asked", Json, nullable=False),  # query parameters by name, each with its values
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("owner_id", ForeignKey("keys.id"), index=True),
    Column("search_id", ForeignKey("searches.id", ondelete="CASCADE"), index=True),
    Column("name", Text),
    Column("url", Text, nullable=False),
    Column("types", Json, nullable=False),  # of changes; none: all
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_secret_until", Instant),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("after", BigInteger, nullable=False),  # the log's end when it was made
    Column("failing_since", Instant),
    Column("last_success_at", Instant),
    Column("due_at", Instant),  # when to deliver next; null: nothing to deliver
    Column("lease_until", Instant),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("slow", Boolean, nullable=False, server_default=false()),  # its last answer was
    Column("dead", Integer, nullable=False, server_default="0"),  # given up in a row
    Index(
        "ix_webhooks_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("webhook_id", ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("type", String(32), nullable=False),
    Column("story_id", BigInteger),
    Column("revision", Integer),
    Column("feed_id", BigInteger),
    Column("detail", Json),
    Column("matches", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("made_at", Instant, nullable=False),
    Column("done_at", Instant),
    UniqueConstraint("webhook_id", "seq"),
    Index("ix_deliveries_story", "story_id", "webhook_id", "seq"),
    Index(
        "ix_deliveries_due",
        "webhook_id",
        "seq",
        sqlite_where=text("state = 'due'"),
        postgresql_where=text("state = 'due'"),
    ),
    Index(
        "ix_deliveries_dead",
        "webhook_id",
        "seq",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
    ),
    Index("ix_deliveries_done", "done_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("delivery_id", ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("ms", Integer, nullable=False),
    Column("status", Integer),
    Column("failure", String(32)),
    Column("detail", Text),
    Column("excerpt", Text),  # of the answer's body
    Index("ix_attempts_delivery", "delivery_id", "id"),
)

push_head = Table(
    "push_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),  # how far webhooks have been told apart
)
