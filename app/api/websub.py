"""Where WebSub hubs verify what they were asked for, and push (W3C Recommendation, §5.3 and §7).

Whoever knows the token of a callback is taken for its hub, and a push is taken only with the
signature that was agreed. Query parameters that hubs add of their own accord are passed over.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from app.api.deps import get_deps
from app.core.websub import lease_of, signed
from app.errors import NotFound, Unavailable
from app.net import one_line
from app.store.hub_answers import deny, is_callback, note_ignored, verify
from app.store.pushes import Receiver, keep_push, receiver_of

PREFIX: Final = "/websub/"
READ_TIMEOUT_S: Final = 30.0
AT_ONCE: Final = 8
"""Pushes read at a time: each may be as long as a feed, and is held until it is whole."""

MAX_TOKEN: Final = 64
MAX_CHALLENGE: Final = 4096
MAX_TYPE: Final = 200
GONE: Final = 410

router = APIRouter()
_reading: Final = asyncio.Semaphore(AT_ONCE)


async def verify_intent(request: Request) -> Response:
    """Say whether what the hub asks about is what it was asked for, by repeating its challenge."""
    said, token, database = request.query_params, _token(request), get_deps(request).database
    mode, topic_url = said.get("hub.mode", ""), said.get("hub.topic", "")
    async with database.read() as session:
        if not await is_callback(session, token):  # strangers have nothing written
            raise NotFound("nothing of the kind was asked of a hub")
    async with database.write() as session:
        if mode == "denied":
            reason = one_line(said.get("hub.reason", "")) or "the hub gives no reason"
            known = await deny(session, token, topic_url=topic_url, reason=reason)
        elif mode in ("subscribe", "unsubscribe") and said.get("hub.challenge"):
            known = await verify(
                session,
                token,
                topic_url=topic_url,
                subscribe=mode == "subscribe",
                lease_s=lease_of(said.get("hub.lease_seconds")),
            )
        else:
            known = False
    if not known:
        raise NotFound("nothing of the kind was asked of a hub")
    return PlainTextResponse(said.get("hub.challenge", "")[:MAX_CHALLENGE])


async def receive(request: Request) -> Response:
    """Keep what a hub pushes for the feed's next poll, which is at once; 410 where nothing is
    wanted any more, so that the hub forgets it.

    One that is not signed as agreed is answered alike, and passed over (§7.1).
    """
    deps, token = get_deps(request), _token(request)
    async with deps.database.read() as session:
        receiver = await receiver_of(session, token)
    if receiver is None:
        deps.count_push("unknown")
        return Response(status_code=GONE)
    packed = await _read(request, receiver)
    async with deps.database.write() as session:
        if packed is None:
            await note_ignored(session, receiver.subscription_id)
            kept = False
        else:
            kind = one_line(request.headers.get("content-type", ""))[:MAX_TYPE] or None
            kept = await keep_push(session, receiver, packed, kind)
    deps.count_push("kept" if kept else "ignored")
    if kept:
        deps.wake_poller()
    return Response(status_code=202)


async def _read(request: Request, receiver: Receiver) -> bytes | None:
    """The body, packed; None if it is not signed by the hub. Its length is the server's to cap."""
    if _reading.locked():
        raise Unavailable("many are pushing at this moment: push again later")
    async with _reading:
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                body = await request.body()
        except TimeoutError:
            raise Unavailable(f"the body has not come in {READ_TIMEOUT_S:g} s") from None
        signature = request.headers.get("x-hub-signature")
        return await asyncio.to_thread(_packed, body, receiver.secret, signature)


def _packed(body: bytes, secret: str, signature: str | None) -> bytes | None:
    return zlib.compress(body, 6) if signed(body, secret, signature) else None


def _token(request: Request) -> str:
    return str(request.path_params["token"])[:MAX_TOKEN]


# Not routes of FastAPI's: those refuse what callers add to the query.
router.add_route(f"{PREFIX}{{token}}", verify_intent, methods=["GET"])
router.add_route(f"{PREFIX}{{token}}", receive, methods=["POST"])
