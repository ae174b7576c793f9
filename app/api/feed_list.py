"""Feeds in lists, for operators: filtered, searched, sorted, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_feed_list import FeedList
from app.api.shapes import feed_shape
from app.store.engine import ReadSession
from app.store.feed_list import FeedPlace, FeedQuery, FeedSort, RecentPoll, list_feeds, recent_polls
from app.store.feeds import Feed, FeedState, Health
from app.store.ledger import latest_fetches
from app.store.subscriptions import subscriptions_of

MAX_WORDS: Final = 8

router = APIRouter(prefix="/v1/admin", tags=["feeds"])


class Beside(StrEnum):
    RECENT = "recent"


def feed_query(
    state: FeedState | None = None,
    health: Health | None = None,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words that are all somewhere in its address, title, or source's name or "
            "domain; the first eight count.",
        ),
    ] = None,
    sort: Annotated[
        FeedSort,
        Query(
            description="By when it was added, its title, its last or next poll, its last news or "
            "the failures in a row; with `-` the other way round."
        ),
    ] = FeedSort.ADDED,
) -> FeedQuery:
    words = tuple((q or "").split()[:MAX_WORDS])
    return FeedQuery(state=state, health=health, words=words, sort=sort)


@router.get("/feeds", response_model=FeedList, responses=problems(400))
async def feeds(
    request: Request,
    session: Reading,
    deps: DepsDep,
    asked: Annotated[FeedQuery, Depends(feed_query)],
    *,
    include: Annotated[
        Beside | None, Query(description="`recent`: what its last 24 polls brought.")
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Feeds with their health and last poll."""
    pages = paging(deps.cursor_secret, f"feeds {asked}", cursor, limit)
    after = None
    if pages.place is not None:
        value, last_id = pages.place
        after = FeedPlace(value=value, id=int(last_id))
    found = await list_feeds(session, asked=asked, after=after, limit=pages.wanted)
    shown, following = pages.cut(found, lambda each: [each.place.value, each.place.id])
    data = await _shapes(session, [each.feed for each in shown], include)
    return page_reply(request, data, next_cursor=following, limit=limit)


async def _shapes(
    session: ReadSession, found: list[Feed], include: Beside | None
) -> list[dict[str, Any]]:
    ids = [feed.id for feed in found]
    last, hubs = await latest_fetches(session, ids), await subscriptions_of(session, ids)
    recent = await recent_polls(session, ids) if include is Beside.RECENT else {}
    return [
        feed_shape(feed, last.get(feed.id), hubs.get(feed.id))
        | {"recent": _recent(recent.get(feed.id))}
        for feed in found
    ]


def _recent(polls: Sequence[RecentPoll] | None) -> list[dict[str, Any]] | None:
    return None if polls is None else [asdict(poll) for poll in polls]
