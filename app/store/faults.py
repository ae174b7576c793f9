"""Which faults of a database say that it is away or busy, rather than that we are wrong."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError
from sqlalchemy.exc import TimeoutError as NoConnection

AWAY_STATES: Final = ("08", "57P", "53", "25006")
"""SQLSTATE: connections, a server that goes down or comes up, one without room, a standby."""

CANCELED_STATES: Final = ("57014", "55P03")
"""SQLSTATE: statement_timeout or an operator has ended a statement, lock_timeout a wait."""

CLASHED_STATES: Final = ("40001", "40P01")
"""SQLSTATE: of two transactions that cannot both be, this one had to give way."""


def is_away(error: BaseException) -> bool:
    """Whether the same would do once the database is back: it was lost, goes down, comes up, or
    takes no writes. A statement that takes too long is none of these.
    """
    if isinstance(error, DBAPIError):
        lost = isinstance(error, InterfaceError | InternalError) or error.connection_invalidated
        return lost or _state(error).startswith(AWAY_STATES)
    return isinstance(error, OSError) and not isinstance(error, TimeoutError)


def is_busy(error: BaseException) -> bool:
    """Whether the database was there, and took too long: a statement, a lock or a connection was
    not to be had in its time.
    """
    if isinstance(error, DBAPIError):
        return _state(error).startswith(CANCELED_STATES + CLASHED_STATES) or "locked" in str(
            error.orig
        )
    return isinstance(error, TimeoutError | NoConnection)


def has_clashed(error: DBAPIError) -> bool:
    """Whether the same may be tried again at once: the transaction that it met is over."""
    return _state(error).startswith(CLASHED_STATES)


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
