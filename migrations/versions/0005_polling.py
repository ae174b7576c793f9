"""What polling learns of feeds and hosts: rhythm, validators, moves, credentials, subscriptions.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core.slots import domain_slot

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXED = {
    "holder": "holder IS NOT NULL",
    "address_slot": "address_slot IS NOT NULL",
    "refused_until": "refusals > 0",
}

def _of_feeds() -> list[sa.Column[Any]]:
    return [
    sa.Column("history", sa.LargeBinary(), nullable=True),
    sa.Column("silent_since", sa.BigInteger(), nullable=True),
    sa.Column("guids_unstable", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("whole_at", sa.BigInteger(), nullable=True),
    sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
    sa.Column("surprises", sa.Integer(), server_default="0", nullable=False),
    sa.Column("distrusted_at", sa.BigInteger(), nullable=True),
    sa.Column("moving_to", sa.Text(), nullable=True),
    sa.Column("moving_seen", sa.Integer(), server_default="0", nullable=False),
    sa.Column("moving_since", sa.BigInteger(), nullable=True),
    sa.Column("alternates", sa.Text(), server_default="[]", nullable=False),
    ]


def _of_hosts() -> list[sa.Column[Any]]:
    return [
    sa.Column("domain_slot", sa.String(length=255), nullable=True),
    sa.Column("address_slot", sa.String(length=255), nullable=True),
    sa.Column("refused_at", sa.BigInteger(), nullable=True),
    sa.Column("refused_by", sa.BigInteger(), nullable=True),
    sa.Column("refused_until", sa.BigInteger(), nullable=True),
    sa.Column("refusals", sa.Integer(), server_default="0", nullable=False),
    sa.Column("refusal", sa.Text(), nullable=True),
    ]



def upgrade() -> None:
    for column in _of_feeds():
        op.add_column("feeds", column)
    for column in _of_hosts():
        op.add_column("hosts", column)
    for name, which in INDEXED.items():
        op.create_index(
            f"ix_hosts_{name}",
            "hosts",
            [name],
            unique=False,
            sqlite_where=sa.text(which),
            postgresql_where=sa.text(which),
        )
    _have_domain_slots()
    op.create_table(
        "feed_moves",
        _serial(),
        _of_feed(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("from_url", sa.Text(), nullable=False),
        sa.Column("to_url", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("reverted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["feeds.id"],
            name=op.f("fk_feed_moves_feed_id_feeds"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_moves")),
    )
    op.create_index("ix_feed_moves_feed", "feed_moves", ["feed_id", "id"], unique=False)
    op.create_table(
        "feed_credentials",
        _of_feed(),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("header", sa.Text(), nullable=True),
        sa.Column("variable", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("over_http", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["feeds.id"],
            name=op.f("fk_feed_credentials_feed_id_feeds"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_feed_credentials")),
    )
    op.create_table(
        "subscriptions",
        _serial(),
        sa.Column(
            "feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("hub_url", sa.Text(), nullable=False),
        sa.Column("hub_host", sa.String(length=255), nullable=False),
        sa.Column("topic_url", sa.Text(), nullable=False),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("pushed_at", sa.BigInteger(), nullable=True),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.Column("ignored", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_token", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"],
            ["feeds.id"],
            name=op.f("fk_subscriptions_feed_id_feeds"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint("feed_id", name=op.f("uq_subscriptions_feed_id")),
        sa.UniqueConstraint("token", name=op.f("uq_subscriptions_token")),
    )
    op.create_index("ix_subscriptions_due", "subscriptions", ["due_at"], unique=False)
    op.create_table(
        "pushes",
        _serial(),
        _of_feed(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name=op.f("fk_pushes_feed_id_feeds"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
    )
    op.create_index("ix_pushes_feed", "pushes", ["feed_id", "id"], unique=False)


def _have_domain_slots() -> None:
    """Hosts that are on record share the slots of their domains from the first poll on."""
    columns = (sa.column("host", sa.String), sa.column("domain_slot"), sa.column("free_at"))
    hosts = sa.table("hosts", *columns)
    connection = op.get_bind()
    names = set(connection.scalars(sa.select(hosts.c.host)))
    slots = {n: slot for n in names if " " not in n and (slot := domain_slot(n)) is not None}
    if not slots:
        return
    connection.execute(
        hosts.update()
        .where(hosts.c.host == sa.bindparam("b_host"))
        .values(domain_slot=sa.bindparam("b_slot")),
        [{"b_host": name, "b_slot": slot} for name, slot in slots.items()],
    )
    if missing := sorted(set(slots.values()) - names):
        connection.execute(hosts.insert(), [{"host": slot, "free_at": 0} for slot in missing])


def _serial() -> sa.Column[int]:
    return sa.Column(
        "id",
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
        autoincrement=True,
        nullable=False,
    )


def _of_feed() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("feed_id", kind, autoincrement=False, nullable=False)


def downgrade() -> None:
    for table in ("pushes", "subscriptions", "feed_credentials", "feed_moves"):
        op.drop_table(table)
    for name in INDEXED:
        op.drop_index(f"ix_hosts_{name}", table_name="hosts")
    for table, columns in (("hosts", _of_hosts()), ("feeds", _of_feeds())):
        for column in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column.name}")
