"""A stretch of time cut into the hours, days or weeks of a time zone, and counts put into them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from app.core.identity import EPOCH, MAX_ID_MS
from app.core.search.search import Span
from app.errors import FieldError, Invalid

MAX_BUCKETS: Final = 1000
QUARTER_MS: Final = 900_000
"""What stories are counted by: all offsets in use since 1972 are whole quarters of an hour, so
every hour, day and week of every zone begins with one.
"""

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_LAST: Final = EPOCH + timedelta(milliseconds=MAX_ID_MS)


class Interval(StrEnum):
    HOUR = "hour"  # 60 minutes, also where the clock is changed meanwhile
    DAY = "day"  # of the calendar: 23 or 25 hours where the clock is changed
    WEEK = "week"  # from Monday


SPANS: Final = {
    Interval.HOUR: timedelta(hours=48),
    Interval.DAY: timedelta(days=31),
    Interval.WEEK: timedelta(weeks=26),
}
"""How far back a timeline goes that names no beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A half-open stretch in its zone's time; `partial`: the window holds only this part of it."""

    start: datetime
    end: datetime
    partial: bool


def window_of(asked: Span, interval: Interval, now: datetime) -> tuple[datetime, datetime]:
    """The half-open time a timeline is of; by default up to `now`, and as far back as SPANS says.

    Kept to the times that a story's id can tell; empty where the end is not after the beginning.
    """
    end = _kept(asked.before or now)
    start = _kept(asked.after) if asked.after else max(end - SPANS[interval], EPOCH)
    return min(start, end), end


def buckets(
    window: tuple[datetime, datetime], interval: Interval, zone: tzinfo
) -> tuple[Bucket, ...]:
    """The window's buckets in order, without a gap; raises Invalid for more than MAX_BUCKETS.

    A day that a zone has left out (Samoa's 30 December 2011) has no bucket.
    """
    start, end = window
    found: list[Bucket] = []
    begin, number = _bucket_at(start, interval, zone, 0), 0
    while start < end and begin < end:
        number += 1
        following = _bucket_at(start, interval, zone, number)
        if start < following and begin < following:
            found.append(_bucket(max(begin, start), min(following, end), zone, following - begin))
        if len(found) > MAX_BUCKETS:
            raise _too_many(interval)
        begin = following
    return tuple(found)


def fold(cut: Sequence[Bucket], quarters: Mapping[int, int]) -> list[int]:
    """The count of each bucket, from counts by quarter of an hour: its number since 1970."""
    starts = [(bucket.start - EPOCH) // timedelta(milliseconds=1) for bucket in cut]
    counts = [0] * len(cut)
    for quarter, count in quarters.items():
        last_ms = (quarter + 1) * QUARTER_MS - 1  # the window may begin inside of a quarter
        counts[bisect_right(starts, last_ms) - 1] += count
    return counts


def _bucket(start: datetime, end: datetime, zone: tzinfo, whole: timedelta) -> Bucket:
    return Bucket(
        start=start.astimezone(zone), end=end.astimezone(zone), partial=end - start < whole
    )


def _bucket_at(start: datetime, interval: Interval, zone: tzinfo, number: int) -> datetime:
    """When (UTC) the bucket begins that is `number` after the one that `start` falls into."""
    local = start.astimezone(zone)
    if interval is Interval.HOUR:
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return start - into + number * _HOUR
    day = local.date()
    if interval is Interval.WEEK:
        day += (7 * number - day.weekday()) * _DAY
    else:
        day += number * _DAY
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _kept(at: datetime) -> datetime:
    return min(max(at, EPOCH), _LAST)


def _too_many(interval: Interval) -> Invalid:
    longer = {Interval.HOUR: ", or interval=day", Interval.DAY: ", or interval=week"}
    detail = (
        f"more than {MAX_BUCKETS} buckets: ask for less time by published_after and "
        f"published_before{longer.get(interval, '')}"
    )
    return Invalid(f"interval: {detail}", errors=(FieldError(parameter="interval", detail=detail),))
