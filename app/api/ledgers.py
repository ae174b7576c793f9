"""The ledger, for operators: each poll of a feed, or of all, with what came of it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.api.deps import Deps, DepsDep, Reading
from app.api.ids import FeedId
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_admin import FetchList
from app.api.shapes import fetch_shape
from app.store.engine import ReadSession
from app.store.feeds import get_feed
from app.store.ledger import list_fetches

router = APIRouter(prefix="/v1/admin", tags=["feeds"])


@router.get("/feeds/{feed_id}/fetches", response_model=FetchList, responses=problems(400, 404))
async def fetches_of_feed(
    request: Request,
    session: Reading,
    deps: DepsDep,
    feed_id: FeedId,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """The feed's ledger, newest first."""
    await get_feed(session, feed_id)
    return await _fetches(request, session, deps, feed_id, limit, cursor)


@router.get("/fetches", response_model=FetchList, responses=problems(400))
async def fetches(
    request: Request, session: Reading, deps: DepsDep, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """The ledger of all feeds, newest first."""
    return await _fetches(request, session, deps, None, limit, cursor)


async def _fetches(
    request: Request,
    session: ReadSession,
    deps: Deps,
    feed_id: int | None,
    limit: int,
    cursor: str | None,
) -> Response:
    pages = paging(deps.cursor_secret, f"fetches {feed_id}", cursor, limit)
    found = await list_fetches(session, feed_id=feed_id, before_id=pages.behind, limit=pages.wanted)
    shown, following = pages.cut(found, lambda fetch: [fetch.id])
    data = [fetch_shape(fetch) for fetch in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)
