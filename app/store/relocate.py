"""A feed at another address: what was learned of the old one is forgotten, its copies stay."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from app.core.feed_news import FeedEventType, FeedNews
from app.core.urls import host_of, without_credentials
from app.errors import Conflict, NotFound
from app.store.changes import tell_of_feed
from app.store.clock import now_ms
from app.store.engine import WriteSession
from app.store.hosts import know_hosts
from app.store.models import feed_moves, feeds


async def relocate(
    session: WriteSession, feed_id: int, url: str, *, why: str, now: datetime
) -> None:
    """Give a feed another address, due at once, and put that on record.

    Raises Conflict if another feed has the address, NotFound if there is no such feed.
    """
    found = await session.execute(
        select(feeds.c.url).where(feeds.c.id == feed_id).with_for_update()
    )
    if (feed := found.one_or_none()) is None:
        raise NotFound(f"there is no feed {feed_id}: GET /v1/admin/feeds lists them")
    if feed.url == url:
        return
    await settle(session, feed_id, url)
    await session.execute(
        insert(feed_moves).values(
            feed_id=feed_id,
            at=now,
            from_url=without_credentials(feed.url),
            to_url=without_credentials(url),
            why=why,
        )
    )
    tell_of_move(session, feed_id, feed.url, url, why)


def tell_of_move(session: WriteSession, feed_id: int, from_url: str, url: str, why: str) -> None:
    """Have the log tell of another address."""
    news = FeedNews(
        type=FeedEventType.MOVED,
        feed_id=feed_id,
        url=without_credentials(url),
        reason=why,
        from_url=without_credentials(from_url),
    )
    tell_of_feed(session, news)


async def settle(session: WriteSession, feed_id: int, url: str) -> None:
    """Have the feed at this address, due at once. Raises Conflict if another feed has it.

    A poll under way writes nothing: it asked at the old one. It keeps its host until it has ended,
    or its lease has: the request runs.
    """
    await _check_free(session, url)
    host = host_of(url) or ""
    await know_hosts(session, {host})
    await session.execute(
        update(feeds)
        .where(feeds.c.id == feed_id)
        .values(
            url=url,
            host=host,
            etag=None,
            last_modified=None,
            validators_url=None,
            body_hash=None,
            whole_at=None,
            unchanged=0,
            surprises=0,
            distrusted_at=None,
            moving_to=None,
            moving_seen=0,
            moving_since=None,
            alternates=[],
            attempts=0,
            failures=0,
            failure=None,
            failure_detail=None,
            lease_token=feeds.c.lease_token + 1,
            lease_until=None,
            lease_owner=None,
            next_poll_at=now_ms(),
            next_poll_reasons=["its address was changed, due at once"],
            version=feeds.c.version + 1,
        )
    )


async def _check_free(session: WriteSession, url: str) -> None:
    taken = await session.execute(select(feeds.c.id).where(feeds.c.url == url))
    if (other := taken.scalar_one_or_none()) is not None:
        raise Conflict(
            f"feed {other} is at {without_credentials(url)} already: delete the feed that is not "
            "needed; its stories stay"
        )
