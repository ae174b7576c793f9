"""How much of what was published can have been seen: which feeds could answer a search, and when
each of them went unread for longer than its own schedule had promised.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.core.identity import EPOCH
from app.core.search.query import And, Filter, FilterKind, Not, Or, QueryTree
from app.core.search.search import Span
from app.core.types import Failure

DEFAULT_SPAN: Final = timedelta(hours=24)
LEAST_GRACE: Final = timedelta(minutes=5)
MAX_GAPS: Final = 20


class GapReason(StrEnum):
    FAILING = "failing"  # it was tried, and brought nothing
    LATE = "late"  # it was not tried in time
    NOT_YET_ADDED = "not_yet_added"
    OVERRUN = "overrun"  # all of it was new: stories may have come and gone between two reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A half-open stretch in which a feed was not read; `failure` is the last one in it."""

    start: datetime
    end: datetime
    reason: GapReason
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The time from one read of a feed to the next, or from when it was added to its first.

    `due_at` is when the next read was promised, `until` when it came (None: not in the window);
    `all_new`: every entry that it found was new, though the feed had had stories before.
    """

    after: datetime
    due_at: datetime
    until: datetime | None
    all_new: bool = False
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is on record of one feed.

    `stretches` are disjoint, the oldest first; those within their promise may be left out, but for
    the first one of all. `failures` are in the order of their times.
    """

    added_at: datetime
    stretches: Sequence[Stretch] = ()
    failures: Sequence[tuple[datetime, Failure]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """Feeds by how they fared: `feeds` = healthy + with_gaps + paused + quarantined.

    `gaps` are the longest, at most MAX_GAPS, each with its feed's id, of `gaps_total`.
    """

    feeds: int
    healthy: int
    with_gaps: int
    paused: int
    quarantined: int
    gaps: tuple[tuple[int, Gap], ...]
    gaps_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """What is known of a feed's stories before it is read; None is not known."""

    source_id: int
    domain: str
    country: str | None = None
    language: str | None = field(default=None)


def window_of(asked: Span, now: datetime) -> tuple[datetime, datetime]:
    """The half-open time asked about, not after `now`; by default the 24 hours before its end."""
    end = max(min(asked.before or now, now), EPOCH)
    start = max(asked.after, EPOCH) if asked.after else max(end - DEFAULT_SPAN, EPOCH)
    return min(start, end), end


def cover(
    window: tuple[datetime, datetime],
    active: Iterable[tuple[int, History]],
    *,
    paused: int,
    quarantined: int,
) -> Covered:
    """How the active feeds (by id) fared in the window, beside those that are not polled."""
    found: list[tuple[int, Gap]] = []
    healthy = with_gaps = 0
    for feed_id, history in active:
        gaps = [(feed_id, gap) for gap in find_gaps(window, history)]
        healthy, with_gaps = healthy + (not gaps), with_gaps + bool(gaps)
        found += gaps
    found.sort(key=lambda gap: (gap[1].start - gap[1].end, gap[1].start, gap[0]))
    return Covered(
        feeds=healthy + with_gaps + paused + quarantined,
        healthy=healthy,
        with_gaps=with_gaps,
        paused=paused,
        quarantined=quarantined,
        gaps=tuple(found[:MAX_GAPS]),
        gaps_total=len(found),
    )


def find_gaps(window: tuple[datetime, datetime], history: History) -> list[Gap]:
    """A feed's gaps in the window, disjoint and in order."""
    start, end = window
    gaps = [*_not_there_yet(window, history)]
    for stretch in history.stretches:
        opens, closes = max(stretch.after, start), min(stretch.until or end, end)
        if closes <= opens:
            continue
        if is_broken(stretch, end):
            gaps.append(_unread(opens, closes, _failure(history.failures, stretch, closes)))
        elif stretch.all_new and not stretch.first:
            gaps.append(Gap(start=opens, end=closes, reason=GapReason.OVERRUN))
    return gaps


def is_broken(stretch: Stretch, end: datetime) -> bool:
    """Whether a read came later than promised, or not at all before `end`: later by more than half
    of the planned interval and more than 5 minutes.
    """
    grace = max(LEAST_GRACE, (stretch.due_at - stretch.after) / 2)
    return min(stretch.until or end, end) - stretch.due_at > grace


def may_answer(tree: QueryTree | None, feed: FeedFacts) -> bool:
    """Whether a feed could have stories that match, by what is known of it beforehand."""
    return tree is None or _holds(tree, feed) is not False


def _not_there_yet(window: tuple[datetime, datetime], history: History) -> Iterator[Gap]:
    """The window's time before a feed's first read, where that came promptly; else before it was
    added, since what follows is a gap of its own.
    """
    start, end = window
    if history.added_at <= start:
        return
    closes = history.added_at
    if history.stretches and history.stretches[0].first:
        first = history.stretches[0]
        if not is_broken(first, end):
            closes = first.until or end
    closes = min(closes, end)
    if start < closes:
        yield Gap(start=start, end=closes, reason=GapReason.NOT_YET_ADDED)


def _unread(start: datetime, end: datetime, failure: Failure | None) -> Gap:
    reason = GapReason.LATE if failure is None else GapReason.FAILING
    return Gap(start=start, end=end, reason=reason, failure=failure)


def _failure(
    failures: Sequence[tuple[datetime, Failure]], stretch: Stretch, closes: datetime
) -> Failure | None:
    """The last failure of a stretch, up to where the window ends."""
    first = bisect_left(failures, stretch.after, key=lambda failed: failed[0])
    last = bisect_right(failures, closes, key=lambda failed: failed[0])
    return failures[last - 1][1] if first < last else None


def _holds(tree: QueryTree, feed: FeedFacts) -> bool | None:
    """Whether the tree holds for all of the feed's stories (True), for none (False), or who knows.

    Kleene's logic of three values.
    """
    match tree:
        case And(parts):
            return _all(_holds(part, feed) for part in parts)
        case Or(parts):
            return _not(_all(_not(_holds(part, feed)) for part in parts))
        case Not(part):
            return _not(_holds(part, feed))
        case Filter(kind=kind, value=value):
            return _has(kind, value, feed)
        case _:
            return None


def _has(kind: FilterKind, value: str, feed: FeedFacts) -> bool | None:
    match kind:
        case FilterKind.SOURCE:
            return value in (str(feed.source_id), feed.domain)
        case FilterKind.DOMAIN:
            return f".{feed.domain}".endswith(f".{value}")
        case FilterKind.COUNTRY:
            return value == feed.country
        case FilterKind.LANG:
            return None if feed.language is None else value == feed.language
        case _:
            return None


def _all(held: Iterable[bool | None]) -> bool | None:
    found = set(held)
    if False in found:
        return False
    return None if None in found else True


def _not(held: bool | None) -> bool | None:  # noqa: FBT001 - a value of the logic
    return None if held is None else not held
