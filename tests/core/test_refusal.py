"""Who waits after a refusal: the feed alone, or its whole host, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.refusal import FIRST_S, LONGEST_S, NONE, WINDOW_S, Answer, BackOff, judge

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def after(
    before: BackOff,
    status: int | None = 429,
    *,
    by: int = 1,
    at_s: float = 0,
    retry_after_s: int | None = None,
    quota_s: int | None = None,
    jitter: float = 0.0,
) -> BackOff:
    answer = Answer(host="h.example", status=status, retry_after_s=retry_after_s, quota_s=quota_s)
    now = NOW + timedelta(seconds=at_s)
    return judge(before, answer, by=by, now=now, jitter=jitter)[0]


def wait_s(back_off: BackOff, at_s: float = 0) -> float | None:
    """How long the whole host waits from then on; None if it does not."""
    now = NOW + timedelta(seconds=at_s)
    if not back_off.holds_at(now) or back_off.until is None:
        return None
    return (back_off.until - now).total_seconds()


def test_one_refused_feed_is_its_own_affair_however_often() -> None:
    state = NONE
    for n in range(5):
        state = after(state, by=1, at_s=n * 60, retry_after_s=90_000)
        assert wait_s(state, n * 60) is None


@pytest.mark.parametrize("status", [429, 503])
def test_two_refused_feeds_are_the_host(status: int) -> None:
    state = after(after(NONE, status, by=1), status, by=2, at_s=60)
    assert wait_s(state, 60) == FIRST_S
    assert state.why == f"two feeds were refused ({status})"


def test_evidence_does_not_keep_for_ever() -> None:
    state = after(after(NONE, by=1), by=2, at_s=WINDOW_S + 1)
    assert wait_s(state, WINDOW_S + 1) is None
    assert wait_s(after(state, by=1, at_s=WINDOW_S + 2), WINDOW_S + 2) == FIRST_S


@pytest.mark.parametrize("longer_first", [True, False])
def test_the_longest_wait_that_was_asked_for_is_kept_in_full(longer_first: bool) -> None:
    asked = (200_000, 60) if longer_first else (60, 200_000)
    state = after(NONE, by=1, retry_after_s=asked[0])
    state = after(state, by=2, at_s=10, retry_after_s=asked[1])
    assert wait_s(state, 10) == (199_990 if longer_first else 200_000)


def test_refused_again_after_each_back_off_it_doubles_up_to_the_longest() -> None:
    state = after(after(NONE, by=1), by=2)
    waits, at_s = [], 0.0
    for n in range(6):
        waits.append(wait_s(state, at_s))
        at_s += waits[-1] or 0
        state = after(state, by=3 + n % 2, at_s=at_s)
    assert waits == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S, LONGEST_S, LONGEST_S]


def test_a_refusal_during_a_back_off_does_not_double_it() -> None:
    state = after(after(NONE, by=1), by=2)
    again = after(state, by=3, at_s=100)
    assert (again.steps, again.until) == (state.steps, state.until)
    longer = after(state, by=3, at_s=100, retry_after_s=7200)
    assert wait_s(longer, 100) == 7200


def test_any_feed_that_is_answered_ends_it() -> None:
    state = after(after(NONE, by=1), by=2)
    assert after(state, 200, by=2, at_s=10) == NONE
    assert after(state, 304, by=9, at_s=10) == NONE


@pytest.mark.parametrize("status", [None, 404, 410, 500])
def test_what_is_neither_refused_nor_given_says_nothing(status: int | None) -> None:
    state = after(NONE, by=1)
    assert after(state, status, by=2) == state


def test_a_quota_that_is_spent_is_the_hosts_at_once() -> None:
    refused = after(NONE, 429, by=1, quota_s=40)
    assert wait_s(refused) == FIRST_S
    given = after(NONE, 200, by=1, quota_s=40)
    assert wait_s(given) == 40, "it was answered, and the next one would not be"
    assert after(given, 200, by=1, at_s=41) == NONE
    assert wait_s(after(NONE, 200, quota_s=10**9)) == LONGEST_S, "nobody asked for a wait"


def test_a_quota_does_not_shorten_a_wait() -> None:
    state = after(after(NONE, by=1), by=2, retry_after_s=7200)
    assert wait_s(after(state, 200, by=3, at_s=10, quota_s=40), 10) == 7190


def test_hosts_do_not_all_come_back_at_one_moment() -> None:
    spread = [after(after(NONE, by=1), by=2, jitter=j / 10) for j in range(10)]
    assert len({state.until for state in spread}) == 10
    assert all(FIRST_S <= (wait_s(state) or 0) <= FIRST_S * 1.1 for state in spread)
