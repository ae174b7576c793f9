"""Moves of feeds to where their servers lead: adopted in a poll's transaction, on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, literal, or_, select, update

from app.core.feed_news import FeedEventType, FeedNews
from app.core.moves import Move
from app.core.poll import ClaimedFeed, FeedPlan
from app.core.urls import host_of, without_credentials
from app.errors import Conflict, NotFound
from app.store.changes import tell_of_feed
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import know_hosts
from app.store.models import copies, feed_moves, feeds, sources
from app.store.pushes import drop_pushes
from app.store.relocate import settle, tell_of_move
from app.store.subscriptions import end_subscription, resume_subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedMove:
    """A move on record; `merged_into` is the feed that was at the new address already."""

    id: int
    at: datetime
    from_url: str
    to_url: str
    why: str
    merged_into: int | None
    reverted_at: datetime | None


# --- in a poll ------------------------------------------------------------------------------------


async def taken_back(session: ReadSession, feed_id: int) -> frozenset[str]:
    """Addresses that an operator has taken the feed back from."""
    rows = await session.execute(
        select(feed_moves.c.to_url).where(
            feed_moves.c.feed_id == feed_id, feed_moves.c.reverted_at.is_not(None)
        )
    )
    return frozenset(rows.scalars())


async def lock_target(session: WriteSession, move: Move | None) -> None:
    """Lock the row of the feed that is at a move's address, before that of any source."""
    if move is not None:
        there = select(feeds.c.id).where(feeds.c.url == move.url)
        await session.execute(there.with_for_update(key_share=True))


async def adopt_move(session: WriteSession, plan: FeedPlan) -> tuple[str, ...]:
    """Give the feed the address that the plan has for it, or merge it into the feed that is there;
    what the ledger says of that. Both rows are locked already.
    """
    feed, move = plan.feed, plan.move
    if move is None:
        return ()
    there = await session.execute(
        select(feeds.c.id, feeds.c.source_id, feeds.c.state, feeds.c.failures).where(
            feeds.c.url == move.url
        )
    )
    other = there.one_or_none()
    if other is None:
        await _move(session, feed, move)
        tell_of_move(session, feed.id, feed.url, move.url, move.why)
        note = f"moved to {move.url}: {move.why}"
    elif other.state != "active" or other.failures:  # its stories would come no more
        return (f"not merged into feed {other.id} at {move.url}, which is not polled well itself",)
    else:
        await _merge(session, feed, other, plan.ledger.at)
        note = f"merged into feed {other.id} at {move.url}: {move.why}"
    await _record(
        session, feed, move, plan.ledger.at, merged_into=None if other is None else other.id
    )
    return (note,)


async def _move(session: WriteSession, feed: ClaimedFeed, move: Move) -> None:
    """Its validators stay: the new address is the one that gave them. So do the slots that the poll
    holds, which go by the lease.
    """
    host = host_of(move.url) or ""
    await know_hosts(session, {host})
    await _update(session, feed.id, url=move.url, host=host)


async def _merge(session: WriteSession, feed: ClaimedFeed, other: Row[Any], at: datetime) -> None:
    """Poll one feed in place of two. Its copies are known to the other one too, where that tells
    the same source's stories; they stay its own as well, and have left its document for good.
    """
    await session.execute(
        select(sources.c.id).where(sources.c.id == feed.source_id).with_for_update(key_share=True)
    )
    if other.source_id == feed.source_id:
        await _copy_copies(session, feed.id, other.id, at)
    left = update(copies).where(copies.c.feed_id == feed.id, copies.c.last_seen_at.is_(None))
    await session.execute(left.values(last_seen_at=at))
    reason = f"merged into feed {other.id}, which is at the address that it was led to"
    await _update(session, feed.id, state="paused", next_poll_reasons=[reason])
    await end_subscription(session, feed.id)
    news = FeedNews(
        type=FeedEventType.MERGED,
        feed_id=feed.id,
        url=without_credentials(feed.url),
        at=at,
        reason=reason,
        merged_into=other.id,
    )
    tell_of_feed(session, news)


async def _copy_copies(session: WriteSession, feed_id: int, other_id: int, at: datetime) -> None:
    has = copies.alias("has")
    has_it = select(has.c.ident).where(
        has.c.feed_id == other_id,
        or_(has.c.ident == copies.c.ident, has.c.story_id == copies.c.story_id),
    )
    same = ("ident", "story_id", "guid", "url", "url_hash", "entry_hash", "first_seen_at")
    gone = literal(at, copies.c.last_seen_at.type)
    lacking = select(literal(other_id), *(copies.c[name] for name in same), gone).where(
        copies.c.feed_id == feed_id, ~has_it.exists()
    )
    await session.execute(
        session.insert(copies)
        .from_select(["feed_id", *same, "last_seen_at"], lacking)
        .on_conflict_do_nothing(index_elements=["feed_id", "ident"])
    )


async def _update(session: WriteSession, feed_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    arrived = {"moving_to": None, "moving_seen": 0, "moving_since": None}
    await session.execute(update(feeds).where(feeds.c.id == feed_id).values(arrived | values))


async def _record(
    session: WriteSession, feed: ClaimedFeed, move: Move, at: datetime, *, merged_into: int | None
) -> None:
    await session.execute(
        insert(feed_moves).values(
            feed_id=feed.id,
            at=at,
            from_url=without_credentials(feed.url),
            to_url=without_credentials(move.url),
            why=move.why,
            merged_into=merged_into,
        )
    )


# --- for operators --------------------------------------------------------------------------------


async def list_moves(session: ReadSession, feed_id: int) -> Sequence[FeedMove]:
    """The moves of a feed, the latest first."""
    rows = await session.execute(
        select(feed_moves).where(feed_moves.c.feed_id == feed_id).order_by(feed_moves.c.id.desc())
    )
    return [_feed_move(row) for row in rows]


async def revert_move(session: WriteSession, feed_id: int, move_id: int, now: datetime) -> FeedMove:
    """Take a move back: the feed is at its old address again, or polled again, due at once, and
    is not moved there again by itself.

    Raises NotFound if there is no such move, Conflict if it is taken back already, if the feed has
    moved on since, or if another feed has the old address.
    """
    found = await session.execute(
        select(feed_moves, feeds.c.url, feeds.c.state)
        .join(feeds, feeds.c.id == feed_moves.c.feed_id)
        .where(feed_moves.c.id == move_id, feed_moves.c.feed_id == feed_id)
        .with_for_update()
    )
    if (row := found.one_or_none()) is None:
        raise NotFound(
            f"feed {feed_id} has no move {move_id}: GET /v1/admin/feeds/{feed_id}/moves lists them"
        )
    if row.reverted_at is not None:
        raise Conflict(f"move {move_id} has been taken back already")
    if row.merged_into is not None:
        await _separate(session, feed_id, row.merged_into)
        reason = f"its merger into feed {row.merged_into} was taken back by an operator"
        news = FeedNews(
            type=FeedEventType.RESUMED, feed_id=feed_id, url=row.from_url, reason=reason
        )
        tell_of_feed(session, news)
    elif without_credentials(row.url) != row.to_url:
        raise Conflict(
            f"feed {feed_id} is not at {row.to_url} any more: take its later move back first"
        )
    else:
        await settle(session, feed_id, row.from_url)
        why = "its move was taken back by an operator"
        tell_of_move(session, feed_id, row.to_url, row.from_url, why)
    await session.execute(
        update(feed_moves).where(feed_moves.c.id == move_id).values(reverted_at=now)
    )
    return next(move for move in await list_moves(session, feed_id) if move.id == move_id)


async def _separate(session: WriteSession, feed_id: int, other_id: int) -> None:
    """Poll a feed again, and read its document whatever it is: its copies are taken for gone. It is
    subscribed again, and what was pushed before is older than that document.
    """
    await session.execute(
        update(feeds)
        .where(feeds.c.id == feed_id)
        .values(
            state="active",
            attempts=0,
            etag=None,
            last_modified=None,
            body_hash=None,
            next_poll_at=now_ms(),
            next_poll_reasons=[f"its merger into feed {other_id} was taken back, due at once"],
            version=feeds.c.version + 1,
        )
    )
    await drop_pushes(session, feed_id)
    await resume_subscription(session, feed_id)


def _feed_move(row: Row[Any]) -> FeedMove:
    return FeedMove(
        id=row.id,
        at=row.at,
        from_url=row.from_url,
        to_url=row.to_url,
        why=row.why,
        merged_into=row.merged_into,
        reverted_at=row.reverted_at,
    )
