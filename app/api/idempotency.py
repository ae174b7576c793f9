"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a caller that does not know
whether its request arrived sends it again, and nothing is made twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from app.api.deps import Deps
from app.errors import Conflict, FieldError, IdempotencyKeyReused, Invalid
from app.store.idempotency import Answered, Sent, begin, forget, keep

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
CREATED: Final = frozenset([201, 202])
"""A POST to a route that answers so makes something."""

MAX_ANSWER_BYTES: Final = 256 * 1024
_KEY: Final = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')  # a string of RFC 9651, or as it is
_KEPT: Final = ("content-type", "etag", "location")
_SHOWS_SECRETS: Final = ("/keys", "/webhooks")

_FASTAPIS_STACK: Final = "fastapi_function_astack"

Handle = Callable[[Request], Awaitable[Response]]


def takes_key(path: str, method: str, status: int | None) -> bool:
    """Whether a route takes the header. Those that show a secret do not: the answer would have to
    be kept.
    """
    return method == "POST" and status in CREATED and not path.endswith(_SHOWS_SECRETS)


async def once(request: Request, deps: Deps, owner: str, handle: Handle) -> Response:
    """Answer a request, or what was answered when its key was sent before.

    Raises Invalid for a key that is none, IdempotencyKeyReused where it came with another request,
    Conflict while that is under way. Only what was made is kept: after a refusal the key is free.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return await handle(request)
    sent = Sent(owner=owner, key=_read(given), fingerprint=await _fingerprint(request))
    async with deps.database.write() as session:
        former = await begin(session, sent, deps.clock())
    if former is None:
        return await _answer(request, deps, sent, handle)
    if former.fingerprint != sent.fingerprint:
        raise IdempotencyKeyReused(f"this {HEADER} came with another request: send a new one")
    if former.answered is None:
        raise Conflict(
            "the request that came first with this key is under way, or its server ended before it "
            "could say what came of it: wait, then look whether it is there"
        )
    kept = former.answered
    return Response(kept.body, status_code=kept.status, headers={**kept.headers, REPLAYED: "true"})


async def _answer(request: Request, deps: Deps, sent: Sent, handle: Handle) -> Response:
    try:
        async with AsyncExitStack() as stack:
            # FastAPI commits what the route wrote where this ends, in place of where its own does:
            # the answer is kept after that, by a session of its own.
            request.scope[_FASTAPIS_STACK] = stack
            response = await handle(request)
    except Exception:
        async with deps.database.write() as session:
            await forget(session, sent)
        raise
    body = bytes(response.body)
    made = response.status_code in CREATED and len(body) <= MAX_ANSWER_BYTES
    async with deps.database.write() as session:
        if made:
            headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
            answered = Answered(status=response.status_code, headers=headers, body=body)
            await keep(session, sent, answered)
        else:
            await forget(session, sent)
    return response


async def _fingerprint(request: Request) -> bytes:
    """Tells what is asked from everything else that could be."""
    scope = request.scope
    asked = hashlib.sha256(f"{scope['method']} {scope['path']}?".encode())
    asked.update(scope["query_string"] + b"\n" + await request.body())
    return asked.digest()


def _read(given: str) -> str:
    found = _KEY.fullmatch(given.strip())
    if found is None:
        detail = f"{HEADER}: send 1 to 255 visible characters, such as a UUID, in double quotes"
        raise Invalid(detail, errors=(FieldError(detail=detail),))
    return found[1]
