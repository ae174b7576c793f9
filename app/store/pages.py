"""Pages of stories whose feeds ask for their full text: which are wanted, and what came of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, func, literal, select, update

from app.core.make import Made
from app.core.page.job import BUSY_RETRY_S, ClaimedPage, PageResult, PageState, Told, Verdict
from app.core.poll import ChangedStory
from app.core.story import StoryStatus
from app.core.urls import host_of
from app.errors import NotFound
from app.store.changes import NewChange, append_changes
from app.store.clock import now_ms
from app.store.clusters import cluster_stories
from app.store.engine import ReadSession, WriteSession
from app.store.hosts import know_hosts
from app.store.known import chunks
from app.store.models import entries, pages, sources, stories
from app.store.page_leases import is_held
from app.store.story_tag_edits import read_edits
from app.store.written import revise_stories


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """What is on record of a story's page."""

    story_id: int
    feed_id: int
    url: str
    state: PageState
    due_at: datetime | None  # while it is due
    attempts: int
    fetched_at: datetime | None
    status: int | None
    outcome: str | None
    detail: str | None
    feed_words: int | None
    page_words: int | None
    kept: str | None
    why: str | None


class PageApplied(StrEnum):
    """What became of a result."""

    APPLIED = "applied"
    LEASE_LOST = "lease_lost"  # claimed again, asked for again, or gone: nothing was written
    STALE = "stale"  # the story has changed since it was claimed: the page is due again


async def read_page_of(session: ReadSession, story_id: int) -> StoryPage:
    """Raises NotFound for a story without one."""
    row = (await session.execute(select(pages).where(pages.c.story_id == story_id))).one_or_none()
    if row is None:
        raise NotFound(
            f"no page is on record for story {story_id}: only new and changed stories of feeds "
            "with full_text have one"
        )
    return StoryPage(
        story_id=row.story_id,
        feed_id=row.feed_id,
        url=row.url,
        state=PageState(row.state),
        due_at=row.due_at if row.state == PageState.DUE.value else None,
        attempts=row.attempts,
        fetched_at=row.fetched_at,
        status=row.status,
        outcome=row.outcome,
        detail=row.detail,
        feed_words=row.feed_words,
        page_words=row.page_words,
        kept=row.kept,
        why=row.why,
    )


async def entries_told_by_page(
    session: ReadSession, story_ids: Collection[int]
) -> dict[int, bytes]:
    """Of these stories those that are told by their page, with what they are made from."""
    found: dict[int, bytes] = {}
    for chunk in chunks(story_ids):
        rows = await session.execute(
            select(pages.c.story_id, entries.c.packed)
            .join(entries, entries.c.story_id == pages.c.story_id)
            .where(pages.c.story_id.in_(chunk), pages.c.kept == "page")
        )
        found |= {row.story_id: row.packed for row in rows}
    return found


async def ask_for_pages(
    session: WriteSession, feed_id: int, wanted: Mapping[int, str], at: datetime
) -> None:
    """Have the pages of stories (id → address) fetched, those that are on record as well.

    Whoever fetches one of them at this moment has lost the lease on it.
    """
    rows: list[dict[str, Any]] = [
        {"story_id": story_id, "feed_id": feed_id, "url": url, "host": host, "due_at": at}
        for story_id, url in sorted(wanted.items())
        if (host := host_of(url)) is not None
    ]
    if not rows:
        return
    await know_hosts(session, {row["host"] for row in rows})
    insert = session.insert(pages).values(state=PageState.DUE.value)
    changed = {name: insert.excluded[name] for name in ("feed_id", "url", "host", "due_at")}
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["story_id"], set_={**changed, **_asked_again()}
        ),
        rows,
    )


async def ask_again(session: WriteSession, story_id: int) -> bool:
    """Have a page fetched once more, whatever came of it before; False if there is none."""
    asked = await session.execute(
        update(pages).where(pages.c.story_id == story_id).values(due_at=now_ms(), **_asked_again())
    )
    return asked.rowcount > 0


async def forget_pages(session: WriteSession, story_ids: Collection[int]) -> None:
    """Of stories that their feeds tell from now on."""
    for chunk in chunks(story_ids):
        await session.execute(delete(pages).where(pages.c.story_id.in_(chunk)))


def _asked_again() -> dict[str, Any]:
    return {
        "state": PageState.DUE.value,
        "attempts": 0,
        "lease_token": pages.c.lease_token + 1,
        "lease_until": None,
    }


async def apply_page(
    session: WriteSession, page: ClaimedPage, result: PageResult, verdict: Verdict, at: datetime
) -> PageApplied:
    """Write what came of a page, and the story's next revision where it is told otherwise now;
    or nothing at all. Must be the last of its transaction, as every change of a story is.
    """
    news: list[NewChange] = []
    if isinstance(result, Told):
        # As plans do, the source's row before any other: of two that write one story, one waits.
        await session.execute(
            select(sources.c.id)
            .where(sources.c.id == page.source_id)
            .with_for_update(key_share=True)
        )
    if not await _holds(session, page):
        return PageApplied.LEASE_LOST
    if isinstance(result, Told):
        story = await _story(session, page, result.made)
        if story is None:
            await _due_again(session, page)
            return PageApplied.STALE
        if story.content_hash != result.made.story.content_hash:
            changed = ChangedStory(
                id=page.story_id,
                revision=page.revision + 1,
                url_hash=story.url_hash,
                title_hash=story.title_hash,
                made=result.made,
            )
            news = await revise_stories(session, [changed], story.owner_feed_id, at)
    await _record(session, page, result, verdict, at)
    if isinstance(result, Told):
        news += await cluster_stories(session, {page.story_id: result.made.sketch})
    await append_changes(session, news, at)
    return PageApplied.APPLIED


async def _holds(session: WriteSession, page: ClaimedPage) -> bool:
    row = await session.execute(
        select(pages.c.lease_token).where(pages.c.story_id == page.story_id).with_for_update()
    )
    return row.scalar_one_or_none() == page.lease_token


async def _story(session: WriteSession, page: ClaimedPage, made: Made) -> Row[Any] | None:
    """The story, if it still is as it was when the page was claimed."""
    edits = await read_edits(session, [page.story_id])
    if edits.get(page.story_id, ()) != made.edits:
        return None
    row = await session.execute(
        select(
            stories.c.url_hash,
            stories.c.title_hash,
            stories.c.content_hash,
            stories.c.owner_feed_id,
        )
        .join(entries, entries.c.story_id == stories.c.id)
        .where(stories.c.id == page.story_id, stories.c.revision == page.revision)
        .where(stories.c.status == StoryStatus.LIVE.value, entries.c.version == page.version)
    )
    return row.one_or_none()


async def _due_again(session: WriteSession, page: ClaimedPage) -> None:
    """Soon, and it does not count as a try; but a story that was withdrawn has no page."""
    await session.execute(
        update(pages)
        .where(is_held(page))
        .values(
            lease_until=None,
            attempts=pages.c.attempts - 1,
            due_at=now_ms() + literal(BUSY_RETRY_S * 1000),
        )
    )
    live = select(stories.c.id).where(
        stories.c.id == page.story_id, stories.c.status == StoryStatus.LIVE.value
    )
    await session.execute(delete(pages).where(is_held(page), ~live.exists()))


async def _record(
    session: WriteSession, page: ClaimedPage, result: PageResult, verdict: Verdict, at: datetime
) -> None:
    values: dict[str, Any] = {
        "state": verdict.state.value,
        "outcome": verdict.outcome,
        "lease_until": None,
        "fetched_at": at,
    }
    if verdict.due_at is not None:
        values["due_at"] = verdict.due_at
    if not verdict.counted:
        values["attempts"] = pages.c.attempts - 1
    if isinstance(result, Told):
        choice = result.choice
        values |= {
            "status": 200,
            "detail": None,
            "feed_words": choice.feed_words,
            "page_words": choice.page_words,
            "kept": choice.kept.value,
            "why": choice.why.value,
        }
    else:
        values |= {"status": result.status, "detail": result.detail}
        values["kept"] = func.coalesce(pages.c.kept, "feed")
        values["why"] = func.coalesce(pages.c.why, verdict.outcome)
    await session.execute(update(pages).where(is_held(page)).values(values))
