"""The hosts that are asked, for operators: who is being asked, who waits, who refuses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import cut, make_cursor, read_cursor
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_hosts import HostList
from app.store.host_list import list_hosts

router = APIRouter(prefix="/v1/admin", tags=["feeds"])


@router.get("/hosts", response_model=HostList, responses=problems(400))
async def hosts(
    request: Request,
    session: Reading,
    deps: DepsDep,
    *,
    q: Annotated[
        str, Query(max_length=253, description="A part of the name.", examples=["harbour"])
    ] = "",
    backs_off: Annotated[
        bool | None, Query(description="Only those that have refused and are left alone; or not.")
    ] = None,
    busy: Annotated[
        bool | None, Query(description="Only those that are being asked now; or not.")
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """How all hosts stand that feeds, pages and hubs are asked from, by name.

    `robots.txt` is not in it: each process asks for it anew when it fetches pages.
    """
    bound_to = f"hosts {q!r} {backs_off} {busy}"
    after = None if cursor is None else read_cursor(deps.cursor_secret, cursor, bound_to)[0]
    found = await list_hosts(
        session,
        limit=limit + 1,
        after=None if after is None else str(after),
        containing=q,
        backing_off=backs_off,
        busy=busy,
    )
    shown, ends = cut(found, limit)
    following = None
    if ends is not None:
        following = make_cursor(deps.cursor_secret, [ends.status.host], bound_to)
    data = [asdict(each.status) | {"feeds": each.feeds} for each in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)
