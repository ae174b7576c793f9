"""Who fetches which page, by the database's clock.

A page is claimed as a feed is: a lease, a token that fences, and the same slot of its host, so that
a host never has two requests at once, of whatever kind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, literal, or_, select, update

from app.core.make import Making
from app.core.page.job import ABANDONED, MAX_TRIES, ClaimedPage, PageState
from app.core.search.facets import StorySource
from app.core.tagging.hand import HandEdits
from app.store.engine import ReadSession, WriteSession, from_ms, now_ms
from app.store.leases import free_host
from app.store.lines import learned_by_source
from app.store.models import entries, feeds, hosts, pages, sources, stories
from app.store.policy import read_policy
from app.store.story_tag_edits import read_edits

OVERSCAN = 4
"""Due pages looked at for each one claimed, since only one of a host is taken."""

NONE: frozenset[int] = frozenset()


async def claim_pages(session: WriteSession, *, limit: int, lease_s: float) -> list[ClaimedPage]:
    """Lease up to `limit` due pages, the longest due first, one of each free host.

    Pages whose fetches keep ending without a result are given up instead.
    """
    now = now_ms()
    rows = (
        await session.execute(
            select(pages.c.story_id, pages.c.host, pages.c.attempts)
            .join(hosts, hosts.c.host == pages.c.host)
            .join(feeds, feeds.c.id == pages.c.feed_id)
            .where(_is_due(), or_(pages.c.lease_until.is_(None), pages.c.lease_until <= now))
            .where(_is_free(), pages.c.due_at <= now)
            .order_by(pages.c.due_at, pages.c.story_id)
            .limit(limit * OVERSCAN)
            .with_for_update(skip_locked=True, of=[pages, hosts])
        )
    ).all()
    abandoned = [row.story_id for row in rows if row.attempts >= MAX_TRIES]
    await _give_up(session, abandoned)
    first_of_host = {row.host: row.story_id for row in reversed(rows) if row.attempts < MAX_TRIES}
    wanted = [row.story_id for row in rows if first_of_host.get(row.host) == row.story_id]
    return await _lease(session, wanted[:limit], lease_s)


async def next_page_at(session: ReadSession) -> datetime | None:
    """When the next page falls due; None without one."""
    row = await session.execute(
        select(func.min(pages.c.due_at)).join(feeds, feeds.c.id == pages.c.feed_id).where(_is_due())
    )
    return row.scalar_one_or_none()


async def take_host(session: WriteSession, host: str, page: ClaimedPage, lease_s: float) -> bool:
    """Whether another host that a page leads to is free, and this page's from now on."""
    await know_hosts(session, {host})
    taken = await session.execute(
        update(hosts)
        .where(hosts.c.host == host, _is_free())
        .values(busy_until=_until(lease_s), holder=holder_of(page))
    )
    return taken.rowcount > 0


async def leave_host(session: WriteSession, host: str, page: ClaimedPage, *, gap_s: float) -> None:
    """Free a host of a page's, `gap_s` from now."""
    await free_host(session, host, holder_of(page), gap_s=gap_s)


async def renew_page(session: WriteSession, page: ClaimedPage, lease_s: float) -> None:
    """Keep a page, and the hosts that it holds, for longer; a lease that was lost stays lost."""
    await session.execute(
        update(pages)
        .where(is_held(page), pages.c.lease_until.is_not(None))
        .values(lease_until=_until(lease_s))
    )
    await session.execute(
        update(hosts).where(hosts.c.holder == holder_of(page)).values(busy_until=_until(lease_s))
    )


async def give_back_page(session: WriteSession, page: ClaimedPage) -> None:
    """End a lease without a result: the page stays due, and the attempt does not count."""
    await session.execute(
        update(pages)
        .where(is_held(page), pages.c.lease_until.is_not(None))
        .values(lease_until=None, attempts=pages.c.attempts - 1)
    )
    await session.execute(
        update(hosts)
        .where(hosts.c.holder == holder_of(page))
        .values(busy_until=None, holder=None, free_at=now_ms())
    )


def holder_of(page: ClaimedPage) -> str:
    """Apart from every holder of a feed, which begins with the feed's id."""
    return f"page-{page.story_id}:{page.lease_token}"


def _is_due() -> Any:  # noqa: ANN401 - a SQL expression
    return and_(pages.c.state == PageState.DUE.value, feeds.c.full_text, feeds.c.state == "active")


def _is_free() -> Any:  # noqa: ANN401 - a SQL expression
    now = now_ms()
    return and_(
        or_(hosts.c.busy_until.is_(None), hosts.c.busy_until <= now), hosts.c.free_at <= now
    )


def is_held(page: ClaimedPage) -> Any:  # noqa: ANN401 - a SQL expression
    return and_(pages.c.story_id == page.story_id, pages.c.lease_token == page.lease_token)


def _until(lease_s: float) -> Any:  # noqa: ANN401 - a SQL expression
    return now_ms() + literal(int(lease_s * 1000))


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
    session: WriteSession, story_ids: Sequence[int], lease_s: float
) -> list[ClaimedPage]:
    if not story_ids:
        return []
    await session.execute(
        update(pages)
        .where(pages.c.story_id.in_(story_ids))
        .values(
            lease_token=pages.c.lease_token + 1,
            lease_until=_until(lease_s),
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
    for page in claimed.values():
        await session.execute(
            update(hosts)
            .where(hosts.c.host == page.host)
            .values(busy_until=_until(lease_s), holder=holder_of(page))
        )
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


async def know_hosts(session: WriteSession, names: Collection[str]) -> None:
    """Have a slot for each of these hosts."""
    await session.execute(
        session.insert(hosts)
        .values(free_at=now_ms())
        .on_conflict_do_nothing(index_elements=["host"]),
        [{"host": name} for name in sorted(names)],
    )
