"""The hosts that are asked, for operators: who is being asked, who waits, who refuses."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import paging
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
    pages = paging(deps.cursor_secret, f"hosts {q!r} {backs_off} {busy}", cursor, limit)
    found = await list_hosts(
        session,
        limit=pages.wanted,
        after=None if pages.place is None else str(pages.place[0]),
        containing=q,
        backing_off=backs_off,
        busy=busy,
    )
    shown, following = pages.cut(found, lambda each: [each.status.host])
    data = [asdict(each.status) | {"feeds": each.feeds} for each in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)
