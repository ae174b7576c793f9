"""The silence alarm, as the polls of a feed bring it about and end it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.history import pack_history, unpack_history
from app.core.known import Known
from app.core.plan import plan_document, plan_failure, plan_unchanged
from app.core.poll import ClaimedFeed, FeedPlan
from app.core.rhythm import DAY_S, HOUR_S, Rhythm, observed, unwatched
from app.core.silence import silent_since_s
from app.core.types import Failure, FetchFailed, NotModified, ServerHints, Validators
from tests.plans import document, entry, fetched

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def by_day(*hours: int, days: int = 28, each: int = 1, weekend: bool = True) -> Rhythm:
    """A feed watched for so many days, with entries at these hours."""
    rhythm = unwatched(START.timestamp())
    for day in range(days):
        midnight = START.timestamp() + day * DAY_S
        there = hours if weekend or day % 7 < 5 else ()
        times = [midnight + hour * HOUR_S + 600.0 * n for hour in there for n in range(each)]
        rhythm = observed(rhythm, times, midnight + DAY_S)
    return rhythm


def silent_after(rhythm: Rhythm, hours: float) -> bool:
    later = observed(rhythm, (), rhythm.at_s + hours * HOUR_S)
    return silent_since_s(later) is not None


def test_an_hourly_feed_is_silent_after_half_a_day_and_not_after_an_evening() -> None:
    hourly = by_day(*range(24))
    assert not silent_after(hourly, 4)
    assert silent_after(hourly, 14)
    later = observed(hourly, (), hourly.at_s + 14 * HOUR_S)
    assert silent_since_s(later) == hourly.last_s


def test_a_night_and_a_weekend_that_are_always_quiet_are_no_silence() -> None:
    office = by_day(*range(8, 18), weekend=False)  # now a Monday at midnight
    assert not silent_after(office, 8)
    on_friday = observed(
        office,
        [office.at_s + d * DAY_S + h * HOUR_S for d in range(5) for h in range(8, 18)],
        office.at_s + 5 * DAY_S,
    )
    assert not silent_after(on_friday, 2 * 24 + 7)
    assert silent_after(on_friday, 5 * 24)


def test_bursts_make_longer_silences_ordinary() -> None:
    evenly = by_day(*range(0, 24, 2))
    at_once = by_day(9, each=12)
    assert silent_after(evenly, 30)
    assert not silent_after(at_once, 30)
    assert silent_after(at_once, 15 * 24)


def test_an_alarm_is_for_what_chance_bursts_and_the_longest_silence_do_not_explain() -> None:
    hourly = by_day(*range(24))
    quiet = replace(hourly, at_s=hourly.at_s + DAY_S, quiet=12.0, gaps=1.0, squares=2.0, longest=5)
    assert silent_since_s(quiet) is not None
    assert silent_since_s(replace(quiet, quiet=9.0)) is None, "e⁻⁹ is more than one in ten thousand"
    assert silent_since_s(replace(quiet, squares=4.0)) is None, "it comes in bursts"
    assert silent_since_s(replace(quiet, longest=7.0)) is None, "it has been as quiet before"
    assert silent_since_s(replace(quiet, gaps=0.0)) is not None
    assert silent_since_s(replace(quiet, at_s=(quiet.last_s or 0) + 5 * HOUR_S)) is None


def test_of_a_feed_that_is_little_known_nothing_is_said() -> None:
    assert not silent_after(by_day(*range(24), days=5), 72)
    assert not silent_after(by_day(12, days=9), 90 * 24)
    assert not silent_after(unwatched(START.timestamp()), 90 * 24)


def feed(history: bytes | None, **given: object) -> ClaimedFeed:
    claimed = ClaimedFeed(
        id=1,
        url="https://quay.example/rss",
        host="quay.example",
        source_id=1,
        source_name=None,
        source_domain="example.org",
        lease_token=1,
        claimed_at=START,
        due_at=START,
        history=history,
    )
    return replace(claimed, **given)


def unchanged(source: ClaimedFeed, now: datetime, hints: ServerHints | None = None) -> FeedPlan:
    answer = NotModified(
        url=source.url, validators=Validators(), hints=hints or ServerHints(), elapsed_ms=3
    )
    return plan_unchanged(source, answer, now)


def after(rhythm: Rhythm, hours: float) -> datetime:
    return datetime.fromtimestamp(rhythm.at_s, UTC) + timedelta(hours=hours)


def test_an_unchanged_poll_finds_a_feed_silent_once_and_says_what_to_do() -> None:
    hourly = by_day(*range(24))
    first = unchanged(feed(pack_history(hourly)), after(hourly, 14))
    assert first.update.silent_since == datetime.fromtimestamp(hourly.last_s or 0, UTC)
    (note,) = first.ledger.notes
    assert note.startswith("silent for 15 h, longer than its own rhythm allows: see whether")
    again = feed(first.update.history, silent_since=first.update.silent_since)
    second = unchanged(again, after(hourly, 15))
    assert second.update.silent_since == first.update.silent_since
    assert second.ledger.notes == ()


def test_a_new_entry_ends_the_silence_and_an_old_one_does_not() -> None:
    hourly = by_day(*range(24))
    silent = unchanged(feed(pack_history(hourly)), after(hourly, 20)).update
    source = feed(silent.history, silent_since=silent.silent_since)
    now = after(hourly, 21)
    nothing = plan_document(source, fetched(), document(source), Known(), now)
    assert nothing.update.silent_since == silent.silent_since
    told = document(source, entry("e1", published=(now - timedelta(minutes=5)).isoformat()))
    heard = plan_document(source, fetched(), told, Known(), now)
    assert heard.update.silent_since is None
    assert heard.ledger.notes[-1] == "heard again after 22 h of silence"


def test_a_failure_says_nothing_of_silence() -> None:
    hourly = by_day(*range(24))
    source = feed(pack_history(hourly), silent_since=START)
    failed = FetchFailed(kind=Failure.TIMEOUT, detail="it did not answer", url=source.url)
    plan = plan_failure(source, failed, failed, after(hourly, 72))
    assert plan.update.silent_since == START
    assert plan.update.history == source.history


def test_a_first_document_is_learned_from_its_dates_and_a_later_one_from_what_is_new() -> None:
    now = START + timedelta(days=10)
    entries = [
        entry(f"e{n}", published=(now - timedelta(hours=6 * n)).isoformat()) for n in range(9)
    ]
    source = feed(None)
    first = plan_document(source, fetched(), document(source, *entries), Known(), now)
    learned = unpack_history(first.update.history)
    assert learned is not None
    assert sum(learned.days) == pytest.approx(8, rel=0.05)
    later = feed(first.update.history)
    undated = entry("fresh", published=None)
    soon = now + timedelta(hours=2)
    second = plan_document(later, fetched(), document(later, undated), Known(), soon)
    more = unpack_history(second.update.history)
    assert more is not None
    assert more.last_s == (now + timedelta(hours=1)).timestamp(), "half-way between the two polls"


def test_what_a_hub_pushes_says_nothing_of_the_documents_length_and_freshness() -> None:
    known = replace(by_day(*range(24)), window=40, fresh_s=3600)
    now = after(known, 1)
    pushed = feed(pack_history(known), push_id=1)
    told = document(pushed, entry("e1", published=now.isoformat()))
    plan = plan_document(pushed, fetched(), told, Known(), now)
    learned = unpack_history(plan.update.history)
    assert learned is not None
    assert (learned.window, learned.fresh_s) == (40, 3600)
    assert learned.last_s == now.timestamp()


def test_a_history_that_cannot_be_read_is_learned_anew() -> None:
    source = feed(b"\xff not ours")
    assert unchanged(source, START).update.history is None
    told = document(source, entry("e1"))
    plan = plan_document(source, fetched(), told, Known(), START)
    assert unpack_history(plan.update.history) is not None


@pytest.mark.parametrize(
    ("hints", "kept_s"),
    [(ServerHints(), 7200), (ServerHints(max_age_s=60), 60), (ServerHints(expires_s=90), 90)],
    ids=["names nothing", "max-age", "Expires"],
)
def test_what_the_last_document_asked_is_kept_by_a_304_that_names_nothing(
    hints: ServerHints, kept_s: int
) -> None:
    asked = replace(by_day(*range(24)), fresh_s=7200)
    plan = unchanged(feed(pack_history(asked)), after(asked, 1), hints)
    learned = unpack_history(plan.update.history)
    assert learned is not None
    assert learned.fresh_s == kept_s
    same_body = plan_unchanged(feed(pack_history(asked)), fetched(), after(asked, 1))
    forgotten = unpack_history(same_body.update.history)
    assert forgotten is not None
    assert forgotten.fresh_s is None, "a document that names nothing asks for nothing"
