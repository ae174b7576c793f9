"""Hours, days and weeks of any time zone, and counts put into them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.identity import EPOCH
from app.core.search.search import Span
from app.core.search.timeline import (
    MAX_BUCKETS,
    QUARTER_MS,
    SPANS,
    Bucket,
    Interval,
    buckets,
    fold,
    window_of,
)
from app.errors import Invalid

NOW = datetime(2026, 11, 24, 6, 10, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = (
    "UTC Europe/Paris Asia/Kolkata Asia/Kathmandu Australia/Lord_Howe America/St_Johns Asia/Tokyo"
    " America/Sao_Paulo America/Havana Pacific/Apia Pacific/Chatham Antarctica/Troll Africa/Cairo"
).split()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def cut(start: str, end: str, interval: str, zone: str) -> tuple[Bucket, ...]:
    return buckets((at(start), at(end)), Interval(interval), ZoneInfo(zone))


def starts(found: tuple[Bucket, ...]) -> list[str]:
    return [bucket.start.isoformat() for bucket in found]


def hours(found: tuple[Bucket, ...]) -> list[float]:
    return [(b.end.astimezone(UTC) - b.start.astimezone(UTC)) / HOUR for b in found]


@pytest.mark.parametrize(
    ("asked", "interval", "start", "end"),
    [
        (Span(), Interval.HOUR, NOW - 48 * HOUR, NOW),
        (Span(), Interval.DAY, NOW - 31 * DAY, NOW),
        (Span(), Interval.WEEK, NOW - 26 * 7 * DAY, NOW),
        (Span(after=NOW - HOUR), Interval.DAY, NOW - HOUR, NOW),
        (Span(before=NOW - HOUR), Interval.HOUR, NOW - 49 * HOUR, NOW - HOUR),
        (Span(after=NOW - DAY, before=NOW + DAY), Interval.HOUR, NOW - DAY, NOW + DAY),
        (Span(after=NOW + DAY), Interval.HOUR, NOW, NOW),
        (Span(after=datetime.min.replace(tzinfo=UTC)), Interval.WEEK, EPOCH, NOW),
        (Span(before=datetime.min.replace(tzinfo=UTC)), Interval.WEEK, EPOCH, EPOCH),
        (Span(before=EPOCH + HOUR), Interval.WEEK, EPOCH, EPOCH + HOUR),
    ],
)
def test_the_window(asked: Span, interval: Interval, start: datetime, end: datetime):
    assert window_of(asked, interval, NOW) == (start, end)


def test_the_end_of_all_ids_is_the_last_end():
    start, end = window_of(Span(before=datetime.max.replace(tzinfo=UTC)), Interval.DAY, NOW)
    assert end.year == 2109
    assert end - start == SPANS[Interval.DAY]
    assert len(buckets((start, end), Interval.DAY, ZoneInfo("Pacific/Kiritimati"))) == 32


def test_when_there_is_nothing_between_there_are_no_buckets():
    assert buckets((NOW, NOW), Interval.DAY, UTC) == ()


def test_whole_buckets_and_the_parts_at_both_ends():
    found = cut("2026-11-22T10:20:00Z", "2026-11-24T06:00:00Z", "day", "UTC")
    assert starts(found) == [
        "2026-11-22T10:20:00+00:00",
        "2026-11-23T00:00:00+00:00",
        "2026-11-24T00:00:00+00:00",
    ]
    assert [bucket.partial for bucket in found] == [True, False, True]
    assert found[-1].end == at("2026-11-24T06:00:00Z")
    whole = cut("2026-11-22T00:00:00Z", "2026-11-24T00:00:00Z", "day", "UTC")
    assert [bucket.partial for bucket in whole] == [False, False]


def test_a_window_inside_of_one_bucket():
    (only,) = cut("2026-11-24T06:10:00Z", "2026-11-24T06:20:00Z", "week", "Asia/Tokyo")
    assert only.partial
    assert (only.start.isoformat(), only.end.isoformat()) == (
        "2026-11-24T15:10:00+09:00",
        "2026-11-24T15:20:00+09:00",
    )


def test_days_in_which_the_clock_is_changed():
    spring = cut("2026-03-28T00:00+01:00", "2026-03-31T00:00+02:00", "day", "Europe/Paris")
    assert hours(spring) == [24, 23, 24]
    autumn = cut("2026-10-24T00:00+02:00", "2026-10-27T00:00+01:00", "day", "Europe/Paris")
    assert hours(autumn) == [24, 25, 24]
    assert starts(autumn)[1:] == ["2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"]


def test_hours_in_which_the_clock_is_changed():
    found = cut("2026-10-25T01:00+02:00", "2026-10-25T04:00+01:00", "hour", "Europe/Paris")
    assert starts(found) == [
        "2026-10-25T01:00:00+02:00",
        "2026-10-25T02:00:00+02:00",
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    ]
    half = cut("2026-04-04T14:00Z", "2026-04-04T17:00Z", "hour", "Australia/Lord_Howe")
    assert hours(half) == [1, 1, 1]


def test_zones_that_are_off_by_half_an_hour_and_by_three_quarters():
    kolkata = cut("2026-11-24T00:00Z", "2026-11-24T02:00Z", "hour", "Asia/Kolkata")
    assert hours(kolkata) == [0.5, 1, 0.5]
    assert starts(kolkata)[1] == "2026-11-24T06:00:00+05:30"
    kathmandu = cut("2026-11-23T18:15Z", "2026-11-24T18:15Z", "day", "Asia/Kathmandu")
    assert starts(kathmandu) == ["2026-11-24T00:00:00+05:45"]
    assert not kathmandu[0].partial


def test_weeks_begin_on_monday():
    found = cut("2026-11-18T00:00Z", "2026-12-01T00:00Z", "week", "Asia/Tokyo")
    assert starts(found) == [
        "2026-11-18T09:00:00+09:00",
        "2026-11-23T00:00:00+09:00",
        "2026-11-30T00:00:00+09:00",
    ]
    assert hours(found)[1] == 7 * 24


def test_a_day_whose_midnight_is_skipped_begins_when_the_clock_has_jumped():
    found = cut("2018-11-03T03:00Z", "2018-11-06T02:00Z", "day", "America/Sao_Paulo")
    assert starts(found)[1] == "2018-11-04T01:00:00-02:00"
    assert hours(found) == [24, 23, 24]


def test_a_day_that_was_left_out_has_no_bucket():
    found = cut("2011-12-29T10:00Z", "2012-01-01T10:00Z", "day", "Pacific/Apia")
    assert [start[:10] for start in starts(found)] == ["2011-12-29", "2011-12-31", "2012-01-01"]
    assert hours(found) == [24, 24, 24]


@pytest.mark.parametrize(
    ("interval", "width", "advice"),
    [
        (Interval.HOUR, HOUR, "or interval=day"),
        (Interval.DAY, DAY, "or interval=week"),
        (Interval.WEEK, 7 * DAY, "published_before"),
    ],
)
def test_too_many_buckets_are_refused_with_advice(
    interval: Interval, width: timedelta, advice: str
):
    end = at("2026-11-23T00:00Z")
    assert len(buckets((end - MAX_BUCKETS * width, end), interval, UTC)) == MAX_BUCKETS
    with pytest.raises(Invalid) as refused:
        buckets((end - MAX_BUCKETS * width - HOUR, end), interval, UTC)
    assert refused.value.detail.endswith(advice)
    assert refused.value.errors[0].parameter == "interval"


@given(
    start_ms=st.integers(0, 4_102_444_800_000),
    length=st.timedeltas(timedelta(milliseconds=1), 40 * DAY),
    interval=st.sampled_from(Interval),
    zone=st.sampled_from(ZONES),
    instants=st.lists(st.integers(0, 40 * DAY // timedelta(milliseconds=1)), max_size=20),
)
def test_buckets_fill_the_window_and_each_story_is_counted_in_its_own(
    start_ms: int, length: timedelta, interval: Interval, zone: str, instants: list[int]
):
    start = EPOCH + timedelta(milliseconds=start_ms)
    end = start + timedelta(milliseconds=length // timedelta(milliseconds=1))
    found = buckets((start, end), interval, ZoneInfo(zone))
    edges = [(b.start.astimezone(UTC), b.end.astimezone(UTC)) for b in found]
    assert [edge[0] for edge in edges] == [start, *(edge[1] for edge in edges[:-1])]
    assert edges[-1][1] == end
    assert not any(bucket.partial for bucket in found[1:-1])
    quarters: dict[int, int] = {}
    counts = [0] * len(found)
    for instant in instants:
        ms = start_ms + instant % ((end - start) // timedelta(milliseconds=1))
        quarters[ms // QUARTER_MS] = quarters.get(ms // QUARTER_MS, 0) + 1
        story = EPOCH + timedelta(milliseconds=ms)
        (number,) = (n for n, (low, high) in enumerate(edges) if low <= story < high)
        counts[number] += 1
    assert fold(found, quarters) == counts


@given(interval=st.sampled_from([Interval.DAY, Interval.WEEK]), zone=st.sampled_from(ZONES))
def test_days_and_weeks_begin_with_the_date(interval: Interval, zone: str):
    found = buckets((NOW - 300 * DAY, NOW), interval, ZoneInfo(zone))
    for bucket in found[1:]:
        before = (bucket.start.astimezone(UTC) - timedelta(milliseconds=1)).astimezone(
            ZoneInfo(zone)
        )
        assert before.date() != bucket.start.date()
        assert interval is Interval.DAY or bucket.start.weekday() == 0
