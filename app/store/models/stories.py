"""Stories, their texts and copies, and what they were before."""

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
from app.store.models.serial import Serial

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
    Column("revision_kind", String(16), nullable=False, server_default="first"),
    Column("status", String(8), nullable=False, server_default="live"),
    Column("content_hash", BigInteger, nullable=False),
    UniqueConstraint("source_id", "identity"),
    Index("ix_stories_source_url", "source_id", "url_hash"),
    Index("ix_stories_source", "source_id", "id"),
    Index("ix_stories_ingested", "ingested_at"),
    Index("ix_stories_updated", "updated_at"),
    Index(
        "ix_stories_dropped",
        "id",
        sqlite_where=text("status = 'dropped'"),
        postgresql_where=text("status = 'dropped'"),
    ),
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
    Column("line_hashes", LargeBinary),  # of its short lines: what repeats is not the story's
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
    Column("kind", String(16), nullable=False, server_default="update"),
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
