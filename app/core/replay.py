"""A document read again as if it had just come: the plan of a poll that asked nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.core.plan import body_hash
from app.core.poll import ClaimedFeed, FeedPlan
from app.core.schedule import NextPoll, Outcome
from app.core.types import Fetched, ServerHints, Validators

NOTE: Final = "replayed"
NOT_MOVED: Final = "a replay moves no poll"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBody:
    """The document to read; `kept_at` is when the feed gave it, None where a caller did."""

    body: bytes
    content_type: str | None
    url: str
    kept_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRequest:
    """`given` is a document in the place of the kept one."""

    feed_id: int
    apply: bool = False
    given: ReplayBody | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`would_be` is the plan that a poll with this document would have, `plan` what a replay
    writes of it.
    """

    document: ReplayBody
    would_be: FeedPlan
    plan: FeedPlan
    applied: bool


def as_fetched(document: ReplayBody) -> Fetched:
    """The document as an answer that says nothing of itself."""
    return Fetched(
        url=document.url,
        status=200,
        body=document.body,
        content_type=document.content_type,
        validators=Validators(),
        hints=ServerHints(),
    )


def unread(feed: ClaimedFeed) -> ClaimedFeed:
    """The feed as if it had never given a document, so that any is read."""
    return replace(feed, body_hash=None)


def is_latest(feed: ClaimedFeed, document: ReplayBody) -> bool:
    """Whether it is what the feed gave last. A kept one may be older: where new entries alone came
    since, these are not kept.
    """
    return document.kept_at is not None and body_hash(document.body) == feed.body_hash


def replayed(plan: FeedPlan, document: ReplayBody, *, latest: bool) -> FeedPlan:
    """The plan of a document that was read, without what only a poll may write; where it is not
    the feed's latest, that one is to be read whole, for its stories may have been told anew since.

    Copies that are missing in it stay as they are: the feed may have them still, or has left them
    out already when it gave this document.
    """
    kept = document.kept_at
    origin = f"the body of {kept:%Y-%m-%d %H:%M} UTC" if kept else "a body that was given"
    ledger = replace(
        plan.ledger,
        outcome=Outcome.REPLAYED,
        status=None,
        wire_bytes=0,
        notes=(f"{NOTE}: {origin}", *plan.ledger.notes),
        next_poll=NextPoll(at=plan.feed.due_at, reasons=(NOT_MOVED,)),
    )
    return replace(
        plan,
        ledger=ledger,
        left=(),
        body=None,
        replayed=True,
        reread=not latest and plan.writes_stories,
    )
