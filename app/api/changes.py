"""The change log over HTTP: read it from any place, miss nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import Reading
from app.api.listing import Include
from app.api.replies import page_reply
from app.api.schemas import ChangeList, problems
from app.api.shapes import change_shape
from app.api.story_pages import story_shapes
from app.store.changes import last_seq, read_changes

router = APIRouter(prefix="/v1", tags=["changes"])


@router.get("/changes", response_model=ChangeList, responses=problems(400, 401))
async def list_changes(
    request: Request,
    session: Reading,
    after: Annotated[
        int, Query(ge=0, lt=1 << 63, description="The last `seq` you have; 0 is the beginning.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="Changes on a page.")] = 100,
    include: Annotated[
        list[Include] | None, Query(description="`body` adds text, blocks, html and copies.")
    ] = None,
) -> Response:
    """What happened to stories, in order and without gaps, each with the story as it is now.

    Call again with `after` set to `page.next_cursor`; it is kept when there is nothing newer.
    """
    found = await read_changes(session, after, limit + 1)
    shown = found[:limit]
    ids = tuple(dict.fromkeys(change.story_id for change in shown))
    body = Include.BODY in (include or ())
    stories = {s["id"]: s for s in await story_shapes(session, ids, body=body)}
    return page_reply(
        request,
        [change_shape(change, stories.get(str(change.story_id))) for change in shown],
        next_cursor=str(shown[-1].seq if shown else after),
        limit=limit,
        meta={"last_seq": await last_seq(session)},
        has_more=len(found) > limit,
    )
