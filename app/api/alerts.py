"""What is wrong, and what was: `/v1/admin/alerts`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_alerts import AlertList
from app.core.alert import AlertKind
from app.store.alerts import list_alerts, recorded_shape

router = APIRouter(prefix="/v1/admin", tags=["operations"])


class AlertState(StrEnum):
    STANDING = "standing"
    ENDED = "ended"


@router.get("/alerts", response_model=AlertList, responses=problems(400))
async def alerts(
    request: Request,
    session: Reading,
    deps: DepsDep,
    state: Annotated[
        AlertState | None, Query(description="Those that stand, or those that are over.")
    ] = None,
    kind: Annotated[AlertKind | None, Query(description="Only those of a kind.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Alerts, the latest first, each with what to do about it.

    They are looked for every half a minute by one of the processes that serve or poll.
    """
    pages = paging(deps.cursor_secret, f"alerts {state} {kind}", cursor, limit)
    standing = None if state is None else state is AlertState.STANDING
    found = await list_alerts(
        session, standing=standing, kind=kind, before=pages.behind, limit=pages.wanted
    )
    shown, following = pages.cut(found, lambda alert: [alert.id])
    data = [recorded_shape(one) for one in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)
