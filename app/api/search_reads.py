"""What saved searches find: as lists, feeds, changes and streams."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from app.api.callers import Reader
from app.api.changes import After, ChangeLimit, Compact, Wait, log_page
from app.api.deps import DepsDep, Reading
from app.api.event_stream import Begin, EventStream, LastEventId, stream_of
from app.api.formats import LIST_FORMATS
from app.api.listing import AfterId, Cursor, FieldsDep, Include, Listing, by_accept, by_suffix
from app.api.parameters import SEPARATED, SearchRequest, line_of
from app.api.schemas import ChangeList, problems
from app.api.schemas_lists import StoryList
from app.api.searches import PATH, SearchId, owned
from app.api.stories import LIST_ANSWERS, Suffix, list_as
from app.core.search.asked import search_of
from app.errors import NotFound
from app.store.following import Following

FEEDS: Final = {"atom": "atom", "json": "feed.json", "rss": "rss"}

router = APIRouter(tags=["searches"])
WithBody = Annotated[
    list[Include] | None,
    SEPARATED,
    Query(description="`body` adds text, blocks, html and copies."),
]


async def saved_listing(
    session: Reading,
    caller: Reader,
    search_id: SearchId,
    fields: FieldsDep,
    limit: Annotated[
        int | None, Query(ge=1, le=100, description="Items on a page; 20 unless told.")
    ] = None,
    cursor: Cursor = None,
    include: WithBody = None,
    after_id: AfterId = None,
) -> Listing:
    saved = await owned(session, caller, search_id)
    search = search_of(saved.asked)
    bound_to = f"search {search_id} {line_of(search)}"
    return Listing(
        asked=SearchRequest(search=search, bound_to=bound_to),
        limit=limit,
        cursor=cursor,
        include=frozenset(include or ()),
        fields=fields,
        collapse=False,
        after_id=after_id,
        base=f"{PATH}/{search_id}/stories",
        title=saved.name,
    )


SavedListing = Annotated[Listing, Depends(saved_listing)]


@router.get(
    f"{PATH}/{{search_id}}/stories",
    response_model=StoryList,
    responses={**LIST_ANSWERS, **problems(400, 401, 404, 406)},
)
async def stories_of_search(
    request: Request, session: Reading, deps: DepsDep, listing: SavedListing
) -> Response:
    """The stories that a saved search finds, newest first, in the form that Accept names."""
    return await list_as(by_accept(request, LIST_FORMATS), request, session, deps, listing)


@router.get(
    f"{PATH}/{{search_id}}/stories.{{suffix}}",
    response_model=StoryList,
    responses={**LIST_ANSWERS, **problems(400, 401, 404)},
)
async def stories_of_search_as(
    request: Request, session: Reading, deps: DepsDep, listing: SavedListing, suffix: Suffix
) -> Response:
    """The stories that a saved search finds, in the form that the suffix names."""
    return await list_as(by_suffix(suffix, LIST_FORMATS), request, session, deps, listing)


@router.get(
    f"{PATH}/{{search_id}}/feed.{{suffix}}",
    response_model=StoryList,
    responses={**LIST_ANSWERS, **problems(400, 401, 404)},
)
async def feed_of_search(
    request: Request,
    session: Reading,
    deps: DepsDep,
    listing: SavedListing,
    suffix: Annotated[str, Path(max_length=20, description="`atom`, `json` or `rss`.")],
) -> Response:
    """A saved search as a feed to subscribe to: Atom, JSON Feed or RSS."""
    if suffix not in FEEDS:
        raise NotFound(f"there is no feed.{suffix}: there are feed.atom, feed.json and feed.rss")
    form = by_suffix(FEEDS[suffix], LIST_FORMATS)
    return await list_as(form, request, session, deps, listing)


@router.get(
    f"{PATH}/{{search_id}}/changes",
    response_model=ChangeList,
    responses=problems(400, 401, 404, 410),
)
async def changes_of_search(  # noqa: PLR0913, PLR0917 - one for each parameter of the API
    request: Request,
    deps: DepsDep,
    caller: Reader,
    search_id: SearchId,
    include: WithBody = None,
    after: After = "0",
    limit: ChangeLimit = 100,
    wait: Wait = 0,
    compact: Compact = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """The change log of what a saved search finds; as `GET /v1/changes` with its filters."""
    async with deps.database.read() as session:
        search = search_of((await owned(session, caller, search_id)).asked)
    wanted = Following(search=search, compact=compact, body=Include.BODY in (include or ()))
    return await log_page(request, deps, wanted, after=after, limit=limit, wait_s=wait)


@router.get(
    f"{PATH}/{{search_id}}/stream",
    response_class=EventStream,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **problems(400, 401, 404, 410, 503),
    },
)
async def stream_of_search(
    request: Request,
    deps: DepsDep,
    caller: Reader,
    search_id: SearchId,
    include: WithBody = None,
    after: Begin = "now",
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events of what a saved search finds; as `GET /v1/changes/stream`."""
    async with deps.database.read() as session:
        search = search_of((await owned(session, caller, search_id)).asked)
    wanted = Following(search=search, body=Include.BODY in (include or ()))
    return await stream_of(request, deps, caller, wanted, after=after, resumes=last_event_id)
