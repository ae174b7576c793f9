"""The tables. The search index is not here: its form differs between the engines (`search.py`)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.store.engine import Instant, Json, metadata

# SQLite gives its fast row ids only to INTEGER columns; PostgreSQL needs 64 bits.
Serial = BigInteger().with_variant(Integer, "sqlite")

sources = Table(
    "sources",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("domain", String(255), nullable=False, unique=True),
    Column("name", Text),
    Column("country", String(2)),
    Column("created_at", Instant, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("url", Text, nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("source_id", ForeignKey("sources.id"), nullable=False, index=True),
    Column("title", Text),
    Column("site_url", Text),
    Column("language", String(16)),
    Column("time_zone", String(64)),
    Column("state", String(16), nullable=False, server_default="active"),
    Column("added_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),  # of what operators set
    Column("min_interval_s", Integer),
    Column("max_interval_s", Integer),
    # the schedule and the lease
    Column("next_poll_at", Instant, nullable=False),
    Column("next_poll_reasons", Json, nullable=False),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", Instant),
    Column("lease_owner", String(128)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # what the last polls left behind
    Column("etag", LargeBinary),
    Column("last_modified", LargeBinary),
    Column("validators_url", Text),
    Column("body_hash", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failure", String(32)),
    Column("failure_detail", Text),
    Column("last_poll_at", Instant),
    Column("last_success_at", Instant),
    Column("last_new_at", Instant),
    Column("gap_s", Integer),
    Column("newest_at", Instant),
    Column("ttl_s", BigInteger),
    Column("skip_hours", Json, nullable=False, server_default="[]"),
    Column("skip_days", Json, nullable=False, server_default="[]"),
    Index(
        "ix_feeds_due",
        "next_poll_at",
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    ),
    Index(
        "ix_feeds_leased",
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
    Index("ix_feeds_host", "host"),
    sqlite_autoincrement=True,  # the id of a deleted feed is not given again
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("busy_until", Instant),
    Column("holder", String(64)),  # the lease that keeps it busy
    Column("free_at", Instant, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("failure", String(32)),
    Column("status", Integer),
    Column("detail", Text),
    Column("url", Text, nullable=False),
    Column("redirects", Json, nullable=False),
    Column("wire_bytes", BigInteger, nullable=False),
    Column("body_bytes", BigInteger, nullable=False),
    Column("elapsed_ms", Integer, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("notes", Json, nullable=False),
    Column("next_poll_at", Instant, nullable=False),
    Column("reasons", Json, nullable=False),
    Column("worker", String(128)),
    Index("ix_fetches_feed", "feed_id", "id"),
    Index("ix_fetches_at", "at"),
)

bodies = Table(
    "bodies",
    metadata,
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),  # zlib
    Column("content_type", Text),
    Column("url", Text, nullable=False),
    Column("fetched_at", Instant, nullable=False),
)

stories = Table(
    "stories",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=False),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("owner_feed_id", ForeignKey("feeds.id", ondelete="SET NULL"), index=True),
    Column("identity", BigInteger, nullable=False),
    Column("url", Text),
    Column("url_hash", BigInteger),
    Column("title", Text, nullable=False),
    Column("title_hash", BigInteger, nullable=False),
    Column("summary", Text),
    Column("language", String(16)),
    Column("authors", Json, nullable=False),
    Column("agency", Json),
    Column("dateline", Json),
    Column("published_at", Instant, nullable=False),
    Column("published_from", String(16), nullable=False),
    Column("published_raw", Text),
    Column("published_rule", String(32), nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("ingested_at", Instant, nullable=False),
    Column("revised_at", Instant, nullable=False),  # when the present revision was written
    Column("image_url", Text),
    Column("enclosures", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("word_count", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status", String(8), nullable=False, server_default="live"),
    Column("content_hash", BigInteger, nullable=False),
    UniqueConstraint("source_id", "identity"),
    Index("ix_stories_source_url", "source_id", "url_hash"),
    Index("ix_stories_ingested", "ingested_at"),
    Index("ix_stories_updated", "updated_at"),
)

texts = Table(
    "texts",
    metadata,
    Column(
        "story_id",
        ForeignKey("stories.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("text", Text, nullable=False),
    Column("blocks", Json, nullable=False),
    Column("html", Text),
)

story_weights = Table(
    "story_weights",
    metadata,
    Column(
        "story_id",
        ForeignKey("stories.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("version", Integer, nullable=False),  # of the analyzer that the index was made with
    Column("weights", LargeBinary, nullable=False),
    Index("ix_story_weights_version", "version"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("story_id", ForeignKey("stories.id", ondelete="CASCADE"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", LargeBinary, nullable=False),  # zlib of JSON: the story as it was
    PrimaryKeyConstraint("story_id", "revision"),
)

copies = Table(
    "copies",
    metadata,
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("ident", BigInteger, nullable=False),
    Column("story_id", ForeignKey("stories.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("guid", Text),
    Column("url", Text),
    Column("url_hash", BigInteger),
    Column("entry_hash", BigInteger, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
    Column("last_seen_at", Instant),  # NULL while it is in the feed's document
    PrimaryKeyConstraint("feed_id", "ident"),
    Index("ix_copies_feed_url", "feed_id", "url_hash"),
    Index(
        "ix_copies_present",
        "feed_id",
        sqlite_where=text("last_seen_at IS NULL"),
        postgresql_where=text("last_seen_at IS NULL"),
    ),
)

tags = Table(
    "tags",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=False),  # hash64 of scheme and code
    Column("scheme", String(32), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False),  # the name, for finding it
    UniqueConstraint("scheme", "code"),
)

story_tags = Table(
    "story_tags",
    metadata,
    Column("tag_id", ForeignKey("tags.id"), nullable=False),
    Column("story_id", ForeignKey("stories.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("by", String(16), nullable=False),
    Column("score", Float, nullable=False),
    Column("inferred", Boolean, nullable=False),
    PrimaryKeyConstraint("tag_id", "story_id"),
    sqlite_with_rowid=False,
)

changes = Table(
    "changes",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=False),
    Column("type", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("story_id", BigInteger, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
)

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
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Json, nullable=False),
)
