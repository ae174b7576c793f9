"""Tags and sources, with how many stories each has."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import cut, make_cursor, read_cursor
from app.api.replies import page_reply
from app.api.schemas import SourceList, TagList, problems
from app.api.shapes import source_shape
from app.store.sources import list_sources
from app.store.tags import TagCount, count_tags

router = APIRouter(prefix="/v1", tags=["tags and sources"])


@router.get("/tags", response_model=TagList, responses=problems(400, 401))
async def list_tags(
    request: Request,
    session: Reading,
    deps: DepsDep,
    scheme: Annotated[
        str | None, Query(max_length=32, description="Only tags of this scheme, as `category`.")
    ] = None,
    prefix: Annotated[
        str | None, Query(max_length=128, description="Beginning of a code or a name.")
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Tags by how many live stories have them, the commonest first."""
    scheme = scheme and scheme.strip().lower()
    bound_to = f"tags {scheme!r} {prefix!r}"
    after = None
    if cursor is not None:
        count, after_scheme, code = read_cursor(deps.cursor_secret, cursor, bound_to)
        after = TagCount(scheme=str(after_scheme), code=str(code), name="", stories=int(count))
    found = await count_tags(session, scheme=scheme, prefix=prefix, after=after, limit=limit + 1)
    shown, ends = cut(found, limit)
    following = None
    if ends is not None:
        place: list[int | str] = [ends.stories, ends.scheme, ends.code]
        following = make_cursor(deps.cursor_secret, place, bound_to)
    data = [
        {
            "tag": f"{tag.scheme}:{tag.code}",
            "scheme": tag.scheme,
            "code": tag.code,
            "name": tag.name,
            "stories": tag.stories,
        }
        for tag in shown
    ]
    return page_reply(request, data, next_cursor=following, limit=limit)


@router.get("/sources", response_model=SourceList, responses=problems(400, 401))
async def sources(
    request: Request, session: Reading, deps: DepsDep, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """Publishers, each with its number of feeds and of live stories."""
    after_id = 0
    if cursor is not None:
        after_id = int(read_cursor(deps.cursor_secret, cursor, "sources")[0])
    found = await list_sources(session, after_id=after_id, limit=limit + 1)
    shown, ends = cut(found, limit)
    following = make_cursor(deps.cursor_secret, [ends[0].id], "sources") if ends else None
    data = [
        {**source_shape(source), "feeds": feeds, "stories": stories}
        for source, feeds, stories in shown
    ]
    return page_reply(request, data, next_cursor=following, limit=limit)
