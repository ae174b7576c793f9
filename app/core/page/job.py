"""One page to fetch as values: as it was claimed, what came of it, when it is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from app.core.make import Made, Making
from app.core.page.choose import Choice
from app.core.page.types import Refusal
from app.core.types import Failure

MAX_TRIES: Final = 4
FIRST_RETRY_S: Final = 5 * 60
MAX_RETRY_S: Final = 24 * 60 * 60
BUSY_RETRY_S: Final = 10
ABANDONED: Final = "abandoned"
"""The outcome of a page whose fetches ended MAX_TRIES times in a row without any."""

TEMPORARY: Final = frozenset(
    {
        Failure.DNS,
        Failure.CONNECT,
        Failure.TLS,
        Failure.TIMEOUT,
        Failure.PROTOCOL,
        Failure.RATE_LIMITED,
        Failure.HTTP_SERVER,
        Failure.EMPTY,
        Failure.PARSE_TIMEOUT,
        Failure.PARSE_CRASHED,
        Failure.DATABASE,
        Failure.INTERNAL,
    }
)
"""Failures that may pass; all others are final until somebody asks again."""


class PageState(StrEnum):
    DUE = "due"
    DONE = "done"  # a choice was made
    REFUSED = "refused"  # there is no text on it that we may use
    FAILED = "failed"


class Stop(StrEnum):
    """Why a page was not fetched, though its server has not failed."""

    ROBOTS = "robots"  # robots.txt asks us not to
    ROBOTS_AWAY = "robots_away"  # robots.txt could not be had: nothing is fetched meanwhile
    BUSY = "busy"  # a host that the page redirects to is asked by somebody else


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedPage:
    """A page as it was claimed, with the lease under which one result may be applied."""

    story_id: int
    feed_id: int
    source_id: int
    url: str
    host: str
    lease_token: int
    attempts: int  # this one included
    claimed_at: datetime  # by the database's clock
    revision: int
    version: int  # of the story's normal form; lower since then means that it is to be made again
    making: Making


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The story in the form that was chosen, and why it was."""

    choice: Choice
    made: Made


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPage:
    """No text from the page, and why; `detail` is one line for an operator."""

    kind: Failure | Refusal | Stop
    detail: str
    status: int | None = None
    retry_after_s: int | None = None


PageResult: TypeAlias = Told | NoPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a result makes of the page's row."""

    state: PageState
    outcome: str  # bounded: kept_page, kept_feed, or a kind of NoPage
    due_at: datetime | None = None  # of another try
    counted: bool = True  # as one of MAX_TRIES


def verdict_of(result: PageResult, attempts: int, now: datetime, jitter: float) -> Verdict:
    """Whether a page is done with, or when it is tried again; `jitter` is in [0, 1).

    Retry-After wins if longer, up to MAX_RETRY_S: a page is not news for longer.
    """
    if isinstance(result, Told):
        return Verdict(state=PageState.DONE, outcome=f"kept_{result.choice.kept.value}")
    kind = result.kind
    if kind is Stop.BUSY:
        wait_s = max(BUSY_RETRY_S, min(result.retry_after_s or 0, MAX_RETRY_S))
        due_at = now + timedelta(seconds=wait_s * (1 + jitter))
        return Verdict(state=PageState.DUE, outcome=kind.value, due_at=due_at, counted=False)
    if kind in TEMPORARY or kind is Stop.ROBOTS_AWAY:
        if attempts < MAX_TRIES:
            wait_s = max(FIRST_RETRY_S * 4 ** (attempts - 1), result.retry_after_s or 0)
            due_at = now + timedelta(seconds=min(wait_s, MAX_RETRY_S) * (1 + jitter / 10))
            return Verdict(state=PageState.DUE, outcome=kind.value, due_at=due_at)
        return Verdict(state=PageState.FAILED, outcome=kind.value)
    refused = isinstance(kind, Refusal) or kind is Stop.ROBOTS
    return Verdict(state=PageState.REFUSED if refused else PageState.FAILED, outcome=kind.value)
