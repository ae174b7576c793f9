"""Forgetting what is old: stories with all that hangs on them, and never what would come again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.core.retention import KeptCopy, RetentionPolicy, story_has_expired
from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database, metadata, to_ms
from app.store.find import find_stories
from app.store.job_leases import Progress, claim_jobs
from app.store.jobs import add_job, begin_again, is_time_for
from app.store.models import members, stories
from app.store.plans import Applied
from app.store.stories import load_stories
from app.work.jobs import DAY
from app.work.retention import Retention
from tests.databases import on_sqlite
from tests.plans import NOW, add, apply, claim_one, entry, make_all_due, plan, poll
from tests.store.test_clusters import HARBOUR, clusters, feeds, of, poll_feed

KEPT = RetentionPolicy(story_days=30, ledger_days=90, audit_days=365)
IN_40_DAYS = NOW + timedelta(days=40)
POLLED = NOW + timedelta(hours=1)


async def retain(
    database: Database, policy: RetentionPolicy = KEPT, now: datetime = IN_40_DAYS
) -> Mapping[str, Any]:
    """Do a whole job of retention; what it came to."""

    async def clock(_session: object) -> datetime:
        return now

    async with database.write() as session:
        await add_job(session, "retention", {"batch": 2}, actor="a test", at=NOW)
        (job,) = await claim_jobs(session, limit=1, lease_s=60)
    work = Retention(database, policy, pause_s=0, clock=clock)
    progress = Progress(done=0, total=None, position=None)
    while not progress.finished:
        progress = await work.step(job, progress)
    return progress.detail


async def titles(database: Database, q: str | None = None) -> list[str]:
    search = Search(text=parse_query(q) if q else None)
    async with database.read() as session:
        page = await find_stories(session, search, after=None, limit=100, now=IN_40_DAYS)
        return sorted(row.title for row in await load_stories(session, page.ids, body=False))


async def traces(database: Database, ids: set[int]) -> dict[str, int]:
    """In which tables there is still something of some stories."""
    found: dict[str, int] = {}
    async with database.read() as session:
        for table in metadata.sorted_tables:
            column = table.c.id if table is stories else table.c.get("story_id")
            if column is not None:
                query = select(func.count()).select_from(table).where(column.in_(ids))
                found[table.name] = (await session.execute(query)).scalar_one()
        key = "rowid" if database.dialect == "sqlite" else "story_id"
        listed = ", ".join(map(str, ids))
        count = f"SELECT count(*) FROM story_index WHERE {key} IN ({listed})"  # noqa: S608 - ids
        found["story_index"] = (await session.execute(text(count))).scalar_one()
    return {name: count for name, count in found.items() if count}


async def test_a_story_goes_with_all_that_hangs_on_it_and_does_not_come_back(
    database: Database,
) -> None:
    await add(database)
    gone = [entry(name, categories=("Harbour",)) for name in ("a", "b", "c")]
    there = entry("d", title="Still there", categories=("Harbour",))
    await poll(database, *gone, there)
    changed = entry("a", body="The ferry sailed at one.", categories=("Harbour",))
    await poll(database, changed, *gone[1:], there, now=NOW + timedelta(minutes=30))
    async with database.read() as session:
        before = await read_changes(session, 0, 100)
        ids = set((await session.execute(select(stories.c.id))).scalars())
    await poll(database, there, now=POLLED)
    assert (await retain(database))["stories"] == 3
    assert await titles(database) == ["Still there"]
    assert await titles(database, "ferry") == ["Still there"]
    async with database.read() as session:
        (left,) = (await session.execute(select(stories.c.id))).scalars()
        after = await read_changes(session, 0, 100)
    assert await traces(database, ids - {left}) == {}
    assert [change for change in before if getattr(change, "story_id", 0) == left] == after
    again = await poll(database, there, now=IN_40_DAYS)
    assert (again.new, again.changed) == ((), ())
    assert await titles(database) == ["Still there"]
    assert (await retain(database))["stories"] == 0


@on_sqlite
async def test_what_its_feed_still_has_stays_however_old(database: Database) -> None:
    await add(database)
    await poll(database, entry("a"))
    assert (await retain(database, now=NOW + timedelta(days=4000)))["stories"] == 0
    assert await titles(database) == ["Title of a"]


@on_sqlite
@pytest.mark.parametrize(
    ("keep_days", "policy", "removed"),
    [
        (None, RetentionPolicy(), 0),
        (None, KEPT, 1),
        (60, KEPT, 0),
        (0, KEPT, 0),
        (20, RetentionPolicy(), 1),
        (60, RetentionPolicy(), 0),
    ],
)
async def test_a_feed_s_own_days_go_before_the_settings(
    database: Database, keep_days: int | None, policy: RetentionPolicy, removed: int
) -> None:
    await add(database)
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET keep_days = :days"), {"days": keep_days})
    await poll(database, entry("a"))
    await poll(database, entry("b"), now=POLLED)
    assert (await retain(database, policy))["stories"] == removed


def test_the_feed_that_keeps_longest_decides_and_a_short_absence_is_none():
    now = NOW + timedelta(days=100)
    week, month = KeptCopy(keep_days=7, last_seen_at=NOW), KeptCopy(keep_days=30, last_seen_at=NOW)
    for_ever, there = (
        KeptCopy(keep_days=0, last_seen_at=NOW),
        KeptCopy(keep_days=7, last_seen_at=None),
    )
    just_left = KeptCopy(keep_days=7, last_seen_at=now - timedelta(hours=47))
    at = now - timedelta(days=20)
    for copies, expired in (
        ([week], True),
        ([week, month], False),
        ([week, for_ever], False),
        ([week, there], False),
        ([week, just_left], False),
        ([], True),
    ):
        policy = RetentionPolicy(story_days=10)
        assert story_has_expired(at, copies, policy, now) is expired, copies
    assert not story_has_expired(at, [], RetentionPolicy(), now)


async def test_a_poll_that_was_planned_with_a_story_that_goes_is_planned_again(
    database: Database,
) -> None:
    await add(database)
    await poll(database, entry("a"))
    await poll(database, entry("b"), now=POLLED)
    await make_all_due(database)
    feed = await claim_one(database)
    planned = await plan(database, feed, entry("a", body="It sailed again."), now=IN_40_DAYS)
    assert len(planned.changed) == 1
    assert (await retain(database))["stories"] == 1
    assert await apply(database, planned) is Applied.STALE
    replanned = await plan(database, feed, entry("a", body="It sailed again."), now=IN_40_DAYS)
    assert await apply(database, replanned) is Applied.APPLIED
    assert len(replanned.new) == 1


async def test_reprints_that_are_left_are_a_cluster_without_it(database: Database) -> None:
    await feeds(database, "xyz")
    for minutes, site in enumerate("xyz"):
        at = (NOW - timedelta(minutes=300 - minutes)).isoformat()
        told = entry(site, title=site, body=HARBOUR, published=at, site=of(site))
        await poll_feed(database, site, told)
    assert await clusters(database) == [["x", "y", "z"]]
    async with database.write() as session:
        await session.execute(
            text(
                "UPDATE copies SET last_seen_at = :at WHERE feed_id ="
                " (SELECT id FROM feeds WHERE url LIKE '%//x.%')"
            ),
            {"at": to_ms(NOW)},
        )
    async with database.read() as session:
        last = (await read_changes(session, 0, 100))[-1].seq
    assert (await retain(database))["stories"] == 1
    assert await clusters(database) == [["y", "z"]]
    async with database.read() as session:
        told_of = await read_changes(session, last, 100)
        there = set((await session.execute(select(members.c.story_id))).scalars())
    assert {change.type for change in told_of} == {ChangeType.MERGED}
    assert {getattr(change, "story_id", 0) for change in told_of} == there


@on_sqlite
async def test_what_a_webhook_is_to_be_told_of_and_what_was_killed_stays(
    database: Database,
) -> None:
    await add(database)
    await poll(database, *[entry(name) for name in "abc"])
    await poll(database, entry("d"), now=POLLED)
    async with database.write() as session:
        ids = {
            row.title: row.id
            for row in await session.execute(select(stories.c.id, stories.c.title))
        }
        await session.execute(
            text(
                "INSERT INTO story_kills (story_id, reason, actor, at)"
                " VALUES (:id, 'wrong', 'desk', 0)"
            ),
            {"id": ids["Title of a"]},
        )
        await session.execute(
            text(
                "INSERT INTO webhooks (id, name, url, types, secret, state, created_at, changed_at,"
                " version, after) VALUES (1, 'desk', 'https://desk.example/', '[]', 's', 'active',"
                " 0, 0, 1, 0)"
            )
        )
        await session.execute(
            text(
                "INSERT INTO deliveries (webhook_id, seq, type, story_id, revision, matches, state,"
                " made_at) VALUES (1, 1, 'story.created', :id, 1, true, 'due', 0)"
            ),
            {"id": ids["Title of b"]},
        )
    assert (await retain(database))["stories"] == 1
    assert await titles(database) == ["Title of a", "Title of b", "Title of d"]


@on_sqlite
async def test_old_rows_of_the_ledger_go_but_for_each_feed_s_latest(database: Database) -> None:
    await add(database)
    for hours in range(3):
        await poll(database, entry("a"), now=NOW + timedelta(hours=hours))
    async with database.write() as session:
        for at, ended in ((0, 1), (0, None), (to_ms(IN_40_DAYS), to_ms(IN_40_DAYS))):
            await session.execute(
                text(
                    "INSERT INTO alerts (kind, subject, severity, detail, since, ended_at) VALUES"
                    " ('silence', :subject, 'warning', '{}', :at, :ended)"
                ),
                {"at": at, "ended": ended, "subject": f"feed:{at}{ended}"},
            )
            await session.execute(
                text(
                    "INSERT INTO jobs (kind, asked, actor, state, created_at, finished_at) VALUES"
                    " ('reindex', '{}', 'desk', 'done', :at, :ended)"
                ),
                {"at": at, "ended": ended},
            )
            await session.execute(
                text(
                    "INSERT INTO audit (at, actor, via, action, subject) VALUES"
                    " (:at, 'desk', 'api', 'feed.pause', 'feed:1')"
                ),
                {"at": at},
            )
    policy = RetentionPolicy(ledger_days=30, audit_days=30)
    done = await retain(database, policy)
    assert done == {"stories": 0, "fetches": 2, "jobs": 1, "alerts": 1, "audit": 2}
    none = await retain(database, RetentionPolicy())
    assert set(none.values()) == {0}


@on_sqlite
async def test_it_is_begun_once_a_day(database: Database) -> None:
    begun = []
    for hours in (0, 1, 23, 24, 25, 49):
        at = NOW + timedelta(hours=hours)
        async with database.write() as session:
            if await is_time_for(session, "retention", DAY, at):
                begun.append(hours)
            await begin_again(session, "retention", DAY, actor="this service", at=at)
            await session.execute(text("UPDATE jobs SET due_at = NULL, state = 'done'"))
    assert begun == [0, 24, 49]
