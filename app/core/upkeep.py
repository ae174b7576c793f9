"""What a poll teaches of the server that it asked: whether to believe it, and where the feed is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeGuard

from app.core.moves import Evidence, Step, evidence, follow, led_to
from app.core.poll import ClaimedFeed, Document, FeedPlan
from app.core.schedule import Outcome, jitter_of
from app.core.trust import (
    Trust,
    Whole,
    after_whole,
    asked_whole,
    looked_at,
    not_whole,
    sent_validators,
)
from app.core.types import Fetched, FetchResult, ParsedFeed, ParseFailed, Validators


def sent_with(feed: ClaimedFeed) -> Validators:
    """The validators to ask the feed with; none where its whole document is wanted."""
    return sent_validators(feed.trust, feed.validators, feed.claimed_at, jitter=jitter_of(feed.id))


def with_upkeep(
    plan: FeedPlan,
    fetched: FetchResult,
    document: Document | ParseFailed | None,
    refused: Collection[str] = (),
) -> FeedPlan:
    """The plan with what it means for the feed's validators and its address.

    A poll that failed means nothing for either, nor does a push: no server was asked. `refused`
    are addresses that an operator will not have the feed moved to.
    """
    if plan.ledger.outcome is Outcome.FAILED or plan.feed.push_id is not None:
        return plan
    trust, notes = _believed(plan, fetched)
    parsed = document.feed if isinstance(document, Document) else None
    step = _step(plan, fetched, parsed, refused)
    notes += () if step.note is None else (step.note,)
    if step.look and not _is_whole(fetched):
        trust = looked_at(trust)
    return replace(
        plan,
        ledger=replace(plan.ledger, notes=plan.ledger.notes + notes),
        update=replace(plan.update, trust=trust, sighting=step.sighting),
        move=step.move,
    )


def _is_whole(fetched: FetchResult) -> TypeGuard[Fetched]:
    return isinstance(fetched, Fetched) and not fetched.partial


def _believed(plan: FeedPlan, fetched: FetchResult) -> tuple[Trust, tuple[str, ...]]:
    feed, now = plan.feed, plan.ledger.at
    news = bool(plan.new or plan.changed)
    notes: tuple[str | None, ...]
    if not _is_whole(fetched):
        trust, notes = not_whole(feed.trust, now, news=news), ()
    else:
        why = asked_whole(feed.trust, feed.claimed_at, jitter=jitter_of(feed.id))
        comparable = fetched.url == (feed.validators_url or feed.url)
        kept = feed.validators if comparable else Validators()
        told = Whole(
            kept=kept,
            came=fetched.validators,
            sampled=why is not None and kept != Validators(),
            news=news,
        )
        trust, lie = after_whole(feed.trust, told, now)
        notes = (why if feed.trust.distrusted_at is None else None, lie)
    if feed.trust.distrusted_at is not None and trust.distrusted_at != feed.trust.distrusted_at:
        notes = ("its validators are believed again, on trial", *notes)
    return trust, tuple(note for note in notes if note)


def _step(
    plan: FeedPlan, fetched: FetchResult, parsed: ParsedFeed | None, refused: Collection[str]
) -> Step:
    feed = plan.feed
    return follow(
        feed.url,
        feed.sighting,
        led_to(fetched.redirects),
        _evidence(plan, fetched, parsed),
        plan.ledger.at,
        refused,
    )


def _evidence(plan: FeedPlan, fetched: FetchResult, parsed: ParsedFeed | None) -> Evidence:
    if not _is_whole(fetched):
        return Evidence.NONE
    if parsed is None or plan.overlap is None:  # the same bytes as before
        return Evidence.SAME
    return evidence(
        plan.overlap,
        feed_url=plan.feed.url,
        self_url=parsed.self_url,
        first=plan.feed.last_success_at is None,
    )
