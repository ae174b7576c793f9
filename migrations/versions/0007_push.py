"""Who is told of stories: saved searches, webhooks, deliveries; a log that can be trimmed.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _changes()
    op.add_column(
        "log_head", sa.Column("trimmed", sa.BigInteger(), server_default="0", nullable=False)
    )
    _searches()
    _webhooks()
    _deliveries()
    head = op.create_table(
        "push_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_head")),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0}])


def _changes() -> None:
    """The log tells of feeds as well."""
    op.add_column("feeds", sa.Column("trouble", sa.String(length=16), nullable=True))
    op.drop_index("ix_changes_story_id")
    with op.batch_alter_table("changes") as changes:
        changes.alter_column("story_id", existing_type=sa.BigInteger(), nullable=True)
        changes.alter_column("revision", existing_type=sa.Integer(), nullable=True)
        changes.add_column(sa.Column("feed_id", sa.BigInteger(), nullable=True))
        changes.add_column(sa.Column("detail", sa.Text(), nullable=True))
    op.create_index("ix_changes_story", "changes", ["story_id", "seq"], unique=False)
    of_feed = sa.text("feed_id IS NOT NULL")
    op.create_index(
        "ix_changes_feed",
        "changes",
        ["feed_id", "seq"],
        unique=False,
        sqlite_where=of_feed,
        postgresql_where=of_feed,
    )


def _searches() -> None:
    op.create_table(
        "searches",
        _serial(),
        _reference("owner_id", nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["keys.id"], name=op.f("fk_searches_owner_id_keys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_searches_owner_id", "searches", ["owner_id"], unique=False)


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        _serial(),
        _reference("owner_id", nullable=True),
        _reference("search_id", nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("last_success_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("slow", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("dead", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["keys.id"], name=op.f("fk_webhooks_owner_id_keys")),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["searches.id"],
            name=op.f("fk_webhooks_search_id_searches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhooks_owner_id", "webhooks", ["owner_id"], unique=False)
    op.create_index("ix_webhooks_search_id", "webhooks", ["search_id"], unique=False)
    due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_webhooks_due",
        "webhooks",
        ["due_at"],
        unique=False,
        sqlite_where=due,
        postgresql_where=due,
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _serial(),
        _reference("webhook_id"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("story_id", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("feed_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("matches", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_deliveries_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "seq", name=op.f("uq_deliveries_webhook_id_seq")),
    )
    op.create_index("ix_deliveries_story", "deliveries", ["story_id", "webhook_id", "seq"])
    due = sa.text("state = 'due'")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["webhook_id", "seq"],
        unique=False,
        sqlite_where=due,
        postgresql_where=due,
    )
    dead = sa.text("state = 'dead'")
    op.create_index(
        "ix_deliveries_dead",
        "deliveries",
        ["webhook_id", "seq"],
        unique=False,
        sqlite_where=dead,
        postgresql_where=dead,
    )
    op.create_index("ix_deliveries_done", "deliveries", ["done_at"], unique=False)
    op.create_table(
        "attempts",
        _serial(),
        _reference("delivery_id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["deliveries.id"],
            name=op.f("fk_attempts_delivery_id_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_delivery", "attempts", ["delivery_id", "id"], unique=False)


def _serial() -> sa.Column[int]:
    return sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        autoincrement=True,
        nullable=False,
    )


def _reference(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def downgrade() -> None:
    for table in ("push_head", "attempts", "deliveries", "webhooks", "searches"):
        op.drop_table(table)
    op.execute("ALTER TABLE log_head DROP COLUMN trimmed")
    op.execute("ALTER TABLE feeds DROP COLUMN trouble")
    op.execute("DELETE FROM changes WHERE story_id IS NULL")  # there was no place for them
    op.drop_index("ix_changes_feed")
    op.drop_index("ix_changes_story")
    with op.batch_alter_table("changes") as changes:
        changes.drop_column("detail")
        changes.drop_column("feed_id")
        changes.alter_column("revision", existing_type=sa.Integer(), nullable=False)
        changes.alter_column("story_id", existing_type=sa.BigInteger(), nullable=False)
    op.create_index("ix_changes_story_id", "changes", ["story_id"], unique=False)
