"""Applies what a poll decided, in one transaction: lease, stories, index, ledger, change log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from app.core.poll import ChangedStory, CopyWrite, FeedPlan, NewStory
from app.core.revise import WITHDRAWN_HASH
from app.core.syndicate import Sketch
from app.store.changes import NewChange, append_changes
from app.store.clusters import cluster_stories
from app.store.engine import WriteSession
from app.store.finish import finish_poll
from app.store.hosts import leave
from app.store.kills import leave_killed
from app.store.known import chunks, read_known
from app.store.learned import write_lessons
from app.store.leases import holder_of, holds_lease
from app.store.lines import read_decided
from app.store.models import copies, sources, stories
from app.store.moves import lock_target
from app.store.pages import ask_for_pages, forget_pages
from app.store.plan_hosts import know_hosts_of
from app.store.policy import shared_version
from app.store.reindex import mark_outdated
from app.store.replay import finish_replay
from app.store.story_tag_edits import read_edits
from app.store.written import insert_stories, revise_stories


class Applied(StrEnum):
    """What became of a plan."""

    APPLIED = "applied"
    LEASE_LOST = "lease_lost"  # somebody else has claimed the feed since: nothing was written
    STALE = "stale"  # the source's stories have changed since: nothing was written, plan again


async def apply_plan(session: WriteSession, plan: FeedPlan, *, gap_s: float) -> Applied:
    """Write a plan, or nothing at all; `gap_s` is how long its host is left alone now.

    The feed's row is locked first, then that of a feed it is merged into, then its source's: plans
    of one source apply one after the other, so what was known when this one was made can be checked
    to hold still.
    """
    if not await holds_lease(session, plan.feed):
        await leave(session, holder_of(plan.feed), gap_s=gap_s)  # what nobody has taken over
        return Applied.LEASE_LOST
    await lock_target(session, plan.move)
    await know_hosts_of(session, plan)
    news: list[NewChange] = []
    sketches: dict[int, Sketch] = {}
    created: list[int] = []
    if plan.writes_stories or plan.left:
        source = await session.execute(
            select(sources.c.country)
            .where(sources.c.id == plan.feed.source_id)
            .with_for_update(key_share=True)
        )
        if not await _still_holds(session, plan):
            return Applied.STALE
        plan = await leave_killed(session, plan)
        new = await _with_free_ids(session, plan.new)
        news = await _write_stories(session, plan, new)
        sketches = {story.id: story.made.sketch for story in new}
        sketches |= {story.id: story.made.sketch for story in plan.changed}
        created = [write.id for write in new]
        if source.scalar_one() != plan.feed.source_country:  # set while the poll was under way
            await mark_outdated(session, plan.feed.source_id)
    if plan.replayed:
        await finish_replay(session, plan)
    else:
        await finish_poll(session, plan, gap_s=gap_s)
    news += await cluster_stories(session, sketches, created)
    await append_changes(session, news, plan.ledger.at)
    return Applied.APPLIED


async def _still_holds(session: WriteSession, plan: FeedPlan) -> bool:
    if plan.decided != await read_decided(session, plan.feed.source_id):
        return False
    edits = await read_edits(session, [changed.id for changed in plan.changed])
    if any(edits.get(changed.id, ()) != changed.made.edits for changed in plan.changed):
        return False
    known = await read_known(session, plan.feed, plan.lookup)
    return plan.expected == tuple(sorted((s.id, s.revision) for s in known.stories.values()))


async def _write_stories(
    session: WriteSession, plan: FeedPlan, new: Sequence[NewStory]
) -> list[NewChange]:
    at = plan.ledger.at
    ids = {planned.id: story.id for planned, story in zip(plan.new, new, strict=True)}
    await shared_version(session)  # before lessons mark entries
    await write_lessons(session, plan.feed.source_id, plan.lessons, at)
    created = await insert_stories(session, new, plan.feed, at)
    revised = await revise_stories(session, plan.changed, plan.feed.id, at)
    await _ask_for_pages(session, plan, new)
    await _write_copies(session, plan.feed.id, plan.copies, ids, at)
    await _mark_left(session, plan)
    return [*created, *revised]


async def _ask_for_pages(session: WriteSession, plan: FeedPlan, new: Sequence[NewStory]) -> None:
    """Have the pages fetched of what this feed tells now, if its full text is asked for."""
    wanted: dict[int, str] = {}
    writes: tuple[NewStory | ChangedStory, ...] = (*new, *plan.changed)
    for write in writes if plan.feed.full_text else ():
        story = write.made.story
        if story.url is not None and story.content_hash != WITHDRAWN_HASH:
            wanted[write.id] = story.url
    await forget_pages(session, {c.id for c in plan.changed} - wanted.keys())
    await ask_for_pages(session, plan.feed.id, wanted, plan.ledger.at)


async def _with_free_ids(session: WriteSession, news: Sequence[NewStory]) -> list[NewStory]:
    """New stories with their ids moved on where one of another source is taken already."""
    taken: set[int] = set()
    for chunk in chunks({new.id for new in news}):
        taken |= set(
            (await session.execute(select(stories.c.id).where(stories.c.id.in_(chunk)))).scalars()
        )
    ids = {new.id: new.id for new in news}
    for wanted in sorted(taken):
        free = wanted
        while free in taken or free in ids.values():
            free += 1
            row = await session.execute(select(stories.c.id).where(stories.c.id == free))
            if row.first() is not None:
                taken.add(free)
        ids[wanted] = free
    return [replace(story, id=ids[story.id]) for story in news]


async def _write_copies(
    session: WriteSession,
    feed_id: int,
    writes: Sequence[CopyWrite],
    ids: Mapping[int, int],
    at: datetime,
) -> None:
    if not writes:
        return
    insert = session.insert(copies)
    changed = ("story_id", "guid", "url", "url_hash", "entry_hash", "last_seen_at")
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["feed_id", "ident"],
            set_={name: insert.excluded[name] for name in changed},
        ),
        [
            {
                "feed_id": feed_id,
                "ident": write.ident,
                "story_id": ids.get(write.story_id, write.story_id),
                "guid": write.guid,
                "url": write.url,
                "url_hash": write.url_hash,
                "entry_hash": write.entry_hash,
                "first_seen_at": at,
                "last_seen_at": None,
            }
            for write in writes
        ],
    )


async def _mark_left(session: WriteSession, plan: FeedPlan) -> None:
    """Copies that are no longer in the document were last seen at the poll before this one."""
    last_seen_at = plan.feed.last_success_at or plan.ledger.at
    for chunk in chunks(set(plan.left)):
        await session.execute(
            copies.update()
            .where(copies.c.feed_id == plan.feed.id, copies.c.ident.in_(chunk))
            .values(last_seen_at=last_seen_at)
        )
