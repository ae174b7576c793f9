"""What is made from stories: kept so that it need not be made again, and can be made anew."""

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
    UniqueConstraint,
)

from app.store.engine import Instant, metadata
from app.store.models.serial import Serial


def _of_story() -> Column[int]:
    return Column(
        "story_id",
        ForeignKey("stories.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


entries = Table(
    "entries",
    metadata,
    _of_story(),
    Column("version", Integer, nullable=False),  # of the normal form the story has; 0: make anew
    Column("packed", LargeBinary, nullable=False),  # the entry, and what was known of its feed
    Column("policy", BigInteger, nullable=False, server_default="0"),  # of tags, its version
    Column("taggers", String(64), nullable=False, server_default=""),  # that it is tagged by
    Index("ix_entries_version", "version"),
    Index("ix_entries_policy", "policy"),
    Index("ix_entries_taggers", "taggers"),
)

learned_lines = Table(
    "learned_lines",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), nullable=False),
    Column("place", String(8), nullable=False),
    Column("hash", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("stories", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("learned_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("source_id", "place", "hash"),
)

pages = Table(
    "pages",
    metadata,
    _of_story(),
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("host", String(255), nullable=False),
    Column("state", String(8), nullable=False),  # due, done, refused or failed
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", Instant),
    Column("fetched_at", Instant),
    Column("status", Integer),
    Column("outcome", String(32)),
    Column("detail", Text),
    Column("feed_words", Integer),
    Column("page_words", Integer),
    Column("kept", String(8)),
    Column("why", Text),
    Index("ix_pages_due", "state", "due_at"),
)

sketches = Table(
    "sketches",
    metadata,
    _of_story(),
    Column("version", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)

# Sixty rows a story: nothing refers to them and nothing is kept of them but the key.
bands = Table(
    "bands",
    metadata,
    Column("key", BigInteger, nullable=False),
    Column("story_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("key", "story_id"),
    sqlite_with_rowid=False,
)

# Apart from the stories: whoever decides on clusters writes those of other sources, whose rows
# others may hold while they wait to decide.
members = Table(
    "members",
    metadata,
    _of_story(),
    Column("cluster_id", BigInteger, nullable=False),
    Index("ix_members_cluster", "cluster_id", "story_id"),
)
