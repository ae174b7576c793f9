"""All that one poll decided, before anything is written.

Every poll ends in a `FeedPlan`, also one that failed: it always carries the ledger row, the next
poll time and the reasons. Planning is pure, so a poll can be replayed and explained.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from app.core.alternates import parse_or_name_others
from app.core.embargo import released
from app.core.guids import are_unstable, guids_changed, note_of
from app.core.hashing import hash64
from app.core.identity import keys_of, lookup_of
from app.core.known import Known
from app.core.language import normalize_language
from app.core.match import Match, match_entries
from app.core.moves import overlap
from app.core.next_steps import with_next_step
from app.core.pacing import Paced, pace_document, pace_unchanged
from app.core.parts import BegunPlan, PartWrites, joined, parts_of, write_part
from app.core.poll import (
    ClaimedFeed,
    Document,
    FeedPlan,
    FeedUpdate,
    KeptBody,
    LedgerRow,
    as_it_was,
)
from app.core.schedule import MAX_ATTEMPTS, NextPoll, Outcome, jitter_of, next_poll
from app.core.types import (
    Failure,
    Fetched,
    FetchFailed,
    FetchResult,
    NotModified,
    ParsedFeed,
    ParseFailed,
    Validators,
)
from app.core.websub import named_hubs

PollFailure: TypeAlias = FetchFailed | ParseFailed


def body_hash(body: bytes) -> int:
    return hash64("body", body)


def read_document(
    body: bytes, *, content_type: str | None, url: str, feed_url: str, max_entries: int
) -> Document | ParseFailed:
    """Parse a body and tell its entries apart; heavy, for a worker process."""
    parsed = parse_or_name_others(body, content_type=content_type, url=url, max_entries=max_entries)
    if isinstance(parsed, ParseFailed):
        return parsed
    keys = keys_of(parsed.entries)
    return Document(feed=parsed, keys=keys, lookup=lookup_of(keys, feed_url))


def plan_failure(
    feed: ClaimedFeed, fetched: FetchResult, failed: PollFailure, now: datetime
) -> FeedPlan:
    """The plan of a poll that brought nothing: counted, on record, and tried again later."""
    failures = feed.failures + 1
    following = next_poll(
        now,
        policy=feed.policy,
        pace=feed.pace,
        hints=fetched.hints,
        jitter=jitter_of(feed.id),
        failure=failed.kind,
        failures=failures,
    )
    poisoned = failed.kind in (Failure.PARSE_TIMEOUT, Failure.PARSE_CRASHED)
    attempts = feed.attempts + 1
    quarantined = poisoned and attempts >= MAX_ATTEMPTS
    alternates = _alternates(feed, failed)
    detail = with_next_step(feed.id, failed.kind, failed.detail, alternates)
    if quarantined:
        detail += (
            f"; quarantined after {attempts} attempts: its document is kept, see copydesk replay "
            f"{feed.id}; then copydesk feeds resume {feed.id}"
        )
    update = replace(
        as_it_was(feed),
        attempts=attempts if poisoned else 0,
        failures=failures,
        failure=failed.kind,
        failure_detail=detail,
        quarantined=quarantined,
        alternates=alternates,
    )
    ledger = _ledger(now, Outcome.FAILED, fetched, following)
    return FeedPlan(
        feed=feed,
        ledger=replace(ledger, failure=failed.kind, detail=detail),
        update=update,
        body=kept(fetched) if poisoned and isinstance(fetched, Fetched) else None,
    )


def _alternates(feed: ClaimedFeed, failed: PollFailure) -> tuple[str, ...]:
    """The feeds that the last page in the feed's place has named, but the feed itself."""
    if isinstance(failed, FetchFailed) or failed.kind is not Failure.HTML_PAGE:
        return feed.alternates
    return tuple(url for url in failed.alternates if url != feed.url)


def plan_unchanged(feed: ClaimedFeed, fetched: Fetched | NotModified, now: datetime) -> FeedPlan:
    """The plan of a poll that brought the same document as the last one."""
    outcome = Outcome.SAME_BODY if isinstance(fetched, Fetched) else Outcome.NOT_MODIFIED
    paced = pace_unchanged(feed, fetched, now)
    update = replace(
        _after_success(feed, paced, now),
        validators=_validators(feed, fetched),
        validators_url=fetched.url,
    )
    ledger = replace(_ledger(now, outcome, fetched, paced.next_poll), notes=paced.notes)
    return FeedPlan(feed=feed, ledger=ledger, update=update)


def plan_document(
    feed: ClaimedFeed, fetched: Fetched, document: Document, known: Known, now: datetime
) -> FeedPlan:
    """The plan of a poll that brought a document to read; heavy where much is new."""
    begun = begin_plan(feed, fetched, document, known, now)
    return finish_plan(begun, [write_part(part) for part in begun.parts])


def begin_plan(
    feed: ClaimedFeed, fetched: Fetched, document: Document, known: Known, now: datetime
) -> BegunPlan:
    """The same as far as it rests on the document as a whole; each of its parts may then be
    written in another worker process, for all at once may take one longer than it has.
    """
    free = released(document, now)
    matches = match_entries(free.document.keys, known, feed.url)
    lessons, parts = parts_of(feed, document.feed, known, now, matches)
    changed, seen = guids_changed(matches)
    unstable = are_unstable(changed, seen, before=feed.guids_unstable)
    paced = pace_document(feed, fetched, document.feed, matches, now)
    ledger = replace(
        _ledger(now, Outcome.UNCHANGED, fetched, paced.next_poll),
        entries=len(document.feed.entries) + document.feed.dropped,
        notes=notes_of(document)
        + free.notes
        + paced.notes
        + note_of(changed, seen, unstable=unstable),
    )
    update = replace(_update(feed, fetched, document.feed, paced, now), guids_unstable=unstable)
    plan = FeedPlan(
        feed=feed,
        ledger=ledger,
        update=_to_be_read_again(update) if free.held else update,
        left=() if fetched.partial else _left(known, matches),
        body=None if fetched.partial else kept(fetched),
        overlap=overlap(known, matches),
        hubs=None if fetched.partial else named_hubs(fetched, document.feed),
        lookup=document.lookup,
        expected=tuple(sorted((s.id, s.revision) for s in known.stories.values())),
        decided=known.decided,
        lessons=lessons,
    )
    return BegunPlan(plan=plan, parts=parts, taken=frozenset(known.stories))


def finish_plan(begun: BegunPlan, written: Iterable[PartWrites]) -> FeedPlan:
    """The whole plan, from what its parts have come to."""
    plan, writes = begun.plan, joined(written, begun.taken)
    outcome = Outcome.NEW if writes.new else Outcome.CHANGED
    found_at = plan.ledger.at if writes.new else plan.update.last_new_at
    return replace(
        plan,
        ledger=replace(
            plan.ledger,
            outcome=outcome if writes.new or writes.changed else Outcome.UNCHANGED,
            new=len(writes.new),
            changed=len(writes.changed),
        ),
        update=replace(plan.update, last_new_at=found_at),
        new=writes.new,
        changed=writes.changed,
        copies=writes.copies,
    )


def kept(fetched: Fetched) -> KeptBody:
    """The document, for replay and for who wants to look at it."""
    packed = zlib.compress(fetched.body, 6)
    return KeptBody(packed=packed, content_type=fetched.content_type, url=fetched.url)


def _left(known: Known, matches: tuple[Match, ...]) -> tuple[int, ...]:
    there = {match.ident for match in matches}
    return tuple(c.ident for c in known.copies.values() if c.present and c.ident not in there)


def notes_of(document: Document) -> tuple[str, ...]:
    """What was wrong with a document and read all the same, and what of it was left out."""
    notes = document.feed.notes
    if document.feed.dropped:
        notes += (f"{document.feed.dropped} entries beyond the cap were left out",)
    folded = len(document.feed.entries) - len(document.keys)
    if folded:
        notes += (f"{folded} entries repeat others of the document",)
    return notes


def _after_success(feed: ClaimedFeed, paced: Paced, now: datetime) -> FeedUpdate:
    return replace(
        as_it_was(feed),
        pace=paced.pace,
        history=paced.history,
        silent_since=paced.silent_since,
        alternates=(),
        last_success_at=now,
    )


def _validators(feed: ClaimedFeed, fetched: Fetched | NotModified) -> Validators:
    """A 304 may leave validators out: those that were sent stay good (RFC 9110 §15.4.5)."""
    if isinstance(fetched, Fetched):
        return fetched.validators
    return Validators(
        etag=fetched.validators.etag or feed.validators.etag,
        last_modified=fetched.validators.last_modified or feed.validators.last_modified,
    )


def _update(
    feed: ClaimedFeed,
    fetched: Fetched,
    parsed: ParsedFeed,
    paced: Paced,
    now: datetime,
) -> FeedUpdate:
    return replace(
        _after_success(feed, paced, now),
        title=feed.title or parsed.title,
        site_url=parsed.site_url or feed.site_url,
        language=feed.language or normalize_language(parsed.language),
        validators=fetched.validators,
        validators_url=fetched.url,
        body_hash=None if fetched.partial else body_hash(fetched.body),
    )


def _to_be_read_again(update: FeedUpdate) -> FeedUpdate:
    """The feed whose document waits for nothing but time: the same one must be read again."""
    return replace(update, validators=Validators(), body_hash=None)


def _ledger(
    now: datetime, outcome: Outcome, fetched: FetchResult, following: NextPoll
) -> LedgerRow:
    body = fetched.body if isinstance(fetched, Fetched) else b""
    wire = 0 if isinstance(fetched, NotModified) else fetched.wire_bytes
    return LedgerRow(
        at=now,
        outcome=outcome,
        failure=None,
        status=fetched.status,
        detail=None,
        url=fetched.url,
        redirects=tuple((hop.status, hop.url) for hop in fetched.redirects),
        wire_bytes=wire,
        body_bytes=len(body),
        elapsed_ms=fetched.elapsed_ms,
        entries=0,
        new=0,
        changed=0,
        notes=(),
        next_poll=following,
    )
