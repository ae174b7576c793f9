"""Stories as they are written: their rows, and all that is kept of them beside, in one order.

Whoever writes stories does it here: what a poll found, what a page said, what a newer normal form
makes of the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, select, update

from app.core.make import NORMAL_FORM_VERSION, Made
from app.core.poll import ChangedStory, ClaimedFeed, NewStory
from app.core.revise import WITHDRAWN_HASH, Before, RevisionKind, kind_of
from app.core.search.index import times_of
from app.core.story import BlockType, Story, StoryStatus, tag_record
from app.store.changes import ChangeType, NewChange
from app.store.engine import WriteSession
from app.store.models import entries, revisions, stories, texts
from app.store.policy import STALE, shared_version
from app.store.search import IndexRow, index_stories, unindex_stories
from app.store.states import packed_state
from app.store.tags import replace_tags

CHANGE_OF_KIND = {
    RevisionKind.UPDATE: ChangeType.UPDATED,
    RevisionKind.CORRECTION: ChangeType.CORRECTED,
    RevisionKind.KILLED: ChangeType.KILLED,
    RevisionKind.RESTORED: ChangeType.RESTORED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A story whose own row stands, with what is kept beside it; `times` are of that row."""

    id: int
    made: Made
    times: Mapping[str, Any]
    status: StoryStatus


def status_of(made: Made) -> StoryStatus:
    if made.story.content_hash == WITHDRAWN_HASH:
        return StoryStatus.KILLED
    return StoryStatus.DROPPED if made.dropped else StoryStatus.LIVE


def change_of_status(before: StoryStatus, after: StoryStatus) -> ChangeType | None:
    """What a rule did to a story's place in the stream; None where it did nothing."""
    if before is after or StoryStatus.KILLED in (before, after):
        return None
    return ChangeType.DROPPED if after is StoryStatus.DROPPED else ChangeType.RESTORED


async def insert_stories(
    session: WriteSession, new: Sequence[NewStory], feed: ClaimedFeed, at: datetime
) -> list[NewChange]:
    """Stories that were not there, under ids that are free."""
    rows = [_new_row(story, feed, at) for story in new]
    if rows:
        await session.execute(stories.insert(), rows)
    written = [
        Written(id=n.id, made=n.made, times=row, status=status_of(n.made))
        for n, row in zip(new, rows, strict=True)
    ]
    await keep_made(session, written)
    return [
        NewChange(type=ChangeType.CREATED, story_id=w.id, revision=1)
        for w in written
        if w.status is StoryStatus.LIVE
    ]


async def revise_stories(
    session: WriteSession, changed: Sequence[ChangedStory], feed_id: int | None, at: datetime
) -> list[NewChange]:
    """The next revisions of stories; what they were is kept among their revisions.

    The caller holds their source's row, so nobody else revises them meanwhile.
    """
    written: list[Written] = []
    news: list[NewChange] = []
    for story in changed:
        kind, row = await _revise(session, story, feed_id, at)
        status = status_of(story.made)
        written.append(Written(id=story.id, made=story.made, times=row, status=status))
        before = StoryStatus(row["status"])
        told = change_of_status(before, status) or CHANGE_OF_KIND[kind]
        if StoryStatus.LIVE in (
            before,
            status,
        ):  # of what nobody was shown there is nothing to tell
            news.append(NewChange(type=told, story_id=story.id, revision=story.revision))
    await keep_made(session, written)
    return news


async def keep_made(session: WriteSession, written: Sequence[Written]) -> None:
    """What is kept of stories beside their rows, over what was there before."""
    if not written:
        return
    await _upsert(session, texts, [_text_row(w) for w in written])
    await keep_entries(session, [(w.id, w.made) for w in written])
    shown = [w for w in written if w.status is StoryStatus.LIVE]
    hidden = [w for w in written if w.status is not StoryStatus.LIVE]
    tagged = [(w.id, w.made.story.tags) for w in shown]
    await replace_tags(session, [*tagged, *((w.id, ()) for w in hidden)])
    await index_stories(session, [_index_row(w) for w in shown])
    await unindex_stories(session, [w.id for w in hidden])


async def keep_entries(session: WriteSession, made: Sequence[tuple[int, Made]]) -> None:
    """What stories are made from, by their ids, over what was there before."""
    current = await shared_version(session)
    rows = [
        {
            "story_id": story_id,
            "version": NORMAL_FORM_VERSION,
            "policy": one.policy if one.policy == current else STALE,
            "taggers": one.taggers,
            "packed": one.entry,
        }
        for story_id, one in made
    ]
    await _upsert(session, entries, rows)


def story_columns(story: Story) -> dict[str, Any]:
    """The columns of a story that its words decide, at every revision anew."""
    return {
        "url": story.url,
        "title": story.title,
        "summary": story.summary,
        "language": story.language,
        "authors": list(story.authors),
        "agency": story.agency and {"code": story.agency.code, "name": story.agency.name},
        "dateline": story.dateline and {"text": story.dateline.text, "place": story.dateline.place},
        "image_url": story.image_url,
        "enclosures": [
            {"url": e.url, "type": e.type, "length": e.length} for e in story.enclosures
        ],
        "tags": [tag_record(tag) for tag in story.tags],
        "word_count": story.word_count,
        "content_hash": story.content_hash,
    }


def text_columns(made: Made) -> dict[str, Any]:
    return {
        "text": made.story.text,
        "blocks": [
            {"type": b.type.value, "text": b.text, "rule": b.rule} for b in made.story.blocks
        ],
        "html": made.story.html,
    }


def _text_row(written: Written) -> dict[str, Any]:
    lines = written.made.story.lines
    return {"story_id": written.id, **text_columns(written.made), "line_hashes": lines}


def _new_row(new: NewStory, feed: ClaimedFeed, at: datetime) -> dict[str, Any]:
    story = new.made.story
    return {
        "id": new.id,
        "source_id": feed.source_id,
        "owner_feed_id": feed.id,
        "identity": new.identity,
        "url_hash": new.url_hash,
        "title_hash": new.title_hash,
        "published_at": story.published_at,
        "published_from": story.published_from.value,
        "published_raw": story.published_raw,
        "published_rule": story.published_rule,
        "ingested_at": at,
        "revised_at": at,
        "updated_at": max(story.updated_at or story.published_at, story.published_at),
        "revision": 1,
        "revision_kind": RevisionKind.FIRST.value,
        "status": status_of(new.made).value,
        **story_columns(story),
    }


async def _revise(
    session: WriteSession, changed: ChangedStory, feed_id: int | None, at: datetime
) -> tuple[RevisionKind, Mapping[str, Any]]:
    """Keep the story as it was among its revisions, then give it its new words; its columns as
    they are now, as far as they are times.
    """
    row = await _stored(session, changed.id)
    was = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    story = changed.made.story
    kind = kind_of(_before(was), story)
    await session.execute(
        revisions.insert().values(
            story_id=changed.id,
            revision=was["revision"],
            at=was["revised_at"],
            kind=was["revision_kind"],
            state=packed_state(was),
        )
    )
    said = story.updated_at
    updated_at = said if said is not None and said > was["updated_at"] else at
    await session.execute(
        update(stories)
        .where(stories.c.id == changed.id)
        .values(
            owner_feed_id=feed_id,
            url_hash=changed.url_hash,
            title_hash=changed.title_hash,
            revision=changed.revision,
            revision_kind=kind.value,
            revised_at=at,
            updated_at=updated_at,
            status=status_of(changed.made).value,
            **story_columns(story),
        )
    )
    return kind, {**was, "updated_at": updated_at}  # the status is that of before


async def _stored(session: WriteSession, story_id: int) -> Row[Any]:
    return (
        await session.execute(
            select(stories, texts.c.text, texts.c.blocks, texts.c.html)
            .join(texts, texts.c.story_id == stories.c.id)
            .where(stories.c.id == story_id)
        )
    ).one()


def _before(was: Mapping[str, Any]) -> Before:
    corrections = (b["text"] for b in was["blocks"] if b["type"] == BlockType.CORRECTION.value)
    return Before(
        title=was["title"],
        corrections=frozenset(corrections),
        killed=was["status"] == StoryStatus.KILLED,
    )


def _index_row(written: Written) -> IndexRow:
    times = times_of(
        published_at=written.times["published_at"],
        ingested_at=written.times["ingested_at"],
        updated_at=written.times["updated_at"],
    )
    return IndexRow(story_id=written.id, terms=written.made.terms, times=times)


async def _upsert(session: WriteSession, table: Table, rows: list[dict[str, Any]]) -> None:
    """Rows by `story_id`, over those that are there."""
    insert = session.insert(table)
    kept = [name for name in rows[0] if name != "story_id"]
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["story_id"], set_={name: insert.excluded[name] for name in kept}
        ),
        rows,
    )
