"""Tags by hand: of one story, and of a source's sections; and which taggers stories are tagged by.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "story_tag_edits",
        sa.Column("story_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag", sa.String(length=192), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_story_tag_edits_story_id_stories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("story_id", "tag", name=op.f("pk_story_tag_edits")),
        sqlite_with_rowid=False,
    )
    op.add_column("sources", sa.Column("sections", sa.Text(), server_default="{}", nullable=False))
    op.add_column(
        "entries",
        sa.Column("taggers", sa.String(length=64), server_default="", nullable=False),
    )
    op.create_index("ix_entries_taggers", "entries", ["taggers"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_entries_taggers")
    op.execute("ALTER TABLE entries DROP COLUMN taggers")
    op.execute("ALTER TABLE sources DROP COLUMN sections")
    op.drop_table("story_tag_edits")
