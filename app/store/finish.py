"""The end of a poll: what polling owns of a feed, its ledger row, its body, and the lease."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from app.core.feed_news import FeedEventType, FeedNews, Trouble, trouble_after, turn
from app.core.poll import FeedPlan, FeedUpdate, KeptBody
from app.core.urls import without_credentials
from app.store.changes import tell_of_feed
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import learn_addresses, leave
from app.store.leases import holder_of
from app.store.ledger import insert_row
from app.store.models import bodies, feeds, sources
from app.store.moves import adopt_move
from app.store.pushes import drop_push
from app.store.refusals import note_answers
from app.store.subscriptions import not_proven, want_subscription


async def finish_poll(session: WriteSession, plan: FeedPlan, *, gap_s: float) -> None:
    """Write what polling owns of the feed, its ledger row and its body, and end the lease."""
    after = plan.update
    values = _of_push(plan) if plan.feed.push_id is not None else _of_poll(after, plan.ledger.at)
    values |= {"lease_until": None, "lease_owner": None, "attempts": after.attempts}
    if after.quarantined:
        values["state"] = "quarantined"
    values["trouble"] = trouble = _trouble(plan)
    await session.execute(update(feeds).where(feeds.c.id == plan.feed.id).values(values))
    await _set_next_poll(session, plan)
    _tell_of_turn(session, plan, trouble)
    notes = [*await note_answers(session, plan.answers, plan.feed.id)]
    notes += await adopt_move(session, plan)
    ledger = replace(plan.ledger, notes=(*plan.ledger.notes, *notes))
    await insert_row(session, plan.feed.id, ledger, worker=plan.feed.worker)
    if plan.body is not None:
        await keep_body(session, plan.feed.id, plan.body, plan.ledger.at)
    if after.title and plan.feed.source_name is None:
        await session.execute(
            update(sources)
            .where(sources.c.id == plan.feed.source_id, sources.c.name.is_(None))
            .values(name=after.title)
        )
    await _note_hub(session, plan)
    await learn_addresses(session, plan.dialled, gap_s=gap_s)
    await leave(session, holder_of(plan.feed), gap_s=gap_s)


def _trouble(plan: FeedPlan) -> Trouble | None:
    after = plan.update
    return trouble_after(
        plan.feed.trouble,
        failures=after.failures,
        failure=after.failure,
        silent=after.silent_since is not None,
        asked=plan.feed.push_id is None,
    )


def _tell_of_turn(session: WriteSession, plan: FeedPlan, trouble: Trouble | None) -> None:
    """Have the log tell of a turn for the worse or better, if this poll is one."""
    after = plan.update
    told = FeedEventType.QUARANTINED if after.quarantined else turn(plan.feed.trouble, trouble)
    if told is None:
        return
    news = FeedNews(
        type=told,
        feed_id=plan.feed.id,
        url=without_credentials(plan.feed.url),
        at=plan.ledger.at,
        reason=after.failure_detail if after.failures else None,
        failure=after.failure,
    )
    tell_of_feed(session, news)


async def _set_next_poll(session: WriteSession, plan: FeedPlan) -> None:
    """Unless somebody has asked for another poll meanwhile, or this says nothing of the next."""
    following = plan.ledger.next_poll
    if following.at != plan.feed.due_at:
        await session.execute(
            update(feeds)
            .where(feeds.c.id == plan.feed.id, feeds.c.next_poll_at == plan.feed.due_at)
            .values(next_poll_at=following.at, next_poll_reasons=list(following.reasons))
        )


async def _note_hub(session: WriteSession, plan: FeedPlan) -> None:
    """Which hub to have, and whether the one that there is tells of everything."""
    if plan.feed.push_id is not None:
        await drop_push(session, plan.feed.push_id)
    elif plan.feed.policy.pushed and plan.new:
        await not_proven(session, plan.feed.id)
    if plan.hubs is not None:
        await want_subscription(session, plan.feed.id, plan.hubs)


def _of_push(plan: FeedPlan) -> dict[str, Any]:
    """A push says nothing of the feed's server, and of its document no more than what is new.

    Its words may be old ones: hubs push again what was not acknowledged, and nothing in a push
    tells when it was signed. So where it has changed stories the document is read whole next.
    """
    after = plan.update
    reread = {"etag": None, "last_modified": None, "body_hash": None} if plan.changed else {}
    return reread | {
        "last_new_at": after.last_new_at,
        "history": after.history,
        "silent_since": after.silent_since,
    }


def _of_poll(after: FeedUpdate, at: datetime) -> dict[str, Any]:
    pace = after.pace
    return {
        # What an operator has set stays, also if it was set while the poll was under way.
        "title": func.coalesce(feeds.c.title, after.title),
        "site_url": func.coalesce(feeds.c.site_url, after.site_url),
        "language": func.coalesce(feeds.c.language, after.language),
        "etag": after.validators.etag,
        "last_modified": after.validators.last_modified,
        "validators_url": after.validators_url,
        "body_hash": after.body_hash,
        "failures": after.failures,
        "failure": after.failure and after.failure.value,
        "failure_detail": after.failure_detail,
        "last_poll_at": at,
        "last_success_at": after.last_success_at,
        "last_new_at": after.last_new_at,
        "gap_s": pace.gap_s,
        "newest_at": pace.newest_at,
        "ttl_s": pace.ttl_s,
        "skip_hours": sorted(pace.skip_hours),
        "skip_days": sorted(pace.skip_days),
        **_learned(after),
    }


def _learned(after: FeedUpdate) -> dict[str, Any]:
    moving = after.sighting
    return {
        "history": after.history,
        "silent_since": after.silent_since,
        "guids_unstable": after.guids_unstable,
        "whole_at": after.trust.whole_at,
        "unchanged": after.trust.unchanged,
        "surprises": after.trust.surprises,
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


async def keep_body(session: WriteSession, feed_id: int, body: KeptBody, at: datetime) -> None:
    """Put a document on record in the place of the feed's last one."""
    insert = session.insert(bodies)
    kept = {
        "body": body.packed,
        "content_type": body.content_type,
        "url": body.url,
        "fetched_at": at,
    }
    await session.execute(
        insert.values(feed_id=feed_id, **kept).on_conflict_do_update(
            index_elements=["feed_id"], set_={name: insert.excluded[name] for name in kept}
        )
    )
