"""Telling a webhook again what it was told, or what it follows of a stretch of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from app.core.search.asked import search_of
from app.core.search.search import Search
from app.core.webhook import DeliveryState
from app.errors import Invalid, LogTrimmed, NotFound
from app.store.changes import Change, FeedEvent
from app.store.clock import now_ms
from app.store.deliveries import NewDelivery
from app.store.engine import ReadSession, WriteSession
from app.store.following import Following, Stretch, read_on
from app.store.models import deliveries, webhooks
from app.store.searches import get_search
from app.store.trim import trimmed_up_to
from app.store.webhooks import Webhook

MAX_STRETCH: Final = 10_000
STEP: Final = 500
"""Entries that are read at a time, each with its story."""


async def redeliver_some(
    session: WriteSession, hook: Webhook, ids: Sequence[int], at: datetime
) -> int:
    """Make deliveries due again, all or none; raises NotFound for one that is not the webhook's."""
    wanted = sorted(set(ids))
    again = await session.execute(
        update(deliveries)
        .where(deliveries.c.webhook_id == hook.id, deliveries.c.id.in_(wanted))
        .values(state=DeliveryState.DUE.value, attempts=0, done_at=None, made_at=at)
        .returning(deliveries.c.id)
    )
    present = set(again.scalars())
    if missing := [n for n in wanted if n not in present]:
        raise NotFound(f"webhook {hook.id} has no delivery {missing[0]}: look at its deliveries")
    await session.execute(update(webhooks).where(webhooks.c.id == hook.id).values(due_at=now_ms()))
    return len(present)


async def stretch_for(
    session: ReadSession, hook: Webhook, after: int, until: int, at: datetime
) -> list[NewDelivery]:
    """Deliveries of all changes in a stretch of the log that the webhook follows, whether or not it
    was told of them; raises Invalid for a stretch that is too long, LogTrimmed for one that is not
    kept whole.
    """
    if until - after > MAX_STRETCH:
        raise Invalid(f"{until - after} changes are too many: send stretches of {MAX_STRETCH}")
    if after < (trimmed := await trimmed_up_to(session)):
        raise LogTrimmed(
            f"what happened after {after} is not kept whole: the log is trimmed up to {trimmed}; "
            f"ask for what came after {trimmed}"
        )
    search = Search()
    if hook.search_id is not None:
        search = search_of((await get_search(session, hook.search_id)).asked)
    wanted = Following(search=search, types=hook.types)
    new: list[NewDelivery] = []
    scanned, more = after, True
    while more and scanned < until:
        stretch = await read_on(session, wanted, scanned, STEP, at, until=until)
        told = await _told_before(session, hook, stretch)
        new += [
            NewDelivery(webhook_id=hook.id, change=each.change, matches=each.matches)
            for each in stretch.told
            if each.matches or isinstance(each.change, FeedEvent) or each.change.story_id in told
        ]
        scanned, more = stretch.scanned, stretch.more
    return new


async def _told_before(session: ReadSession, hook: Webhook, stretch: Stretch) -> set[int]:
    """The stories that do not match any more, and that the webhook has been told of."""
    changes = [each.change for each in stretch.told if not each.matches]
    ids = {change.story_id for change in changes if isinstance(change, Change)}
    rows = await session.execute(
        select(deliveries.c.story_id)
        .where(deliveries.c.webhook_id == hook.id, deliveries.c.story_id.in_(ids))
        .distinct()
    )
    return set(rows.scalars())
