"""Logging in with a key, and out."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.console.guard import COOKIE, FOREIGN, is_ours, login_page, refused, session_key
from app.console.render import query
from app.console.visit import THEME, THEMES, Console, Visit
from app.store.console_sessions import SESSION_LIFE, begin_session, end_session
from app.store.keys import Key, Scope, find_key

YEAR_S: Final = 31_536_000
HOME: Final = "/admin"


async def log_in(request: Request) -> Response:
    """POST /admin/login: a session for a key that may administer."""
    console: Console = request.app.state.console
    if not is_ours(request, console.public_url):
        return refused(console, request, FOREIGN)
    form = await request.form()
    secret = str(form.get("key", "")).strip()
    wanted = _local(str(form.get("next", "")))
    key, wrong = await _administrator(console, secret)
    if key is None:
        return login_page(console, request, wrong=wrong, next_path=wanted)
    async with console.database().write() as session:
        token = await begin_session(session, key.id, console.clock())
    response = RedirectResponse(f"/admin/welcome{query(next=wanted)}", status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return response


async def welcome(request: Request) -> Response:
    """GET /admin/welcome: on to what was asked for, if the browser kept the cookie."""
    console: Console = request.app.state.console
    wanted = _local(request.query_params.get("next", ""))
    if await session_key(console, request) is not None:
        return RedirectResponse(wanted, status_code=303)
    wrong = (
        "Your browser did not keep the session: it does so only over https, or at "
        "http://localhost. Reach this service through TLS or a tunnel, and log in again."
    )
    return login_page(console, request, wrong=wrong, next_path=wanted)


async def log_out(visit: Visit) -> Response:
    """POST /admin/logout."""
    async with visit.console.database().write() as session:
        await end_session(session, visit.request.cookies[COOKIE])
    response = visit.go(HOME)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


async def set_theme(visit: Visit) -> Response:
    """POST /admin/theme: light, dark, or as the system has it."""
    form = await visit.form()
    theme = str(form.get("theme"))
    response = visit.go(_local(str(form.get("next", ""))))
    if theme in THEMES:
        response.set_cookie(THEME, theme, max_age=YEAR_S, path="/admin", samesite="strict")
    return response


async def _administrator(console: Console, secret: str) -> tuple[Key | None, str]:
    """The key, if it may administer; else what to do."""
    async with console.database().read() as session:
        key = await find_key(session, secret)
    if key is None or not key.usable(console.clock()):
        return None, (
            "This key is not known, has expired or was revoked. Make one on the machine of the "
            "service: copydesk keys create NAME --scope admin"
        )
    if not key.allows(Scope.ADMIN):
        return None, f"The key “{key.name}” may not administer: log in with one that has the scope."
    return key, ""


def _local(path: str) -> str:
    """A path of the console, and of nothing else: `//elsewhere` is an address of another host."""
    return path if path == HOME or path.startswith((f"{HOME}/", f"{HOME}?")) else HOME
