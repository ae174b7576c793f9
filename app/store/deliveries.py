"""What webhooks are to be told: one row for each change and webhook, until it was taken.

Made once, by whoever moves the head of the log on; sent under a lease on the webhook, in order, and
kept with every attempt until it is old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, exists, or_, select, update

from app.core.webhook import Attempt, DeliveryState
from app.store.changes import Change, Entry, EventType, event_type
from app.store.clock import now_ms
from app.store.engine import ReadSession, WriteSession
from app.store.models import attempts, deliveries, push_head, webhooks

PRUNED_AT_ONCE: Final = 1_000

_SHOWN: Final = or_(
    deliveries.c.done_at.is_not(None), deliveries.c.state == DeliveryState.DUE.value
)
"""Of the others only that they were is remembered (`prune_deliveries`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A change that a webhook is to be told of; it `matches`, or did when it was last told."""

    webhook_id: int
    change: Entry
    matches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A change told, or to be told, to a webhook: of a story, or with its `detail` of a feed."""

    id: int
    webhook_id: int
    seq: int
    type: EventType
    story_id: int | None
    revision: int | None
    feed_id: int | None
    detail: Mapping[str, Any] | None
    matches: bool
    state: DeliveryState
    attempts: int
    made_at: datetime
    done_at: datetime | None


async def read_head(session: ReadSession) -> int:
    """How far the log has been turned into deliveries."""
    return int((await session.execute(select(push_head.c.seq))).scalar_one())


async def move_head(
    session: WriteSession, before: int, after: int, new: Sequence[NewDelivery], at: datetime
) -> bool:
    """Make deliveries of what lies between two entries of the log; False, with nothing written, if
    somebody else has.
    """
    moved = await session.execute(
        update(push_head).where(push_head.c.seq == before).values(seq=after)
    )
    if moved.rowcount == 0:
        return False
    await add_deliveries(session, new, at)
    return True


async def add_deliveries(session: WriteSession, new: Sequence[NewDelivery], at: datetime) -> None:
    """Deliveries that are due from now on; one that was there already is due again."""
    if not new:
        return
    insert = session.insert(deliveries)
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["webhook_id", "seq"],
            set_={
                "state": DeliveryState.DUE.value,
                "attempts": 0,
                "made_at": insert.excluded.made_at,
                "matches": insert.excluded.matches,
                "done_at": None,
            },
        ),
        [
            {
                "webhook_id": one.webhook_id,
                "seq": one.change.seq,
                "type": one.change.type.value,
                **_subject(one.change),
                "matches": one.matches,
                "state": DeliveryState.DUE.value,
                "made_at": at,
            }
            for one in new
        ],
    )
    ids = sorted({one.webhook_id for one in new})
    await session.execute(
        update(webhooks)
        .where(webhooks.c.id.in_(ids), webhooks.c.due_at.is_(None))
        .values(due_at=now_ms())
    )


def _subject(entry: Entry) -> dict[str, Any]:
    """What an entry tells of."""
    nothing = dict.fromkeys(("story_id", "revision", "feed_id", "detail"))
    if isinstance(entry, Change):
        return {**nothing, "story_id": entry.story_id, "revision": entry.revision}
    return {**nothing, "feed_id": entry.feed_id, "detail": dict(entry.detail)}


async def told_last(session: ReadSession, story_ids: Sequence[int]) -> dict[int, dict[int, bool]]:
    """Of stories that webhooks of searches have been told of, whether they matched the last time;
    by story and webhook.
    """
    rows = await session.execute(
        select(deliveries.c.webhook_id, deliveries.c.story_id, deliveries.c.matches)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .where(deliveries.c.story_id.in_(story_ids), webhooks.c.search_id.is_not(None))
        .order_by(deliveries.c.seq)
    )
    told: dict[int, dict[int, bool]] = {}
    for row in rows:
        told.setdefault(row.story_id, {})[row.webhook_id] = row.matches
    return told


async def list_deliveries(
    session: ReadSession,
    webhook_id: int,
    *,
    state: DeliveryState | None = None,
    before: int | None = None,
    limit: int,
) -> list[Delivery]:
    """Those of the latest changes, newest first; of changes `before` an entry of the log."""
    query = (
        select(deliveries)
        .where(deliveries.c.webhook_id == webhook_id, _SHOWN)
        .order_by(deliveries.c.seq.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(deliveries.c.state == state.value)
    if before is not None:
        query = query.where(deliveries.c.seq < before)
    return [delivery_of(row) for row in await session.execute(query)]


async def latest_attempts(session: ReadSession, ids: Sequence[int]) -> dict[int, list[Attempt]]:
    """The attempts of deliveries, oldest first."""
    rows = await session.execute(
        select(attempts).where(attempts.c.delivery_id.in_(ids)).order_by(attempts.c.id)
    )
    found: dict[int, list[Attempt]] = {n: [] for n in ids}
    for row in rows:
        found[row.delivery_id].append(
            Attempt(
                at=row.at,
                ms=row.ms,
                status=row.status,
                failure=row.failure,
                detail=row.detail,
                excerpt=row.excerpt,
            )
        )
    return found


async def prune_deliveries(session: WriteSession, before: datetime) -> int:
    """Forget some of those that ended before a time, or have been due since; how many.

    Of a story that a search found when its webhook was last told of it, that one delivery stays,
    without a time and without attempts: the webhook is to be told when the story leaves.
    """
    columns = (deliveries.c.id, deliveries.c.story_id)
    ended = select(*columns).where(deliveries.c.done_at < before).order_by(deliveries.c.done_at)
    due = select(*columns).where(
        deliveries.c.state == DeliveryState.DUE.value, deliveries.c.made_at < before
    )
    rows = [
        row for query in (ended, due) for row in await session.execute(query.limit(PRUNED_AT_ONCE))
    ]
    if not rows:
        return 0
    ids = [row.id for row in rows]
    later = deliveries.alias("later")
    told_again = exists().where(
        later.c.webhook_id == deliveries.c.webhook_id,
        later.c.story_id == deliveries.c.story_id,
        later.c.seq > deliveries.c.seq,
    )
    story_ids = {row.story_id for row in rows if row.story_id is not None}
    await session.execute(
        delete(deliveries).where(deliveries.c.story_id.in_(story_ids), ~_SHOWN, told_again)
    )
    of_search = exists().where(
        webhooks.c.id == deliveries.c.webhook_id, webhooks.c.search_id.is_not(None)
    )
    stays = await session.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.matches, of_search, ~told_again)
        .values(state=DeliveryState.DONE.value, done_at=None)
        .returning(deliveries.c.id)
    )
    staying = set(stays.scalars())
    await session.execute(delete(attempts).where(attempts.c.delivery_id.in_(staying)))
    await session.execute(
        delete(deliveries).where(deliveries.c.id.in_([n for n in ids if n not in staying]))
    )
    return len(rows)


async def any_webhook(session: ReadSession) -> bool:
    return bool((await session.execute(select(exists(select(webhooks.c.id))))).scalar_one())


def delivery_of(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        seq=row.seq,
        type=event_type(row.type),
        story_id=row.story_id,
        revision=row.revision,
        feed_id=row.feed_id,
        detail=row.detail,
        matches=row.matches,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        made_at=row.made_at,
        done_at=row.done_at,
    )
