"""Stories: one collection answers search and tag filters alike."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.paging import make_cursor, place_items, place_of, read_cursor
from app.api.parameters import SearchDep
from app.api.replies import page_reply, reply
from app.api.schemas import RevisionList, StoryAnswer, StoryList, problems
from app.api.shapes import full_story_shape, highlights_shape, revision_shape, story_shape
from app.core.conditions import Clause, wanted_clauses_of
from app.store.asking import story_languages
from app.store.engine import ReadSession
from app.store.find import COUNT_BOUND, count_stories, find_stories
from app.store.stories import (
    copies_of,
    get_story,
    list_revisions,
    load_stories,
)

MAX_CURSOR_CHARS: Final = 1000  # the longest holds a tag of 128 letters, four bytes each: 791
router = APIRouter(prefix="/v1", tags=["stories"])


class Include(StrEnum):
    BODY = "body"
    HIGHLIGHTS = "highlights"


StoryId = Annotated[int, Path(ge=0, lt=1 << 63, description="A story's id.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Items on a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=MAX_CURSOR_CHARS, description="`page.next_cursor` of the page before."),
]


@router.get("/stories", response_model=StoryList, responses=problems(400, 401))
async def list_stories(
    request: Request,
    session: Reading,
    deps: DepsDep,
    asked: SearchDep,
    limit: Limit = 20,
    cursor: Cursor = None,
    include: Annotated[
        list[Include] | None,
        Query(
            description="`body` adds text, blocks, html and copies; `highlights` where the words "
            "of `q` stand."
        ),
    ] = None,
) -> Response:
    """Find stories by words and filters, newest or best first."""
    after = None
    if cursor is not None:
        after = place_of(read_cursor(deps.cursor_secret, cursor, asked.bound_to))
    now = deps.clock()
    page = await find_stories(session, asked.search, after=after, limit=limit, now=now)
    counted = await count_stories(session, asked.search, COUNT_BOUND + 1, now)
    wanted = None
    if Include.HIGHLIGHTS in (include or ()):
        wanted = wanted_clauses_of(asked.search, await story_languages(session))
    data = await story_shapes(
        session, page.ids, body=Include.BODY in (include or ()), highlight=wanted
    )
    following = None
    if page.following is not None:
        following = make_cursor(deps.cursor_secret, place_items(page.following), asked.bound_to)
    return page_reply(
        request,
        data,
        next_cursor=following,
        limit=limit,
        meta={
            "total": min(counted, COUNT_BOUND),
            "total_relation": "eq" if counted <= COUNT_BOUND else "gte",
            "candidates": page.candidates,
        },
    )


@router.get("/stories/{story_id}", response_model=StoryAnswer, responses=problems(400, 401, 404))
async def one_story(request: Request, session: Reading, story_id: StoryId) -> Response:
    """One story with its text, blocks and copies."""
    row = await get_story(session, story_id)
    copies = await copies_of(session, [story_id])
    return reply(request, {"data": full_story_shape(row, copies[story_id])})


@router.get(
    "/stories/{story_id}/revisions",
    response_model=RevisionList,
    responses=problems(400, 401, 404),
)
async def revisions(request: Request, session: Reading, story_id: StoryId) -> Response:
    """Every state of a story, newest first."""
    found = [revision_shape(r) for r in await list_revisions(session, story_id)]
    return page_reply(request, found, next_cursor=None, limit=len(found))


async def story_shapes(
    session: ReadSession,
    ids: tuple[int, ...],
    *,
    body: bool,
    highlight: Sequence[Clause] | None = None,
) -> list[dict[str, Any]]:
    """Stories as callers see them, in the order of their ids."""
    rows = await load_stories(session, ids, body=body or highlight is not None)
    if body:
        copies = await copies_of(session, ids)
        shapes = [full_story_shape(row, copies[row.id]) for row in rows]
    else:
        shapes = [story_shape(row) for row in rows]
    if highlight is None:
        return shapes
    return [
        {**shape, "highlights": highlights_shape(row, highlight)}
        for shape, row in zip(shapes, rows, strict=True)
    ]
