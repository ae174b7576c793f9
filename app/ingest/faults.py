"""What is put on record of work that ended in a fault of our own."""

from __future__ import annotations

from app.core.types import Failure
from app.store.faults import is_busy


def blamed(error: Exception) -> tuple[Failure, str]:
    """The kind of it, and its detail."""
    if is_busy(error):
        return Failure.DATABASE, (
            "the database was too busy to take it in time: see its log, and copydesk doctor"
        )
    return Failure.INTERNAL, f"a fault inside the service ({type(error).__name__}): see the log"
