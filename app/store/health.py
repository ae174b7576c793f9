"""How a feed is, in one word: whether it is polled, and how that went."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import case

from app.core.types import Failure
from app.store.models import feeds


class FeedState(StrEnum):
    """Whether a feed is polled."""

    ACTIVE = "active"
    PAUSED = "paused"  # by an operator
    QUARANTINED = "quarantined"  # by the service: its polls kill their workers


class Health(StrEnum):
    """How the last polls went, in one word."""

    NEW = "new"  # not polled yet
    OK = "ok"
    SILENT = "silent"  # it answers, and has been quiet for longer than it ever is
    FAILING = "failing"
    GONE = "gone"  # its server says that there is no such feed any more (410)
    PAUSED = "paused"
    QUARANTINED = "quarantined"


def health_of() -> Any:  # noqa: ANN401 - a SQL expression
    """A feed's health, for a query over `feeds`."""
    return case(
        (feeds.c.state != FeedState.ACTIVE.value, feeds.c.state),
        (feeds.c.failure == Failure.GONE.value, Health.GONE.value),
        (feeds.c.failures > 0, Health.FAILING.value),
        (feeds.c.last_success_at.is_(None), Health.NEW.value),
        (feeds.c.silent_since.is_not(None), Health.SILENT.value),
        else_=Health.OK.value,
    )
