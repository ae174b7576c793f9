"""What keeps a feed coming: its moves, what it is asked with, and who pushes it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from app.store.engine import Instant, metadata
from app.store.models.serial import Serial


def _of_feed(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "feed_id",
        ForeignKey("feeds.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
        autoincrement=False,
    )


feed_moves = Table(
    "feed_moves",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _of_feed(),
    Column("at", Instant, nullable=False),
    Column("from_url", Text, nullable=False),
    Column("to_url", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("merged_into", BigInteger),  # the feed that was there already
    Column("reverted_at", Instant),
    Index("ix_feed_moves_feed", "feed_id", "id"),
)

feed_credentials = Table(
    "feed_credentials",
    metadata,
    _of_feed(primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("origin", Text, nullable=False),  # the one that may see them
    Column("username", Text),
    Column("header", Text),
    Column("variable", Text),  # of the environment, which holds the secret
    Column("sealed", LargeBinary),  # the secret, encrypted
    Column("over_http", Boolean, nullable=False, server_default=false()),
    Column("set_at", Instant, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    # None once the feed is gone or has another hub: what is left is to tell the hub so.
    Column("feed_id", ForeignKey("feeds.id", ondelete="SET NULL"), unique=True),
    Column("hub_url", Text, nullable=False),
    Column("hub_host", String(255), nullable=False),
    Column("topic_url", Text, nullable=False),
    Column("callback_url", Text),  # as the hub was told it
    Column("token", String(64), nullable=False, unique=True),  # of the callback's address
    Column("secret", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("requested_at", Instant),
    Column("verified_at", Instant),
    Column("expires_at", Instant),
    Column("pushed_at", Instant),
    Column("proven_at", Instant),  # None once a poll has found what no push has brought
    Column("ignored", Integer, nullable=False, server_default="0"),  # pushes not signed as agreed
    Column("due_at", Instant),  # when the hub is to be asked next
    Column("lease_until", Instant),
    Column("lease_token", BigInteger, nullable=False, server_default="0"),
    Index("ix_subscriptions_due", "due_at"),
)

pushes = Table(
    "pushes",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    _of_feed(),
    Column("at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zlib
    Column("content_type", Text),
    Index("ix_pushes_feed", "feed_id", "id"),
)
