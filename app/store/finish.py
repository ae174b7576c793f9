"""The end of a poll: what polling owns of a feed, its ledger row, its body, and the lease."""

from __future__ import annotations

import zlib
from typing import Any

from sqlalchemy import func, select, update

from app.core.poll import FeedPlan, FeedUpdate
from app.store.engine import ReadSession, WriteSession
from app.store.leases import release_host
from app.store.ledger import insert_row
from app.store.models import bodies, feeds, sources


async def finish_poll(session: WriteSession, plan: FeedPlan, *, gap_s: float) -> None:
    """Write what polling owns of the feed, its ledger row and its body, and end the lease."""
    pace, after = plan.update.pace, plan.update
    values: dict[str, Any] = {
        # What an operator has set stays, also if it was set while the poll was under way.
        "title": func.coalesce(feeds.c.title, after.title),
        "site_url": func.coalesce(feeds.c.site_url, after.site_url),
        "language": func.coalesce(feeds.c.language, after.language),
        "lease_until": None,
        "lease_owner": None,
        "attempts": after.attempts,
        "etag": after.validators.etag,
        "last_modified": after.validators.last_modified,
        "validators_url": after.validators_url,
        "body_hash": after.body_hash,
        "failures": after.failures,
        "failure": after.failure and after.failure.value,
        "failure_detail": after.failure_detail,
        "last_poll_at": plan.ledger.at,
        "last_success_at": after.last_success_at,
        "last_new_at": after.last_new_at,
        "gap_s": pace.gap_s,
        "newest_at": pace.newest_at,
        "ttl_s": pace.ttl_s,
        "skip_hours": sorted(pace.skip_hours),
        "skip_days": sorted(pace.skip_days),
        **_learned(after),
    }
    if after.quarantined:
        values["state"] = "quarantined"
    await session.execute(update(feeds).where(feeds.c.id == plan.feed.id).values(values))
    await session.execute(
        update(feeds)
        .where(feeds.c.id == plan.feed.id, feeds.c.next_poll_at == plan.feed.due_at)
        .values(
            next_poll_at=plan.ledger.next_poll.at,
            next_poll_reasons=list(plan.ledger.next_poll.reasons),
        )
    )
    await insert_row(session, plan.feed.id, plan.ledger, worker=plan.feed.worker)
    await _keep_body(session, plan)
    if after.title and plan.feed.source_name is None:
        await session.execute(
            update(sources)
            .where(sources.c.id == plan.feed.source_id, sources.c.name.is_(None))
            .values(name=after.title)
        )
    await release_host(session, plan.feed, gap_s=gap_s)


def _learned(after: FeedUpdate) -> dict[str, Any]:
    moving = after.sighting
    return {
        "history": after.history,
        "silent_since": after.silent_since,
        "guids_unstable": after.guids_unstable,
        "whole_at": after.trust.whole_at,
        "unchanged": after.trust.unchanged,
        "distrusted_at": after.trust.distrusted_at,
        "moving_to": moving and moving.url,
        "moving_seen": moving.seen if moving else 0,
        "moving_since": moving and moving.since,
        "alternates": list(after.alternates),
    }


async def kept_body(session: ReadSession, feed_id: int) -> bytes | None:
    """The last body of a feed that was read as a document; None before there was one."""
    found = await session.execute(select(bodies.c.body).where(bodies.c.feed_id == feed_id))
    packed = found.scalar_one_or_none()
    return None if packed is None else zlib.decompress(packed)


async def _keep_body(session: WriteSession, plan: FeedPlan) -> None:
    if plan.body is None:
        return
    insert = session.insert(bodies)
    kept = {
        "body": plan.body.packed,
        "content_type": plan.body.content_type,
        "url": plan.body.url,
        "fetched_at": plan.ledger.at,
    }
    await session.execute(
        insert.values(feed_id=plan.feed.id, **kept).on_conflict_do_update(
            index_elements=["feed_id"], set_={name: insert.excluded[name] for name in kept}
        )
    )
