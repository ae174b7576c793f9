"""Forms and times in the search index, what ranking needs of each story, and an index on updates.

The search index is made anew, and empty: stories that are there already are found again after
`copydesk reindex`, which runs beside the service.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "story_weights",
        sa.Column(
            "story_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["stories.id"],
            name=op.f("fk_story_weights_story_id_stories"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("story_id", name=op.f("pk_story_weights")),
    )
    with op.batch_alter_table("story_weights", schema=None) as batch_op:
        batch_op.create_index("ix_story_weights_version", ["version"], unique=False)

    with op.batch_alter_table("stories", schema=None) as batch_op:
        batch_op.create_index("ix_stories_updated", ["updated_at"], unique=False)
    op.execute("DROP TABLE story_index")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE story_index USING fts5"
            "(title, body, title_forms, body_forms, facets, tokenize='ascii')"
        )
    else:
        _create_on_postgresql()


def downgrade() -> None:
    op.execute("DROP TABLE story_index")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE story_index USING fts5(title, body, facets, tokenize='ascii')"
        )
    else:
        _create_on_postgresql()
    with op.batch_alter_table("stories", schema=None) as batch_op:
        batch_op.drop_index("ix_stories_updated")

    with op.batch_alter_table("story_weights", schema=None) as batch_op:
        batch_op.drop_index("ix_story_weights_version")

    op.drop_table("story_weights")


def _create_on_postgresql() -> None:
    op.execute(
        "CREATE TABLE story_index ("
        "story_id BIGINT PRIMARY KEY REFERENCES stories (id) ON DELETE CASCADE, "
        "terms TSVECTOR NOT NULL)"
    )
    op.execute("CREATE INDEX ix_story_index_terms ON story_index USING gin (terms)")
