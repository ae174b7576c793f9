"""What a poll means for its feed's validators, address and pace: plans without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.core.history import unpack_history
from app.core.known import Known
from app.core.moves import Sighting
from app.core.plan import plan_document, plan_unchanged
from app.core.poll import ClaimedFeed, Document, FeedPlan
from app.core.trust import SAMPLE_LEAST, Trust
from app.core.types import (
    Failure,
    Fetched,
    FetchFailed,
    NotModified,
    Redirect,
    ServerHints,
    Validators,
)
from app.core.upkeep import sent_with, with_upkeep
from tests.plans import NOW, document, entry, failed, fetched

OLD, NEW = "https://feed.example/rss", "https://new.example/rss"
ETAG = Validators(etag=b'"1"')
LED = (Redirect(status=301, url=NEW),)
DAY = timedelta(days=1)


def feed(**given: object) -> ClaimedFeed:
    claimed = ClaimedFeed(
        id=1,
        url=OLD,
        host="feed.example",
        source_id=1,
        source_name="Harbour News",
        source_domain="feed.example",
        lease_token=1,
        claimed_at=NOW,
        due_at=NOW,
        validators=ETAG,
        last_success_at=NOW - DAY,
        trust=Trust(whole_at=NOW - DAY, unchanged=3),
    )
    return replace(claimed, **given)


def read(
    of: ClaimedFeed, answer: Fetched, *names: str, **said: object
) -> tuple[FeedPlan, Document]:
    entries = document(of, *(entry(name) for name in names), **said)
    return plan_document(of, answer, entries, Known(), NOW), entries


def polled(of: ClaimedFeed, answer: Fetched, *names: str) -> FeedPlan:
    plan, entries = read(of, answer, *names)
    return with_upkeep(plan, answer, entries)


def not_modified(url: str = OLD, **given: object) -> NotModified:
    return NotModified(url=url, validators=ETAG, hints=ServerHints(), **given)


def test_a_poll_that_failed_changes_neither_trust_nor_sighting() -> None:
    seen = Sighting(url=NEW, seen=2, since=NOW - DAY)
    plan = failed(feed(sighting=seen), Failure.HTML_PAGE)
    answer = FetchFailed(kind=Failure.HTML_PAGE, detail="a page", url=NEW, redirects=LED)
    assert with_upkeep(plan, answer, None) == plan
    assert plan.update.sighting == seen


def test_a_push_says_nothing_of_the_feeds_server() -> None:
    seen = Sighting(url=NEW, seen=2, since=NOW - DAY)
    of = feed(sighting=seen, push_id=7)
    plan = polled(of, fetched(validators=ETAG, partial=True), "a")
    assert (plan.update.trust, plan.update.sighting, plan.move) == (of.trust, seen, None)


def test_validators_of_another_address_say_nothing_of_this_one() -> None:
    """Redirects that change: what one server's ETag was is no promise of the next."""
    told = fetched(url=NEW, validators=ETAG)
    assert polled(feed(validators_url=OLD), told, "a").update.trust.distrusted_at is None
    assert polled(feed(validators_url=NEW), told, "a").update.trust.distrusted_at == NOW
    assert polled(feed(), fetched(url=OLD, validators=ETAG), "a").update.trust.distrusted_at == NOW


def test_a_304_is_counted_and_a_document_ends_the_count() -> None:
    answer = not_modified()
    after = with_upkeep(plan_unchanged(feed(), answer, NOW), answer, None)
    assert after.update.trust == Trust(whole_at=NOW - DAY, unchanged=4)
    whole = polled(feed(), fetched(validators=Validators(etag=b'"2"')), "a")
    assert whole.update.trust == Trust(whole_at=NOW)


def test_what_is_sent_is_what_the_ledger_says() -> None:
    due = feed(trust=Trust(whole_at=NOW - DAY, unchanged=SAMPLE_LEAST))
    assert sent_with(feed()) == ETAG
    assert sent_with(due) == Validators()
    notes = polled(due, fetched(validators=Validators(etag=b'"2"')), "a").ledger.notes
    assert notes == ("asked for the whole document, after 8 answers without one",)


def test_the_same_bytes_at_the_end_of_a_redirect_are_the_same_feed() -> None:
    answer = fetched(url=NEW, redirects=LED)
    plan = with_upkeep(plan_unchanged(feed(), answer, NOW), answer, None)
    assert plan.update.sighting == Sighting(url=NEW, seen=1, since=NOW)
    silent = not_modified(NEW, redirects=LED)
    unsure = with_upkeep(plan_unchanged(feed(), silent, NOW), silent, None)
    assert unsure.update.sighting is None
    assert sent_with(feed(trust=unsure.update.trust)) == Validators()


def test_a_delta_says_nothing_of_the_feeds_pace_but_that_something_appeared() -> None:
    whole = fetched(validators=ETAG)
    names = [f"story {n}" for n in range(12)]
    first = read(feed(), whole, *names, ttl_s=3600)[0].update
    learned = feed(history=first.history, pace=first.pace)
    after = polled(learned, fetched(status=226, partial=True), "one more").update
    assert after.pace == first.pace
    before, now = unpack_history(first.history), unpack_history(after.history)
    assert before is not None
    assert now is not None
    assert (before.window, now.window) == (12, 12)
    assert now.last_s >= before.last_s
    assert after.body_hash is None
    bigger = polled(learned, fetched(validators=ETAG), "one", "two").update
    assert unpack_history(bigger.history).window == 2
    assert bigger.pace != first.pace
