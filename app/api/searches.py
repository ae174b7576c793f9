"""Saved searches: kept by their owners, read as lists, feeds, changes and streams."""

from __future__ import annotations

from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import Reader, WriteKeyBeforeBody, Writer
from app.api.deps import DepsDep, Reading, Writing
from app.api.feed_fields import named_version
from app.api.listing import (
    Cursor,
    Limit,
)
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_searches import (
    AddSearch,
    ChangeSearch,
    SearchAnswer,
    SearchList,
    SearchQuery,
)
from app.core.search.asked import Asked, search_of
from app.core.search.search import Search
from app.errors import FieldError, Forbidden, Invalid, QueryInvalid
from app.store.engine import ReadSession
from app.store.searches import (
    SavedSearch,
    add_search,
    change_search,
    delete_search,
    get_search,
    list_searches,
    no_search,
)

log = structlog.get_logger()

PATH: Final = "/v1/searches"

router = APIRouter(route_class=WriteKeyBeforeBody, tags=["searches"])
SearchId = Annotated[int, Path(ge=1, lt=1 << 63, description="A saved search's id.")]


@router.get(PATH, response_model=SearchList, responses=problems(400, 401))
async def searches(
    request: Request,
    session: Reading,
    deps: DepsDep,
    caller: Reader,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """The caller's searches, and those that are everybody's; all of them for administrators."""
    bound_to = f"searches {caller.key_id} {caller.administers}"
    pages = paging(deps.cursor_secret, bound_to, cursor, limit)
    found = await list_searches(
        session,
        owner_id=caller.key_id,
        everybodys=caller.administers,
        after=pages.behind or 0,
        limit=pages.wanted,
    )
    shown, following = pages.cut(found, lambda one: [one.id])
    return page_reply(request, [_shape(s) for s in shown], next_cursor=following, limit=limit)


@router.post(
    PATH, status_code=201, response_model=SearchAnswer, responses=problems(400, 401, 403, 409)
)
async def save(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    asked: AddSearch,
) -> Response:
    """Keep a search under a name; it is the caller's key's own."""
    query = _checked(asked.query)
    search = await add_search(
        session, name=asked.name, asked=query, owner_id=caller.key_id, at=deps.clock()
    )
    await audit(session, "search.add", f"search:{search.id}", after=_shape(search))
    log.info("search_saved", search_id=search.id)
    return _reply(request, search, status=201)


@router.get(f"{PATH}/{{search_id}}", response_model=SearchAnswer, responses=problems(400, 401, 404))
async def one_search(
    request: Request, session: Reading, caller: Reader, search_id: SearchId
) -> Response:
    """One search; its ETag is what a PATCH sends as If-Match."""
    return _reply(request, await owned(session, caller, search_id))


@router.patch(
    f"{PATH}/{{search_id}}",
    response_model=SearchAnswer,
    responses=problems(400, 401, 403, 404, 412, 428),
)
async def change(
    request: Request,
    session: Writing,
    deps: DepsDep,
    caller: Writer,
    audit: Audit,
    search_id: SearchId,
    asked: ChangeSearch,
    if_match: Annotated[str | None, Header(description="The ETag of the search as read.")] = None,
) -> Response:
    """Rename a search or ask something else under its name; needs If-Match."""
    present = await _own(session, caller, search_id)
    version = named_version(if_match, present.version, f"{PATH}/{{search_id}}")
    values: dict[str, Any] = {}
    if asked.name is not None:
        values["name"] = asked.name
    if asked.query is not None:
        values["asked"] = _checked(asked.query)
    search = await change_search(session, search_id, values, version=version, at=deps.clock())
    before, after = _shape(present), _shape(search)
    await audit(session, "search.change", f"search:{search_id}", before=before, after=after)
    log.info("search_changed", search_id=search_id, fields=sorted(values))
    return _reply(request, search)


@router.delete(f"{PATH}/{{search_id}}", status_code=204, responses=problems(401, 403, 404))
async def delete(session: Writing, caller: Writer, audit: Audit, search_id: SearchId) -> Response:
    """Forget a search, and its webhooks with it."""
    before = _shape(await _own(session, caller, search_id))
    await delete_search(session, search_id)
    await audit(session, "search.delete", f"search:{search_id}", before=before)
    log.info("search_deleted", search_id=search_id)
    return Response(status_code=204)


async def owned(session: ReadSession, caller: Reader, search_id: int) -> SavedSearch:
    """A search that is the caller's to see; of others' it is not even said that they are there."""
    found = await get_search(session, search_id)
    if not caller.owns(found.owner_id):
        raise no_search(search_id)
    return found


async def _own(session: ReadSession, caller: Writer, search_id: int) -> SavedSearch:
    found = await owned(session, caller, search_id)
    if not caller.may_change(found.owner_id):
        raise Forbidden(
            f"search {search_id} is everybody's: keep one of your own, or ask an administrator"
        )
    return found


def _checked(query: SearchQuery) -> Asked:
    """The parameters that are set; raises Invalid or QueryInvalid, which point into the body."""
    given = query.model_dump(mode="json", exclude_none=True)
    asked = {name: [value] if name == "q" else value for name, value in given.items()}
    try:
        search = search_of(asked)
    except QueryInvalid as error:
        raise QueryInvalid(error.detail, position=error.position, pointer="/query/q") from None
    except Invalid as error:
        faults = (FieldError(pointer=_pointer(f), detail=f.detail) for f in error.errors)
        raise Invalid(error.detail, errors=tuple(faults)) from None
    if search == Search(field=search.field):
        detail = "asks for nothing: give q, a tag or another filter"
        raise Invalid(f"query: {detail}", errors=(FieldError(pointer="/query", detail=detail),))
    return {name: values for name, values in asked.items() if values}


def _pointer(fault: FieldError) -> str:
    return "/query" if fault.parameter is None else f"/query/{fault.parameter}"


def _reply(request: Request, search: SavedSearch, *, status: int = 200) -> Response:
    headers = {"Location": f"{PATH}/{search.id}"} if status != 200 else {}  # noqa: PLR2004 - OK
    prefix = f"{search.version}-"
    payload = {"data": _shape(search)}
    return reply(request, payload, status=status, headers=headers, etag_prefix=prefix)


def _shape(search: SavedSearch) -> dict[str, Any]:
    here = f"{PATH}/{search.id}"
    query = {
        name: values[0] if name == "q" else list(values) for name, values in search.asked.items()
    }
    return {
        "id": str(search.id),
        "name": search.name,
        "query": query,
        "owner_id": None if search.owner_id is None else str(search.owner_id),
        "created_at": search.created_at,
        "changed_at": search.changed_at,
        "links": {
            "stories": f"{here}/stories",
            "changes": f"{here}/changes",
            "stream": f"{here}/stream",
            "atom": f"{here}/feed.atom",
            "json_feed": f"{here}/feed.json",
        },
    }
