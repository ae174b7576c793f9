"""What operators see and do: sessions of the console, the audit log, jobs, alerts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from app.store.engine import Instant, Json, metadata
from app.store.models.serial import Serial

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie, which is not kept
    Column("key_id", ForeignKey("keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("owner", String(32), nullable=False),  # who sent it: the key's id, or the command
    Column("key", String(255), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),  # SHA-256 of the request
    Column("begun_at", Instant, nullable=False, index=True),
    Column("status", Integer),  # NULL while it is under way
    Column("headers", Json),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("owner", "key"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("key_id", BigInteger),  # null: this machine's own command; kept when the key is gone
    Column("actor", Text, nullable=False),
    Column("via", String(16), nullable=False),  # api, console, command
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),  # kind:id
    Column("before", Json),
    Column("after", Json),
    Column("request_id", String(64)),
    Index("ix_audit_subject", "subject", "id"),
    Index("ix_audit_at", "at"),
    sqlite_autoincrement=True,
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("asked", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, running, stopping, done, …
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("position", Json),  # where the next step goes on
    Column("detail", Json),
    Column("error", Text),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("due_at", Instant),  # when the next step may begin; null: none is left
    Column("lease_until", Instant),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index(
        "ix_jobs_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

job_lines = Table(  # what a job is to do, line by line, where it was given a list
    "job_lines",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("given", Json, nullable=False),
    Column("became", Json),  # null: its turn has not come
)

story_kills = Table(  # by operators: what feeds tell of these stories is not shown
    "story_kills",
    metadata,
    Column(
        "story_id",
        ForeignKey("stories.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, nullable=False),  # kind:id
    Column("severity", String(16), nullable=False),
    Column("detail", Json, nullable=False),
    Column("since", Instant, nullable=False),
    Column("clear_since", Instant),  # nothing is seen of it any more; it ends if that lasts
    Column("ended_at", Instant),
    Column("told_at", Instant),
    Index(
        "uq_alerts_standing",
        "kind",
        "subject",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_alerts_since", "since"),
    sqlite_autoincrement=True,
)
