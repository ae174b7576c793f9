"""A whole installation as lines: every table's rows, the same from either engine.

The search index is not among them: it is made from the stories. Leases are left behind, since they
hold nothing elsewhere.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Column, LargeBinary, Table, delete, func, select, text, tuple_
from sqlalchemy.types import TypeEngine

from app.core.hashing import hash64
from app.errors import Conflict, Invalid
from app.store.engine import (
    POSTGRESQL,
    Instant,
    ReadSession,
    WriteSession,
    from_ms,
    metadata,
    to_ms,
)
from app.store.models import feeds, story_weights

FORMAT: Final = 1
BATCH: Final = 500
MASK: Final = (1 << 64) - 1

LEASES: Final = frozenset({"lease_until", "lease_owner", "busy_until", "holder"})
"""Columns that say who works on what at this moment."""


@dataclass(slots=True, kw_only=True)
class Sum:
    """Rows of each table, and a sum over all that does not depend on their order."""

    rows: dict[str, int] = field(default_factory=dict)
    checksum: int = 0

    def add(self, table: str, line: bytes) -> None:
        self.rows[table] = self.rows.get(table, 0) + 1
        self.checksum = (self.checksum + hash64("row", line)) & MASK

    def shown(self) -> dict[str, Any]:
        return {"rows": self.rows, "checksum": f"{self.checksum:016x}"}


def archived_tables() -> list[Table]:
    """What is exported, each table after those it refers to."""
    return [table for table in metadata.sorted_tables if table is not story_weights]


async def count_rows(session: ReadSession) -> dict[str, int]:
    """Rows of each table that is exported."""
    return {
        str(table.name): int(
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
        )
        for table in archived_tables()
    }


async def one_snapshot(session: ReadSession) -> None:
    """Have everything that the session reads be of one moment; to be called first."""
    if session.dialect == POSTGRESQL:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


async def export_lines(
    session: ReadSession, *, schema: str, version: str, at: datetime
) -> AsyncIterator[bytes]:
    """The lines of an archive, without line ends: what it is, the rows, and what they sum up to."""
    columns = {str(table.name): table.c.keys() for table in archived_tables()}
    head = {"copydesk": FORMAT, "schema": schema, "version": version, "at": at, "tables": columns}
    yield orjson.dumps({**head, "rows": await count_rows(session)}, option=orjson.OPT_UTC_Z)
    total = Sum()
    for table in archived_tables():
        async for row in read_rows(session, table):
            line = row_line(table, row)
            total.add(str(table.name), line)
            yield line
    yield orjson.dumps({"end": total.shown()})


def row_line(table: Table, row: list[Any]) -> bytes:
    """A row as a line of an archive."""
    return orjson.dumps([table.name, row])


async def read_rows(session: ReadSession, table: Table) -> AsyncIterator[list[Any]]:
    """Every row, by its key, a batch at a time."""
    key = list(table.primary_key.columns)
    places = [table.c.keys().index(column.key) for column in key]
    query = select(table).order_by(*key).limit(BATCH)
    after: tuple[Any, ...] | None = None
    while True:
        page = query if after is None else query.where(tuple_(*key) > tuple_(*after))
        rows = (await session.execute(page)).all()
        for row in rows:
            yield [_packed(c, value) for c, value in zip(table.c, row, strict=True)]
        if len(rows) < BATCH:
            return
        after = tuple(rows[-1][place] for place in places)


def _packed(column: Column[Any], value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if value is None or column.name in LEASES:
        return None
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, Instant):
        return to_ms(value)
    return base64.b64encode(value).decode() if isinstance(kind, LargeBinary) else value


def _unpacked(column: Column[Any], value: Any) -> Any:  # noqa: ANN401 - the inverse
    if value is None:
        return None
    kind: TypeEngine[Any] = column.type
    if isinstance(kind, Instant):
        return from_ms(value)
    return base64.b64decode(value) if isinstance(kind, LargeBinary) else value


def read_head(line: bytes, schema: str) -> Mapping[str, Any]:
    """What an archive says of itself; raises Invalid for none of this release."""
    try:
        head = orjson.loads(line)
    except orjson.JSONDecodeError:
        head = None
    if not isinstance(head, dict) or head.get("copydesk") != FORMAT:
        raise Invalid("this is no export of Copydesk: its first line says nothing of one")
    if head["schema"] != schema:
        raise Invalid(
            f"the export has schema {head['schema']}, and this database {schema}: export it "
            "by the release that you import with, after copydesk migrate"
        )
    return head


class Importing:
    """Rows into an empty database, in the transaction of a session: all or none of them."""

    def __init__(self, session: WriteSession, head: Mapping[str, Any]) -> None:
        self._session = session
        self._tables = {table.name: table for table in archived_tables()}
        self._waiting: list[list[Any]] = []
        self._table: Table | None = None
        self.expected: dict[str, int] = head["rows"]
        self.sum = Sum()

    async def begin(self) -> None:
        """Make room; raises Conflict where there are stories or feeds already."""
        for table in (feeds, self._tables["stories"]):
            if (await self._session.execute(select(table.c.id).limit(1))).first() is not None:
                raise Conflict(
                    f"the database has {table.name} already: import into a new one, or delete it"
                )
        for table in reversed(archived_tables()):
            await self._session.execute(delete(table))

    async def add(self, line: bytes) -> bool:
        """One line after the first; True at the last. Raises Invalid for a line that is none."""
        try:
            read = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise Invalid(f"a line of the export cannot be read ({error}): export again") from None
        if isinstance(read, dict):
            await self._flush()
            self._check(read["end"])
            return True
        name, row = read
        if self._table is None or self._table.name != name or len(self._waiting) >= BATCH:
            await self._flush()
            self._table = self._tables[name]
        self._waiting.append(row)
        self.sum.add(name, line)
        return False

    async def finish(self) -> None:
        """Go on numbering where the export stopped; raises Invalid if rows have been lost."""
        stored = {name: count for name, count in (await count_rows(self._session)).items() if count}
        if stored != {name: count for name, count in self.expected.items() if count}:
            raise Invalid("what was written is not what was read: export again")
        if self._session.dialect != POSTGRESQL:
            return
        for table in archived_tables():
            serial = table.autoincrement_column
            if serial is None:
                continue
            await self._session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{serial.name}'),"  # noqa: S608 - names of ours
                    f" (SELECT coalesce(max({serial.name}), 1) FROM {table.name}),"
                    f" EXISTS (SELECT 1 FROM {table.name}))"
                )
            )

    def _check(self, end: Mapping[str, Any]) -> None:
        if end != self.sum.shown():
            raise Invalid(
                "the export is not whole: its rows do not sum up to what it says; export again"
            )

    async def _flush(self) -> None:
        if self._table is None or not self._waiting:
            return
        names = [column.name for column in self._table.c]
        rows: Sequence[dict[str, Any]] = [
            {
                name: _unpacked(column, value)
                for name, column, value in zip(names, self._table.c, row, strict=True)
            }
            for row in self._waiting
        ]
        await self._session.execute(self._table.insert(), rows)
        self._waiting.clear()
