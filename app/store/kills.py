"""Stories that operators have killed: gone from the stream, whatever their feeds tell, until an
operator restores them.

What a killed story is made from is kept, and kept up: a restored one says what its feed says by
then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update

from app.core.kept import unpack_entry
from app.core.make import Made
from app.core.poll import ChangedStory, FeedPlan
from app.core.revise import KILLED_HASH, WITHDRAWN_HASH, RevisionKind, is_withdrawn
from app.core.story import StoryStatus
from app.core.syndicate import NOTHING
from app.errors import Conflict, NotFound
from app.store.changes import ChangeType, NewChange, append_changes
from app.store.clusters import cluster_stories
from app.store.engine import ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import feeds, revisions, sources, stories, story_kills, texts
from app.store.pages import ask_for_pages, forget_pages
from app.store.policy import shared_version
from app.store.renewal import StoredEntry, stored_entry
from app.store.search import unindex_stories
from app.store.states import packed_state
from app.store.tags import replace_tags
from app.store.written import keep_entries, revise_stories

EMPTIED: dict[str, Any] = {
    "summary": None,
    "image_url": None,
    "enclosures": [],
    "tags": [],
    "word_count": 0,
    "content_hash": KILLED_HASH,
}
"""What a story that was killed has left to say beside its title and address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """By whom a story was killed, when and why."""

    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether a story is served, and the operator's kill that keeps it from being so, if any."""

    story_id: int
    title: str
    status: StoryStatus
    revision: int
    kill: Kill | None


async def read_standing(session: ReadSession, story_id: int) -> Standing:
    """Of any story on record, served or not. Raises NotFound."""
    query = (
        select(stories.c.title, stories.c.status, stories.c.revision, story_kills)
        .outerjoin(story_kills, story_kills.c.story_id == stories.c.id)
        .where(stories.c.id == story_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"there is no story {story_id}")
    kill = None
    if row.story_id is not None:
        kill = Kill(reason=row.reason, actor=row.actor, at=row.at)
    return Standing(
        story_id=story_id,
        title=row.title,
        status=StoryStatus(row.status),
        revision=row.revision,
        kill=kill,
    )


async def kill_story(session: WriteSession, story_id: int, kill: Kill) -> None:
    """Take a story out of the stream until it is restored; told in the log where it was served.

    Must be the last of its transaction, as every change of a story is. Raises NotFound, Conflict
    for one that is killed by an operator already.
    """
    await _hold_source(session, story_id)
    before = await read_standing(session, story_id)
    if before.kill is not None:
        raise Conflict(f"story {story_id} is killed already, by {before.kill.actor}: restore it")
    await session.execute(
        story_kills.insert().values(
            story_id=story_id, reason=kill.reason, actor=kill.actor, at=kill.at
        )
    )
    if before.status is StoryStatus.KILLED:  # by its publisher: it stays so, whatever he says
        await session.execute(
            update(stories).where(stories.c.id == story_id).values(content_hash=KILLED_HASH)
        )
        return
    revision = await _empty(session, story_id, kill.at)
    await replace_tags(session, [(story_id, ())])
    await unindex_stories(session, [story_id])
    await forget_pages(session, [story_id])
    news = []
    if before.status is StoryStatus.LIVE:  # of what nobody was shown there is nothing to tell
        news.append(NewChange(type=ChangeType.KILLED, story_id=story_id, revision=revision))
    news += await cluster_stories(session, {story_id: NOTHING})
    await append_changes(session, news, kill.at)


async def story_to_restore(session: ReadSession, story_id: int) -> StoredEntry | None:
    """What the story is to be made from; None where that is not on record. Raises NotFound,
    Conflict for one that no operator has killed.
    """
    if (await read_standing(session, story_id)).kill is None:
        raise Conflict(
            f"no operator has killed story {story_id}: what its publisher has withdrawn comes "
            "back when his feed tells it again"
        )
    return await stored_entry(session, story_id, killed=True)


async def restore_story(
    session: WriteSession, story_id: int, read: StoredEntry | None, made: Made | None, at: datetime
) -> bool:
    """Let a story be served again, as it was made from what was read; False where that has changed
    since: nothing was written. Must be the last of its transaction.

    It stays killed where its publisher has withdrawn it meanwhile, or nothing is on record to make
    it from: then it comes back when its feed tells it anew. Raises NotFound, Conflict.
    """
    await _hold_source(session, story_id)
    await shared_version(session)
    now = await story_to_restore(session, story_id)
    if now != read:
        return False
    await session.execute(delete(story_kills).where(story_kills.c.story_id == story_id))
    if made is None or _is_withdrawn(made):
        await session.execute(
            update(stories).where(stories.c.id == story_id).values(content_hash=WITHDRAWN_HASH)
        )
        return True
    row = await _row(session, story_id)
    again = ChangedStory(
        id=story_id,
        revision=row.revision + 1,
        url_hash=row.url_hash,
        title_hash=row.title_hash,
        made=made,
    )
    news = await revise_stories(session, [again], row.owner_feed_id, at)
    await _ask_for_page(session, row, made, at)
    news += await cluster_stories(session, {story_id: made.sketch})
    await append_changes(session, news, at)
    return True


def _is_withdrawn(made: Made) -> bool:
    return is_withdrawn(unpack_entry(made.entry).entry, made.story)


async def leave_killed(session: WriteSession, plan: FeedPlan) -> FeedPlan:
    """A plan without the stories that operators have killed; what their feed tells of them now is
    kept for when they are restored. The caller holds their source's row.
    """
    killed = await _killed(session, {changed.id for changed in plan.changed})
    if not killed:
        return plan
    await shared_version(session)
    await keep_entries(session, [(c.id, c.made) for c in plan.changed if c.id in killed])
    changed = tuple(c for c in plan.changed if c.id not in killed)
    return replace(plan, changed=changed, ledger=replace(plan.ledger, changed=len(changed)))


async def _killed(session: ReadSession, story_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for chunk in chunks(story_ids):
        rows = await session.execute(
            select(story_kills.c.story_id).where(story_kills.c.story_id.in_(chunk))
        )
        found.update(rows.scalars())
    return found


async def _hold_source(session: WriteSession, story_id: int) -> None:
    """As whoever writes stories does, the source's row before any other."""
    of_story = select(stories.c.source_id).where(stories.c.id == story_id).scalar_subquery()
    await session.execute(
        select(sources.c.id).where(sources.c.id == of_story).with_for_update(key_share=True)
    )


async def _row(session: ReadSession, story_id: int) -> Row[Any]:
    found = await session.execute(
        select(stories, texts.c.text, texts.c.blocks, texts.c.html)
        .join(texts, texts.c.story_id == stories.c.id)
        .where(stories.c.id == story_id)
    )
    return found.one()


async def _empty(session: WriteSession, story_id: int, at: datetime) -> int:
    """Keep what the story said among its revisions, and nothing of it elsewhere; the number of the
    revision that says so.
    """
    was: Mapping[str, Any] = dict((await _row(session, story_id))._mapping)  # noqa: SLF001 - public
    await session.execute(
        revisions.insert().values(
            story_id=story_id,
            revision=was["revision"],
            at=was["revised_at"],
            kind=was["revision_kind"],
            state=packed_state(was),
        )
    )
    revision = int(was["revision"]) + 1
    await session.execute(
        update(stories)
        .where(stories.c.id == story_id)
        .values(
            revision=revision,
            revision_kind=RevisionKind.KILLED.value,
            revised_at=at,
            updated_at=at,
            status=StoryStatus.KILLED.value,
            **EMPTIED,
        )
    )
    await session.execute(
        update(texts)
        .where(texts.c.story_id == story_id)
        .values(text="", blocks=[], html=None, line_hashes=None)
    )
    return revision


async def _ask_for_page(session: WriteSession, row: Row[Any], made: Made, at: datetime) -> None:
    """Have the page fetched again of a story whose feed asks for full text."""
    wanted = await session.execute(select(feeds.c.full_text).where(feeds.c.id == row.owner_feed_id))
    if made.story.url is not None and wanted.scalar_one_or_none():
        await ask_for_pages(session, row.owner_feed_id, {row.id: made.story.url}, at)
