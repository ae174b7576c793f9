"""Expand and contract: what a migration may do beside processes of the release before.

A revision that takes nothing away and asks for nothing new leaves the code of before at work: it
reads the columns that it names, and writes rows without those it does not know.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, create_engine, inspect

from app.store import migrate as module

BEFORE_THE_RULE: Final = {
    "0007": {"changes.revision may be null", "changes.story_id may be null"},
}
"""What revisions did that were never released alone: a first release has all of them at once."""


def state(connection: Connection) -> dict[str, Any]:
    """What code may rest on: columns with their type, whether they may be null, have a default and
    are unique.
    """
    found: dict[str, Any] = {}
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        if table.startswith("story_index"):
            continue  # virtual: made anew by who needs it
        primary = inspector.get_pk_constraint(table)["constrained_columns"]
        found[table] = {
            "columns": {
                column["name"]: (
                    str(column["type"]),
                    column["nullable"],
                    column["default"] is not None or column["name"] in primary,
                )
                for column in inspector.get_columns(table)
            },
            "unique": {
                tuple(index["column_names"])
                for index in inspector.get_indexes(table)
                if index["unique"]
            },
        }
    return found


def breaches(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """What the code of before cannot go on with."""
    found = {f"{table} is gone" for table in before if table not in after}
    for table in before.keys() & after.keys():
        old, new = before[table]["columns"], after[table]["columns"]
        found |= {f"{table}.{name} is gone" for name in old.keys() - new.keys()}
        for name in new.keys() - old.keys():
            _, nullable, default = new[name]
            if not (nullable or default):
                found.add(f"{table}.{name} has no default")
        for name in old.keys() & new.keys():
            if old[name][0] != new[name][0]:
                found.add(f"{table}.{name} is of another type")
            if old[name][1] and not new[name][1]:
                found.add(f"{table}.{name} may not be null any more")
            if new[name][1] and not old[name][1]:
                found.add(f"{table}.{name} may be null")
        for unique in after[table]["unique"] - before[table]["unique"]:
            found.add(f"{table} is unique by {', '.join(map(str, unique))}")
    return found


def test_every_revision_leaves_the_release_before_at_work(tmp_path: Path) -> None:
    config = module._config()
    revisions = [s.revision for s in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    engine = create_engine(f"sqlite:///{tmp_path / 'steps.db'}")
    found: dict[str, set[str]] = {}
    before: dict[str, Any] = {}
    for revision in revisions:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        with engine.connect() as connection:
            after = state(connection)
        if broken := breaches(before, after):
            found[revision] = broken
        before = after
    engine.dispose()
    assert found == BEFORE_THE_RULE


def test_what_is_served_is_a_schema_of_ours_and_not_older_than_the_last_breach() -> None:
    config = module._config()
    assert ScriptDirectory.from_config(config).get_revision(module.SERVES) is not None
    assert max(BEFORE_THE_RULE) <= module.SERVES


def table(*columns: Column[Any]) -> MetaData:
    metadata = MetaData()
    Table("t", metadata, Column("id", Integer, primary_key=True), *columns)
    return metadata


def kind() -> Column[Any]:
    return Column("kind", String(8), nullable=True)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (table(kind()), set()),
        (table(kind(), Column("new", Integer, nullable=True)), set()),
        (table(kind(), Column("new", Integer, nullable=False, server_default="0")), set()),
        (table(kind(), Column("new", Integer, nullable=False)), {"t.new has no default"}),
        (table(), {"t.kind is gone"}),
        (MetaData(), {"t is gone"}),
        (
            table(Column("kind", String(8), nullable=False, server_default="")),
            {"t.kind may not be null any more"},
        ),
        (table(Column("kind", Integer, nullable=True)), {"t.kind is of another type"}),
        (table(Column("kind", String(8), index=True, unique=True)), {"t is unique by kind"}),
    ],
)
def test_what_takes_away_or_tightens_is_seen(after: MetaData, said: set[str]) -> None:
    states = []
    for made in (table(kind()), after):
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            made.create_all(connection)
            states.append(state(connection))
        engine.dispose()
    assert breaches(*states) == said
