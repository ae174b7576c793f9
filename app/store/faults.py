"""Which faults of a database say that it is away, rather than that something of ours is wrong."""

from __future__ import annotations

from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError

AWAY_STATES: Final = ("08", "57P", "53", "25006")
"""SQLSTATE: connections, a server that goes down or comes up, one without room, a standby."""


def is_away(error: BaseException) -> bool:
    """Whether the same would do once the database is back: it was lost, goes down, comes up, or
    takes no writes. A statement that takes too long is none of these.
    """
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        lost = isinstance(error, InterfaceError | InternalError) or error.connection_invalidated
        return lost or state.startswith(AWAY_STATES)
    return isinstance(error, OSError) and not isinstance(error, TimeoutError)
