"""Who fetches which page, by the database's clock.

A page is claimed as a feed is: a lease, a token that fences, and the same slot of its host, so that
a host never has two requests at once, of whatever kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, literal, or_, select, tuple_, update

from app.core.make import Making
from app.core.page.job import ABANDONED, MAX_TRIES, ClaimedPage, PageState
from app.core.search.facets import StorySource
from app.core.tagging.hand import HandEdits
from app.store.budget import granted, spend
from app.store.clock import now_ms
from app.store.engine import Instant, ReadSession, WriteSession, from_ms
from app.store.hosts import (
    all_free,
    keep,
    leave,
    next_free,
    none_of,
    slots_of,
    take,
    until,
    with_slots,
)
from app.store.lines import learned_by_source
from app.store.models import entries, feeds, pages, sources, stories
from app.store.picking import pick_free
from app.store.policy import read_policy
from app.store.story_tag_edits import read_edits

NONE: frozenset[int] = frozenset()


async def claim_pages(
    session: WriteSession, *, limit: int, lease_s: float, per_hour: int | None = None
) -> list[ClaimedPage]:
    """Lease up to `limit` due pages, the longest due first, one of each free slot.

    `per_hour` is the budget, the same as of polls. Pages whose fetches keep ending without a
    result are given up instead.
    """
    limit = await granted(session, per_hour, limit)
    picked = await pick_free(session, _due_after, limit) if limit else []
    claimed = await _lease(session, picked, lease_s)
    await spend(session, per_hour, len(claimed))
    return claimed


def _due_after(last: Row[Any] | None, used: set[str], now: datetime, limit: int) -> Select[Any]:
    """Due pages behind the last one that was looked at, without those of slots in use."""
    query = (
        with_slots(select(pages.c.story_id, pages.c.due_at), pages.c.host)
        .join(feeds, feeds.c.id == pages.c.feed_id)
        .where(_is_due(), _is_unleased(now), all_free(now), pages.c.due_at <= now)
        .order_by(pages.c.due_at, pages.c.story_id)
        .limit(limit)
    )
    if last is not None:
        place = tuple_(pages.c.due_at, pages.c.story_id)
        query = query.where(place > tuple_(literal(last.due_at, Instant), literal(last.story_id)))
    return query.where(none_of(used)) if used else query


def _is_unleased(now: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return or_(pages.c.lease_until.is_(None), pages.c.lease_until <= now)


async def next_page_at(session: ReadSession) -> datetime | None:
    """When the next page falls due, not before its host's back-off ends; None without one."""
    due = select(pages.c.due_at).join(feeds, feeds.c.id == pages.c.feed_id).where(_is_due())
    return await next_free(session, due, pages.c.host)


async def renew_page(session: WriteSession, page: ClaimedPage, lease_s: float) -> None:
    """Keep a page, and the hosts that it holds, for longer; a lease that was lost stays lost."""
    await session.execute(
        update(pages)
        .where(is_held(page), pages.c.lease_until.is_not(None))
        .values(lease_until=until(lease_s))
    )
    await keep(session, holder_of(page), lease_s)


async def give_back_page(session: WriteSession, page: ClaimedPage, *, gap_s: float = 0) -> None:
    """End a lease without a result: the page stays due, and the attempt does not count.

    `gap_s` is how long its hosts are left alone: they may have been asked already.
    """
    await session.execute(
        update(pages)
        .where(is_held(page), pages.c.lease_until.is_not(None))
        .values(lease_until=None, attempts=pages.c.attempts - 1)
    )
    await leave(session, holder_of(page), gap_s=gap_s)


def holder_of(page: ClaimedPage) -> str:
    """Apart from every holder of a feed, which begins with the feed's id."""
    return _holder(page.story_id, page.lease_token)


def _holder(story_id: int, token: int) -> str:
    return f"page-{story_id}:{token}"


def _is_due() -> Any:  # noqa: ANN401 - a SQL expression
    return and_(pages.c.state == PageState.DUE.value, feeds.c.full_text, feeds.c.state == "active")


def is_held(page: ClaimedPage) -> Any:  # noqa: ANN401 - a SQL expression
    return and_(pages.c.story_id == page.story_id, pages.c.lease_token == page.lease_token)


async def _give_up(session: WriteSession, story_ids: Sequence[int]) -> None:
    if story_ids:
        await session.execute(
            update(pages)
            .where(pages.c.story_id.in_(story_ids))
            .values(
                state=PageState.FAILED.value,
                outcome=ABANDONED,
                detail=f"{MAX_TRIES} fetches in a row ended without a result",
                lease_token=pages.c.lease_token + 1,
                lease_until=None,
            )
        )


async def _lease(
    session: WriteSession, picked: Sequence[Row[Any]], lease_s: float
) -> list[ClaimedPage]:
    """The pages of those picked that are still there, with all their slots."""
    slots = {row.story_id: slots_of(row) for row in picked}
    ours = (
        await session.execute(
            select(pages.c.story_id, pages.c.lease_token, pages.c.attempts)
            .where(pages.c.story_id.in_(slots), _is_unleased(now_ms()))
            .with_for_update(skip_locked=True)
        )
    ).all()
    await _give_up(session, [row.story_id for row in ours if row.attempts >= MAX_TRIES])
    holders = {
        row.story_id: _holder(row.story_id, row.lease_token + 1)
        for row in ours
        if row.attempts < MAX_TRIES
    }
    served = await take(session, {name: slots[of] for of, name in holders.items()}, lease_s)
    story_ids = [story_id for story_id in slots if holders.get(story_id) in served]
    if not story_ids:
        return []
    await session.execute(
        update(pages)
        .where(pages.c.story_id.in_(story_ids))
        .values(
            lease_token=pages.c.lease_token + 1,
            lease_until=until(lease_s),
            attempts=pages.c.attempts + 1,
        )
    )
    rows = (await session.execute(_rows(story_ids))).all()
    learned = await learned_by_source(session, {row.source_id for row in rows})
    policy = await read_policy(session)
    edits = await read_edits(session, story_ids)
    claimed = {
        row.story_id: _claimed(
            row, learned.get(row.source_id, NONE), policy, edits.get(row.story_id, ())
        )
        for row in rows
    }
    return [claimed[story_id] for story_id in story_ids if story_id in claimed]


def _rows(story_ids: Sequence[int]) -> Any:  # noqa: ANN401 - a SQL expression
    return (
        select(
            pages,
            stories.c.revision,
            stories.c.source_id,
            entries.c.version,
            entries.c.packed,
            sources.c.domain,
            sources.c.country,
            now_ms().label("now_ms"),
        )
        .join(stories, stories.c.id == pages.c.story_id)
        .join(entries, entries.c.story_id == pages.c.story_id)
        .join(sources, sources.c.id == stories.c.source_id)
        .where(pages.c.story_id.in_(story_ids))
    )


def _claimed(
    row: Row[Any], learned: frozenset[int], policy: bytes, edits: HandEdits
) -> ClaimedPage:
    source = StorySource(id=row.source_id, domain=row.domain, country=row.country)
    making = Making(entry=row.packed, source=source, learned=learned, policy=policy, edits=edits)
    return ClaimedPage(
        story_id=row.story_id,
        feed_id=row.feed_id,
        source_id=row.source_id,
        url=row.url,
        host=row.host,
        lease_token=row.lease_token,
        attempts=row.attempts,
        claimed_at=from_ms(row.now_ms),
        revision=row.revision,
        version=row.version,
        making=making,
    )
