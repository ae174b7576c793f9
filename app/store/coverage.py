"""Coverage by the ledger: which feeds could have answered a search, and when they went unread.

A feed's polls are recorded in the order of their times, and those of different feeds nearly so:
none is recorded later than its lease lasts, which is minutes. So the rows of a stretch of time
lie next to each other, and each feed's last read before them is one step down an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, select, text

from app.core.search.coverage import (
    LEAST_GRACE,
    Covered,
    FeedFacts,
    Gap,
    History,
    Stretch,
    cover,
    is_broken,
    may_answer,
    window_of,
)
from app.core.search.search import Search
from app.core.types import Failure
from app.store.asking import id_list
from app.store.engine import MILLISECOND, ReadSession, from_ms, to_ms
from app.store.feeds import FeedState
from app.store.known import chunks
from app.store.models import copies, feeds, fetches, sources
from app.store.sources import Source

LATEST_RECORD: Final = timedelta(hours=1)
"""By how much a row of the ledger may be older than one before it, and more."""

MAX_ROWS: Final = 500_000
"""Rows of the ledger that are looked at; a window that holds more begins later."""

FEW: Final = 1 / 4
"""Feeds whose rows are looked up each by itself, as a share of all; for more, all rows are read."""

READ_IT: Final = "{} NOT IN ('failed', 'replayed')"
"""Whether a row of the ledger, by its outcome, is of a poll that succeeded."""

GRACE_MS: Final = LEAST_GRACE // MILLISECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedGap:
    """A gap and whose it is."""

    feed_id: int
    title: str | None
    source: Source
    gap: Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a half-open stretch of time the feeds have covered that could have answered."""

    start: datetime
    end: datetime
    covered: Covered
    gaps: tuple[FeedGap, ...]  # those of `covered`


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """The rows that tell of a window: ids from `low` on, below `high`, with times before `end`."""

    start: datetime
    end: datetime
    low: int
    high: int

    @property
    def parameters(self) -> dict[str, Any]:
        return {"low": self.low, "high": self.high, "end": to_ms(self.end)}


async def coverage(session: ReadSession, search: Search, *, now: datetime) -> Coverage:
    """Of the feeds that could have answered a search, how many were read as their schedules had
    promised, over the time of publication that it asks about; by default, the last 24 hours.

    A window with more than MAX_ROWS polls begins later than asked. Deleted feeds are not known.
    """
    ledger = await _ledger(session, *window_of(search.published, now))
    every = await _known_feeds(session)
    known = {row.id: row for row in every if may_answer(search.tree, _facts(row))}
    active = [row for row in known.values() if row.state == FeedState.ACTIVE]
    covered = cover(
        (ledger.start, ledger.end),
        await _histories(session, ledger, active, few=len(active) < FEW * len(every)),
        paused=sum(row.state == FeedState.PAUSED for row in known.values()),
        quarantined=sum(row.state == FeedState.QUARANTINED for row in known.values()),
    )
    gaps = tuple(_feed_gap(known[feed_id], gap) for feed_id, gap in covered.gaps)
    return Coverage(start=ledger.start, end=ledger.end, covered=covered, gaps=gaps)


async def _known_feeds(session: ReadSession) -> Sequence[Row[Any]]:
    columns = (feeds.c.id, feeds.c.title, feeds.c.state, feeds.c.added_at, feeds.c.language)
    of_source = (feeds.c.source_id, sources.c.domain, sources.c.name, sources.c.country)
    query = select(*columns, *of_source).join(sources, sources.c.id == feeds.c.source_id)
    return (await session.execute(query)).all()


def _facts(row: Row[Any]) -> FeedFacts:
    return FeedFacts(
        source_id=row.source_id, domain=row.domain, country=row.country, language=row.language
    )


def _feed_gap(row: Row[Any], gap: Gap) -> FeedGap:
    source = Source(id=row.source_id, domain=row.domain, name=row.name, country=row.country)
    return FeedGap(feed_id=row.id, title=row.title, source=source, gap=gap)


async def _ledger(session: ReadSession, start: datetime, end: datetime) -> _Ledger:
    newest = (await session.execute(select(func.max(fetches.c.id)))).scalar_one() or 0
    low = await _first_row(session, start - LATEST_RECORD) or newest + 1
    high = await _first_row(session, end + LATEST_RECORD) or newest + 1
    if high - low > MAX_ROWS:
        low = high - MAX_ROWS
        oldest = select(fetches.c.at).where(fetches.c.id >= low).order_by(fetches.c.id).limit(1)
        begins = (await session.execute(oldest)).scalar_one() + LATEST_RECORD
        start = min(max(start, begins), end)
    return _Ledger(start=start, end=end, low=low, high=high)


async def _first_row(session: ReadSession, at: datetime) -> int | None:
    """The id of the oldest row that is not before a time."""
    query = select(fetches.c.id).where(fetches.c.at >= at).order_by(fetches.c.at).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def _histories(
    session: ReadSession, ledger: _Ledger, active: Sequence[Row[Any]], *, few: bool
) -> list[tuple[int, History]]:
    """What the ledger says of each active feed, so far as it may be a gap."""
    ids = [row.id for row in active]
    before = await _before(session, ledger, ids)
    there = [row for row in active if row.id in before]  # one may have been deleted meanwhile
    reads = await _reads(session, ledger, ids if few else None)
    first_story = await _first_stories(session, {r.feed_id for r in reads if r.all_new})
    of_feed: dict[int, list[Row[Any]]] = defaultdict(list)
    for read in reads:
        of_feed[read.feed_id].append(read)
    stretches = {
        row.id: _stretches(ledger, row, before[row.id], of_feed[row.id], first_story.get(row.id))
        for row in there
    }
    broken = [i for i, found in stretches.items() if any(is_broken(s, ledger.end) for s in found)]
    failures = await _failures(session, ledger, broken if len(broken) < FEW * len(ids) else None)
    return [
        (
            row.id,
            History(
                added_at=row.added_at,
                stretches=stretches[row.id],
                failures=[*_failed_before(before[row.id]), *failures[row.id]],
            ),
        )
        for row in there
    ]


def _stretches(
    ledger: _Ledger,
    feed: Row[Any],
    before: Row[Any],
    reads: Sequence[Row[Any]],
    first_story: int | None,
) -> list[Stretch]:
    """Of the stretches of a feed, from the last read before the rows on, those that may be gaps."""
    first = before.at is None
    added_at = to_ms(feed.added_at)
    after, due_at = (added_at, added_at) if first else (before.at, before.next_poll_at)
    found = []
    for read in reads:
        if read.before_at is not None:
            after, due_at, first = read.before_at, read.due_at, False
        all_new = bool(read.all_new) and first_story is not None and first_story < read.at
        if first or all_new or read.at - due_at > GRACE_MS:
            found.append(_stretch(after, due_at, read.at, all_new=all_new, first=first))
        after, due_at, first = read.at, read.next_poll_at, False
    if first or to_ms(ledger.end) - due_at > GRACE_MS:
        found.append(_stretch(after, due_at, None, all_new=False, first=first))
    return found


def _stretch(after: int, due_at: int, until: int | None, *, all_new: bool, first: bool) -> Stretch:
    return Stretch(
        after=from_ms(after),
        due_at=from_ms(due_at),
        until=None if until is None else from_ms(until),
        all_new=all_new,
        first=first,
    )


def _failed_before(before: Row[Any]) -> list[tuple[datetime, Failure]]:
    if before.failed_at is None:
        return []
    return [(from_ms(before.failed_at), Failure(before.failure))]


async def _reads(
    session: ReadSession, ledger: _Ledger, ids: Sequence[int] | None
) -> Sequence[Row[Any]]:
    """Of each feed the first and the last successful read, those that came late, and those that
    found nothing but new entries, each with the one before it; in order. None stands for all feeds.
    """
    among, parameters = _of_feeds(session, ledger, ids)
    rows = await session.execute(
        text(
            "SELECT * FROM (SELECT id, feed_id, at, next_poll_at,"  # noqa: S608
            ' entries > 0 AND "new" = entries AS all_new, lag(at) OVER w AS before_at,'
            " lag(next_poll_at) OVER w AS due_at, lead(at) OVER w AS following_at"
            " FROM fetches WHERE id >= :low AND id < :high AND at < :end"
            f" AND {READ_IT.format('outcome')}"
            f"{among} WINDOW w AS (PARTITION BY feed_id ORDER BY id)) AS read"
            " WHERE before_at IS NULL OR following_at IS NULL OR all_new OR at > due_at + :grace"
            " ORDER BY id"
        ),
        {**parameters, "grace": GRACE_MS},
    )
    return rows.all()


async def _before(session: ReadSession, ledger: _Ledger, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Of each feed the last successful read before the rows, and the last poll if it failed."""
    among, parameter = id_list(session.dialect, ids)
    # By both columns of the index: by the id alone PostgreSQL may walk the rows of all feeds.
    last = "SELECT x.id FROM fetches AS x WHERE x.feed_id = f.id AND x.id < :low"
    newest = "ORDER BY x.feed_id DESC, x.id DESC LIMIT 1"
    rows = await session.execute(
        text(
            "SELECT f.id, r.at, r.next_poll_at, p.at AS failed_at, p.failure"  # noqa: S608
            f" FROM (SELECT f.id, ({last} AND {READ_IT.format('x.outcome')} {newest}) AS read_id,"
            f" ({last} AND x.outcome <> 'replayed' {newest}) AS poll_id"
            f" FROM feeds AS f WHERE f.id {among}) AS f"
            " LEFT JOIN fetches AS r ON r.id = f.read_id"
            " LEFT JOIN fetches AS p ON p.id = f.poll_id AND p.outcome = 'failed'"
        ),
        {"low": ledger.low, "ids": parameter},
    )
    return {row.id: row for row in rows}


async def _first_stories(session: ReadSession, ids: Collection[int]) -> dict[int, int]:
    """When each feed's first story was seen, in milliseconds."""
    found: dict[int, int] = {}
    for chunk in chunks(ids):
        rows = await session.execute(
            select(copies.c.feed_id, func.min(copies.c.first_seen_at))
            .where(copies.c.feed_id.in_(chunk))
            .group_by(copies.c.feed_id)
        )
        found |= {row[0]: to_ms(row[1]) for row in rows}
    return found


async def _failures(
    session: ReadSession, ledger: _Ledger, ids: Sequence[int] | None
) -> dict[int, list[tuple[datetime, Failure]]]:
    """The failed polls among the rows, of some feeds or of all, in order."""
    among, parameters = _of_feeds(session, ledger, ids)
    rows = await session.execute(
        text(
            "SELECT feed_id, at, failure FROM fetches WHERE id >= :low AND id < :high"  # noqa: S608
            f" AND at < :end AND outcome = 'failed'{among} ORDER BY id"
        ),
        parameters,
    )
    found: dict[int, list[tuple[datetime, Failure]]] = defaultdict(list)
    for row in rows:
        found[row.feed_id].append((from_ms(row.at), Failure(row.failure)))
    return found


def _of_feeds(
    session: ReadSession, ledger: _Ledger, ids: Sequence[int] | None
) -> tuple[str, dict[str, Any]]:
    """SQL that narrows rows of the ledger to some feeds (None: to nothing), and the parameters."""
    if ids is None:
        return "", ledger.parameters
    among, listed = id_list(session.dialect, ids)
    return f" AND feed_id {among}", {**ledger.parameters, "ids": listed}
