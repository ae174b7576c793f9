"""What the routes are handed: sessions, policy, the parts of the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final, get_args, get_origin

import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry

from app.api.key_checks import KeyChecks
from app.api.limits import Limits
from app.core.deployment import Facts
from app.core.discovery import Discovered
from app.core.make import Made, Making
from app.core.poll import Probe
from app.core.preview import Preview, PreviewRequest
from app.core.replay import Replayed, ReplayRequest
from app.core.search.index import Indexable, IndexTerms
from app.core.types import Fetched
from app.core.webhook import Attempt
from app.errors import FieldError, Invalid
from app.store.activity import Activity
from app.store.engine import Database, ReadSession, WriteSession
from app.store.following import Following
from app.store.renewal import Outdated, RenewedBatch
from app.store.sealing import Sealer
from app.store.webhooks import Webhook
from app.work.listening import Listening

log = structlog.get_logger()

MAX_PARAMETERS: Final = 100


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
    fetch_once: Callable[[str], Awaitable[Fetched]]
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
    disk_free: Callable[[], int | None]  # bytes, where an SQLite file is
    wait_for_changes: Callable[[int, float], Awaitable[bool]]  # beyond a seq, so many seconds
    listen: Callable[[str, Following, int], Listening]  # by a name, from a seq on
    test_webhook: Callable[[Webhook], Awaitable[Attempt]]
    wake_pusher: Callable[[], None]
    wake_jobs: Callable[[], None]
    is_draining: Callable[[], bool]
    start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    """Run beside the requests; waited for when the service stops."""
    key_checks: KeyChecks = field(default_factory=KeyChecks)
    noting: dict[int, asyncio.Task[None]] = field(default_factory=dict)  # by the key's id
    activity: Activity = field(default_factory=Activity)
    limits: Limits = field(default_factory=Limits)
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


class LenientRoute(APIRoute):
    """A route that reads its query parameters itself, and may let others be sent."""


def refuse_odd_parameters(request: Request) -> None:
    """What could only be guessed at is a mistake: a query parameter that the route does not know,
    one that takes a single value given twice, and NUL, which no text holds.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or isinstance(route, LenientRoute):
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
