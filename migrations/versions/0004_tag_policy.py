"""What operators say about tags: rules, edits, and the version that each story is tagged by.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rules",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tag_edits",
        sa.Column("tag", sa.String(length=192), nullable=False),
        sa.Column("blocked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("into", sa.String(length=192), nullable=True),
        sa.Column("into_name", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tag", name=op.f("pk_tag_edits")),
    )
    policy = op.create_table(
        "tag_policy",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("required", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_policy")),
    )
    op.bulk_insert(policy, [{"id": 1, "version": 0, "packed": b"", "paused": False}])
    op.add_column(
        "entries", sa.Column("policy", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.create_index("ix_entries_policy", "entries", ["policy"], unique=False)
    dropped = sa.text("status = 'dropped'")
    op.create_index(
        "ix_stories_dropped",
        "stories",
        ["id"],
        unique=False,
        sqlite_where=dropped,
        postgresql_where=dropped,
    )


def downgrade() -> None:
    op.drop_index("ix_stories_dropped")
    op.drop_index("ix_entries_policy")
    op.execute("ALTER TABLE entries DROP COLUMN policy")
    for table in ("tag_policy", "tag_edits", "rules"):
        op.drop_table(table)
