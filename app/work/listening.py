"""What one who follows the change log is handed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

Frame: TypeAlias = tuple[int, bytes]
"""An entry of the log as it is sent, with its seq."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The next entries, and how far the log has been looked through with them."""

    frames: Sequence[Frame]
    scanned: int


class Ended(StrEnum):
    """Why there will be no more: who listened may come again, and go on from where it was."""

    TOO_SLOW = "too_slow"  # more has happened than is kept for one who does not take it
    STOPPING = "stopping"  # the service stops
    FULL = "full"  # as many different things are followed as may be


class Listening(Protocol):
    """One place in the log, moving on."""

    async def next(self, timeout_s: float) -> Batch | Ended | None:
        """The next entries; None if there are none for so long."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...
