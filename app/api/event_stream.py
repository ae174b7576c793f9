"""The change log as server-sent events: each change as it happens, from any place on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Final

import orjson
import structlog
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.api.callers import Caller, Reader
from app.api.changes import FollowingDep, start_of
from app.api.deps import Deps, DepsDep
from app.api.parameters import line_of
from app.api.replies import encode
from app.api.schemas import problems
from app.api.shapes import change_shape
from app.store.engine import DATABASE_FAULTS
from app.store.following import Following, Told
from app.work.listening import Batch, Ended, Listening

log = structlog.get_logger()
router = APIRouter(prefix="/v1", tags=["changes"])

HEARTBEAT_S: Final = 15.0
"""Under the half minute after which common proxies end a connection that says nothing."""

SEND_S: Final = 30.0
"""How long a client may take for what the connection holds already."""

CHECK_S: Final = 15.0
"""Between two looks at whether the client's key is good still."""

RETRY_MS: Final = 2_000
"""When clients come again after a connection has ended."""

REASONS: Final = {
    Ended.TOO_SLOW: "more has happened than is kept for one connection: connect again",
    Ended.STOPPING: "the service stops: connect again",
    Ended.FULL: "too many different searches are followed: connect again in a moment",
}


Begin = Annotated[
    str,
    Query(
        max_length=40,
        description="Where to begin: a `seq`, a time (RFC 3339), or `now`. `Last-Event-ID` goes "
        "before it.",
    ),
]
LastEventId = Annotated[
    str | None, Header(max_length=40, description="The `id` of the last event received.")
]


class EventStream(StreamingResponse):
    """Events as they come, to a client that takes them; one that does not is left."""

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_S):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            log.warning("stream_cut", reason="the client takes nothing", after_s=SEND_S)


@router.get(
    "/changes/stream",
    response_class=EventStream,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        **problems(400, 401, 403, 410, 503),
    },
)
async def stream_changes(
    request: Request,
    deps: DepsDep,
    caller: Reader,
    wanted: FollowingDep,
    after: Begin = "now",
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events: one for each change, its type as `event`, its seq as `id`, and as `data`
    what `GET /v1/changes` gives.

    A client that comes again with `Last-Event-ID` (browsers do by themselves) misses nothing. An
    event `end` says why the server ends a stream.
    """
    return await stream_of(request, deps, caller, wanted, after=after, resumes=last_event_id)


async def stream_of(
    request: Request,
    deps: Deps,
    caller: Caller,
    wanted: Following,
    *,
    after: str,
    resumes: str | None,
) -> Response:
    """The stream of what is wanted, from a place in the log on, for as long as the caller may read;
    raises Unavailable where there are too many.
    """
    name, said = ("after", after) if not resumes else ("Last-Event-ID", resumes)
    async with deps.database.read() as session:
        start = await start_of(session, name, said)
    key = f"{line_of(wanted.search)} {sorted(wanted.types)} {wanted.body}"
    if request.state.without_body:
        return EventStream(_nothing(), headers=_HEADERS)

    async def may_read() -> bool:
        return caller.key_id is None or await deps.key_checks.usable(
            deps.database, caller.key_id, deps.clock()
        )

    listener = deps.listen(key, wanted, start)
    return EventStream(_events(listener, start, may_read), headers=_HEADERS)


def write_event(told: Told, wanted: Following) -> bytes:
    """A change as an event (HTML Living Standard §9.2.6); JSON has no line breaks of its own."""
    data = encode(change_shape(told, body=wanted.body))
    kind = told.change.type.value.encode()
    return b"event: %b\nid: %d\ndata: %b\n\n" % (kind, told.change.seq, data)


_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back until its buffer is full
}


async def _events(
    listener: Listening, start: int, may_read: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """What the client is sent. An `id` without data moves its place on where there is no event."""
    check_at = time.monotonic() + CHECK_S
    try:
        yield b"retry: %d\nid: %d\n\n" % (RETRY_MS, start)
        while True:
            try:
                if time.monotonic() >= check_at:
                    if not await may_read():
                        yield _end("the key has ended: connect again with another")
                        return
                    check_at = time.monotonic() + CHECK_S
                found = await listener.next(HEARTBEAT_S)
            except DATABASE_FAULTS:
                yield _end("the database is away: connect again in a moment")
                return
            match found:
                case None:
                    yield b": still here\n\n"
                case Ended():
                    yield _end(REASONS[found])
                    return
                case Batch():
                    sent = found.frames[-1][0] if found.frames else None
                    yield b"".join(frame for _, frame in found.frames) or b":\n\n"
                    if sent != found.scanned:
                        yield b"id: %d\n\n" % found.scanned
    finally:
        listener.close()


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def _end(reason: str) -> bytes:
    data: dict[str, Any] = {"reason": reason}
    return b"event: end\ndata: %b\n\n" % orjson.dumps(data)
