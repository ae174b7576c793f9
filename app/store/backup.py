"""What a backup is verified by, and what each engine copies and puts back.

On SQLite the copy is made by its backup interface on the connection whose transaction also counts:
of one snapshot, beside writers in whatever process. On PostgreSQL `pg_dump` reads the snapshot that
is exported here.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Table, func, inspect, select, table, text
from sqlalchemy.engine import make_url

from app.errors import Conflict, Invalid
from app.store.archive import Sum, count_rows, read_rows, row_line
from app.store.engine import Database, ReadSession
from app.store.models import changes, feeds, stories

if TYPE_CHECKING:
    import aiosqlite

SUMMED: Final[Sequence[Table]] = (changes, stories)
PAGES_AT_ONCE: Final = 2_000
"""Of an SQLite file, between two of which others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a database holds: its schema, rows by table, and sums over the log and the stories that
    do not depend on the order of rows.
    """

    schema: str
    rows: Mapping[str, int]
    sums: Mapping[str, str]


async def read_contents(session: ReadSession) -> Contents:
    """Of a database with this release's schema, as of the session's snapshot."""
    schema = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
    return Contents(
        schema=schema,
        rows=await count_rows(session),
        sums={str(each.name): await _sum(session, each) for each in SUMMED},
    )


async def _sum(session: ReadSession, of: Table) -> str:
    total = Sum()
    async for row in read_rows(session, of):
        total.add(str(of.name), row_line(of, row))
    return f"{total.checksum:016x}"


async def check_contents(session: ReadSession, expected: Contents, *, same_schema: bool) -> None:
    """Raise Invalid where the database does not hold what it should.

    Of an older schema rows are counted; sums are over columns that this release may not know.
    """
    for name, count in expected.rows.items():
        counted = await session.execute(select(func.count()).select_from(table(name)))
        if (found := counted.scalar_one()) != count:
            raise Invalid(f"{name} has {found} rows, and the backup {count}: it is not whole")
    if not same_schema:
        return
    for of in SUMMED:
        if await _sum(session, of) != expected.sums[str(of.name)]:
            raise Invalid(f"what {of.name} holds is not what the backup held: it is not whole")


async def refuse_if_filled(database: Database) -> None:
    """Raise Conflict where there are feeds or stories already."""
    async with database.reader.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    async with database.read() as session:
        for of in (feeds, stories):
            if of.name not in names:
                continue
            if (await session.execute(select(of.c.id).limit(1))).first() is not None:
                raise Conflict(
                    f"the database has {of.name}: restore into a new one, or add --force to have "
                    "what it holds replaced"
                )


async def copy_sqlite(database: Database, file: Path) -> Contents:
    """Copy a database into a file that is there and empty; what the copied snapshot held."""
    async with database.reader.connect() as connection:
        contents = await read_contents(ReadSession(connection))
        raw = (await connection.get_raw_connection()).driver_connection
        with closing(sqlite3.connect(file, check_same_thread=False)) as target:
            await cast("aiosqlite.Connection", raw).backup(target, pages=PAGES_AT_ONCE, sleep=0.0)
    await asyncio.to_thread(_settle, file)
    return contents


def _settle(file: Path) -> None:
    """Leave one file, without a write-ahead log beside it."""
    with closing(sqlite3.connect(file)) as copied:
        copied.execute("PRAGMA journal_mode=DELETE")


def check_sqlite(file: Path) -> None:
    """Raise Invalid for a file that SQLite itself finds broken."""
    try:
        with closing(sqlite3.connect(file)) as opened:
            faults = [row[0] for row in opened.execute("PRAGMA integrity_check(3)")]
            orphans = opened.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        raise Invalid(f"{file} is broken: {error}") from None
    if faults != ["ok"] or orphans:
        raise Invalid(f"{file} is broken: {'; '.join(faults)}; {len(orphans)} rows lead nowhere")


def replace_sqlite(file: Path, by: Path) -> None:
    """Put a file in the place of a database that nobody has open."""
    for rest in ("-wal", "-shm"):  # of the former one: they would be taken for the new one's
        file.with_name(file.name + rest).unlink(missing_ok=True)
    by.replace(file)


async def export_snapshot(session: ReadSession) -> str:
    """A name by which another connection sees what this one does, while its transaction lasts."""
    return str((await session.execute(text("SELECT pg_export_snapshot()"))).scalar_one())


async def server_major(session: ReadSession) -> int:
    """The major version of a PostgreSQL server."""
    number = await session.execute(
        text("SELECT current_setting('server_version_num')::int / 10000")
    )
    return int(number.scalar_one())


async def clear_postgresql(database: Database) -> None:
    """Drop every table of the schema that is written to."""
    async with database.writer.begin() as connection:
        names = await connection.execute(
            text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()")
        )
        for (name,) in names.all():
            await connection.execute(text(f"DROP TABLE IF EXISTS {name} CASCADE"))


def libpq_environment(url: str) -> dict[str, str]:
    """An address as the variables that PostgreSQL's own programs read: on a command line its
    password would be seen by others.
    """
    parsed = make_url(url)
    query: dict[str, Any] = dict(parsed.query)
    hosts = query.get("host") or ()
    named = [hosts] if isinstance(hosts, str) else list(hosts)
    places = [each.partition(":") for each in named] or [
        (parsed.host or "localhost", "", str(parsed.port or ""))
    ]
    found = {
        "PGHOST": ",".join(host for host, _, _ in places),
        "PGPORT": ",".join(port or "5432" for _, _, port in places),
        "PGUSER": parsed.username,
        "PGPASSWORD": None if parsed.password is None else str(parsed.password),
        "PGDATABASE": parsed.database,
        "PGSSLMODE": query.get("ssl") or query.get("sslmode"),
        "PGTARGETSESSIONATTRS": query.get("target_session_attrs"),
    }
    return {name: str(value) for name, value in found.items() if value}
