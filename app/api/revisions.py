"""Revisions of a story: what it has said, and what each changed."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from app.api.deps import Reading
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_revisions import RevisionAnswer, RevisionList
from app.api.shapes import revision_shape
from app.core.differ import difference
from app.store.revisions import Revision, get_revision, list_revisions

router = APIRouter(prefix="/v1", tags=["stories"])

StoryId = Annotated[int, Path(ge=0, lt=1 << 63, description="A story's id.")]
MAX_REVISION: Final = 1 << 31


@router.get(
    "/stories/{story_id}/revisions",
    response_model=RevisionList,
    responses=problems(400, 401, 404),
)
async def revisions(
    request: Request,
    session: Reading,
    story_id: StoryId,
    limit: Annotated[int, Query(ge=1, le=100, description="Revisions on a page.")] = 20,
    cursor: Annotated[
        int | None, Query(ge=1, lt=MAX_REVISION, description="`page.next_cursor` of a page.")
    ] = None,
) -> Response:
    """The states of a story, newest first, each with its kind."""
    found = await list_revisions(session, story_id, before=cursor, limit=limit + 1)
    shown = found[:limit]
    following = str(shown[-1].revision) if len(found) > limit else None
    return page_reply(
        request, [revision_shape(r) for r in shown], next_cursor=following, limit=limit
    )


@router.get(
    "/stories/{story_id}/revisions/{revision}",
    response_model=RevisionAnswer,
    responses=problems(400, 401, 404),
)
async def one_revision(
    request: Request,
    session: Reading,
    story_id: StoryId,
    revision: Annotated[int, Path(ge=1, lt=MAX_REVISION, description="Its number.")],
    against: Annotated[
        int | None,
        Query(ge=1, lt=MAX_REVISION, description="The revision to compare with: the one before."),
    ] = None,
) -> Response:
    """One state of a story, and which of its words and fields are otherwise than before."""
    later = await get_revision(session, story_id, revision)
    other = against or revision - 1
    compared = None
    if other:
        compared = await _compared(await get_revision(session, story_id, other), later)
    return reply(request, {"data": {**revision_shape(later), "difference": compared}})


async def _compared(earlier: Revision, later: Revision) -> dict[str, Any]:
    # Two long texts take a moment: in a thread, so that others are answered.
    found = await asyncio.to_thread(difference, earlier.state, later.state)
    return {
        "against": earlier.revision,
        "fields": ["image" if name == "image_url" else name for name in found.fields],
        "title": found.title,
        "text": found.text,
        "words_added": found.words_added,
        "words_removed": found.words_removed,
    }
