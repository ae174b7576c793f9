"""Around every page: who asks, whether we asked for it, and what cannot be done.

A page is a function of a `Visit` to a response, listed in `routes.py` by `page` (GET) or `act`
(POST). Around it: the session's key or the login page (401), a check that what changes something
comes from our own pages (403), and what the API refuses as a page that says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.console.inside import Refused, api_of
from app.console.visit import Console, Visit, render
from app.store.console_sessions import find_session, note_seen
from app.store.engine import DATABASE_FAULTS
from app.store.keys import Key

log = structlog.get_logger()

COOKIE: Final = "__Host-copydesk"
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403

Page = Callable[[Visit], Awaitable[Response]]


def page(path: str, show: Page) -> Route:
    """A page that is looked at; it changes nothing."""
    return Route(path, _Guarded(show).answer, methods=["GET"], name=show.__name__)


def act(path: str, do: Page) -> Route:
    """Something that is done, from a form of ours."""
    return Route(path, _Guarded(do).answer, methods=["POST"], name=do.__name__)


class _Guarded:
    """A page as Starlette calls it."""

    def __init__(self, show: Page) -> None:
        self._show = show

    async def answer(self, request: Request) -> Response:
        console: Console = request.app.state.console
        if request.method == "POST" and not is_ours(request, console.public_url):
            return refused(console, request, FOREIGN)
        key = await session_key(console, request)
        if key is None:
            return login_page(console, request)
        return await self._show_to(console, request, key)

    async def _show_to(self, console: Console, request: Request, key: Key) -> Response:
        inside = api_of(
            console.application,
            key,
            request_id=request.state.request_id,
            client=request.scope.get("client"),
        )
        async with inside as api:
            visit = Visit(console=console, request=request, api=api, key=key, now=console.clock())
            try:
                return await self._show(visit)
            except Exception as error:
                problem = _refusal_among(error)
                if problem is None:
                    log.exception("page_broke", path=request.url.path)
                return refused(console, request, problem or BROKEN, key=key)


def _refusal_among(error: Exception) -> Refused | None:
    """What was refused, or was refused first of several things that were asked at once."""
    together = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    return next((one for one in together if isinstance(one, Refused)), None)


BROKEN = Refused(
    500,
    {
        "code": "internal_error",
        "title": "This page broke",
        "detail": "that is a fault of ours; the log has it under the id of this request",
    },
)
FOREIGN = Refused(
    FORBIDDEN,
    {
        "code": "forbidden",
        "title": "Not from here",
        "detail": "this was sent by a page of another site; go to the console and do it there",
    },
)


def is_ours(request: Request, public_url: str | None) -> bool:
    """Whether a browser says that one of our own pages sent this (Fetch Metadata, or Origin).

    A proxy may have changed the Host: the public address counts as ours too.
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))
    hosts = {request.headers.get("host"), urlsplit(public_url).netloc if public_url else None}
    return bool(origin.netloc) and origin.netloc in hosts


async def session_key(console: Console, request: Request) -> Key | None:
    """The key of the session that the request's cookie names, if it is not over."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    now = console.clock()
    async with console.database().read() as session:
        found = await find_session(session, token, now)
    if found is None:
        return None
    key, note = found
    if note:
        await _note(console, token, now)
    return key


async def _note(console: Console, token: str, now: datetime) -> None:
    """A page is shown also when nothing can be written."""
    try:
        async with console.database().write() as session:
            await note_seen(session, token, now)
    except DATABASE_FAULTS as error:
        log.warning("session_not_noted", error=str(error))


def login_page(
    console: Console, request: Request, *, wrong: str | None = None, next_path: str | None = None
) -> Response:
    """What is shown to whom we do not know, in place of what was asked for.

    A browser that comes from another site leaves the cookie of the session at home
    (SameSite=Strict): it is asked to come again, from here.
    """
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return render(console, request, "again.html", code=UNAUTHORIZED, nonce="none")
    wanted = next_path or request.url.path
    if next_path is None and request.method == "GET" and request.url.query:
        wanted += f"?{request.url.query}"
    return render(
        console,
        request,
        "login.html",
        code=UNAUTHORIZED,
        nonce=secrets.token_urlsafe(16),
        wrong=wrong,
        next_path=wanted if request.method == "GET" or next_path else "/admin",
        now=console.clock(),
    )


def refused(
    console: Console, request: Request, problem: Refused, *, key: Key | None = None
) -> Response:
    """What cannot be done, why, and what to do instead."""
    return render(
        console,
        request,
        "refused.html",
        code=problem.status,
        nonce=secrets.token_urlsafe(16),
        problem=problem,
        key=key,
        request_id=request.state.request_id,
        now=console.clock(),
    )
