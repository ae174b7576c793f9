"""What hubs pushed waits for a poll of its feed, under the same lease, and asks nobody."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace

import pytest
from sqlalchemy import select, text, update

from app.core.plan import plan_document, plan_failure
from app.core.poll import ClaimedFeed, FeedPlan
from app.core.pushed import NOTE, as_fetched, plan_of_push
from app.core.schedule import MAX_ATTEMPTS, Outcome
from app.core.types import Entry, Failure, Fetched, FetchFailed
from app.core.websub import NamedHubs
from app.store.engine import Database
from app.store.feeds import FeedState, delete_feed, get_feed, set_state
from app.store.ledger import list_fetches
from app.store.models import feeds
from app.store.plans import Applied
from app.store.pushes import (
    MAX_BYTES,
    MAX_PUSHES,
    Receiver,
    claim_pushed,
    drop_push,
    keep_push,
    next_push_at,
    read_push,
    receiver_of,
)
from app.store.recall import recall
from app.store.subscriptions import want_subscription
from tests.databases import on_postgresql
from tests.plans import (
    INTERVALS,
    NOW,
    add,
    apply,
    claim,
    claim_one,
    document,
    entry,
    make_all_due,
    poll,
)

HUBS = NamedHubs(hubs=("https://hub.example/",), topic_url="https://feed.example/rss")


async def subscribed(database: Database, feed_id: int) -> Receiver:
    async with database.write() as session:
        await want_subscription(session, feed_id, HUBS)
        token = (await session.execute(text("SELECT token FROM subscriptions"))).scalar_one()
        receiver = await receiver_of(session, token)
    assert receiver is not None
    return receiver


async def push(database: Database, receiver: Receiver, body: bytes = b"pushed") -> bool:
    async with database.write() as session:
        return await keep_push(session, receiver, zlib.compress(body), "application/rss+xml")


async def claim_push(database: Database, limit: int = 10) -> list[ClaimedFeed]:
    async with database.write() as session:
        return await claim_pushed(session, owner="test", limit=limit, lease_s=60, policy=INTERVALS)


async def plan_of(database: Database, feed: ClaimedFeed, *entries: Entry) -> FeedPlan:
    read = document(feed, *entries, hub_urls=("https://elsewhere.example/",))
    async with database.read() as session:
        known = await recall(session, feed, read)
    answer = as_fetched(feed, repr(entries).encode(), None)
    assert isinstance(answer, Fetched)
    return plan_of_push(plan_document(feed, answer, read, known, NOW))


async def one(database: Database, query: str) -> object:
    async with database.read() as session:
        return (await session.execute(text(query))).scalar_one()


async def test_a_push_is_claimed_though_its_host_is_busy_and_takes_no_slot(
    database: Database,
) -> None:
    feed_id = await add(database)
    receiver = await subscribed(database, feed_id)
    async with database.write() as session:
        await session.execute(text("UPDATE hosts SET busy_until = 9000000000000, holder = 'other'"))
    await push(database, receiver, b"first")
    await push(database, receiver, b"second")
    (feed,) = await claim_push(database)
    assert feed.id == feed_id
    assert feed.push_id is not None
    async with database.read() as session:
        kept = await read_push(session, feed.push_id)
        assert await next_push_at(session) is None
    assert kept is not None
    assert (kept.body, kept.content_type) == (b"first", "application/rss+xml")
    assert await claim_push(database) == []
    assert await one(database, "SELECT count(*) FROM hosts WHERE holder <> 'other'") == 0


async def test_what_a_push_lacks_has_not_left_and_nothing_else_of_the_feed_changes(
    database: Database,
) -> None:
    feed_id = await add(database)
    await poll(database, entry("old"), entry("kept"))
    receiver = await subscribed(database, feed_id)
    columns = text(
        "SELECT etag, body_hash, next_poll_at, last_poll_at, last_success_at, next_poll_reasons "
        "FROM feeds"
    )
    async with database.read() as session:
        before = (await session.execute(columns)).one()
    body = await one(database, "SELECT body FROM bodies")
    await push(database, receiver)
    (feed,) = await claim_push(database)
    assert await apply(database, await plan_of(database, feed, entry("new"))) is Applied.APPLIED
    async with database.read() as session:
        after = (await session.execute(columns)).one()
        left = await session.execute(text("SELECT count(*) FROM copies WHERE last_seen_at > 0"))
        (row, *_) = await list_fetches(session, feed_id=feed_id, limit=2)
    assert after == before
    assert left.scalar_one() == 0
    assert await one(database, "SELECT count(*) FROM stories") == 3
    assert await one(database, "SELECT body FROM bodies") == body
    assert await one(database, "SELECT hub_url FROM subscriptions") == "https://hub.example/"
    assert (row.row.outcome, row.row.status, row.row.notes[0]) == (Outcome.NEW, None, NOTE)
    assert await one(database, "SELECT count(*) FROM pushes") == 0
    assert await claim_push(database) == []


async def test_after_a_push_of_other_words_the_document_is_read_whole(database: Database) -> None:
    """They may be older ones, that a hub or whoever has heard them pushes again."""
    feed_id = await add(database)
    await poll(database, entry("a", body="The ferry sailed at one."))
    receiver = await subscribed(database, feed_id)
    async with database.write() as session:
        await session.execute(update(feeds).values(etag=b'"1"', last_modified=b"x"))
    columns = text("SELECT etag, last_modified, body_hash FROM feeds")
    await push(database, receiver)
    (feed,) = await claim_push(database)
    await apply(database, await plan_of(database, feed, entry("a")))
    async with database.read() as session:
        assert tuple((await session.execute(columns)).one()) == (None, None, None)


async def test_a_push_that_cannot_be_read_has_the_feed_polled_and_does_not_count_against_it(
    database: Database,
) -> None:
    feed_id = await add(database)
    await poll(database, entry("old"))
    receiver = await subscribed(database, feed_id)
    await push(database, receiver)
    (feed,) = await claim_push(database)
    failed = FetchFailed(kind=Failure.NOT_XML, detail="broken", url=feed.url)
    plan = plan_of_push(plan_failure(feed, failed, failed, NOW))
    assert await apply(database, plan) is Applied.APPLIED
    async with database.read() as session:
        after = await get_feed(session, feed_id)
    assert (after.failures, after.failure, after.state) == (0, None, FeedState.ACTIVE)
    assert after.next_poll_at < feed.due_at
    assert (after.next_poll_at - NOW).total_seconds() == INTERVALS.min_interval_s
    assert await one(database, "SELECT count(*) FROM pushes") == 0


async def test_a_worker_that_wakes_late_writes_nothing_of_a_push(database: Database) -> None:
    receiver = await subscribed(database, await add(database))
    await push(database, receiver)
    (late,) = await claim_push(database)
    plan = await plan_of(database, late, entry("new"))
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET lease_until = 1"))
    (again,) = await claim_push(database)
    assert again.push_id == late.push_id
    assert await apply(database, plan) is Applied.LEASE_LOST
    assert await one(database, "SELECT count(*) FROM pushes") == 1
    assert await apply(database, replace(plan, feed=again)) is Applied.APPLIED


@pytest.mark.parametrize(
    ("size", "kept"), [(10, MAX_PUSHES), (MAX_BYTES // 2 - 200, 2), (MAX_BYTES + 1, 1)]
)
async def test_the_oldest_of_too_many_go_and_the_feed_is_polled_instead(
    size: int, kept: int, database: Database
) -> None:
    feed_id = await add(database)
    await claim_one(database)
    receiver = await subscribed(database, feed_id)
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET next_poll_at = 9000000000000"))
    async with database.write() as session:
        for n in range(kept + 1):
            await keep_push(session, receiver, n.to_bytes(2, "big") + bytes(size), None)
    async with database.read() as session:
        bodies = (await session.execute(text("SELECT body FROM pushes ORDER BY id"))).scalars()
        assert [int.from_bytes(body[:2], "big") for body in bodies] == list(range(1, kept + 1))
        after = await get_feed(session, feed_id)
    assert after.next_poll_reasons == ("more was pushed than is kept: polled instead",)
    assert after.next_poll_at.year < 2200


@on_postgresql
async def test_a_flood_of_pushes_and_the_poll_that_reads_the_oldest_do_not_lock_up(
    database: Database,
) -> None:
    """Both drop the oldest, and both write to the feed."""
    feed_id = await add(database)
    receiver = await subscribed(database, feed_id)
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET next_poll_at = 9000000000000"))
        for _ in range(MAX_PUSHES):
            await keep_push(session, receiver, b"pushed", None)
        oldest = (await session.execute(text("SELECT min(id) FROM pushes"))).scalar_one()
    async with database.write() as session:
        await session.execute(select(feeds).with_for_update(key_share=True))
        flooding = asyncio.create_task(push(database, receiver))
        await asyncio.wait([flooding], timeout=0.5)
        async with asyncio.timeout(5):
            await drop_push(session, oldest)
    assert await flooding


async def test_pushes_of_a_feed_that_is_not_polled_wait_and_keep_nobody_busy(
    database: Database,
) -> None:
    feed_id = await add(database)
    receiver = await subscribed(database, feed_id)
    await push(database, receiver)
    async with database.write() as session:
        await session.execute(update(feeds).values(attempts=MAX_ATTEMPTS))
    assert await claim_push(database) == []
    async with database.write() as session:
        assert await next_push_at(session) is None
        await session.execute(text("UPDATE feeds SET attempts = 0"))
        assert await next_push_at(session) is not None
        await set_state(session, feed_id, FeedState.PAUSED, "paused")
        assert await next_push_at(session) is None
        assert await receiver_of(session, await _token(database)) is None
    assert await claim_push(database) == []


async def _token(database: Database) -> str:
    return str(await one(database, "SELECT token FROM subscriptions"))


async def test_pushes_of_a_feed_that_is_gone_are_not_kept(database: Database) -> None:
    feed_id = await add(database)
    receiver = await subscribed(database, feed_id)
    await push(database, receiver)
    async with database.write() as session:
        await delete_feed(session, feed_id)
    assert await one(database, "SELECT count(*) FROM pushes") == 0
    assert not await push(database, receiver)


async def test_a_feed_that_is_pushed_is_polled_as_a_backstop_until_a_poll_knows_better(
    database: Database,
) -> None:
    feed_id = await add(database)
    receiver = await subscribed(database, feed_id)
    verified = "UPDATE subscriptions SET state = 'verified', expires_at = 9000000000000"
    async with database.write() as session:
        await session.execute(text(verified))
    assert not (await claim_one(database)).policy.pushed  # not proven by a push
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET lease_until = NULL"))
    await push(database, receiver)
    async with database.write() as session:
        await session.execute(text("DELETE FROM pushes"))
    await make_all_due(database)
    async with database.write() as session:
        await session.execute(text("UPDATE hosts SET busy_until = NULL"))
    feed = await claim_one(database)
    assert feed.policy.pushed
    read = document(feed, hub_urls=HUBS.hubs)
    async with database.read() as session:
        known = await recall(session, feed, read)
    answer = as_fetched(feed, b"", None)
    assert isinstance(answer, Fetched)
    plan = plan_document(feed, replace(answer, partial=False), read, known, NOW)
    assert any("backstop every 6 h" in reason for reason in plan.ledger.next_poll.reasons)
    await apply(database, plan)
    await make_all_due(database)
    feed = await claim_one(database)
    assert feed.policy.pushed, "a poll that found nothing says nothing against the hub"
    read = document(feed, entry("missed"), hub_urls=HUBS.hubs)
    async with database.read() as session:
        known = await recall(session, feed, read)
    plan = plan_document(feed, replace(answer, partial=False, body=b"2"), read, known, NOW)
    await apply(database, plan)
    assert await one(database, "SELECT state FROM subscriptions") == "verified"
    await make_all_due(database)
    assert not (await claim(database))[0].policy.pushed
