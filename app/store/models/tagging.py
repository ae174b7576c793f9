"""What operators have said about tags."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    false,
)

from app.store.engine import Instant, Json, metadata
from app.store.models.serial import Serial

rules = Table(
    "rules",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("actions", Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),  # for If-Match
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    sqlite_autoincrement=True,  # tags say which rule gave them: an id is not given again
)

tag_edits = Table(
    "tag_edits",
    metadata,
    Column("tag", String(192), primary_key=True),  # its QCode
    Column("blocked", Boolean, nullable=False, server_default=false()),
    Column("into", String(192)),  # the QCode it is merged into
    Column("into_name", Text),  # what that was called then
    Column("name", Text),  # the name it has here
    Column("at", Instant, nullable=False),
)

story_tag_edits = Table(
    "story_tag_edits",
    metadata,
    Column("story_id", ForeignKey("stories.id", ondelete="CASCADE"), nullable=False),
    Column("tag", String(192), nullable=False),  # its QCode
    Column("place", Integer, nullable=False),  # among the story's, the last said last
    Column("given", Boolean, nullable=False),  # or taken away
    Column("name", Text, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("story_id", "tag"),
    sqlite_with_rowid=False,
)

tag_policy = Table(
    "tag_policy",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1
    Column("version", BigInteger, nullable=False),
    Column("required", BigInteger, nullable=False, server_default="0"),  # of every story
    Column("packed", LargeBinary, nullable=False),  # rules and edits, as workers read them
    Column("paused", Boolean, nullable=False, server_default=false()),  # bringing stories up to it
)
