"""Moves of feeds, for operators: what was adopted by itself, and taking it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading
from app.api.ids import FeedId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_moves import MoveAnswer, MoveList
from app.api.shapes import move_shape
from app.store.feeds import get_feed
from app.store.moves import list_moves, revert_move

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])
MoveId = Annotated[int, Path(ge=1, lt=1 << 63, description="The id of a move of the feed.")]


@router.get("/feeds/{feed_id}/moves", response_model=MoveList, responses=problems(404))
async def moves_of_feed(request: Request, session: Reading, feed_id: FeedId) -> Response:
    """Each change of a feed's address, the latest first: by redirects, by operators, by mergers."""
    await get_feed(session, feed_id)
    found = [move_shape(move) for move in await list_moves(session, feed_id)]
    return reply(request, {"data": found, "meta": {"count": len(found)}})


@router.post(
    "/feeds/{feed_id}/moves/{move_id}:revert",
    response_model=MoveAnswer,
    responses=problems(404, 409),
)
async def revert(
    request: Request, deps: DepsDep, audit: Audit, feed_id: FeedId, move_id: MoveId
) -> Response:
    """Take a move back, the latest first, and poll the feed at once at its old address.

    It is not moved there again by itself. A feed that was merged is polled again.
    """
    async with deps.database.write() as session:
        move = await revert_move(session, feed_id, move_id, deps.clock())
        await audit(session, "feed.revert_move", f"feed:{feed_id}", after=move_shape(move))
    deps.wake_poller()
    return reply(request, {"data": move_shape(move)})
