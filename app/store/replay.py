"""What a replay reads and writes of a feed: its kept body, a lease without a host, its ledger row.

A replay asks no server, so it takes no slot of the feed's host and counts for no attempt.
"""

from __future__ import annotations

import zlib
from typing import Any

from sqlalchemy import or_, select, update

from app.core.poll import ClaimedFeed, FeedPlan
from app.core.replay import ReplayBody
from app.core.schedule import PollPolicy
from app.errors import NotFound
from app.store.claimed import read_claimed
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import until
from app.store.ledger import insert_row
from app.store.models import bodies, feeds


async def read_feed_state(session: ReadSession, feed_id: int, policy: PollPolicy) -> ClaimedFeed:
    """A feed as a poll would claim it now, without the lease; raises NotFound."""
    found = await read_claimed(session, [feed_id], policy)
    if feed_id not in found:
        raise NotFound(f"no feed {feed_id}")
    return found[feed_id]


async def read_kept(session: ReadSession, feed_id: int) -> ReplayBody | None:
    """The last document of a feed; None before there was one."""
    row = (await session.execute(select(bodies).where(bodies.c.feed_id == feed_id))).one_or_none()
    if row is None:
        return None
    return ReplayBody(
        body=zlib.decompress(row.body),
        content_type=row.content_type,
        url=row.url,
        kept_at=row.fetched_at,
    )


async def claim_for_replay(
    session: WriteSession, feed_id: int, *, owner: str, lease_s: float, policy: PollPolicy
) -> ClaimedFeed | None:
    """Lease a feed whatever its state or its host's; None while somebody else has it."""
    claimed = await session.execute(
        update(feeds)
        .where(feeds.c.id == feed_id)
        .where(or_(feeds.c.lease_until.is_(None), feeds.c.lease_until <= now_ms()))
        .values(lease_until=until(lease_s), lease_owner=owner, lease_token=feeds.c.lease_token + 1)
    )
    if not claimed.rowcount:
        return None
    return await read_feed_state(session, feed_id, policy)


async def end_replay(session: WriteSession, feed: ClaimedFeed) -> None:
    """End the lease with nothing written, if it is still ours."""
    await session.execute(
        update(feeds)
        .where(feeds.c.id == feed.id, feeds.c.lease_token == feed.lease_token)
        .values(lease_until=None, lease_owner=None)
    )


async def finish_replay(session: WriteSession, plan: FeedPlan) -> None:
    """Write the ledger row and end the lease: nothing else of the feed changes, but for when it
    last brought a story, and that a document which it did not give is no reason to skip its own.
    """
    values: dict[str, Any] = {"lease_until": None, "lease_owner": None}
    if plan.new:
        values["last_new_at"] = plan.ledger.at
    if plan.reread:
        values |= {"etag": None, "last_modified": None, "body_hash": None}
    await session.execute(update(feeds).where(feeds.c.id == plan.feed.id).values(values))
    await insert_row(session, plan.feed.id, plan.ledger, worker=plan.feed.worker)
