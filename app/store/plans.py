"""Applies what a poll decided, in one transaction: lease, stories, index, ledger, change log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select

from app.core.poll import ChangedStory, CopyWrite, FeedPlan, NewStory
from app.core.search.index import times_of
from app.core.story import Story, tag_record
from app.store.changes import ChangeType, NewChange, append_changes
from app.store.engine import WriteSession
from app.store.finish import finish_poll
from app.store.known import chunks, read_known
from app.store.leases import holds_lease
from app.store.models import copies, revisions, sources, stories, texts
from app.store.reindex import mark_outdated
from app.store.search import IndexRow, index_stories
from app.store.states import packed_state
from app.store.tags import replace_tags


class Applied(StrEnum):
    """What became of a plan."""

    APPLIED = "applied"
    LEASE_LOST = "lease_lost"  # somebody else has claimed the feed since: nothing was written
    STALE = "stale"  # the source's stories have changed since: nothing was written, plan again


async def apply_plan(session: WriteSession, plan: FeedPlan, *, gap_s: float) -> Applied:
    """Write a plan, or nothing at all; `gap_s` is how long its host is left alone now.

    The feed's row is locked first, then its source's: plans of one source apply one after the
    other, so what was known when this one was made can be checked to hold still.
    """
    if not await holds_lease(session, plan.feed):
        return Applied.LEASE_LOST
    news: list[NewChange] = []
    if plan.writes_stories or plan.left:
        source = await session.execute(
            select(sources.c.country)
            .where(sources.c.id == plan.feed.source_id)
            .with_for_update(key_share=True)
        )
        if not await _still_holds(session, plan):
            return Applied.STALE
        news = await _write_stories(session, plan)
        if source.scalar_one() != plan.feed.source_country:  # set while the poll was under way
            await mark_outdated(session, plan.feed.source_id)
    await finish_poll(session, plan, gap_s=gap_s)
    await append_changes(session, news, plan.ledger.at)
    return Applied.APPLIED


async def _still_holds(session: WriteSession, plan: FeedPlan) -> bool:
    known = await read_known(session, plan.feed, plan.lookup)
    return plan.expected == tuple(sorted((s.id, s.revision) for s in known.stories.values()))


async def _write_stories(session: WriteSession, plan: FeedPlan) -> list[NewChange]:
    at = plan.ledger.at
    ids = await _free_ids(session, plan.new)
    new_rows = [_new_row(plan, new, ids[new.id]) for new in plan.new]
    if new_rows:
        await session.execute(stories.insert(), new_rows)
    rows = [_index_row(ids[new.id], new, row) for new, row in zip(plan.new, new_rows, strict=True)]
    for changed in plan.changed:
        times = await _revise(session, plan, changed)
        rows.append(_index_row(changed.id, changed, times))
    written: list[tuple[int, Story]] = [(ids[new.id], new.story) for new in plan.new]
    written += [(changed.id, changed.story) for changed in plan.changed]
    await _write_texts(session, plan, ids)
    await replace_tags(session, [(id_, story.tags) for id_, story in written])
    await index_stories(session, rows)
    await _write_copies(session, plan.feed.id, plan.copies, ids, at)
    await _mark_left(session, plan)
    return [
        *(NewChange(type=ChangeType.CREATED, story_id=ids[n.id], revision=1) for n in plan.new),
        *(
            NewChange(type=ChangeType.CORRECTED, story_id=c.id, revision=c.revision)
            for c in plan.changed
        ),
    ]


async def _free_ids(session: WriteSession, news: Sequence[NewStory]) -> dict[int, int]:
    """The ids of new stories, moved on where one of another source is taken already."""
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
    return ids


def _new_row(plan: FeedPlan, new: NewStory, story_id: int) -> dict[str, Any]:
    story = new.story
    return {
        "id": story_id,
        "source_id": plan.feed.source_id,
        "identity": new.identity,
        "published_at": story.published_at,
        "published_from": story.published_from.value,
        "published_raw": story.published_raw,
        "published_rule": story.published_rule,
        "ingested_at": plan.ledger.at,
        "revised_at": plan.ledger.at,
        "updated_at": max(story.updated_at or story.published_at, story.published_at),
        "revision": 1,
        "status": "live",
        **_content(plan, new),
    }


def _content(plan: FeedPlan, write: NewStory | ChangedStory) -> dict[str, Any]:
    """The columns of a story that a revision may change."""
    story = write.story
    agency = story.agency and {"code": story.agency.code, "name": story.agency.name}
    dateline = story.dateline and {"text": story.dateline.text, "place": story.dateline.place}
    return {
        "owner_feed_id": plan.feed.id,
        "url": story.url,
        "url_hash": write.url_hash,
        "title": story.title,
        "title_hash": write.title_hash,
        "summary": story.summary,
        "language": story.language,
        "authors": list(story.authors),
        "agency": agency,
        "dateline": dateline,
        "image_url": story.image_url,
        "enclosures": [
            {"url": e.url, "type": e.type, "length": e.length} for e in story.enclosures
        ],
        "tags": [tag_record(tag) for tag in story.tags],
        "word_count": story.word_count,
        "content_hash": story.content_hash,
    }


def _index_row(story_id: int, write: NewStory | ChangedStory, times: Mapping[str, Any]) -> IndexRow:
    return IndexRow(
        story_id=story_id,
        terms=write.terms,
        times=times_of(
            published_at=times["published_at"],
            ingested_at=times["ingested_at"],
            updated_at=times["updated_at"],
        ),
    )


async def _revise(
    session: WriteSession, plan: FeedPlan, changed: ChangedStory
) -> Mapping[str, Any]:
    """Keep the story as it was among its revisions, then give it its new words.

    Returns its columns as they are now, as far as they are times.
    """
    row = (
        await session.execute(
            select(stories, texts.c.text, texts.c.blocks, texts.c.html)
            .join(texts, texts.c.story_id == stories.c.id)
            .where(stories.c.id == changed.id)
        )
    ).one()
    was = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    await session.execute(
        revisions.insert().values(
            story_id=changed.id,
            revision=was["revision"],
            at=was["revised_at"],
            state=packed_state(was),
        )
    )
    said = changed.story.updated_at
    updated_at = said if said is not None and said > was["updated_at"] else plan.ledger.at
    await session.execute(
        stories.update()
        .where(stories.c.id == changed.id)
        .values(
            revision=changed.revision,
            revised_at=plan.ledger.at,
            updated_at=updated_at,
            **_content(plan, changed),
        )
    )
    return {**was, "updated_at": updated_at}


async def _write_texts(session: WriteSession, plan: FeedPlan, ids: Mapping[int, int]) -> None:
    for changed_ids in chunks({changed.id for changed in plan.changed}):
        await session.execute(delete(texts).where(texts.c.story_id.in_(changed_ids)))
    writes: list[NewStory | ChangedStory] = [*plan.new, *plan.changed]
    rows = [
        {
            "story_id": ids.get(write.id, write.id),
            "text": write.story.text,
            "blocks": [
                {"type": b.type.value, "text": b.text, "rule": b.rule} for b in write.story.blocks
            ],
            "html": write.story.html,
        }
        for write in writes
    ]
    if rows:
        await session.execute(texts.insert(), rows)


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
