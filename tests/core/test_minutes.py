"""Feeds whose entries keep to minutes of the hour are looked at right after these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from app.core.minutes import UNTOLD
from app.core.rhythm import DAY_S, HOUR_S, Rhythm, observed, unwatched
from app.core.schedule import NextPoll, Pace, PollPolicy, next_poll
from app.core.types import ServerHints

MIDNIGHT = 20_584 * DAY_S
DAYS = 14


def built(
    minute_of: Callable[[int], float], *, every_h: int = 1, dated: bool = True, polled_s: int = 900
) -> Rhythm:
    """A feed with an entry each so many hours, at a minute of its own, polled every 15 minutes."""
    rhythm = replace(unwatched(MIDNIGHT), window=20)
    at = {MIDNIGHT + n * HOUR_S + minute_of(n) * 60 for n in range(0, DAYS * 24, every_h)}
    for now in range(MIDNIGHT + polled_s, MIDNIGHT + DAYS * DAY_S + 1, polled_s):
        fresh = [time if dated else None for time in at if now - polled_s < time <= now]
        rhythm = observed(rhythm, fresh, now)
    return rhythm


def following(rhythm: Rhythm, *, jitter: float = 0.0, max_age_s: int | None = None) -> NextPoll:
    return next_poll(
        datetime.fromtimestamp(rhythm.at_s, UTC),
        policy=PollPolicy(),
        pace=Pace(),
        hints=ServerHints(max_age_s=max_age_s),
        jitter=jitter,
        rhythm=rhythm,
    )


def minute(poll: NextPoll) -> float:
    return poll.at.minute + poll.at.second / 60


def test_a_feed_that_is_built_at_one_minute_is_polled_right_after_it() -> None:
    poll = following(built(lambda _n: 12.3))
    assert minute(poll) == 13
    assert "mostly at minute 12: again in " in poll.reasons[0]
    assert 13 <= minute(following(built(lambda _n: 12.3), jitter=0.999)) <= 13.5


def test_one_that_is_built_every_third_hour_is_polled_in_that_hour() -> None:
    polls = [following(built(lambda _n: 40.2, every_h=3))]
    rhythm = built(lambda _n: 40.2, every_h=3)
    for _ in range(5):
        rhythm = observed(rhythm, [], polls[-1].at.timestamp())
        polls.append(following(rhythm))
    assert {(poll.at.hour % 3, minute(poll)) for poll in polls} == {(0, 41.0)}


def test_entries_at_any_minute_have_none_waited_for() -> None:
    chance = Random(7)
    assert built(lambda _n: chance.uniform(0, 60)).minutes.shares() is None


def test_a_minute_of_a_few_entries_is_chance() -> None:
    rhythm = UNTOLD.seen([MIDNIGHT + n * HOUR_S + 60 for n in range(11)])
    assert rhythm.shares() is None
    assert rhythm.seen([MIDNIGHT + 20 * HOUR_S + 60]).shares() is not None


def test_entries_of_one_minute_are_one_moment() -> None:
    """A burst says nothing of minutes, however many are in it."""
    assert UNTOLD.seen([MIDNIGHT + 61 + n / 10 for n in range(100)]).shares() is None


def test_a_date_that_names_only_the_day_tells_no_minute() -> None:
    assert UNTOLD.seen([MIDNIGHT + n * DAY_S for n in range(100)]).shares() is None


def test_entries_without_dates_tell_no_minute() -> None:
    """Else the minutes of our own polls would be learned."""
    assert built(lambda _n: 12.3, dated=False).minutes.shares() is None


def test_entries_that_are_there_later_than_they_say_end_it() -> None:
    """At the poll right after their minute they are not there yet, and at the next they bear a date
    from before it.
    """
    rhythm = built(lambda _n: 12.3)
    assert rhythm.minutes.shares() is not None
    for n in range(48):
        hour = MIDNIGHT + (DAYS * 24 + n) * HOUR_S
        rhythm = observed(rhythm, [], hour + 13 * 60)
        rhythm = observed(rhythm, [hour + 12.3 * 60], hour + 40 * 60)
    assert rhythm.minutes.shares() is None


def test_a_timer_that_was_moved_is_followed() -> None:
    moved = built(lambda n: 12.3 if n < DAYS * 12 else 47.3)
    assert minute(following(moved)) in {13, 48}
    for n in range(24 * 90):
        hour = MIDNIGHT + (DAYS * 24 + n) * HOUR_S
        moved = observed(moved, [hour + 47.3 * 60], hour + HOUR_S)
    assert minute(following(moved)) == 48


@pytest.mark.parametrize("asked_s", [HOUR_S, 2 * HOUR_S, 24 * HOUR_S])
def test_what_a_server_asks_is_waited_for_and_then_for_the_minute(asked_s: int) -> None:
    rhythm = built(lambda _n: 12.3)
    poll = following(rhythm, max_age_s=asked_s)
    waited_s = poll.at.timestamp() - rhythm.at_s
    assert asked_s <= waited_s <= asked_s + HOUR_S
    assert minute(poll) == 13
    assert poll.reasons[-1].startswith("mostly at minute 12: again in ")


def test_once_in_step_with_the_minute_it_stays_in_step() -> None:
    """Of a feed that is built every hour and asks for an hour."""
    rhythm = built(lambda _n: 12.3)
    for _ in range(4):
        poll = following(rhythm, max_age_s=HOUR_S, jitter=0.5)
        rhythm = observed(rhythm, [poll.at.timestamp() - 40], poll.at.timestamp())
    again = following(rhythm, max_age_s=HOUR_S, jitter=0.5)
    assert again.at.timestamp() - rhythm.at_s == HOUR_S
    assert 13 <= minute(again) < 13.5
