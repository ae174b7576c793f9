"""What a feed's documents have held, for operators, and what became of each entry."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.ids import FeedId
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_entries import FeedEntryList
from app.core.revise import RevisionKind
from app.core.story import StoryStatus
from app.core.urls import without_credentials
from app.store.engine import from_ms, to_ms
from app.store.feed_entries import FeedEntry, list_entries
from app.store.feeds import get_feed

router = APIRouter(prefix="/v1/admin", tags=["feeds"])


@router.get("/feeds/{feed_id}/entries", response_model=FeedEntryList, responses=problems(400, 404))
async def entries_of_feed(
    request: Request,
    session: Reading,
    deps: DepsDep,
    feed_id: FeedId,
    present: Annotated[
        bool | None,
        Query(description="Only those that are in its document now, or only those that are not."),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """The entries of the feed's documents, those that came last first: which story each became, and
    why not one of its own.
    """
    await get_feed(session, feed_id)
    pages = paging(deps.cursor_secret, f"entries {feed_id} {present}", cursor, limit)
    before = None
    if pages.place is not None:
        at, ident = map(int, pages.place)
        before = from_ms(at), ident
    found = await list_entries(session, feed_id, present=present, before=before, limit=pages.wanted)
    shown, following = pages.cut(found, lambda entry: [to_ms(entry.first_seen_at), entry.ident])
    data = [_shape(entry, feed_id) for entry in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


def _shape(entry: FeedEntry, feed_id: int) -> dict[str, Any]:
    became, why = _became(entry, feed_id)
    return {
        "guid": entry.guid,
        "url": None if entry.url is None else without_credentials(entry.url),
        "title": entry.title,
        "first_seen_at": entry.first_seen_at,
        "left_at": entry.left_at,
        "lately": _lately(entry, feed_id),
        "story_id": str(entry.story_id),
        "revision": entry.revision,
        "became": became,
        "why": why,
    }


def _lately(entry: FeedEntry, feed_id: int) -> str:
    """What the last document that was read has done to it."""
    if entry.left_at is not None:
        return "gone"
    if entry.read_at is None or entry.first_seen_at >= entry.read_at:
        return "new"
    revised = entry.told_by == feed_id and entry.revised_at >= entry.read_at
    return "changed" if revised else "same"


def _became(entry: FeedEntry, feed_id: int) -> tuple[str, str]:
    if entry.status is StoryStatus.KILLED:
        if entry.reason is not None:
            return "killed", f"an operator has killed the story: {entry.reason}"
        return "killed", "its publisher has withdrawn it"
    if entry.status is StoryStatus.DROPPED:
        return "dropped", "a rule keeps it out of the stream: see /v1/admin/tag-rules"
    if entry.told_by is None:
        return "copy", "the feed that has told the story is there no more"
    if entry.told_by != feed_id:
        return "copy", f"feed {entry.told_by} tells the story"
    if entry.revision_kind == RevisionKind.FIRST.value:
        return "story", "as it was first told"
    return "story", f"revision {entry.revision}, by its kind: {entry.revision_kind}"
