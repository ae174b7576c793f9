"""What stories are made of and made into: entries, learned lines, pages, sketches, clusters.

Entries of stories that are there already come with their feeds' next change; until then these
stories stay as they are. Columns are dropped by the engines themselves: to copy a table, as SQLite
needed in its earlier days, would drop it, and what refers to it with it.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned_lines",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("hash", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stories", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("learned_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_learned_lines_source_id_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_lines")),
        sa.UniqueConstraint(
            "source_id", "place", "hash", name=op.f("uq_learned_lines_source_id_place_hash")
        ),
    )
    op.create_table(
        "bands",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "story_id", name=op.f("pk_bands")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "members",
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("cluster_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_members_story_id_stories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_members")),
    )
    op.create_index("ix_members_cluster", "members", ["cluster_id", "story_id"], unique=False)

    op.create_table(
        "entries",
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_entries_story_id_stories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_entries")),
    )
    op.create_index("ix_entries_version", "entries", ["version"], unique=False)

    op.create_table(
        "pages",
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("feed_words", sa.Integer(), nullable=True),
        sa.Column("page_words", sa.Integer(), nullable=True),
        sa.Column("kept", sa.String(length=8), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_pages_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_pages_story_id_stories"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_due", "pages", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_pages_feed_id"), "pages", ["feed_id"], unique=False)

    op.create_table(
        "sketches",
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_sketches_story_id_stories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_sketches")),
    )
    op.add_column(
        "feeds", sa.Column("full_text", sa.Boolean(), server_default=sa.false(), nullable=False)
    )

    op.add_column(
        "revisions",
        sa.Column("kind", sa.String(length=16), server_default="update", nullable=False),
    )

    op.add_column(
        "stories",
        sa.Column("revision_kind", sa.String(length=16), server_default="first", nullable=False),
    )

    op.create_index("ix_stories_source", "stories", ["source_id", "id"], unique=False)

    op.add_column("texts", sa.Column("line_hashes", sa.LargeBinary(), nullable=True))
    op.execute("UPDATE stories SET revision_kind = 'update' WHERE revision > 1")
    op.execute("UPDATE revisions SET kind = 'first' WHERE revision = 1")


def downgrade() -> None:
    op.drop_index("ix_stories_source")
    for table, column in (
        ("texts", "line_hashes"),
        ("stories", "revision_kind"),
        ("revisions", "kind"),
        ("feeds", "full_text"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in ("sketches", "pages", "members", "entries", "bands", "learned_lines"):
        op.drop_table(table)
