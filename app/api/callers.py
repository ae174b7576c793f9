"""Who calls, and whether they may."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.api.deps import Deps, DepsDep, get_deps
from app.api.idempotency import once, takes_key
from app.errors import Forbidden, Unauthorized
from app.store.console_sessions import KEY_IN_SCOPE
from app.store.engine import DATABASE_FAULTS, Database
from app.store.keys import LAST_USE_GRAIN, Key, Scope, find_key, note_use

log = structlog.get_logger()

NOTE_TIMEOUT_S: Final = 10.0


class Via(StrEnum):
    """The way by which a caller came."""

    API = "api"
    CONSOLE = "console"  # with the key of a session
    COMMAND = "command"  # on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: by a key on record, or as this machine's own command, or, to read, anybody."""

    key_id: int | None = None
    administers: bool = False
    name: str = "anybody"  # of the key
    via: Via = Via.API

    def owns(self, owner_id: int | None) -> bool:
        """Whether what this owner has made is the caller's; what has no owner is everybody's."""
        return self.administers or owner_id is None or owner_id == self.key_id

    def may_change(self, owner_id: int | None) -> bool:
        """Whether the caller may change what this owner has made; everybody's is administrators'
        to change, since others rely on it.
        """
        return self.administers or (owner_id is not None and owner_id == self.key_id)


async def may_read(request: Request, deps: DepsDep) -> Caller:
    """Let the caller read: with a key that may, or without one where reading is open."""
    if _key_of_session(request) is not None:
        return await _authorize(request, None, Scope.READ, deps)
    secret = reading_key(request)
    if secret is None and deps.reading_is_open:
        return anybody(request, deps)
    if secret is None:
        raise Unauthorized(
            "this needs a key: send it as Authorization: Bearer KEY, or as the password of HTTP "
            "Basic with any user name",
            takes_basic=True,
        )
    return await _authorize(request, secret, Scope.READ, deps)


async def may_read_by(request: Request, secret: str, deps: Deps) -> Caller:
    """Let the caller read by a key that was sent in another way."""
    return await _authorize(request, secret, Scope.READ, deps)


def anybody(request: Request, deps: Deps) -> Caller:
    """Who reads without a key where that is open, counted by address."""
    deps.limits.count_stranger(request, deps.clock())
    return Caller()


async def may_write(request: Request, deps: DepsDep) -> Caller:
    """Let the caller keep searches and webhooks: with a key that has the scope."""
    return await _authorize(request, bearer_key(request), Scope.WRITE, deps)


async def may_administer(request: Request, deps: DepsDep) -> Caller:
    """Let the caller administer: with a key that has the scope, and no other way."""
    return await _authorize(request, bearer_key(request), Scope.ADMIN, deps)


Reader = Annotated[Caller, Depends(may_read)]
Writer = Annotated[Caller, Depends(may_write)]


class KeyBeforeBody(APIRoute):
    """A route for administrators that takes a body: FastAPI would read it before it asks for the
    key, and tell anybody what is wrong with it.
    """

    asks = staticmethod(may_administer)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def ask_first(request: Request) -> Response:
            deps = get_deps(request)
            caller = await self.asks(request, deps)
            if not takes_key(self.path, request.method, self.status_code):
                return await handle(request)
            owner = f"key {caller.key_id}" if caller.key_id is not None else caller.via.value
            return await once(request, deps, owner, handle)

        return ask_first


class WriteKeyBeforeBody(KeyBeforeBody):
    """The same for those who may keep searches and webhooks."""

    asks = staticmethod(may_write)


def bearer_key(request: Request) -> str | None:
    """The key of `Authorization: Bearer KEY`; raises Unauthorized for any other form."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthorized("send the key as: Authorization: Bearer KEY")
    return secret.strip()


def reading_key(request: Request) -> str | None:
    """As `bearer_key`, or the password of HTTP Basic (RFC 7617), whatever the user name: feed
    readers know nothing else. To read only: a browser sends such a password along with whatever
    other sites make it send.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return bearer_key(request)
    try:
        pair = base64.b64decode(given.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    _, _, secret = pair.partition(":")
    if not secret:
        raise Unauthorized(
            "the password of HTTP Basic is the key, and the user name anything", takes_basic=True
        )
    return secret


def caller_of(request: Request) -> Caller:
    """Who makes a request that was let in by a key."""
    caller: Caller = request.state.caller
    return caller


async def _authorize(request: Request, secret: str | None, scope: Scope, deps: Deps) -> Caller:
    caller = request.state.caller = await _identified(request, secret, scope, deps)
    return caller


async def _identified(request: Request, secret: str | None, scope: Scope, deps: Deps) -> Caller:
    key = _key_of_session(request)
    via = Via.API if key is None else Via.CONSOLE
    if key is None:
        if secret is None:
            raise Unauthorized("this needs a key: send it as Authorization: Bearer KEY")
        if deps.local_key is not None and _same(secret, deps.local_key):
            return Caller(administers=True, name="this machine", via=Via.COMMAND)
        key = await _looked_up(request, secret, deps)
    now = deps.clock()
    if not key.usable(now):
        raise _unknown_key()
    if via is Via.API:
        deps.limits.count_key(request, key, now)
    if not key.allows(scope):
        raise Forbidden(f"the key {key.name!r} lacks the scope {scope.value!r}")
    _note_use(key, now, deps)
    return Caller(key_id=key.id, administers=key.allows(Scope.ADMIN), name=key.name, via=via)


async def _looked_up(request: Request, secret: str, deps: Deps) -> Key:
    """The usable key of a secret; raises Unauthorized, or TooManyRequests for too many wrong."""
    now = deps.clock()
    deps.limits.refuse_guessing(request, secret, now)
    async with deps.database.read() as session:
        key = await find_key(session, secret)
    if key is None or not key.usable(now):
        deps.limits.count_guess(request, now)
        raise _unknown_key()
    deps.limits.note_good(secret)
    return key


def _unknown_key() -> Unauthorized:
    return Unauthorized("the key is not known, has expired or was revoked: ask for a new one")


def _key_of_session(request: Request) -> Key | None:
    """The key of the console's session that a request inside this process is made for."""
    key: Key | None = request.scope.get(KEY_IN_SCOPE)
    return key


def _note_use(key: Key, now: datetime, deps: Deps) -> None:
    """Keep the time of the last use, to the minute: a write for each request would be too many.

    Beside the request: who only reads waits for no writer, and is answered when none can write.
    """
    fresh = key.last_used_at is not None and now - key.last_used_at < LAST_USE_GRAIN
    if fresh or key.id in deps.noting or deps.is_draining():
        return
    task = deps.noting[key.id] = deps.start(_write_use(key, now, deps.database))
    task.add_done_callback(lambda _task: deps.noting.pop(key.id))


async def _write_use(key: Key, now: datetime, database: Database) -> None:
    try:
        async with asyncio.timeout(NOTE_TIMEOUT_S), database.write() as session:
            await note_use(session, key.id, now)
    except (*DATABASE_FAULTS, PoolTimeout, TimeoutError) as error:
        log.warning("key_use_not_noted", key_id=key.id, error=str(error))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
