"""API keys, for operators: make, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_admin import AddKey, KeyAnswer, KeyList, NewKeyAnswer
from app.api.shapes import key_shape
from app.errors import FieldError, Invalid
from app.store.keys import add_key, list_keys, new_secret, revoke_key

LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)  # what is later may be in no year at all in UTC

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["keys"])
KeyId = Annotated[int, Path(ge=1, lt=1 << 63, description="A key's id.")]


@router.post("/keys", status_code=201, response_model=NewKeyAnswer, responses=problems(400))
async def create(request: Request, session: Writing, deps: DepsDep, asked: AddKey) -> Response:
    """Make a key; it is shown this once."""
    now = deps.clock()
    if asked.expires_at is not None and not now < asked.expires_at < LATEST:
        detail = "must be a time to come, with its zone, such as 2030-01-01T00:00:00Z"
        raise Invalid(
            f"expires_at: {detail}", errors=(FieldError(pointer="/expires_at", detail=detail),)
        )
    secret = new_secret()
    key = await add_key(
        session,
        secret,
        name=asked.name,
        scopes=list(dict.fromkeys(asked.scopes)),
        now=now,
        expires_at=asked.expires_at,
    )
    payload = {"data": {**key_shape(key), "key": secret}}
    return reply(request, payload, status=201, headers={"Cache-Control": "no-store"})


@router.get("/keys", response_model=KeyList)
async def keys(request: Request, session: Reading) -> Response:
    """Every key, by the beginning that is kept of it."""
    found = [key_shape(key) for key in await list_keys(session)]
    return page_reply(request, found, next_cursor=None, limit=len(found))


@router.delete("/keys/{key_id}", response_model=KeyAnswer, responses=problems(404))
async def revoke(request: Request, session: Writing, deps: DepsDep, key_id: KeyId) -> Response:
    """End a key at once."""
    key = await revoke_key(session, key_id, deps.clock())
    return reply(request, {"data": key_shape(key)})
