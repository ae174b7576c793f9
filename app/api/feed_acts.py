"""What operators have done with feeds: polled now, paused, resumed, removed; one or many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit, Auditor
from app.api.callers import KeyBeforeBody
from app.api.deps import Deps, DepsDep, Writing
from app.api.feeds import audit_change, feed_reply, shown_feed
from app.api.ids import FeedId
from app.api.replies import reply
from app.api.schemas import problems
from app.api.schemas_admin import FetchAnswer
from app.api.schemas_bulk import AskBulk, BulkAct, BulkAnswer
from app.api.schemas_hosts import FeedAnswer
from app.api.shapes import fetch_shape
from app.errors import AppError, Conflict, Unavailable
from app.store.engine import WriteSession
from app.store.feeds import Feed, FeedState, delete_feed, get_feed, make_due, set_state
from app.store.ledger import Fetch, latest_fetches

REFRESH_WAIT_S: Final = 60.0

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["feeds"])


@router.delete("/feeds/{feed_id}", status_code=204, responses=problems(404))
async def delete(session: Writing, audit: Audit, feed_id: FeedId) -> Response:
    """Stop polling a feed and forget its ledger; its stories stay."""
    await _delete(session, audit, feed_id)
    return Response(status_code=204)


@router.post("/feeds/{feed_id}:pause", response_model=FeedAnswer, responses=problems(404))
async def pause(request: Request, session: Writing, audit: Audit, feed_id: FeedId) -> Response:
    """Poll the feed no more until it is resumed."""
    await _pause(session, audit, feed_id)
    return await feed_reply(request, session, feed_id)


@router.post("/feeds/{feed_id}:resume", response_model=FeedAnswer, responses=problems(404))
async def resume(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, feed_id: FeedId
) -> Response:
    """Poll a paused or quarantined feed again, at once."""
    await _resume(session, audit, feed_id)
    deps.wake_poller()
    return await feed_reply(request, session, feed_id)


@router.post(
    "/feeds/{feed_id}:refresh", response_model=FetchAnswer, responses=problems(400, 404, 409, 503)
)
async def refresh(
    request: Request,
    deps: DepsDep,
    audit: Audit,
    feed_id: FeedId,
    wait: Annotated[bool, Query(description="Answer with the poll's ledger row.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Poll the feed now: 202 at once, or with `wait` the outcome, also of a feed that is paused."""
    if not wait:
        async with deps.database.write() as session:
            await _refresh(session, audit, feed_id)
        deps.wake_poller()
        location = {"Location": f"/v1/admin/feeds/{feed_id}"}
        return reply(request, {"data": None}, status=202, headers=location)
    polled = fetch_shape(await _poll(deps, feed_id))
    async with deps.database.write() as session:
        await audit(session, "feed.refresh", f"feed:{feed_id}", after=polled)
    return reply(request, {"data": polled})


@router.post("/feeds:bulk", response_model=BulkAnswer, responses=problems(400))
async def bulk(request: Request, deps: DepsDep, audit: Audit, asked: AskBulk) -> Response:
    """Poll many feeds as soon as may be, pause, resume or delete them; a line for each says what
    became of it, in the order they were named.

    Each is done by itself: what is refused takes no other with it.
    """
    act = ACTS[asked.action]
    ids = [int(feed_id) for feed_id in dict.fromkeys(asked.ids)]
    lines = [await _one_of_many(deps, audit, feed_id, act) for feed_id in ids]
    deps.wake_poller()
    done = sum(line["done"] for line in lines)
    return reply(request, {"data": lines, "meta": {"done": done, "refused": len(lines) - done}})


async def _one_of_many(deps: Deps, audit: Auditor, feed_id: int, act: Act) -> dict[str, Any]:
    """In a transaction of its own: feeds of one source lock it, each before or after the other."""
    fault = None
    try:
        async with deps.database.write() as session:
            await act(session, audit, feed_id)
    except AppError as error:
        fault = error.detail
    return {"feed_id": str(feed_id), "done": fault is None, "detail": fault}


async def _pause(session: WriteSession, audit: Auditor, feed_id: int) -> None:
    before = await shown_feed(session, feed_id)
    await set_state(session, feed_id, FeedState.PAUSED, "paused by an operator")
    await audit_change(audit, session, "feed.pause", before)


async def _resume(session: WriteSession, audit: Auditor, feed_id: int) -> None:
    before = await shown_feed(session, feed_id)
    await set_state(session, feed_id, FeedState.ACTIVE, "resumed by an operator, due at once")
    await audit_change(audit, session, "feed.resume", before)


async def _delete(session: WriteSession, audit: Auditor, feed_id: int) -> None:
    before = await shown_feed(session, feed_id)
    await delete_feed(session, feed_id)
    await audit(session, "feed.delete", f"feed:{feed_id}", before=before)


async def _refresh(session: WriteSession, audit: Auditor, feed_id: int) -> None:
    _check_active(await get_feed(session, feed_id))
    await make_due(session, feed_id)
    await audit(session, "feed.refresh", f"feed:{feed_id}")


Act = Callable[[WriteSession, Auditor, int], Awaitable[None]]
ACTS: Final[dict[BulkAct, Act]] = {
    BulkAct.REFRESH: _refresh,
    BulkAct.PAUSE: _pause,
    BulkAct.RESUME: _resume,
    BulkAct.DELETE: _delete,
}


def _check_active(feed: Feed) -> None:
    """Nobody would come for it."""
    if feed.state is not FeedState.ACTIVE:
        raise Conflict(
            f"feed {feed.id} is {feed.state.value}: resume it, or poll it this once with wait=true"
        )


async def _poll(deps: Deps, feed_id: int) -> Fetch:
    async with deps.database.read() as session:
        await get_feed(session, feed_id)
        before = (await latest_fetches(session, [feed_id])).get(feed_id)
    polled = await deps.poll_now(feed_id, REFRESH_WAIT_S)
    async with deps.database.read() as session:
        after = (await latest_fetches(session, [feed_id])).get(feed_id)
    if not polled or after is None or (before is not None and after.id == before.id):
        raise Unavailable(
            "the feed or its host was busy all the time: look at its ledger, or try again"
        )
    return after
