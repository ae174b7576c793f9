"""Coverage read from the ledger, the same on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.core.schedule import NextPoll, Outcome
from app.core.search.coverage import GapReason
from app.core.search.query_parse import parse_query
from app.core.search.search import Search, Span
from app.core.types import Failure
from app.store import coverage as coverage_of_store
from app.store.coverage import Coverage, coverage
from app.store.engine import Database
from app.store.feeds import FeedState, delete_feed, set_state
from app.store.ledger import failed_row, insert_row
from app.store.models import feeds
from tests.plans import NOW, add, entry, poll

HOUR = timedelta(hours=1)
LONG_AGO = NOW - timedelta(days=30)


async def feed(database: Database, name: str, *, domain: str = "news.example") -> int:
    """A feed that has been there for long."""
    feed_id = await add(database, name, domain=domain)
    async with database.write() as session:
        await session.execute(feeds.update().values(added_at=LONG_AGO))
    return feed_id


async def record(
    database: Database,
    feed_id: int,
    hours: list[float],
    failure: Failure | None = None,
    *,
    every: float = 1,
    entries: int = 0,
    new: int = 0,
    outcome: Outcome = Outcome.UNCHANGED,
) -> None:
    """Polls so many hours before NOW, of this outcome if they do not fail."""
    async with database.write() as session:
        for ago in hours:
            at = NOW - ago * HOUR
            row = failed_row(at, "https://x.example/", Failure.DNS, "", next_poll_at=at)
            row = replace(row, failure=failure, entries=entries, new=new)
            if failure is None:
                promised = NextPoll(at=at + every * HOUR, reasons=())
                row = replace(row, outcome=outcome, next_poll=promised)
            await insert_row(session, feed_id, row, worker=None)


async def covered(
    database: Database,
    q: str | None = None,
    *,
    after: datetime | None = None,
    before: datetime | None = None,
) -> Coverage:
    search = Search(
        text=None if q is None else parse_query(q), published=Span(after=after, before=before)
    )
    async with database.read() as session:
        return await coverage(session, search, now=NOW)


def gaps(found: Coverage) -> list[tuple[int, float, float, str, Failure | None]]:
    """Feed, hours before the window's end, reason, failure."""
    return [
        (
            gap.feed_id,
            (found.end - gap.gap.start) / HOUR,
            (found.end - gap.gap.end) / HOUR,
            gap.gap.reason.value,
            gap.gap.failure,
        )
        for gap in found.gaps
    ]


def feeds_of(found: Coverage) -> tuple[int, int, int, int, int]:
    c = found.covered
    return c.feeds, c.healthy, c.with_gaps, c.paused, c.quarantined


async def test_no_feeds(database: Database):
    found = await covered(database)
    assert (found.start, found.end) == (NOW - 24 * HOUR, NOW)
    assert feeds_of(found) == (0, 0, 0, 0, 0)
    assert found.gaps == ()


async def test_healthy_failing_late_and_paused_feeds(database: Database):
    names = ("healthy", "failing", "late", "paused", "killing", "deleted")
    ids = [await feed(database, name) for name in names]
    healthy, failing, late, paused, killing, deleted = ids
    await record(database, healthy, [n / 2 for n in range(60, 0, -1)])
    await record(database, failing, [30, 29, *range(27, 6, -1)])
    await record(database, late, [26, 25, 10, *range(9, 0, -1)])
    await record(database, failing, [5], Failure.TIMEOUT)
    await record(database, failing, [2], Failure.HTTP_SERVER)
    async with database.write() as session:
        await set_state(session, paused, FeedState.PAUSED, "by hand")
        await set_state(session, killing, FeedState.QUARANTINED, "killed its worker")
        await delete_feed(session, deleted)
    found = await covered(database)
    assert feeds_of(found) == (5, 1, 2, 1, 1)
    assert gaps(found) == [
        (late, 24, 10, "late", None),
        (failing, 7, 0, "failing", Failure.HTTP_SERVER),
    ]
    assert found.gaps[0].title is None
    assert found.gaps[0].source.domain == "news.example"


async def test_a_replay_is_no_poll_and_fills_no_gap(database: Database):
    late, failing = await feed(database, "late"), await feed(database, "failing")
    await record(database, late, [26, 25])
    await record(database, failing, [26, 25.5])
    await record(database, failing, [25], Failure.TIMEOUT)
    await record(database, late, [24.5, 12], outcome=Outcome.REPLAYED)
    await record(database, failing, [24.5, 12], outcome=Outcome.REPLAYED)
    await record(database, late, [n + 0.5 for n in range(9, -1, -1)])
    assert gaps(await covered(database)) == [
        (failing, 24, 0, "failing", Failure.TIMEOUT),
        (late, 24, 9.5, "late", None),
    ]


async def test_a_window_looks_back_to_the_last_read_before_it(database: Database):
    promised = await feed(database, "promised")
    broken = await feed(database, "broken")
    failed = await feed(database, "failed")
    await record(database, promised, [60], every=80)
    await record(database, broken, [61, 60])
    await record(database, failed, [61, 60])
    await record(database, failed, [59], Failure.GONE)
    found = await covered(database)
    assert gaps(found) == [(broken, 24, 0, "late", None), (failed, 24, 0, "failing", Failure.GONE)]


async def test_a_window_that_is_over(database: Database):
    one = await feed(database, "one")
    await record(database, one, [n / 2 for n in range(200, 80, -1)])
    await record(database, one, [n / 2 for n in range(40, 0, -1)], Failure.TLS)
    before = NOW - 50 * HOUR
    found = await covered(database, before=before)
    assert (found.start, found.end) == (before - 24 * HOUR, before)
    assert feeds_of(found) == (1, 1, 0, 0, 0)
    wider = await covered(database, after=NOW - 60 * HOUR, before=NOW - 10 * HOUR)
    assert gaps(wider) == [(one, 30.5, 0, "failing", Failure.TLS)]
    future = await covered(database, after=NOW + HOUR)
    assert (future.start, future.end) == (NOW, NOW)
    assert feeds_of(future) == (1, 1, 0, 0, 0)


async def test_a_feed_added_in_the_window(database: Database):
    feed_id = await add(database, "fresh")
    async with database.write() as session:
        await session.execute(feeds.update().values(added_at=NOW - 6 * HOUR))
    await record(database, feed_id, [5.99, *range(5, 0, -1)])
    found = await covered(database)
    assert gaps(found) == [(feed_id, 24, pytest.approx(5.99), "not_yet_added", None)]


async def test_the_feeds_that_could_have_answered(database: Database):
    here = await feed(database, "here", domain="here.example")
    there = await feed(database, "there", domain="there.jp")
    async with database.write() as session:
        await session.execute(feeds.update().where(feeds.c.id == here).values(language="en"))
    for q, expected in {
        "ferry": {here, there},
        "source:1": {here},
        "domain:there.jp": {there},
        "country:JP": {there},
        "lang:en": {here, there},
        "lang:ja": {there},
        "ferry -lang:en": {there},
        "source:nobody.example": set(),
    }.items():
        found = await covered(database, q)
        assert {gap.feed_id for gap in found.gaps} == expected, q
        assert found.covered.feeds == len(expected)


async def test_one_feed_of_many(database: Database):
    asked = await feed(database, "asked", domain="asked.example")
    for number in range(5):
        other = await feed(database, f"other{number}")
        await record(database, other, [28, 12], Failure.DNS)
        await record(database, other, [27, 4])
    await record(database, asked, [26, 25, 24, *range(20, 0, -1)])
    await record(database, asked, [21], Failure.TLS)
    found = await covered(database, "source:asked.example")
    assert feeds_of(found) == (1, 0, 1, 0, 0)
    assert gaps(found) == [(asked, 24, 20, "failing", Failure.TLS)]


async def test_a_document_of_nothing_but_news_may_have_lost_some(database: Database):
    await feed(database, "busy")
    await poll(database, entry("a"), entry("b"), now=NOW - 3 * HOUR)
    await poll(database, entry("b"), entry("c"), now=NOW - 2.9 * HOUR)
    assert (await covered(database, after=NOW - 3 * HOUR, before=NOW - 2.8 * HOUR)).gaps == ()
    await poll(database, entry("d"), entry("e"), now=NOW - 2.8 * HOUR)
    await poll(database, entry("d"), entry("e"), now=NOW - 2.7 * HOUR)
    (lost,) = (await covered(database, after=NOW - 3 * HOUR, before=NOW - 2.6 * HOUR)).gaps
    assert lost.gap.reason is GapReason.OVERRUN
    assert (lost.gap.start, lost.gap.end) == (NOW - 2.9 * HOUR, NOW - 2.8 * HOUR)


async def test_a_feed_that_was_empty_before_has_lost_nothing(database: Database):
    await feed(database, "quiet")
    await poll(database, now=NOW - 3 * HOUR)
    await poll(database, entry("a"), now=NOW - 2.9 * HOUR)
    assert (await covered(database, after=NOW - 3 * HOUR, before=NOW - 2.8 * HOUR)).gaps == ()


async def test_polls_recorded_out_of_order_where_the_window_begins(database: Database):
    one, other = await feed(database, "one"), await feed(database, "other")
    await record(database, other, [24.5])
    await record(database, one, [60, 23.9])
    await record(database, other, [23.95, *range(23, 0, -1)])
    await record(database, one, [*range(23, 0, -1)])
    assert gaps(await covered(database)) == [(one, 24, pytest.approx(23.9), "late", None)]


async def test_polls_recorded_out_of_order_where_the_window_ends(database: Database):
    one, other = await feed(database, "one"), await feed(database, "other")
    await record(database, one, [*range(12, 3, -1)])
    await record(database, other, [*range(12, 2, -1), 1.9])
    await record(database, one, [2.1])
    found = await covered(database, after=NOW - 10 * HOUR, before=NOW - 2 * HOUR)
    assert gaps(found) == [(one, 2, pytest.approx(0.1), "late", None)]


async def test_more_polls_than_are_looked_at_make_the_window_begin_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    one = await feed(database, "one")
    await record(database, one, [n / 4 for n in range(400, 100, -1)], every=0.25)
    await record(database, one, [n / 4 for n in range(40, 0, -1)], every=0.25)
    monkeypatch.setattr(coverage_of_store, "MAX_ROWS", 24)
    found = await covered(database)
    assert found.start == NOW - 5 * HOUR  # 24 polls are 6 hours, less one for late records
    assert found.gaps == ()
    monkeypatch.undo()
    assert gaps(await covered(database)) == [(one, 24, 10, "late", None)]
