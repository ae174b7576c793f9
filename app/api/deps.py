"""What the routes are handed: sessions, policy, and the right to be here."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, get_args, get_origin

import structlog
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.deployment import Facts
from app.core.discovery import Discovered
from app.core.make import Made, Making
from app.core.poll import Probe
from app.core.preview import Preview, PreviewRequest
from app.core.replay import Replayed, ReplayRequest
from app.core.search.index import Indexable, IndexTerms
from app.core.webhook import Attempt
from app.errors import FieldError, Forbidden, Invalid, Unauthorized
from app.store.engine import DATABASE_FAULTS, Database, ReadSession, WriteSession
from app.store.following import Following
from app.store.keys import LAST_USE_GRAIN, Key, Scope, find_key, note_use
from app.store.renewal import Outdated, RenewedBatch
from app.store.sealing import Sealer
from app.store.webhooks import Webhook
from app.work.listening import Listening

log = structlog.get_logger()

MAX_PARAMETERS: Final = 100
NOTE_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything the routes work with, put together in `main`."""

    database: Database
    clock: Callable[[], datetime]
    reading_is_open: bool
    cursor_secret: bytes
    registry: CollectorRegistry
    sealer: Sealer
    probe: Callable[[str, int | None], Awaitable[Probe]]  # with the credentials of a feed
    discover: Callable[[str], Awaitable[Discovered]]
    preview: Callable[[PreviewRequest], Awaitable[Preview]]
    index_terms: Callable[[Sequence[Indexable]], Awaitable[Sequence[IndexTerms]]]
    renew: Callable[[int | None, int, Outdated], Awaitable[RenewedBatch]]  # below an id, so many
    taggers: str  # by which the workers tag
    make_again: Callable[[Making], Awaitable[Made]]
    poll_now: Callable[[int, float], Awaitable[bool]]
    replay: Callable[[ReplayRequest], Awaitable[Replayed]]
    examine: Callable[[bool], Awaitable[Facts]]  # also whether the outside answers
    wake_poller: Callable[[], None]
    count_push: Callable[[str], None]  # by what became of it
    wait_for_changes: Callable[[int, float], Awaitable[bool]]  # beyond a seq, so many seconds
    listen: Callable[[str, Following, int], Listening]  # by a name, from a seq on
    test_webhook: Callable[[Webhook], Awaitable[Attempt]]
    wake_pusher: Callable[[], None]
    is_draining: Callable[[], bool]
    start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    """Run beside the requests; waited for when the service stops."""
    noting: dict[int, asyncio.Task[None]] = field(default_factory=dict)  # by the key's id
    public_url: str | None = None  # where others reach this service, without a slash at the end
    local_key: str | None = None  # lets this machine's command administer; lives in memory only


def get_deps(request: Request) -> Deps:
    deps: Deps = request.app.state.deps
    return deps


DepsDep = Annotated[Deps, Depends(get_deps)]


async def read_session(deps: DepsDep) -> AsyncIterator[ReadSession]:
    async with deps.database.read() as session:
        yield session


async def write_session(deps: DepsDep) -> AsyncIterator[WriteSession]:
    async with deps.database.write() as session:
        yield session


Reading = Annotated[ReadSession, Depends(read_session, scope="function")]
Writing = Annotated[WriteSession, Depends(write_session, scope="function")]
"""Committed before the answer is sent: `scope="request"` would answer first and fail later."""


def refuse_odd_parameters(request: Request) -> None:
    """What could only be guessed at is a mistake: a query parameter that the route does not know,
    one that takes a single value given twice, and NUL, which no text holds.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = _parameters(route)
    faults = [_odd(name, request.query_params.getlist(name), known) for name in _named(request)]
    errors = tuple(fault for fault in faults if fault is not None)
    if errors:
        raise Invalid(f"{errors[0].parameter}: {errors[0].detail}", errors=errors)


def _named(request: Request) -> list[str]:
    """The names of query parameters, each once, and no more than anybody would use."""
    return list(request.query_params)[:MAX_PARAMETERS]


def _odd(name: str, values: list[str], known: dict[str, bool]) -> FieldError | None:
    """What is wrong with a parameter; `known` says of each whether it may be repeated."""
    if name not in known:
        allowed = ", ".join(sorted(known)) or "none"
        detail = f"not a parameter of this route, which takes {allowed}"
        return FieldError(parameter=name, detail=detail)
    if len(values) > 1 and not known[name]:
        return FieldError(parameter=name, detail="given more than once: send one value")
    if any("\0" in value for value in values):
        position = values[0].find("\0") if len(values) == 1 else None
        detail = "holds a NUL character (%00): leave it out"
        return FieldError(parameter=name, detail=detail, position=position)
    return None


def _parameters(route: APIRoute) -> dict[str, bool]:
    """The query parameters a route declares, those of its dependencies included, and whether
    each takes a list.
    """
    found: dict[str, bool] = {}
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        for parameter in dependant.query_params:
            annotation = parameter.field_info.annotation
            kinds = [get_origin(kind) for kind in (annotation, *get_args(annotation))]
            found[parameter.alias] = list in kinds
        waiting.extend(dependant.dependencies)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: by a key on record, or as this machine's own command, or, to read, anybody."""

    key_id: int | None = None
    administers: bool = False

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
    secret = reading_key(request)
    if secret is None and deps.reading_is_open:
        return Caller()
    if secret is None:
        raise Unauthorized(
            "this needs a key: send it as Authorization: Bearer KEY, or as the password of HTTP "
            "Basic with any user name",
            takes_basic=True,
        )
    return await _authorize(secret, Scope.READ, deps)


async def may_write(request: Request, deps: DepsDep) -> Caller:
    """Let the caller keep searches and webhooks: with a key that has the scope."""
    return await _authorize(bearer_key(request), Scope.WRITE, deps)


async def may_administer(request: Request, deps: DepsDep) -> Caller:
    """Let the caller administer: with a key that has the scope, and no other way."""
    return await _authorize(bearer_key(request), Scope.ADMIN, deps)


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
            await self.asks(request, get_deps(request))
            return await handle(request)

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


async def _authorize(secret: str | None, scope: Scope, deps: Deps) -> Caller:
    if secret is None:
        raise Unauthorized("this needs a key: send it as Authorization: Bearer KEY")
    if deps.local_key is not None and _same(secret, deps.local_key):
        return Caller(administers=True)
    async with deps.database.read() as session:
        key = await find_key(session, secret)
    now = deps.clock()
    if key is None or not key.usable(now):
        raise Unauthorized("the key is not known, has expired or was revoked: ask for a new one")
    if not key.allows(scope):
        raise Forbidden(f"the key {key.name!r} lacks the scope {scope.value!r}")
    _note_use(key, now, deps)
    return Caller(key_id=key.id, administers=key.allows(Scope.ADMIN))


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
