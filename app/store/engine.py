"""The database behind one face: SQLite (one process owns the writes) or PostgreSQL.

Read and write sessions are different types. A write session is one transaction: it commits when
its block ends, and store functions never do. What differs between the two engines is here and in
`store/search.py`, nowhere else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

import orjson
from sqlalchemy import BigInteger, Executable, MetaData, Text, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, CursorResult, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import Table
from sqlalchemy.types import TypeDecorator

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)

READ_TIMEOUT_S: Final = 15
"""How long PostgreSQL may work on one reading: a search that takes longer would keep its
connection from others."""

IDLE_TIMEOUT_S: Final = 10
"""How long a transaction that writes may wait for its process on PostgreSQL: one that was frozen or
cut off in the middle would keep its locks, and with them every other process, for as long."""

DATABASE_FAULTS = (DBAPIError, OSError)
"""What a lost or refusing database raises; asyncpg lets ConnectionRefusedError through bare."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A UTC time kept as milliseconds since 1970 in a BIGINT: the same bytes on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else from_ms(value)


class Json(TypeDecorator[Any]):
    """A value kept as compact JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:  # noqa: ANN401
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:  # noqa: ANN401
        return None if value is None else orjson.loads(value)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, rounded down; the time must have a zone."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone reached the database: {at!r}")
    return (at - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    return EPOCH + milliseconds * MILLISECOND


WriteLast: TypeAlias = "Callable[[WriteSession, Sequence[Any]], Awaitable[None]]"
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class ReadSession:
    """A connection that may read."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        return self._connection.dialect.name

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return await self._connection.execute(statement, parameters)


class WriteSession(ReadSession):
    """A connection in a transaction that may write; its owner commits, store functions do not."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._last: dict[WriteLast, list[Any]] = {}

    def at_the_end(self, write: WriteLast, what: Any) -> None:  # noqa: ANN401 - what `write` takes
        """Have something written just before the commit: what that locks all writers want."""
        self._last.setdefault(write, []).append(what)

    async def finish(self) -> None:
        """Write what was left for the end."""
        for write, what in self._last.items():
            await write(self, what)

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT, in the engine's own dialect."""
        if self.dialect == SQLITE:
            return sqlite.insert(table)
        return postgresql.insert(table)

    async def lock(self, number: int) -> None:
        """Wait until no other transaction has this lock, and keep it until this one ends.

        What the last holder has written is seen by every statement from here on. SQLite's one
        writer has it always.
        """
        if self.dialect == POSTGRESQL:
            await self.execute(select(func.pg_advisory_xact_lock(number)))

    async def share(self, number: int) -> None:
        """As `lock`, but with others who share it: only who wants it for himself waits."""
        if self.dialect == POSTGRESQL:
            await self.execute(select(func.pg_advisory_xact_lock_shared(number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Two pools over one database: one that writes, one that cannot."""

    writer: AsyncEngine
    reader: AsyncEngine

    @property
    def dialect(self) -> str:
        return self.writer.dialect.name

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        async with self.reader.connect() as connection:
            yield ReadSession(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        async with self.writer.begin() as connection:
            session = WriteSession(connection)
            yield session
            await session.finish()

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()


def is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == SQLITE


def sqlite_path(url: str) -> str | None:
    """The file behind an SQLite address; None for PostgreSQL."""
    return make_url(url).database if is_sqlite(url) else None


def check_database_url(url: str) -> str:
    """The address with its async driver, or ValueError saying which addresses can be taken."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    backend = parsed.get_backend_name() if parsed is not None else None
    if parsed is None or backend not in (SQLITE, POSTGRESQL):
        raise ValueError(
            "a database address is sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        )
    if backend == SQLITE and parsed.database in (None, "", ":memory:"):
        raise ValueError("SQLite needs a file, since several connections share it: sqlite:///FILE")
    driver = "sqlite+aiosqlite" if backend == SQLITE else "postgresql+asyncpg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def open_database(url: str, *, readers: int = 8, writers: int = 8) -> Database:
    """Engines for an address that `check_database_url` has let through; nothing connects yet.

    Their errors name no parameters: those are stories, and addresses with passwords, and errors
    are logged.
    """
    return _open_sqlite(url, readers) if is_sqlite(url) else _open_postgresql(url, readers, writers)


def _open_sqlite(url: str, readers: int) -> Database:
    shared: dict[str, Any] = {"max_overflow": 0, "hide_parameters": True}
    writer = create_async_engine(url, pool_size=1, pool_timeout=60, **shared)
    reader = create_async_engine(url, pool_size=readers, pool_timeout=30, **shared)
    _prepare_sqlite(writer, begin="BEGIN IMMEDIATE", query_only=False)
    _prepare_sqlite(reader, begin="BEGIN", query_only=True)
    return Database(writer=writer, reader=reader)


def _prepare_sqlite(engine: AsyncEngine, *, begin: str, query_only: bool) -> None:
    """One writer that takes its lock at BEGIN, so that nobody is ever told "database is locked".

    `synchronous=FULL`, because a change that was read over HTTP must not vanish with the power.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI is untyped
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-32768",
            "temp_store=MEMORY",
            f"query_only={'ON' if query_only else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event has no type for it
        connection.exec_driver_sql(begin)


def _open_postgresql(url: str, readers: int, writers: int) -> Database:
    shared: dict[str, Any] = {
        "pool_pre_ping": True,
        "pool_timeout": 30,
        "max_overflow": 0,
        "hide_parameters": True,
    }
    settings = {"application_name": "copydesk", "jit": "off", "timezone": "UTC"}
    writer = create_async_engine(
        url,
        pool_size=writers,
        connect_args={
            "timeout": 10,
            "command_timeout": 60,
            "server_settings": settings
            | {
                "lock_timeout": "20s",
                "idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_S}s",
            },
        },
        **shared,
    )
    reader = create_async_engine(
        _of_readers(url),
        pool_size=readers,
        connect_args={
            "timeout": 10,
            "command_timeout": 60,
            "server_settings": settings
            | {
                "default_transaction_read_only": "on",
                "plan_cache_mode": "force_custom_plan",
                # A tsvector lies outside its row, and the planner takes reading all of them for
                # cheap: by the index a page took 1 ms of 8,000 stories, by a scan 130.
                "enable_seqscan": "off",
                "statement_timeout": f"{READ_TIMEOUT_S}s",
            },
        },
        **shared,
    )
    return Database(writer=writer, reader=reader)


def _of_readers(url: str) -> URL:
    """Readers too go to the server that takes writes; to asyncpg they are no "read-write" ones."""
    parsed = make_url(url)
    if parsed.query.get("target_session_attrs") == "read-write":
        return parsed.update_query_dict({"target_session_attrs": "primary"})
    return parsed
