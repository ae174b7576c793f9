"""What the log tells administrators of feeds: operators' acts, and turns for worse or better."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.core.types import Failure

FAILING_AFTER: Final = 3
"""Polls that fail in a row before a feed is said to fail: servers have their hiccups."""


class FeedEventType(StrEnum):
    """What happened to a feed."""

    ADDED = "feed.added"
    PAUSED = "feed.paused"
    RESUMED = "feed.resumed"
    MOVED = "feed.moved"
    MERGED = "feed.merged"  # into the feed at the address that it was led to; polled no more
    REMOVED = "feed.removed"
    QUARANTINED = "feed.quarantined"
    RELEASED = "feed.released"  # from quarantine
    FAILING = "feed.failing"
    GONE = "feed.gone"
    SILENT = "feed.silent"
    RECOVERED = "feed.recovered"  # from what was told last of failing, gone and silent


class Trouble(StrEnum):
    """What a feed suffers from, as the log has told it."""

    FAILING = "failing"
    GONE = "gone"  # its server says that there is no such feed any more (410)
    SILENT = "silent"  # it answers, and has been quiet for longer than it ever is


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedNews:
    """One event of a feed, for the log; addresses are without credentials.

    `at`: when it was decided; None: at the end of the transaction, by the database's clock.
    """

    type: FeedEventType
    feed_id: int
    url: str
    at: datetime | None = None
    reason: str | None = None
    failure: Failure | None = None
    from_url: str | None = None
    merged_into: int | None = None


def trouble_after(
    before: Trouble | None, *, failures: int, failure: Failure | None, silent: bool, asked: bool
) -> Trouble | None:
    """What a feed suffers from after a poll that ended with so many failures in a row.

    Where its server was not `asked`, because a hub pushed something, nothing is known of failures.
    """
    if not asked and before in (Trouble.FAILING, Trouble.GONE):
        return before
    if failure is Failure.GONE:
        return Trouble.GONE
    if failures >= FAILING_AFTER or (failures and before is Trouble.GONE):
        return Trouble.FAILING
    if failures:
        return before
    return Trouble.SILENT if silent else None


def turn(before: Trouble | None, after: Trouble | None) -> FeedEventType | None:
    """What is told of a feed whose trouble is another one now; None: nothing."""
    if before is after:
        return None
    return FeedEventType.RECOVERED if after is None else FeedEventType(f"feed.{after.value}")
