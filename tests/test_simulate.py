"""Rules of polling side by side: ours must be on the front, on feeds that it knows nothing of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from tools.simulate.__main__ import play, table
from tools.simulate.feeds import DAY, END, HOUR, Feed, make_feed
from tools.simulate.front import rivalries
from tools.simulate.picture import picture
from tools.simulate.rules import AverageGap, ByDuplicates, EntryFrequency, Fixed, Grid, Ours, Rule
from tools.simulate.run import Tally, simulate

FEEDS = 60


@pytest.fixture(scope="module")
def free() -> dict[str, Tally]:
    """What each rule comes to where servers ask for nothing."""
    return {tally.name: tally for tally in play(FEEDS, 3, hints=False)}


@pytest.fixture(scope="module")
def asked() -> dict[str, Tally]:
    return {tally.name: tally for tally in play(FEEDS, 3, hints=True)}


def test_for_fewer_requests_than_once_an_hour_ours_sees_entries_sooner(
    free: dict[str, Tally],
) -> None:
    ours, hourly = free["ours, greed 1"], free["every 60 min"]
    assert ours.requests < hourly.requests
    assert ours.mean_s < 0.7 * hourly.mean_s
    assert ours.quantile_s(0.95) < hourly.quantile_s(0.95)
    assert ours.missed <= hourly.missed


def test_no_rule_has_less_delay_for_as_few_requests(free: dict[str, Tally]) -> None:
    rivals = rivalries(list(free.values()))
    assert len(rivals) >= 8
    assert [r.name for r in rivals if r.our_mean_s > r.mean_s] == []
    assert [r.name for r in rivals if r.our_p95_s > r.p95_s] == []


def test_ours_is_never_sooner_than_a_server_asked(asked: dict[str, Tally]) -> None:
    assert all(tally.early == 0 for name, tally in asked.items() if name.startswith("ours"))
    assert asked["every 5 min, whatever is asked"].early > 0
    assert asked["every 5 min"].early == 0


def test_a_run_is_the_same_again_in_any_number_of_processes() -> None:
    once = play(8, 5, hints=True, only="greed 1")
    again = play(8, 5, hints=True, only="greed 1", jobs=2)
    assert [(t.requests, t.useful, t.mean_s) for t in once] == [
        (t.requests, t.useful, t.mean_s) for t in again
    ]


def test_a_table_and_a_picture_have_every_rule(asked: dict[str, Tally]) -> None:
    tallies = list(asked.values())
    lines = table(tallies, FEEDS).splitlines()
    assert len(lines) == len(tallies) + 2
    assert {line.count("|") for line in lines} == {9}
    drawn = etree.fromstring(picture(tallies, FEEDS))
    marks = drawn.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(marks) == 2 * len(tallies)


def feed(**given: object) -> Feed:
    made = make_feed(1, 1, hints=False)
    plain = replace(made, past=(), times=(), dates=(), window=2, first_poll=0.0, stopped=None)
    return replace(plain, **given)


def tally(rule: Rule, **given: object) -> Tally:
    counted = Tally(name="a rule")
    simulate(feed(**given), rule, counted)
    counted.sort()
    return counted


def test_delays_misses_and_requests_are_counted() -> None:
    times = (1.0 * HOUR, 2.0 * HOUR, 2.5 * HOUR, 2.6 * HOUR, 30.0 * HOUR)
    counted = tally(Fixed(3 * HOUR), times=times, dates=times)
    assert counted.requests == END // (3 * HOUR)
    assert (counted.useful, counted.missed) == (2, 2), "two had left a document of two entries"
    assert list(counted.delays) == pytest.approx([0, 0.4 * HOUR, 0.5 * HOUR])


def test_what_is_skipped_of_steady_polls_is_counted_all_the_same() -> None:
    class Unsteady(Fixed):
        steady = False

    made = make_feed(4, 4, hints=True)
    counts = []
    for rule in (Fixed(600), Unsteady(600)):
        counted = Tally(name="")
        simulate(made, rule, counted)
        counts.append((counted.requests, counted.early, counted.useful, len(counted.delays)))
    assert counts[0] == counts[1]


def test_rules_of_others_are_as_they_are_published() -> None:
    dates = [-n * HOUR for n in range(10)][::-1]
    hourly = feed(window=10, ttl_s=None, max_age_s=None)
    assert EntryFrequency(hourly).first(0, dates) == 7 * DAY / 10
    assert EntryFrequency(hourly).first(0, []) == DAY
    assert AverageGap(hourly).first(0, dates) == HOUR / 2
    assert AverageGap(hourly).first(8 * DAY, dates) == HOUR
    assert AverageGap(hourly).first(15 * DAY, dates) == 2 * HOUR
    assert AverageGap(hourly).first(0, [None]) == 4 * HOUR
    assert AverageGap(hourly).first(0, [0.0]) == 4 * HOUR
    assert Grid(replace(hourly, max_age_s=4000)).first(1.5 * HOUR, []) == 1.5 * HOUR + 1
    known = ByDuplicates(hourly)
    assert known.first(0, dates) == 6 * HOUR
    assert known.later(0, ()) == 6 * HOUR + 600
    assert known.later(0, [0.0] * 9) == 6 * HOUR, "far off the usual, it is the usual at once"
    assert known.later(0, [0.0] * 9) == 5 * HOUR
    assert known.later(8 * DAY, ()) == 6 * HOUR


def test_ours_is_the_schedule_of_the_service() -> None:
    made = feed(ttl_s=7200)
    assert Ours(made, 1.0).first(0, [0.0]) >= 7200


@pytest.mark.parametrize("number", range(40))
def test_feeds_are_made_in_order_and_within_the_time(number: int) -> None:
    made = make_feed(number, 9, hints=True)
    assert list(made.times) == sorted(made.times)
    assert all(0 < time < (made.stopped or END) for time in made.times)
    assert len(made.dates) == len(made.past) + len(made.times)
    assert len(made.past) <= made.window
    assert made == make_feed(number, 9, hints=True)
