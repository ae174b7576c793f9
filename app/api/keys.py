"""API keys, for operators: make, list, change, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.feed_fields import NO_VERSION, named_version
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_admin import AddKey, ChangeKey, KeyAnswer, KeyList, NewKeyAnswer
from app.api.shapes import key_shape
from app.errors import FieldError, Invalid, PreconditionFailed
from app.store.keys import (
    Key,
    add_key,
    change_key,
    get_key,
    list_keys,
    new_secret,
    revoke_key,
)

LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)  # what is later may be in no year at all in UTC

router = APIRouter(route_class=KeyBeforeBody, prefix="/v1/admin", tags=["keys"])
KeyId = Annotated[int, Path(ge=1, lt=1 << 63, description="A key's id.")]


@router.post("/keys", status_code=201, response_model=NewKeyAnswer, responses=problems(400))
async def create(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, asked: AddKey
) -> Response:
    """Make a key; it is shown this once."""
    now = deps.clock()
    _check_end(asked.expires_at, now)
    secret = new_secret()
    key = await add_key(
        session,
        secret,
        name=asked.name,
        scopes=list(dict.fromkeys(asked.scopes)),
        now=now,
        expires_at=asked.expires_at,
        requests_per_minute=asked.requests_per_minute,
    )
    await audit(session, "key.create", f"key:{key.id}", after=key_shape(key))
    payload = {"data": {**key_shape(key), "key": secret}}
    return reply(request, payload, status=201, headers={"Cache-Control": "no-store"})


@router.get("/keys", response_model=KeyList)
async def keys(request: Request, session: Reading) -> Response:
    """Every key, by the beginning that is kept of it."""
    found = [key_shape(key) for key in await list_keys(session)]
    return page_reply(request, found, next_cursor=None, limit=len(found))


@router.get("/keys/{key_id}", response_model=KeyAnswer, responses=problems(404))
async def one_key(request: Request, session: Reading, key_id: KeyId) -> Response:
    """One key; its ETag is what a PATCH sends as If-Match."""
    return _one(request, await get_key(session, key_id))


@router.patch("/keys/{key_id}", response_model=KeyAnswer, responses=problems(400, 404, 412, 428))
async def change(
    request: Request,
    session: Writing,
    deps: DepsDep,
    audit: Audit,
    key_id: KeyId,
    asked: ChangeKey,
    if_match: Annotated[str | None, Header(description="The ETag of the key as read.")] = None,
) -> Response:
    """Rename a key, set its rate, or when it ends; needs If-Match, so that no change is lost."""
    key = await get_key(session, key_id)
    if named_version(if_match, key.version, "/v1/admin/keys/{key_id}") == NO_VERSION:
        raise PreconditionFailed(f"key {key_id} has been changed: read it again, then send it")
    _check_end(asked.expires_at, deps.clock())
    changes = {name: getattr(asked, name) for name in asked.model_fields_set}
    if not changes:
        return _one(request, key)
    changed = await change_key(session, key, **changes)
    before, after = key_shape(key), key_shape(changed)
    await audit(session, "key.change", f"key:{key_id}", before=before, after=after)
    return _one(request, changed)


@router.delete("/keys/{key_id}", response_model=KeyAnswer, responses=problems(404))
async def revoke(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, key_id: KeyId
) -> Response:
    """End a key at once."""
    before = key_shape(await get_key(session, key_id))
    key = await revoke_key(session, key_id, deps.clock())
    await audit(session, "key.revoke", f"key:{key_id}", before=before, after=key_shape(key))
    return reply(request, {"data": key_shape(key)})


def _one(request: Request, key: Key) -> Response:
    return reply(request, {"data": key_shape(key)}, etag_prefix=f"{key.version}-")


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and not now < expires_at < LATEST:
        detail = "must be a time to come, with its zone, such as 2030-01-01T00:00:00Z"
        raise Invalid(
            f"expires_at: {detail}", errors=(FieldError(pointer="/expires_at", detail=detail),)
        )
