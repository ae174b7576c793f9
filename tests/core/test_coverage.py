"""Gaps of feeds: what is one, why, and how they add up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.identity import EPOCH
from app.core.search.coverage import (
    MAX_GAPS,
    FeedFacts,
    Gap,
    GapReason,
    History,
    Stretch,
    cover,
    find_gaps,
    may_answer,
    window_of,
)
from app.core.search.query_parse import parse_query
from app.core.search.search import Span
from app.core.types import Failure

END = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = END - timedelta(hours=24)
WINDOW = (START, END)
LONG_AGO = START - timedelta(days=90)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def hour(number: float) -> datetime:
    """The window begins at 0 and ends at 24."""
    return START + number * HOUR


def history(
    *reads: float,
    every: float = 1,
    added_at: datetime = LONG_AGO,
    new: Sequence[float] = (),
    failed: dict[float, Failure] | None = None,
) -> History:
    """A feed read at these hours, each time promising the next one `every` hours later; all that
    it said was new at the hours `new`.
    """
    stretches, after, due_at, first = [], added_at, added_at, True
    for read in map(hour, reads):
        all_new = read in map(hour, new)
        stretches.append(
            Stretch(after=after, due_at=due_at, until=read, all_new=all_new, first=first)
        )
        after, due_at, first = read, read + every * HOUR, False
    stretches.append(Stretch(after=after, due_at=due_at, until=None, first=first))
    failures = [(hour(at), kind) for at, kind in sorted((failed or {}).items())]
    return History(added_at=added_at, stretches=stretches, failures=failures)


def gaps(told: History) -> list[tuple[float, float, str]]:
    return [
        ((gap.start - START) / HOUR, (gap.end - START) / HOUR, gap.reason.value)
        for gap in find_gaps(WINDOW, told)
    ]


def test_a_feed_that_was_read_as_promised_has_no_gap():
    assert gaps(history(*range(-2, 24))) == []


def test_a_little_late_is_no_gap():
    grace = 0.5  # half of the interval
    assert gaps(history(-1, *(n * (1 + grace) for n in range(17)))) == []
    assert gaps(history(-0.02, 24 - 5 / 60 - 0.02, every=24 - 10 / 60 - 0.02)) == []


def test_for_a_short_interval_five_minutes_are_little():
    every, minutes = 0.1, [n * 11 for n in range(-2, 131)]  # promised after 6, read after 11
    assert gaps(history(*(m / 60 for m in minutes), every=every)) == []
    late = [m + 1 if m == 11 else m for m in minutes]
    assert gaps(history(*(m / 60 for m in late), every=every)) == [(0, pytest.approx(0.2), "late")]


def test_a_stretch_without_a_read_is_a_gap_from_read_to_read():
    assert gaps(history(-1, 0, 1, 4, 5, 6, every=1))[0] == (1, 4, "late")


def test_a_gap_that_began_before_the_window_is_cut_where_it_begins():
    assert gaps(history(-6, 2, *range(3, 24))) == [(0, 2, "late")]


def test_a_gap_that_ended_before_the_window_is_none_of_its():
    assert gaps(history(-9, -1, *range(24))) == []
    assert gaps(history(-9, 0, *range(1, 24))) == []


def test_a_gap_that_lasts_ends_with_the_window():
    assert gaps(history(*range(-1, 20))) == [(19, 24, "late")]


def test_a_promise_that_reaches_beyond_the_window_is_not_broken_yet():
    assert gaps(history(-1, 5, every=20)) == []


def test_the_last_failure_of_a_stretch_is_its_reason():
    told = history(
        *range(-1, 5),
        *range(9, 24),
        failed={
            2.5: Failure.DNS,
            5: Failure.TIMEOUT,
            8: Failure.HTTP_SERVER,
            10.5: Failure.GONE,
        },
    )
    (gap,) = find_gaps(WINDOW, told)
    assert gap == Gap(
        start=hour(4), end=hour(9), reason=GapReason.FAILING, failure=Failure.HTTP_SERVER
    )


def test_a_failure_before_the_window_is_the_reason_of_what_it_left_behind():
    assert gaps(history(-10, failed={-9: Failure.GONE})) == [(0, 24, "failing")]


def test_a_failure_that_was_made_good_in_time_is_no_gap():
    assert gaps(history(*range(-1, 24), failed={3.5: Failure.TIMEOUT})) == []


def test_a_feed_never_read_is_one_gap():
    assert gaps(history()) == [(0, 24, "late")]
    assert gaps(history(failed={3: Failure.DNS})) == [(0, 24, "failing")]


def test_before_a_feed_was_added_it_could_not_be_read():
    added = hour(6)
    assert gaps(history(*(6.01 + n for n in range(18)), added_at=added)) == [
        (0, pytest.approx(6.01), "not_yet_added")
    ]
    assert gaps(history(added_at=added)) == [(0, 6, "not_yet_added"), (6, 24, "late")]
    failing = history(10, *range(11, 24), added_at=added, failed={6.1: Failure.DNS})
    assert gaps(failing) == [(0, 6, "not_yet_added"), (6, 10, "failing")]


def test_a_feed_just_added_need_not_have_been_read():
    assert gaps(history(added_at=END - 4 * MINUTE)) == [(0, 24, "not_yet_added")]
    assert gaps(history(added_at=END + HOUR)) == [(0, 24, "not_yet_added")]
    assert gaps(history(0.05, *range(1, 24), added_at=START)) == []
    assert gaps(history(0.05, *range(1, 24), added_at=START, new=[0.05])) == []


def test_a_window_without_time_has_no_gaps():
    told = [(1, history()), (2, history(added_at=END + HOUR))]
    assert cover((END, END), told, paused=0, quarantined=0).healthy == 2


def test_a_feed_whose_first_stretch_is_left_out_was_not_there_until_it_was_added():
    assert find_gaps(WINDOW, History(added_at=hour(1))) == [
        Gap(start=START, end=hour(1), reason=GapReason.NOT_YET_ADDED)
    ]


def test_when_all_is_new_something_may_have_been_missed():
    assert gaps(history(*range(-1, 24), new=[7])) == [(6, 7, "overrun")]
    assert gaps(history(-0.5, *range(24), new=[0])) == []
    assert gaps(history(-0.5, *(n + 0.5 for n in range(24)), new=[0.5])) == [(0, 0.5, "overrun")]
    late = history(-1, 0, 1, 4, *range(5, 24), new=[4], failed={3: Failure.TLS})
    assert gaps(late) == [(1, 4, "failing")]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        (Span(), END - 24 * HOUR, END),
        (Span(after=END - HOUR), END - HOUR, END),
        (Span(before=END - HOUR), END - 25 * HOUR, END - HOUR),
        (Span(before=END + HOUR), END - 24 * HOUR, END),
        (Span(after=END + HOUR), END, END),
        (Span(before=datetime.min.replace(tzinfo=UTC)), EPOCH, EPOCH),
        (Span(after=datetime.min.replace(tzinfo=UTC)), EPOCH, END),
        (Span(after=datetime.max.replace(tzinfo=UTC)), END, END),
    ],
)
def test_the_window(asked: Span, start: datetime, end: datetime):
    assert window_of(asked, END) == (start, end)


def test_the_longest_gaps_come_first_and_all_are_counted():
    told = [(n, history(*range(-1, n), 24)) for n in range(1, 22)]
    told.append((0, history(*range(-1, 1), 24)))
    told.append((99, history(*range(-1, 24))))
    found = cover(WINDOW, told, paused=3, quarantined=2)
    assert [feed_id for feed_id, _ in found.gaps] == [0, *range(1, MAX_GAPS)]
    assert (found.feeds, found.healthy, found.with_gaps) == (28, 1, 22)
    assert (found.gaps_total, found.paused, found.quarantined) == (22, 3, 2)


FEED = FeedFacts(source_id=7, domain="news.example.co.uk", country="GB", language="en")
UNKNOWN = FeedFacts(source_id=8, domain="example.org")
QUERIES = {
    "ferry": (True, True),
    "source:7": (True, False),
    "source:example.org": (False, True),
    "-source:7": (False, True),
    "domain:example.co.uk": (True, False),
    "domain:ample.co.uk": (False, False),
    "lang:ja": (False, True),
    "lang:en": (True, True),
    "-lang:en": (False, True),
    "country:GB": (True, False),
    "-country:GB": (False, True),
    "country:JP": (False, False),
    "tag:agency:kyodo": (True, True),
    "-tag:agency:kyodo": (True, True),
    "ferry country:GB": (True, False),
    "ferry OR country:GB": (True, True),
    "source:8 OR country:GB": (True, True),
    "source:9 OR country:JP": (False, False),
    "-(ferry OR country:GB)": (False, True),
    "-(ferry country:GB)": (True, True),
    "-(source:7 country:GB)": (False, True),
}


@pytest.mark.parametrize("query", QUERIES)
def test_which_feeds_could_answer(query: str):
    tree = parse_query(query)
    assert (may_answer(tree, FEED), may_answer(tree, UNKNOWN)) == QUERIES[query]


def test_every_feed_could_answer_a_search_for_everything():
    assert may_answer(None, FEED)


HISTORIES = st.builds(
    lambda reads, every, added, failed: history(
        *sorted(read for read in reads if read > added),
        every=every,
        added_at=hour(added),
        new=list(reads)[::3],
        failed={at: Failure.TIMEOUT for at in failed if at > added},
    ),
    reads=st.sets(st.integers(-300, 239).map(lambda n: n / 10), max_size=40),
    every=st.sampled_from([0.05, 0.5, 1, 3, 24]),
    added=st.integers(-400, 300).map(lambda n: n / 10),
    failed=st.sets(st.integers(-300, 239).map(lambda n: n / 10), max_size=9),
)


@given(told=st.lists(HISTORIES, max_size=6), paused=st.integers(0, 3))
def test_gaps_lie_apart_in_the_window_and_the_feeds_add_up(told: list[History], paused: int):
    for one in told:
        found = find_gaps(WINDOW, one)
        edges = [edge for gap in found for edge in (gap.start, gap.end)]
        assert edges == sorted(edges)
        assert all(START <= gap.start < gap.end <= END for gap in found)
        assert all((gap.failure is None) == (gap.reason != GapReason.FAILING) for gap in found)
    summed = cover(WINDOW, enumerate(told), paused=paused, quarantined=0)
    assert summed.feeds == len(told) + paused
    assert summed.healthy + summed.with_gaps + summed.paused == summed.feeds
    assert summed.gaps_total == sum(len(find_gaps(WINDOW, one)) for one in told)
    assert (
        summed.with_gaps == len({feed_id for feed_id, _ in summed.gaps})
        or len(summed.gaps) == MAX_GAPS
    )


@given(told=HISTORIES)
def test_stretches_within_their_promise_may_be_left_out(told: History):
    broken = [
        stretch
        for stretch in told.stretches
        if stretch.first or stretch.all_new or (stretch.until or END) > stretch.due_at
    ]
    shorter = History(added_at=told.added_at, stretches=broken, failures=told.failures)
    assert find_gaps(WINDOW, shorter) == find_gaps(WINDOW, told)
