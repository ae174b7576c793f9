"""A push as a poll that asks nobody: what it changes of its plan, and what it leaves alone.

A push often holds what is new and no more, so what it lacks has not left the feed; it says nothing
of the feed's server, of its validators, or of when to poll next.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from app.core.poll import ClaimedFeed, FeedPlan
from app.core.schedule import NextPoll, Outcome
from app.core.types import Failure, Fetched, FetchFailed, FetchResult, ServerHints
from app.core.urls import without_credentials

NOTE: Final = "pushed by hub"
_STAYS: Final = "pushed by hub: the next poll stays when it was"
_INSTEAD: Final = "what was pushed could not be read: polled instead"


def as_fetched(feed: ClaimedFeed, body: bytes | None, content_type: str | None) -> FetchResult:
    """What was pushed, as if it had been fetched; None if it has been dropped meanwhile."""
    url = without_credentials(feed.url)
    if body is None:
        detail = "what was pushed has been dropped for what came after it"
        return FetchFailed(kind=Failure.EMPTY, detail=detail, url=url)
    return Fetched(
        url=url,
        status=200,
        body=body,
        content_type=content_type,
        validators=feed.validators,
        hints=ServerHints(),
        partial=True,
    )


def plan_of_push(plan: FeedPlan) -> FeedPlan:
    """The plan that was made of a push, as nobody was asked; that of a poll as it is."""
    if plan.feed.push_id is None:
        return plan
    failed = plan.ledger.outcome is Outcome.FAILED
    ledger = replace(
        plan.ledger,
        status=None,
        notes=(NOTE, *plan.ledger.notes),
        next_poll=_instead(plan.feed, plan.ledger.at) if failed else _as_it_was(plan.feed),
    )
    update = replace(plan.update, attempts=0, quarantined=False)
    return replace(plan, ledger=ledger, update=update)


def _as_it_was(feed: ClaimedFeed) -> NextPoll:
    return NextPoll(at=feed.due_at, reasons=(_STAYS,))


def _instead(feed: ClaimedFeed, now: datetime) -> NextPoll:
    """As soon as the feed's bounds allow: a hub may not have its server asked at will."""
    earliest = now
    if feed.last_success_at is not None:
        bound = timedelta(seconds=feed.policy.min_interval_s)
        earliest = max(now, feed.last_success_at + bound)
    return NextPoll(at=min(feed.due_at, earliest), reasons=(_INSTEAD,))
