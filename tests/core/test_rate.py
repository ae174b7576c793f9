"""Buckets of requests: what goes through, and what callers are told of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.rate import WINDOW_S, take

NOW = 1_795_000_000.0  # seconds since 1970, where floats are coarse


def burst(per_window: int, count: int, *, full_at: float = 0.0, now: float = NOW):
    answers = []
    for _ in range(count):
        answers.append(take(full_at, now, per_window))
        full_at = answers[-1].full_at
    return answers


def test_a_caller_who_waited_may_send_a_minutes_worth_at_once_and_no_more():
    answers = burst(5, 7)
    assert [one.allowed for one in answers] == [True] * 5 + [False] * 2
    assert [one.left for one in answers] == [4, 3, 2, 1, 0, 0, 0]
    assert [round(one.full_in_s) for one in answers] == [12, 24, 36, 48, 60, 60, 60]
    assert [round(one.wait_s, 3) for one in answers] == [0] * 5 + [12, 12]


def test_one_more_is_let_through_when_it_was_told_to_come_back():
    last = burst(5, 6)[-1]
    early = take(last.full_at, NOW + last.wait_s - 0.5, 5)
    assert not early.allowed
    again = take(early.full_at, NOW + last.wait_s, 5)
    assert (again.allowed, again.left) == (True, 0)
    assert not take(again.full_at, NOW + last.wait_s, 5).allowed


@given(
    per_window=st.integers(1, 1_000_000),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_who_keeps_to_the_rate_is_never_refused(per_window: int, gaps: list[float]):
    full_at, now = 0.0, NOW
    for gap in gaps:
        now += gap + WINDOW_S / per_window
        taken = take(full_at, now, per_window)
        assert taken.allowed
        assert 0 <= taken.left < per_window
        full_at = taken.full_at


@given(per_window=st.integers(1, 40), gaps=st.lists(st.floats(0, 3), max_size=120))
def test_no_window_lets_more_than_twice_the_rate_through(per_window: int, gaps: list[float]):
    full_at, now, through = 0.0, NOW, []
    for gap in gaps:
        now += gap
        taken = take(full_at, now, per_window)
        full_at = taken.full_at
        if taken.allowed:
            through.append(now)
        assert sum(1 for at in through if at > now - WINDOW_S) <= 2 * per_window


def test_a_clock_that_is_set_back_locks_nobody_out_for_longer_than_a_window():
    full_at = burst(5, 5)[-1].full_at
    before = take(full_at, NOW - 3600, 5)
    assert not before.allowed
    assert before.wait_s <= WINDOW_S
    assert take(before.full_at, NOW - 3600 + WINDOW_S, 5).allowed
