"""When a feed is polled next: its pace, the server's word, failures, and the reasons given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.known import Known
from app.core.minutes import UNTOLD
from app.core.normal.dates import EARLIEST
from app.core.plan import plan_document
from app.core.poll import ClaimedFeed
from app.core.rhythm import Rhythm, observed, seeded
from app.core.schedule import (
    ASKED_JITTER_S,
    JITTER_SHARE,
    MAX_SPAN_S,
    ONE_A_DAY_S,
    NextPoll,
    Pace,
    PollPolicy,
    jitter_of,
    next_poll,
    rhythm,
)
from app.core.types import Failure, ServerHints
from tests.plans import document, entry, fetched

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
NOW_S = NOW.timestamp()
POLICY = PollPolicy(min_interval_s=300, max_interval_s=86_400)
HOUR = 3600


def poll(
    pace: Pace | None = None,
    hints: ServerHints | None = None,
    *,
    rhythm: Rhythm | None = None,
    failure: Failure | None = None,
    failures: int = 0,
    jitter: float = 0.0,
    policy: PollPolicy = POLICY,
) -> NextPoll:
    return next_poll(
        NOW,
        policy=policy,
        pace=pace or Pace(),
        hints=hints or ServerHints(),
        jitter=jitter,
        rhythm=rhythm,
        failure=failure,
        failures=failures,
    )


def after_s(following: NextPoll) -> float:
    return (following.at - NOW).total_seconds()


def test_a_feed_without_history_waits_half_an_hour() -> None:
    following = poll()
    assert after_s(following) == 1800
    assert following.reasons == ("pace not known yet, 30 min",)


def test_before_there_is_a_rhythm_the_dates_of_the_last_document_give_the_pace() -> None:
    following = poll(Pace(gap_s=6 * HOUR, newest_at=NOW))
    assert after_s(following) == ONE_A_DAY_S / 2, "four entries a day are twice the requests of one"
    assert following.reasons == ("an entry each 6 h by their dates: again in 75 min",)


@pytest.mark.parametrize(("gap_s", "expected_s"), [(60, 300), (365 * 86_400, 86_400)])
def test_the_operators_bounds_hold_and_are_named(gap_s: int, expected_s: int) -> None:
    following = poll(Pace(gap_s=gap_s, newest_at=NOW))
    assert after_s(following) == expected_s
    assert "kept within the bounds" in following.reasons[-1]


def every(gap_s: float, *, window: int = 50) -> Rhythm:
    """A feed that has had an entry each so many seconds for as long as its document shows."""
    learned = seeded([NOW_S - n * gap_s for n in range(50)], NOW_S, window=window)
    return replace(learned, minutes=UNTOLD)  # that gaps are so even says nothing here


def test_the_rhythm_gives_the_pace_and_the_reason() -> None:
    following = poll(rhythm=every(5 * HOUR))  # 4.8 a day, at all hours of the day
    assert after_s(following) == pytest.approx(ONE_A_DAY_S / 4.8**0.5, rel=0.25)
    assert following.reasons[0].startswith("pace 4")
    assert " at this hour: again in " in following.reasons[0]


def test_greed_makes_the_requests_so_many_times_as_many() -> None:
    once = after_s(poll(rhythm=every(6 * HOUR)))
    twice = after_s(poll(rhythm=every(6 * HOUR), policy=replace(POLICY, greed=2)))
    assert twice == pytest.approx(once / 2, rel=0.05)


def test_the_fastest_feeds_are_polled_every_two_minutes() -> None:
    seconds = seeded([NOW_S - n * 5 for n in range(2000)], NOW_S, window=2000)
    assert after_s(poll(rhythm=seconds, policy=PollPolicy())) == 120


def test_a_feed_of_long_ago_is_polled_once_a_day() -> None:
    old = seeded([NOW_S - 400 * 86_400], NOW_S, window=10)
    quiet = observed(old, (), NOW_S + 90 * 86_400)
    assert after_s(poll(rhythm=quiet)) == 86_400


def test_spells_and_silences_are_named() -> None:
    hourly = every(HOUR)
    later = NOW_S + 600
    busier = observed(hourly, [later - n * 61 for n in range(9)], later)
    quieter = replace(every(120), recent=0.0, expected=20.0)
    assert ", busier of late: again in" in poll(rhythm=busier).reasons[0]
    assert ", quieter of late: again in" in poll(rhythm=quieter).reasons[0]
    silent = observed(hourly, (), NOW_S + 30 * 86_400)
    assert ", silent for 30 d: again in" in poll(rhythm=silent).reasons[0]


def test_what_the_last_document_asked_counts_where_an_answer_names_nothing() -> None:
    asked = replace(every(600), fresh_s=2 * HOUR)
    following = poll(rhythm=asked)
    assert after_s(following) == 2 * HOUR
    assert following.reasons[-1] == ("server says 2 h (freshness of its last document), honoured")
    assert after_s(poll(rhythm=asked, hints=ServerHints(max_age_s=0))) < HOUR


def test_what_a_server_asks_is_not_stretched_by_the_tenth_of_an_interval() -> None:
    asked = poll(rhythm=every(600), hints=ServerHints(max_age_s=HOUR), jitter=0.999)
    assert HOUR < after_s(asked) <= HOUR + ASKED_JITTER_S
    own = poll(rhythm=every(600), jitter=0.999)
    assert after_s(own) == pytest.approx(after_s(poll(rhythm=every(600))) * 1.1, rel=0.01)


@pytest.mark.parametrize(
    ("pace", "hints"),
    [
        (Pace(gap_s=600, ttl_s=HOUR), ServerHints()),
        (Pace(gap_s=600), ServerHints(max_age_s=HOUR)),
        (Pace(gap_s=600), ServerHints(expires_s=HOUR)),
        (Pace(gap_s=600), ServerHints(max_age_s=HOUR, expires_s=5 * HOUR)),
    ],
    ids=["ttl", "max-age", "Expires", "max-age goes before Expires"],
)
def test_the_server_may_ask_for_more_time(pace: Pace, hints: ServerHints) -> None:
    following = poll(pace, hints)
    assert after_s(following) == HOUR
    assert "honoured" in following.reasons[-1]


def test_the_server_may_not_ask_for_less() -> None:
    assert after_s(poll(Pace(gap_s=6 * HOUR), ServerHints(max_age_s=60))) == ONE_A_DAY_S / 2


def test_a_hint_beyond_the_operators_bound_is_kept_to_it() -> None:
    following = poll(Pace(gap_s=600, ttl_s=30 * 86_400))
    assert after_s(following) == 86_400
    assert "kept to 24 h" in following.reasons[-1]


@pytest.mark.parametrize("failure", [None, Failure.RATE_LIMITED])
def test_retry_after_is_honoured_in_full_whatever_its_length(failure: Failure | None) -> None:
    month = 30 * 86_400
    following = poll(hints=ServerHints(retry_after_s=month), failure=failure, failures=1)
    assert after_s(following) >= month
    assert "(Retry-After), honoured" in following.reasons[-1]


def test_retry_after_beyond_the_calendar_is_as_late_as_can_be() -> None:
    assert poll(hints=ServerHints(retry_after_s=10**15)).at.year == 9999


def test_a_reason_says_what_failed_how_often_and_what_follows() -> None:
    once = poll(failure=Failure.DNS, failures=1)
    assert once.reasons == ("failed once (dns: temporary), again in 5 min",)
    assert "3 times in a row" in poll(failure=Failure.DNS, failures=3).reasons[0]


def test_hours_and_days_to_skip_are_skipped() -> None:
    at_noon = poll(Pace(gap_s=600, skip_hours=frozenset({12, 13})))
    assert at_noon.at == NOW.replace(hour=14, minute=0)
    assert "skip" in at_noon.reasons[-1]
    on_tuesday = poll(Pace(gap_s=600, skip_days=frozenset({NOW.weekday()})))
    assert on_tuesday.at == (NOW + timedelta(days=1)).replace(hour=0, minute=0)


def test_a_feed_that_skips_the_whole_week_is_polled_all_the_same() -> None:
    assert after_s(poll(Pace(gap_s=60, skip_days=frozenset(range(7))))) == 300


RHYTHMS = st.builds(
    lambda gaps, window, later_s, fresh_s: replace(
        observed(seeded(_times(gaps), NOW_S, window=window), (), NOW_S + later_s),
        fresh_s=fresh_s,
    ),
    gaps=st.lists(st.integers(0, 30 * 86_400), max_size=40),
    window=st.integers(0, 50),
    later_s=st.integers(0, 60 * 86_400),
    fresh_s=st.none() | st.integers(0, 10**6),
)


def _times(gaps: list[int]) -> list[float]:
    return [NOW_S - sum(gaps[:n]) for n in range(len(gaps))]


@given(
    rhythm=st.none() | RHYTHMS,
    gap_s=st.none() | st.integers(1, 10**9),
    ttl_s=st.none() | st.integers(0, 10**9),
    max_age_s=st.none() | st.integers(0, 10**9),
    retry_after_s=st.none() | st.integers(0, 10**12),
    failure=st.none() | st.sampled_from(Failure),
    failures=st.integers(0, 10**6),
    jitter=st.floats(0, 1, exclude_max=True),
    skip=st.tuples(st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(0, 6))),
    greed=st.floats(0.1, 10),
)
def test_never_early_never_late_never_when_not_wanted_and_never_without_reason(
    *,
    rhythm: Rhythm | None,
    gap_s: int | None,
    ttl_s: int | None,
    max_age_s: int | None,
    retry_after_s: int | None,
    failure: Failure | None,
    failures: int,
    jitter: float,
    skip: tuple[frozenset[int], frozenset[int]],
    greed: float,
) -> None:
    skip_hours, skip_days = skip
    following = poll(
        Pace(gap_s=gap_s, ttl_s=ttl_s, skip_hours=skip_hours, skip_days=skip_days),
        ServerHints(max_age_s=max_age_s, retry_after_s=retry_after_s),
        rhythm=rhythm,
        failure=failure,
        failures=failures,
        jitter=jitter,
        policy=replace(POLICY, greed=greed),
    )
    waited = after_s(following)
    assert waited >= POLICY.min_interval_s
    assert following.reasons
    if following.at.year == 9999:
        return
    assert waited >= (retry_after_s or 0)
    kept_s = rhythm.fresh_s if rhythm and max_age_s is None else None
    wished = 0 if failure else max(ttl_s or 0, max_age_s or 0, kept_s or 0)
    assert waited >= min(wished, POLICY.max_interval_s)
    if len(skip_hours) < 24 and len(skip_days) < 7:
        assert following.at.hour not in skip_hours
        assert following.at.weekday() not in skip_days
    longest = 30 * 86_400 if failure is Failure.GONE else POLICY.max_interval_s
    in_all = max(longest * (1 + JITTER_SHARE), (retry_after_s or 0) + ASKED_JITTER_S)
    assert waited <= in_all + HOUR + 7 * 86_400


def test_jitter_spreads_feeds_evenly_and_is_always_the_same() -> None:
    places = [jitter_of(n) for n in range(10_000)]
    assert places == [jitter_of(n) for n in range(10_000)]
    tenths = [sum(n / 10 <= place < (n + 1) / 10 for place in places) for n in range(10)]
    assert min(tenths) > 850, "a uniform spread has 1,000 in each tenth"
    assert max(tenths) < 1150


def test_rhythm_is_the_median_gap_of_the_newest_entries() -> None:
    hours = (0, 1, 2, 3, 50)
    times = [NOW - timedelta(hours=h) for h in hours]
    assert rhythm(times, NOW) == (HOUR, NOW)
    assert rhythm([NOW], NOW) == (None, NOW)
    assert rhythm([], NOW) == (None, None)
    assert rhythm([NOW, NOW, NOW + timedelta(days=1)], NOW) == (None, NOW), "the future is no news"


def test_rhythm_knows_no_time_before_1970_and_no_span_beyond_an_integer() -> None:
    never = datetime.min.replace(tzinfo=UTC)
    assert rhythm([NOW, never], NOW) == (None, NOW)
    assert rhythm([never], NOW) == (None, None)
    later = NOW.replace(year=2199)
    gap_s, _ = rhythm([later, EARLIEST], later)
    assert gap_s == MAX_SPAN_S == 2**31 - 1


def test_a_feeds_least_interval_wins_over_the_greatest_of_all() -> None:
    policy = PollPolicy(min_interval_s=7 * 86_400, max_interval_s=86_400)
    following = next_poll(NOW, policy=policy, pace=Pace(), hints=ServerHints(), jitter=0)
    assert after_s(following) == 7 * 86_400


def pace_of(*published: str, time_zone: str | None = None, ttl_s: int | None = None) -> Pace:
    """What a poll finds of the rhythm of a feed whose entries bear these dates."""
    source = ClaimedFeed(
        id=1,
        url="https://quay.example/rss",
        host="quay.example",
        source_id=1,
        source_name=None,
        source_domain="example.org",
        lease_token=1,
        claimed_at=NOW,
        due_at=NOW,
        time_zone=time_zone,
    )
    entries = (entry(f"e{n}", published=date) for n, date in enumerate(published))
    read = document(source, *entries, ttl_s=ttl_s)
    return plan_document(source, fetched(), read, Known(), NOW).update.pace


def test_dates_without_a_zone_are_in_the_feeds_own() -> None:
    tokyo = pace_of("2026-11-24 21:00:00", "2026-11-24 20:30:00", time_zone="Asia/Tokyo")
    assert tokyo.newest_at == NOW - timedelta(minutes=30)
    assert tokyo.gap_s == HOUR / 2


def test_a_ttl_of_any_size_can_be_kept() -> None:
    assert pace_of(ttl_s=10**18 * 60).ttl_s == MAX_SPAN_S
