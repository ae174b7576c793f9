"""What is learned of when a feed's entries appear, and what is expected from that."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.history import pack_history, unpack_history
from app.core.minutes import UNTOLD, Minutes
from app.core.outlook import Outlook
from app.core.rhythm import (
    DAY_S,
    HALF_LIFE_D,
    HOUR_S,
    Rhythm,
    observed,
    seeded,
    unwatched,
)

MONDAY = 20_587 * DAY_S  # 2026-05-14 is a Thursday: three days on from a Monday
MONDAY -= 3 * DAY_S
COUNTS = st.floats(0, 1e6, width=32)
PRICE = (150 / 1440) ** 2 / 2


def watched(*hours: float, days: int = 28, weekend: bool = True) -> Rhythm:
    """A feed watched for so many days, with an entry at each of these hours of the day, and of
    which the minutes are not known.
    """
    rhythm = replace(unwatched(MONDAY), window=20)
    for day in range(days):
        midnight = MONDAY + day * DAY_S
        there = () if not weekend and day % 7 >= 5 else hours
        times = [midnight + hour * HOUR_S for hour in there]
        rhythm = observed(rhythm, times, midnight + DAY_S)
    return replace(rhythm, minutes=UNTOLD)


def at(rhythm: Rhythm, hour: float) -> Rhythm:
    """The same so many hours later, nothing having appeared."""
    return observed(rhythm, (), rhythm.at_s + hour * HOUR_S)


def wait_s(rhythm: Rhythm, *, price: float = PRICE, room: float = 1e9) -> float:
    return Outlook(rhythm).worthwhile(price=price, room=room, longest_s=DAY_S).wait_s


def test_the_rate_is_that_of_what_appeared() -> None:
    four = watched(3, 9, 15, 21)
    assert sum(four.days) / sum(four.spans_d) == pytest.approx(4, rel=0.01)
    assert four.last_s == MONDAY + 27 * DAY_S + 21 * HOUR_S


def test_four_times_the_entries_are_twice_the_requests() -> None:
    hours = [n / 2 for n in range(48)]
    many, few = watched(*hours), watched(*hours[::4])
    assert wait_s(few) / wait_s(many) == pytest.approx(2, rel=0.1)


def test_what_is_long_ago_counts_for_less() -> None:
    busy = watched(*range(24))
    later = observed(busy, (), busy.at_s + HALF_LIFE_D * DAY_S)
    assert sum(later.days) == pytest.approx(sum(busy.days) / 2)
    assert sum(later.spans_d) < sum(busy.spans_d) / 2 + HALF_LIFE_D


def test_the_hours_of_the_day_are_told_apart() -> None:
    morning = watched(8.1, 8.3, 8.6, 8.9)
    by_night, at_eight = wait_s(at(morning, 1)), wait_s(at(morning, 8))
    assert at_eight < 45 * 60
    assert by_night > 5 * at_eight


def test_the_days_of_the_week_are_told_apart() -> None:
    weekdays = watched(*range(24), weekend=False)  # now a Monday, after four weeks
    on_saturday = observed(
        weekdays,
        [weekdays.at_s + n * HOUR_S for n in range(5 * 24)],
        weekdays.at_s + 5 * DAY_S,
    )
    assert wait_s(on_saturday) > 1.5 * wait_s(weekdays)


def test_hours_are_not_told_apart_before_they_were_seen_twice() -> None:
    once, often = watched(8, 9, 10, days=1), watched(8, 9, 10)
    assert Outlook(at(once, 9)).usual == pytest.approx(Outlook(once).usual, rel=0.5)
    assert Outlook(at(often, 9)).usual > 10 * Outlook(often).usual


def test_a_burst_brings_the_next_poll_forward_and_is_forgotten_within_hours() -> None:
    calm = watched(*range(24))
    now = calm.at_s + HOUR_S
    burst = observed(calm, [now - n * 120 for n in range(12)], now)
    still = at(calm, 1)
    assert Outlook(burst).mood > 2
    assert wait_s(burst) < 0.75 * wait_s(still)
    assert wait_s(at(burst, 6)) == pytest.approx(wait_s(at(calm, 7)), rel=0.15)


def test_a_long_silence_slows_a_feed_down_step_by_step_and_its_end_speeds_it_up() -> None:
    busy = watched(*[n / 4 for n in range(96)])
    waits = [wait_s(at(busy, hours)) for hours in (0, 24, 24 * 7, 24 * 28)]
    assert waits == sorted(waits)
    assert waits[3] > 6 * waits[0]
    dead = at(busy, 24 * 7)
    assert wait_s(observed(dead, [dead.at_s + 60], dead.at_s + 120)) < waits[2] / 2


def test_a_document_is_read_again_before_all_of_it_is_new() -> None:
    busy = watched(*[n / 4 for n in range(96)])
    assert wait_s(busy, price=100, room=8) == pytest.approx(2 * HOUR_S, rel=0.1)


def test_nothing_is_waited_for_longer_than_it_may_be() -> None:
    assert wait_s(watched(days=200)) == DAY_S


def test_a_first_document_tells_by_its_dates() -> None:
    now = MONDAY + 10 * DAY_S
    seed = seeded([now - n * 6 * HOUR_S for n in range(21)], now, window=21)
    assert sum(seed.days) / sum(seed.spans_d) == pytest.approx(4, rel=0.05)
    assert (seed.window, seed.last_s) == (21, now)
    future = seeded([now + DAY_S], now, window=2)
    assert future == unwatched(now, window=2), "what is not yet is no rhythm"
    old = seeded([now - 400 * DAY_S, now - 500 * DAY_S], now, window=2)
    assert old.days == unwatched(now).days, "nor is what is long ago"
    assert old.last_s == now - 400 * DAY_S, "but it says how long there was silence"


def test_one_date_is_a_beginning_and_no_gap() -> None:
    now = MONDAY + DAY_S
    one = seeded([MONDAY], now, window=1)
    assert sum(one.days) == 0
    assert sum(one.spans_d) == pytest.approx(1, rel=0.02)
    assert one.last_s == MONDAY


def test_a_date_outside_of_the_time_between_two_polls_is_put_into_it() -> None:
    before = watched(8)
    now = before.at_s + HOUR_S
    for date in (before.at_s - 5 * DAY_S, now + 5 * DAY_S):
        after = observed(before, [date], now)
        assert before.at_s <= (after.last_s or 0) <= now
    assert observed(before, (), before.at_s - DAY_S) == before, "a clock that was put back"


def test_entries_of_the_same_minute_end_one_gap() -> None:
    before = watched(8)
    now = before.at_s + DAY_S
    batch = observed(before, [before.at_s + HOUR_S + n for n in range(10)], now)
    one = observed(before, [before.at_s + HOUR_S], now)
    assert batch.squares == pytest.approx(one.squares)
    assert sum(batch.days) == pytest.approx(sum(one.days) + 10 - 1, abs=0.5)


@given(
    hours=st.tuples(*[COUNTS] * 24),
    days=st.tuples(*[COUNTS] * 7),
    spans_d=st.tuples(*[COUNTS] * 7),
    at_s=st.floats(0, 4e9),
    rest=st.lists(COUNTS, min_size=6, max_size=6),
    last_s=st.none() | st.floats(0, 4e9),
    window=st.integers(0, 65_535),
    fresh_s=st.none() | st.integers(0, 2**31 - 1),
    minutes=st.tuples(*[st.floats(0, 1000, width=16)] * 60),
    elsewhen=COUNTS,
)
def test_a_history_is_unpacked_as_it_was_packed(  # noqa: PLR0917 - one for each field
    hours: tuple[float, ...],
    days: tuple[float, ...],
    spans_d: tuple[float, ...],
    at_s: float,
    rest: list[float],
    last_s: float | None,
    window: int,
    fresh_s: int | None,
    minutes: tuple[float, ...],
    elsewhen: float,
) -> None:
    recent, expected, quiet, gaps, squares, longest = rest
    rhythm = Rhythm(
        at_s=at_s,
        hours=hours,
        days=days,
        spans_d=spans_d,
        recent=recent,
        expected=expected,
        last_s=last_s,
        quiet=quiet,
        gaps=gaps,
        squares=squares,
        longest=longest,
        window=window,
        fresh_s=fresh_s,
        minutes=Minutes(counts=minutes, elsewhen=elsewhen),
    )
    packed = pack_history(rhythm)
    assert unpack_history(packed) == rhythm
    assert len(packed) < 350


@given(packed=st.binary(max_size=400) | st.binary(min_size=320, max_size=340))
def test_whatever_the_bytes_they_are_a_history_to_go_on_with_or_none(packed: bytes) -> None:
    size = len(pack_history(unwatched(0)))
    for candidate in (packed, b"\x02" + packed.ljust(size - 1, b"\x40")[: size - 1]):
        rhythm = unpack_history(candidate)
        if rhythm is not None:
            wait = wait_s(observed(rhythm, [rhythm.at_s + 60], rhythm.at_s + HOUR_S))
            assert 0 <= wait <= DAY_S


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_a_count_that_cannot_be_is_forgotten(bad: float) -> None:
    assert unpack_history(pack_history(replace(unwatched(0), recent=bad))) is None


def test_a_history_of_another_version_is_forgotten() -> None:
    packed = pack_history(watched(8))
    assert unpack_history(packed) is not None
    assert unpack_history(b"\x01" + packed[1:]) is None
    assert unpack_history(packed + b"\x00") is None
    assert unpack_history(None) is None
