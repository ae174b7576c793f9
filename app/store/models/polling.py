"""Feeds, their sources and hosts, and what polling them left behind."""

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
    text,
)

from app.store.engine import Instant, Json, metadata
from app.store.models.serial import Serial

sources = Table(
    "sources",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("domain", String(255), nullable=False, unique=True),
    Column("name", Text),
    Column("country", String(2)),
    Column("sections", Json, nullable=False, server_default="{}"),  # its categories' media topics
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
    Column("full_text", Boolean, nullable=False, server_default=false()),
    Column("state", String(16), nullable=False, server_default="active"),
    Column("added_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),  # of what operators set
    Column("min_interval_s", Integer),
    Column("max_interval_s", Integer),
    Column("keep_days", Integer),  # null: stories are kept as the settings say
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
    # what polling has learned of it
    Column("history", LargeBinary),  # when its entries appeared, packed
    Column("silent_since", Instant),
    Column("trouble", String(16)),  # failing, gone or silent, as the log has told it
    Column("guids_unstable", Boolean, nullable=False, server_default=false()),
    Column(
        "whole_at", Instant
    ),  # when it last gave a document that was asked for without condition
    Column("unchanged", Integer, nullable=False, server_default="0"),  # answers of 304 since
    Column("surprises", Integer, nullable=False, server_default="0"),  # see app/core/trust.py
    Column("distrusted_at", Instant),  # since when its validators are not sent
    Column("moving_to", Text),
    Column("moving_seen", Integer, nullable=False, server_default="0"),
    Column("moving_since", Instant),
    Column("alternates", Json, nullable=False, server_default="[]"),  # feeds named by what it gives
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
    Column("domain_slot", String(255)),
    Column("address_slot", String(255)),
    # see app/core/refusal.py
    Column("refused_at", Instant),
    Column("refused_by", BigInteger),
    Column("refused_until", Instant),
    Column("refusals", Integer, nullable=False, server_default="0"),
    Column("refusal", Text),
    Index(
        "ix_hosts_holder",
        "holder",
        sqlite_where=text("holder IS NOT NULL"),
        postgresql_where=text("holder IS NOT NULL"),
    ),
    Index(
        "ix_hosts_refused_until",
        "refused_until",
        sqlite_where=text("refusals > 0"),
        postgresql_where=text("refusals > 0"),
    ),
    Index(
        "ix_hosts_address_slot",
        "address_slot",
        sqlite_where=text("address_slot IS NOT NULL"),
        postgresql_where=text("address_slot IS NOT NULL"),
    ),
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
