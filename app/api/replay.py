"""A feed's last document: had as it came, and read again as if it had just come."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import Deps, DepsDep, Reading
from app.api.examples_replay import BODY_ANSWER
from app.api.ids import FeedId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_replay import AskReplay, ReplayAnswer
from app.core.differ import difference
from app.core.poll import ChangedStory, NewStory
from app.core.replay import ReplayBody, Replayed, ReplayRequest
from app.core.urls import without_credentials
from app.errors import NotFound
from app.store.engine import ReadSession
from app.store.feeds import get_feed
from app.store.replay import read_kept
from app.store.revisions import get_revision
from app.store.written import story_columns, text_columns

SHOWN: Final = 100
PATH_END: Final = ":replay"
MAX_REPLAY_BYTES: Final = 12 * 1024 * 1024  # of a document of 8 MiB in Base64

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])


@router.post(
    "/feeds/{feed_id}:replay",
    response_model=ReplayAnswer,
    responses=problems(400, 404, 409, 413, 422, 503),
)
async def replay(
    request: Request, deps: DepsDep, audit: Audit, feed_id: FeedId, asked: AskReplay
) -> Response:
    """Read the feed's last document again as if it had just come, and show what would be written,
    or write it.

    Its server is asked for nothing. Applied, it is a row of the ledger with the outcome `replayed`;
    the next poll, its pace and what it asks for stay as they are.
    """
    given = await _given(deps, feed_id, asked)
    found = await deps.replay(ReplayRequest(feed_id=feed_id, apply=asked.apply, given=given))
    async with deps.database.read() as session:
        changed = [await _changed(session, each) for each in found.plan.changed[:SHOWN]]
    if found.applied:
        counts = {"new": len(found.plan.new), "changed": len(found.plan.changed)}
        async with deps.database.write() as session:
            await audit(session, "feed.replay", f"feed:{feed_id}", after=counts)
    return reply(request, {"data": _shape(found, changed)})


@router.get(
    "/feeds/{feed_id}/body",
    response_class=Response,
    responses={**problems(400, 404), 200: BODY_ANSWER},
)
async def body(session: Reading, feed_id: FeedId) -> Response:
    """The last document of a feed that could be read, to the byte, as a download.

    Of an index of site maps it is all that was gathered, as one
    (`application/vnd.copydesk.gathered`).
    """
    await get_feed(session, feed_id)
    kept = await read_kept(session, feed_id)
    if kept is None:
        raise NotFound(f"feed {feed_id} has given no document yet that could be read")
    return Response(
        kept.body,
        headers={
            "Content-Type": _sendable(kept.content_type),
            "Content-Disposition": f'attachment; filename="feed-{feed_id}"',
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-cache",
        },
    )


def _sendable(content_type: str | None) -> str:
    """The type as the feed gave it, if a header may say that."""
    if content_type and content_type.isascii() and content_type.isprintable():
        return content_type
    return "application/octet-stream"


async def _given(deps: Deps, feed_id: int, asked: AskReplay) -> ReplayBody | None:
    if asked.body is None:
        return None
    async with deps.database.read() as session:
        feed = await get_feed(session, feed_id)
    url = without_credentials(feed.url)
    return ReplayBody(body=asked.body, content_type=asked.content_type, url=url)


async def _changed(session: ReadSession, change: ChangedStory) -> dict[str, Any]:
    """A change and its words; what it changes has the revision before its own, written or not."""
    earlier = await get_revision(session, change.id, change.revision - 1)
    story = change.made.story
    state = {**story_columns(story), **text_columns(change.made)}
    found = await asyncio.to_thread(difference, earlier.state, state)
    return {
        "id": str(change.id),
        "revision": change.revision,
        "title": story.title,
        "difference": {
            "against": earlier.revision,
            "fields": ["image" if name == "image_url" else name for name in found.fields],
            "title": found.title,
            "text": found.text,
            "words_added": found.words_added,
            "words_removed": found.words_removed,
        },
    }


def _new(new: NewStory) -> dict[str, Any]:
    story = new.made.story
    return {
        "id": str(new.id),
        "title": story.title,
        "url": story.url,
        "published_at": story.published_at,
        "word_count": story.word_count,
        "tags": len(story.tags),
    }


def _shape(found: Replayed, changed: list[dict[str, Any]]) -> dict[str, Any]:
    plan, ledger = found.plan, found.would_be.ledger
    return {
        "applied": found.applied,
        "body": {
            "url": found.document.url,
            "content_type": found.document.content_type,
            "bytes": len(found.document.body),
            "kept_at": found.document.kept_at,
        },
        "outcome": ledger.outcome.value,
        "entries": ledger.entries,
        "notes": list(ledger.notes),
        "new": len(plan.new),
        "changed": len(plan.changed),
        "copies": len(plan.copies),
        "new_stories": [_new(each) for each in plan.new[:SHOWN]],
        "changed_stories": changed,
        "lessons": [
            {"place": each.place.value, "text": each.text, "stories": each.stories}
            for each in plan.lessons[:SHOWN]
        ],
        "would_be_next_poll": {
            "at": ledger.next_poll.at,
            "reasons": list(ledger.next_poll.reasons),
        },
    }
