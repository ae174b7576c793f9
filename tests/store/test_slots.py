"""Slots of hosts, domains and addresses; back-offs of hosts; the budget."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text, update

from app.core.poll import ClaimedFeed
from app.core.refusal import Answer
from app.core.slots import HOSTS_IN_LANE
from app.store.budget import granted, spend
from app.store.clock import database_now, now_ms
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.hosts import BackingOff, keep, learn_addresses, leave, take, take_host
from app.store.leases import (
    _due_after,
    _is_due,
    _lease,
    claim_due,
    claim_feed,
    give_back,
    holder_of,
    renew_lease,
)
from app.store.ledger import list_fetches
from app.store.models import feeds, hosts
from app.store.picking import pick_free
from app.store.plans import Applied, apply_plan
from app.store.refusals import HostStatus, note_answers, read_host
from app.store.relocate import relocate
from tests.plans import INTERVALS, NOW, apply, claim, claim_one, failed, make_all_due, unchanged

ENDINGS = ("com", "net", "org")


async def add(database: Database, *names: str) -> list[int]:
    """One feed for each host name, the first the most overdue; a name may come again."""
    ids = []
    async with database.write() as session:
        for place, host in enumerate(names):
            new = NewFeed(url=f"https://{host}/{place}", host=host, domain=host)
            ids.append(await add_feed(session, new, NOW))
            await session.execute(
                text("UPDATE feeds SET next_poll_at = :at WHERE id = :id"),
                {"at": place, "id": ids[-1]},
            )
    return ids


async def learn(database: Database, *found: tuple[str, str]) -> None:
    for host, address in found:
        async with database.write() as session:
            await learn_addresses(session, ((host, address),))


async def host_of(database: Database, host: str) -> HostStatus:
    async with database.read() as session:
        found = await read_host(session, host)
    assert found is not None
    return found


def hosts_of(claimed: Sequence[ClaimedFeed]) -> list[str]:
    return [feed.host for feed in claimed]


async def scalar(database: Database, query: str, **given: Any) -> Any:
    async with database.read() as session:
        return (await session.execute(text(query), given)).scalar_one()


# --- whose slots are shared -----------------------------------------------------------------------


async def test_hosts_of_one_domain_are_asked_one_at_a_time(database: Database) -> None:
    await add(database, "a.example.org", "b.example.org", "other.example")
    claimed = await claim(database)
    assert hosts_of(claimed) == ["a.example.org", "other.example"]
    assert await claim(database) == []
    await apply(database, unchanged(claimed[0]))
    assert hosts_of(await claim(database)) == ["b.example.org"]


async def test_the_gap_is_the_domains_too(database: Database) -> None:
    await add(database, "a.example.org", "b.example.org")
    (first,) = await claim(database)
    async with database.write() as session:
        await give_back(session, [first], gap_s=3600)
    assert await claim(database) == []


async def test_what_is_somebody_elses_on_one_platform_is_not_one_domain(
    database: Database,
) -> None:
    await add(database, "a.blogspot.com", "b.blogspot.com", "c.github.io", "d.github.io")
    assert len(await claim(database)) == 4


async def test_hosts_at_one_address_are_asked_one_at_a_time(database: Database) -> None:
    await add(database, "a.example", "b.example", "c.example")
    await learn(database, ("a.example", "203.0.113.7"), ("b.example", "203.0.113.7"))
    await learn(database, ("c.example", "203.0.113.70"))
    assert hosts_of(await claim(database)) == ["a.example", "c.example"]
    assert await claim(database) == []


async def test_an_address_of_very_many_hosts_gets_a_request_for_every_so_many(
    database: Database,
) -> None:
    names = [f"h{n}.example" for n in range(HOSTS_IN_LANE * 2 + 1)]
    await add(database, *names)
    await learn(database, *((name, "2001:db8::7") for name in names))
    assert hosts_of(await claim(database, limit=100)) == [
        "h0.example",
        f"h{HOSTS_IN_LANE}.example",
        f"h{HOSTS_IN_LANE * 2}.example",
    ]


async def test_the_address_is_learned_from_a_poll_and_may_change(database: Database) -> None:
    await add(database, "a.example")
    for address in ("203.0.113.7", "203.0.113.8"):
        await make_all_due(database)
        planned = unchanged(await claim_one(database))
        dialled = (("a.example", address),)
        assert await apply(database, replace(planned, dialled=dialled)) is Applied.APPLIED
        assert (await host_of(database, "a.example")).address == address


async def test_an_address_that_a_first_poll_found_is_left_alone_for_the_gap(
    database: Database,
) -> None:
    await add(database, "new.example", "other.example")
    await learn(database, ("other.example", "203.0.113.7"))
    planned = unchanged(await claim_at(database, "new.example"))
    planned = replace(planned, dialled=(("new.example", "203.0.113.7"),))
    async with database.write() as session:
        assert await apply_plan(session, planned, gap_s=3600) is Applied.APPLIED
    assert await claim(database) == []


async def test_a_poll_keeps_its_host_though_its_feed_is_moved(database: Database) -> None:
    """The request is under way: another would be the host's second."""
    await add(database, "h.example", "h.example")
    feed = await claim_one(database)
    async with database.write() as session:
        await relocate(session, feed.id, "https://h.example/elsewhere", why="by hand", now=NOW)
    assert await claim(database) == [], "not before it has ended"
    assert await apply(database, unchanged(feed)) is Applied.LEASE_LOST
    assert hosts_of(await claim(database)) == ["h.example"]


async def test_a_claim_that_cannot_have_all_slots_takes_none(database: Database) -> None:
    """The address is busy: the host and its domain must stay free for others."""
    await add(database, "a.example", "b.example")
    await learn(database, ("a.example", "203.0.113.7"), ("b.example", "203.0.113.7"))
    (first,) = await claim(database)
    async with database.write() as session:
        assert not await take_host(session, "b.example", "other", 60)
    assert await scalar(database, "SELECT count(*) FROM hosts WHERE holder = 'other'") == 0
    async with database.write() as session:
        await leave(session, holder_of(first), gap_s=0)
        assert await take_host(session, "b.example", "other", 60)
    assert await scalar(database, "SELECT count(*) FROM hosts WHERE holder = 'other'") == 3


async def test_who_looked_before_a_host_had_another_address_takes_nothing(
    database: Database,
) -> None:
    await add(database, "a.example")
    seen = frozenset({"a.example", "* a.example"})
    await learn(database, ("a.example", "203.0.113.7"))
    async with database.write() as session:
        assert await take(session, {"late": seen}, 60) == set()
        whole = seen | {"@ 203.0.113.7 0"}
        assert await take(session, {"in time": whole}, 60) == {"in time"}


@pytest.mark.parametrize("change", [{"state": "paused"}, {"next_poll_at": NOW}])
async def test_what_is_not_due_any_more_when_it_is_locked_is_not_claimed(
    database: Database, change: dict[str, Any]
) -> None:
    """Between the look and the lock another process may have polled it, or an operator paused."""
    await add(database, "a.example", "b.example")
    async with database.write() as session:
        picked = await pick_free(session, _due_after, 10)
        await session.execute(update(feeds).where(feeds.c.host == "a.example").values(change))
        claimed = await _lease(session, picked, "x", 60, INTERVALS, only=_is_due(now_ms()))
    assert len(picked) == 2
    assert hosts_of(claimed) == ["b.example"]


async def test_a_holder_enters_further_hosts_of_what_it_has(database: Database) -> None:
    await add(database, "a.example.org")
    (first,) = await claim(database)
    async with database.write() as session:
        assert await take_host(session, "b.example.org", holder_of(first), 60), "its own domain"
        assert not await take_host(session, "b.example.org", "other", 60)
        await leave(session, holder_of(first), gap_s=0)
    assert await scalar(database, "SELECT count(*) FROM hosts WHERE busy_until > 0") == 0


# --- leases ---------------------------------------------------------------------------------------


async def test_slots_are_renewed_and_lost_together(database: Database) -> None:
    await add(database, "a.example.org", "b.example.org")
    await learn(database, ("a.example.org", "203.0.113.7"))
    (first,) = await claim(database, lease_s=60)
    async with database.write() as session:
        await renew_lease(session, first, 3600)
    later = "SELECT count(*) FROM hosts WHERE busy_until > :now"
    now = await scalar(database, "SELECT max(busy_until) - 60000 FROM hosts")
    assert await scalar(database, later, now=now) == 3
    async with database.write() as session:  # the holder is dead for as long as its lease was
        await session.execute(text("UPDATE hosts SET busy_until = 1 WHERE busy_until > 1"))
    assert hosts_of(await claim(database)) == ["b.example.org"], "another takes its domain over"
    async with database.write() as session:
        await renew_lease(session, first, 3600)
        await keep(session, holder_of(first), 3600)
    mine = "SELECT count(*) FROM hosts WHERE busy_until > 1 AND holder = :holder"
    assert await scalar(database, mine, holder=holder_of(first)) == 0, "lost is lost"
    async with database.write() as session:
        await leave(session, holder_of(first), gap_s=0)
    assert (await host_of(database, "b.example.org")).busy, "the other's it stays"


async def test_leaving_never_brings_a_later_time_forward(database: Database) -> None:
    await add(database, "a.example")
    (first,) = await claim(database)
    async with database.write() as session:
        await leave(session, holder_of(first), gap_s=0, gaps={"a.example": 3600})
    assert await claim(database) == []
    wait_ms = "SELECT max(free_at) - min(free_at) FROM hosts"
    assert 3_500_000 < await scalar(database, wait_ms) < 3_700_000, "the host's, not its domain's"


async def test_claimers_at_once_never_share_a_slot(database: Database) -> None:
    names = [f"h{n}.example.{ENDINGS[n % 3]}" for n in range(60)]
    await add(database, *names)
    await learn(database, *((name, f"203.0.113.{n % 5}") for n, name in enumerate(names)))
    shares = await asyncio.gather(*(claim(database, limit=5) for _ in range(8)))
    claimed = [feed for share in shares for feed in share]
    statuses = [await host_of(database, feed.host) for feed in claimed]
    assert len({s.domain for s in statuses}) == len({s.address for s in statuses}) == len(claimed)
    assert claimed


# --- crowds ---------------------------------------------------------------------------------------


async def test_many_feeds_of_one_free_host_hide_nobody(database: Database) -> None:
    crowd = ["busy.example"] * 200
    await add(database, *crowd, *(f"h{n}.example" for n in range(10)))
    claimed = hosts_of(await claim(database, limit=10))
    assert claimed == ["busy.example", *(f"h{n}.example" for n in range(9))]


async def test_many_hosts_of_one_domain_hide_nobody(database: Database) -> None:
    await add(database, *(f"h{n}.example.net" for n in range(100)), "small.example")
    assert hosts_of(await claim(database, limit=3)) == ["h0.example.net", "small.example"]


async def test_feeds_of_a_busy_host_hide_nobody(database: Database) -> None:
    await add(database, *["busy.example"] * 200, "small.example")
    assert hosts_of(await claim(database, limit=1)) == ["busy.example"]
    assert hosts_of(await claim(database, limit=1)) == ["small.example"]


async def test_due_feeds_are_looked_for_in_the_order_of_the_index(database: Database) -> None:
    """However many feeds of a busy host are in front: by a scan, a claim took ten times as long."""
    crowd = [{"url": f"https://busy.example/{n}", "at": n} for n in range(1, 3000)]
    others = [{"name": f"h{n}.example"} for n in range(500)]
    await add(database, "busy.example")
    async with database.write() as session:
        await session.execute(
            text(
                "INSERT INTO feeds (url, host, source_id, added_at, next_poll_at, "
                "next_poll_reasons) VALUES (:url, 'busy.example', 1, 0, :at, '[]')"
            ),
            crowd,
        )
        await session.execute(text("INSERT INTO hosts (host, free_at) VALUES (:name, 0)"), others)
        await session.execute(text("ANALYZE"))
        now = await database_now(session)
        query = _due_after(None, set(), now, 128).compile(
            database.writer.sync_engine, compile_kwargs={"literal_binds": True}
        )
        explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
        rows = await session.execute(text(f"{explain} {query}".replace(":", "\\:")))
        plan = "\n".join(str(row[-1]) for row in rows)
    assert "ix_feeds_due" in plan, plan
    assert "Seq Scan on feeds" not in plan, plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan.replace("LAST TERM OF ", ""), plan


# --- back-offs ------------------------------------------------------------------------------------


async def refuse(
    database: Database, feed: ClaimedFeed, *, status: int = 429, retry_after_s: int | None = None
) -> None:
    answer = Answer(host=feed.host, status=status, retry_after_s=retry_after_s)
    await apply(database, replace(failed(feed), answers=(answer,)))


async def succeed(database: Database, feed: ClaimedFeed) -> None:
    answer = Answer(host=feed.host, status=304)
    await apply(database, replace(unchanged(feed), answers=(answer,)))


async def test_a_refusal_of_one_feed_leaves_the_others_alone(database: Database) -> None:
    ids = await add(database, "h.example", "h.example")
    await refuse(database, await claim_one(database), retry_after_s=7200)
    assert (await claim_one(database)).id == ids[1]
    assert not (await host_of(database, "h.example")).backs_off
    async with database.read() as session:
        (row,) = await list_fetches(session, limit=1)
    assert row.row.notes == ("refused (429) alone of h.example, whose others go on",)


async def test_refusals_of_two_feeds_are_the_hosts_in_full(database: Database) -> None:
    await add(database, "h.example", "h.example", "h.example", "other.example")
    await refuse(database, await claim_at(database, "h.example"), retry_after_s=90_000)
    await refuse(database, await claim_at(database, "h.example"), status=503, retry_after_s=60)
    assert hosts_of(await claim(database)) == ["other.example"]
    status = await host_of(database, "h.example")
    assert status.backs_off
    assert "two feeds were refused (503)" in (status.reason or "")
    wait_ms = await scalar(database, "SELECT max(refused_until) - max(refused_at) FROM hosts")
    assert 89_000_000 < wait_ms <= 90_000_000, "the longest Retry-After"
    async with database.read() as session:
        (row,) = await list_fetches(session, limit=1)
    assert row.row.notes == (status.reason,)


async def claim_at(database: Database, host: str) -> ClaimedFeed:
    """The next due feed of a host; others that were claimed beside are given back."""
    claimed = await claim(database)
    async with database.write() as session:
        await give_back(session, [feed for feed in claimed if feed.host != host])
    (feed,) = [feed for feed in claimed if feed.host == host]
    return feed


async def test_a_success_in_between_leaves_it_with_the_feed(database: Database) -> None:
    await add(database, "h.example", "h.example", "h.example", "h.example")
    await refuse(database, await claim_one(database))
    await succeed(database, await claim_one(database))
    await refuse(database, await claim_one(database))
    assert len(await claim(database)) == 1


async def test_a_poll_by_hand_looks_whether_a_host_is_back(database: Database) -> None:
    ids = await add(database, "h.example", "h.example", "h.example")
    for _ in range(2):
        await refuse(database, await claim_one(database))
    assert await claim(database) == []
    async with database.write() as session:
        by_hand = await claim_feed(session, ids[0], owner="x", lease_s=60, policy=INTERVALS)
    assert by_hand is not None
    await succeed(database, by_hand)
    assert len(await claim(database)) == 1


async def test_a_host_that_backs_off_is_not_entered(database: Database) -> None:
    await add(database, "h.example")
    async with database.write() as session:
        for by in (1, 2):
            refused = Answer(host="h.example", status=429, retry_after_s=600)
            await note_answers(session, [refused], by)
        taken = await take_host(session, "h.example", "other", 60)
    assert isinstance(taken, BackingOff)
    assert 590 <= taken.seconds <= 600
    assert "h.example" in taken.reason


# --- the budget -----------------------------------------------------------------------------------


async def test_claims_stay_within_the_budget(database: Database) -> None:
    await add(database, *(f"h{n}.example" for n in range(30)))
    claimed = []
    for _ in range(5):
        async with database.write() as session:
            claimed += await claim_due(
                session, owner="x", limit=10, lease_s=60, policy=INTERVALS, per_hour=60
            )
    assert len(claimed) == 1, "the next one is due in a minute"


async def test_what_a_budget_leaves_unused_is_kept_for_a_moment_only(database: Database) -> None:
    async with database.write() as session:
        await granted(session, 3600, 1)
        await session.execute(hosts.update().values(free_at=NOW.replace(year=2020)))
        assert await granted(session, 36_000, 1000) == 11, "a second's worth, and the one due"
        await spend(session, 36_000, 11)
        assert await granted(session, 36_000, 1000) <= 1


async def test_requests_beyond_the_first_are_paid_later(database: Database) -> None:
    async with database.write() as session:
        assert await granted(session, 3600, 5) == 1
        await spend(session, 3600, 10)
        assert await granted(session, 3600, 5) == 0
    wait_ms = "SELECT free_at FROM hosts WHERE host = '= requests'"
    before = await scalar(database, wait_ms)
    async with database.write() as session:
        await spend(session, 3600, 2)
    assert await scalar(database, wait_ms) - before == 2000


async def test_processes_share_a_budget(database: Database) -> None:
    await add(database, *(f"h{n}.example" for n in range(30)))

    async def one() -> int:
        async with database.write() as session:
            return len(
                await claim_due(
                    session, owner="x", limit=10, lease_s=60, policy=INTERVALS, per_hour=60
                )
            )

    assert sum(await asyncio.gather(*(one() for _ in range(6)))) == 1
