"""Who polls what: one claim at a time, one feed of a host at a time, and fencing."""

from __future__ import annotations

import asyncio
import zlib
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from app.core.poll import ClaimedFeed, KeptBody
from app.core.schedule import MAX_ATTEMPTS
from app.core.types import Failure
from app.store.attempts import begin_reading
from app.store.clock import database_now, now_ms
from app.store.engine import Database
from app.store.feeds import FeedState, Health, NewFeed, add_feed, get_feed, set_state
from app.store.finish import kept_body
from app.store.leases import claim_due, claim_feed, give_back, next_due_at
from app.store.ledger import list_fetches
from app.store.plans import Applied, apply_plan
from tests.databases import on_postgresql
from tests.plans import (
    INTERVALS,
    NOW,
    add,
    apply,
    claim,
    claim_one,
    entry,
    failed,
    make_all_due,
    plan,
    poll,
    unchanged,
)


async def end_leases(database: Database) -> None:
    """As if the time of every lease had run out."""
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET lease_until = 1 WHERE lease_until > 1"))
        await session.execute(text("UPDATE hosts SET busy_until = 1 WHERE busy_until > 1"))


async def test_a_due_feed_is_claimed_once(database: Database) -> None:
    feed_id = await add(database)
    (first,) = await claim(database)
    assert first.id == feed_id
    assert await claim(database) == []


async def test_what_is_being_polled_is_not_what_falls_due_next(database: Database) -> None:
    """Else whoever has nothing else to do would try to claim it ten times a second."""
    await add(database)
    async with database.read() as session:
        assert await next_due_at(session) is not None
    await claim(database)
    async with database.read() as session:
        assert await next_due_at(session) is None
    await end_leases(database)
    async with database.read() as session:
        assert await next_due_at(session) is not None


async def test_the_most_overdue_feeds_come_first_up_to_the_limit(database: Database) -> None:
    ids = [await add(database, f"f{n}") for n in range(5)]
    async with database.write() as session:
        for n, feed_id in enumerate(reversed(ids)):
            await session.execute(
                text("UPDATE feeds SET next_poll_at = :n WHERE id = :id"),
                {"n": n, "id": feed_id},
            )
    claimed = await claim(database, limit=3)
    assert [feed.id for feed in claimed] == list(reversed(ids))[:3]


async def test_one_feed_of_a_host_at_a_time(database: Database) -> None:
    async with database.write() as session:
        for n in range(3):
            new = NewFeed(url=f"https://h.example/{n}", host="h.example", domain="h.example")
            await add_feed(session, new, NOW)
    (first,) = await claim(database)
    assert await claim(database) == [], "its host is busy"
    assert await apply(database, await plan(database, first)) is Applied.APPLIED
    (second,) = await claim(database)
    assert second.id != first.id


async def test_a_host_is_left_alone_for_the_gap(database: Database) -> None:
    await add(database)
    planned = await plan(database, await claim_one(database))
    async with database.write() as session:
        await apply_plan(session, planned, gap_s=3600)
        await session.execute(text("UPDATE feeds SET next_poll_at = 0"))
    assert await claim(database) == []
    await make_all_due(database)
    assert len(await claim(database)) == 1


async def test_many_claimers_at_once_share_without_overlap(database: Database) -> None:
    for n in range(40):
        await add(database, f"f{n}")
    shares = await asyncio.gather(*(claim(database, limit=8) for _ in range(8)))
    ids = [feed.id for share in shares for feed in share]
    assert len(ids) == len(set(ids)), "no feed twice"
    rest = []
    while share := await claim(database, limit=8):
        rest += [feed.id for feed in share]
    assert sorted(ids + rest) == list(range(1, 41)), "and none left out"


async def test_a_lease_that_ran_out_is_claimed_again_and_the_late_plan_writes_nothing(
    database: Database,
) -> None:
    await add(database)
    late = await claim_one(database)
    planned = await plan(database, late, entry("a"))
    await end_leases(database)
    following = await claim_one(database)
    assert following.lease_token == late.lease_token + 1
    assert await apply(database, planned) is Applied.LEASE_LOST
    async with database.read() as session:
        for table in ("stories", "copies", "fetches", "changes", "story_index", "bodies"):
            rows = await session.execute(select(text("1")).select_from(text(table)))
            assert rows.all() == [], table
    assert await apply(database, await plan(database, following, entry("a"))) is Applied.APPLIED


async def test_a_late_plan_does_not_free_the_host_of_another(database: Database) -> None:
    async with database.write() as session:
        for n in range(2):
            new = NewFeed(url=f"https://h.example/{n}", host="h.example", domain="h.example")
            await add_feed(session, new, NOW)
    late = await claim_one(database)
    async with database.write() as session:  # its host's slot ran out, its own lease did not
        await session.execute(text("UPDATE hosts SET busy_until = 1"))
    other = await claim_one(database)
    assert other.id != late.id
    assert await apply(database, await plan(database, late)) is Applied.APPLIED
    await make_all_due(database)
    assert [feed.id for feed in await claim(database)] == [], "the host is the other's still"


async def test_leases_rest_on_the_databases_clock(database: Database) -> None:
    await add(database)
    await claim(database, lease_s=60)
    async with database.read() as session:
        row = await session.execute(
            select(text("lease_until"), now_ms().label("now")).select_from(text("feeds"))
        )
        lease_until, now = row.one()
    assert 55_000 < lease_until - now <= 60_000


async def test_leases_given_back_are_claimed_again_and_do_not_count(database: Database) -> None:
    await add(database)
    feed = await claim_one(database)
    await reads(database, feed)
    async with database.write() as session:
        await give_back(session, [feed])
    again = await claim_one(database)
    assert again.attempts == 0


async def reads(database: Database, feed: ClaimedFeed, body: bytes = b"<poison/>") -> None:
    packed = KeptBody(packed=zlib.compress(body), content_type="text/xml", url=feed.url)
    async with database.write() as session:
        await begin_reading(session, feed, packed if feed.attempts else None)


async def test_pollers_that_are_killed_while_they_wait_are_no_evidence(database: Database) -> None:
    """A restart of the whole fleet in the midst of polls says nothing of the feeds."""
    await add(database)
    for _ in range(3 * MAX_ATTEMPTS):
        assert (await claim_one(database)).attempts == 0
        await end_leases(database)


async def test_an_unlucky_reading_is_forgotten_with_the_next_result(database: Database) -> None:
    feed_id = await add(database)
    for _ in range(2 * MAX_ATTEMPTS):
        await reads(database, await claim_one(database))
        await end_leases(database)
        await apply(database, unchanged(await claim_one(database)))
        await make_all_due(database)
    assert (await health_of(database, feed_id)) is Health.OK


async def test_who_has_lost_the_lease_counts_nothing(database: Database) -> None:
    await add(database)
    late = await claim_one(database)
    await end_leases(database)
    await claim_one(database)
    await reads(database, late)
    await end_leases(database)
    assert (await claim_one(database)).attempts == 0


async def test_polls_that_end_without_a_result_lead_to_quarantine(database: Database) -> None:
    feed_id = await add(database)
    for attempt in range(MAX_ATTEMPTS):
        feed = await claim_one(database)
        assert feed.attempts == attempt
        await reads(database, feed)
        await end_leases(database)  # whoever read it died
    assert await claim(database) == []
    async with database.read() as session:
        feed_now = await get_feed(session, feed_id)
        (row,) = await list_fetches(session, feed_id=feed_id, limit=10)
    assert feed_now.state is FeedState.QUARANTINED
    assert feed_now.failure is Failure.ABANDONED
    assert f"copydesk replay {feed_id}" in (feed_now.failure_detail or "")
    assert f"copydesk feeds resume {feed_id}" in (feed_now.failure_detail or "")
    async with database.read() as session:
        assert await kept_body(session, feed_id) == b"<poison/>"
    assert row.row.failure is Failure.ABANDONED, "and it is on record"
    async with database.write() as session:
        await set_state(session, feed_id, FeedState.ACTIVE, "released")
    assert (await claim_one(database)).attempts == 0


async def test_a_result_forgets_the_attempts_but_not_of_a_poisoned_parser(
    database: Database,
) -> None:
    feed_id = await add(database)
    for _ in range(MAX_ATTEMPTS + 2):
        await poll(database)
    assert (await health_of(database, feed_id)) is Health.OK
    for _ in range(MAX_ATTEMPTS):
        await make_all_due(database)
        await apply(database, failed(await claim_one(database), Failure.PARSE_CRASHED))
    assert (await health_of(database, feed_id)) is Health.QUARANTINED


async def health_of(database: Database, feed_id: int) -> Health:
    async with database.read() as session:
        return (await get_feed(session, feed_id)).health


async def test_failures_count_and_a_success_forgets_them(database: Database) -> None:
    feed_id = await add(database)
    for count in (1, 2, 3):
        await make_all_due(database)
        assert await apply(database, failed(await claim_one(database))) is Applied.APPLIED
        async with database.read() as session:
            feed = await get_feed(session, feed_id)
        assert (feed.failures, feed.failure) == (count, Failure.TIMEOUT)
        assert feed.next_poll_at > NOW
        assert feed.next_poll_reasons
    await make_all_due(database)
    await apply(database, unchanged(await claim_one(database)))
    assert (await health_of(database, feed_id)) is Health.OK


async def test_paused_feeds_are_not_claimed_but_can_be_polled_by_hand(database: Database) -> None:
    feed_id = await add(database)
    async with database.write() as session:
        await set_state(session, feed_id, FeedState.PAUSED, "by hand")
    assert await claim(database) == []
    async with database.write() as session:
        feed = await claim_feed(session, feed_id, owner="test", lease_s=60, policy=INTERVALS)
    assert feed is not None


async def test_the_databases_clock_is_this_machines(database: Database) -> None:
    async with database.read() as session:
        there = await database_now(session)
    assert abs((there - datetime.now(UTC)).total_seconds()) < 5


async def test_a_claim_that_is_rolled_back_never_was(database: Database) -> None:
    await add(database)

    async def claim_and_die() -> None:
        async with database.write() as session:
            await claim_due(session, owner="x", limit=1, lease_s=60, policy=INTERVALS)
            raise ConnectionError("the process dies here")

    with pytest.raises(ConnectionError):
        await claim_and_die()
    assert (await claim_one(database)).lease_token == 1


@on_postgresql
async def test_a_claim_does_not_wait_for_another(database: Database) -> None:
    for n in range(4):
        await add(database, f"f{n}")
    async with database.write() as session:
        mine = await claim_due(session, owner="a", limit=1, lease_s=60, policy=INTERVALS)
        async with asyncio.timeout(5):
            theirs = await claim(database)
        assert {f.id for f in theirs}.isdisjoint({f.id for f in mine})
