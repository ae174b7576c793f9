"""Plans for tests, made by the real planner from documents written in a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text

from app.core.hashing import hash64
from app.core.identity import keys_of, lookup_of
from app.core.plan import plan_document, plan_failure, plan_unchanged
from app.core.poll import ClaimedFeed, Document, FeedPlan
from app.core.schedule import PollPolicy
from app.core.types import (
    Category,
    Entry,
    Failure,
    Fetched,
    FetchFailed,
    Markup,
    NotModified,
    ParsedFeed,
    ServerHints,
    Validators,
)
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.leases import claim_due
from app.store.plans import Applied, apply_plan
from app.store.recall import recall

NOW = datetime(2096, 11, 24, 6, 0, tzinfo=UTC)
"""After the databases' own clocks, so that what was polled does not fall due by itself."""

INTERVALS = PollPolicy()


def entry(
    name: str,
    *,
    title: str | None = None,
    body: str = "The ferry sailed at noon.",
    url: str | None = "",
    guid: str | None = "",
    published: str | None = "2096-11-24T05:00:00Z",
    categories: tuple[str, ...] = (),
    site: str = "https://news.example",
) -> Entry:
    """An entry; by default `name` gives its guid and its link."""
    said = Entry(
        raw_hash=0,
        guid=name if guid == "" else guid,
        url=f"{site}/{name}" if url == "" else url,
        title=Markup(value=title or f"Title of {name}", html=False),
        content=Markup(value=f"<p>{body}</p>"),
        published_raw=published,
        categories=tuple(Category(term=term) for term in categories),
    )
    return replace(said, raw_hash=hash64(repr(said)))


async def add(database: Database, name: str = "feed", *, domain: str = "news.example") -> int:
    """A feed on record, on a host of its own; its id."""
    new = NewFeed(url=f"https://{name}.example/rss", host=f"{name}.example", domain=domain)
    async with database.write() as session:
        feed_id = await add_feed(session, new, NOW)
    await forget_additions(database)
    return feed_id


async def forget_additions(database: Database) -> None:
    """Have the log count what a test does from 1 on: take out of it that feeds were added."""
    async with database.write() as session:
        await session.execute(text("DELETE FROM changes WHERE type = 'feed.added'"))
        last = "(SELECT coalesce(max(seq), 0) FROM changes)"
        await session.execute(text(f"UPDATE log_head SET seq = {last}"))  # noqa: S608 - no input


async def claim(database: Database, *, limit: int = 10, lease_s: float = 60) -> list[ClaimedFeed]:
    async with database.write() as session:
        return await claim_due(
            session, owner="test", limit=limit, lease_s=lease_s, policy=INTERVALS
        )


async def claim_one(database: Database) -> ClaimedFeed:
    (feed,) = await claim(database)
    return feed


async def make_all_due(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("UPDATE feeds SET next_poll_at = 0"))
        await session.execute(text("UPDATE hosts SET free_at = 0"))


def fetched(body: bytes = b"a feed", **given: object) -> Fetched:
    answer = Fetched(
        url="https://feed.example/rss",
        status=200,
        body=body,
        content_type="application/rss+xml",
        validators=Validators(etag=b'"1"'),
        hints=ServerHints(),
        wire_bytes=len(body),
        elapsed_ms=12,
    )
    return replace(answer, **given)


def document(feed: ClaimedFeed, *entries: Entry, **given: object) -> Document:
    parsed = replace(
        ParsedFeed(format="rss20", title="News of the harbour", entries=entries), **given
    )
    keys = keys_of(entries)
    return Document(feed=parsed, keys=keys, lookup=lookup_of(keys, feed.url))


async def plan(
    database: Database, feed: ClaimedFeed, *entries: Entry, now: datetime = NOW
) -> FeedPlan:
    """The plan of a poll that brought these entries, on what is known now."""
    read = document(feed, *entries)
    async with database.read() as session:
        known = await recall(session, feed, read)
    answer = fetched(body=repr(entries).encode())
    return plan_document(feed, answer, read, known, now)


async def apply(database: Database, planned: FeedPlan) -> Applied:
    async with database.write() as session:
        return await apply_plan(session, planned, gap_s=0)


async def poll(
    database: Database, *entries: Entry, now: datetime = NOW, due: bool = True
) -> FeedPlan:
    """Claim the one feed there is, and apply a poll that brought these entries."""
    if due:
        await make_all_due(database)
    planned = await plan(database, await claim_one(database), *entries, now=now)
    assert await apply(database, planned) is Applied.APPLIED
    return planned


def failed(feed: ClaimedFeed, kind: Failure = Failure.TIMEOUT, now: datetime = NOW) -> FeedPlan:
    failure = FetchFailed(kind=kind, detail="it did not answer", url=feed.url)
    return plan_failure(feed, failure, failure, now)


def unchanged(feed: ClaimedFeed, now: datetime = NOW) -> FeedPlan:
    answer = NotModified(
        url=feed.url, validators=Validators(), hints=ServerHints(max_age_s=7200), elapsed_ms=3
    )
    return plan_unchanged(feed, answer, now)
