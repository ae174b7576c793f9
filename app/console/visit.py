"""One request for a page: who asks, the API to ask for it, and the answer in HTML."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote

from jinja2 import Environment
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from app.console.inside import Api
from app.console.render import templates
from app.store.engine import Database
from app.store.keys import Key

SAID: Final = "__Host-copydesk-said"  # what the page before had to say, shown once
THEME: Final = "copydesk-theme"
THEMES: Final = ("auto", "light", "dark")
MAX_SAID: Final = 500


@dataclass(slots=True, kw_only=True)
class Console:
    """What the pages work with, put together in `main`."""

    application: ASGIApp
    database: Callable[[], Database]
    clock: Callable[[], datetime]
    public_url: str | None = None
    environment: Environment = field(default_factory=templates)


@dataclass(slots=True, kw_only=True)
class Visit:
    """A request by somebody who is logged in."""

    console: Console
    request: Request
    api: Api
    key: Key
    now: datetime
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def is_fragment(self) -> bool:
        """Whether a part of a page is asked for, to be put in its place."""
        return self.request.headers.get("hx-request") == "true"

    def asked(self, name: str) -> str | None:
        """A query parameter; empty is as not given."""
        return self.request.query_params.get(name) or None

    def path(self, name: str) -> str:
        """A part of the path, as it is put into a path of the API."""
        return quote(str(self.request.path_params[name]), safe="")

    async def form(self) -> FormData:
        return await self.request.form()

    def render(self, template: str, *, code: int = 200, **context: Any) -> Response:  # noqa: ANN401
        """A page (or part of one) from a template."""
        return render(
            self.console,
            self.request,
            template,
            code=code,
            nonce=self.nonce,
            key=self.key,
            now=self.now,
            **context,
        )

    def go(self, path: str, *, said: str | None = None, bad: bool = False) -> Response:
        """On to another page after something was done, which shows what is said there."""
        response: Response
        if self.is_fragment:
            response = Response(headers={"HX-Redirect": path})
        else:
            response = RedirectResponse(path, status_code=303)
        if said is not None:
            say(response, said, bad=bad)
        return response


def say(response: Response, text: str, *, bad: bool = False) -> None:
    """Leave a line for the next page."""
    value = quote(("!" if bad else "") + text[:MAX_SAID])
    response.set_cookie(
        SAID, value, max_age=60, path="/", secure=True, httponly=True, samesite="strict"
    )


def render(
    console: Console,
    request: Request,
    template: str,
    *,
    code: int = 200,
    nonce: str,
    **context: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    """HTML with the headers that every page has; what was said for this page is said once."""
    said = unquote(request.cookies.get(SAID, ""))
    theme = request.cookies.get(THEME, "auto")
    is_fragment = request.headers.get("hx-request") == "true"
    html = console.environment.get_template(template).render(
        request=request,
        path=request.url.path,
        nonce=nonce,
        said=said.removeprefix("!"),
        said_bad=said.startswith("!"),
        theme=theme if theme in THEMES else "auto",
        is_fragment=is_fragment,
        **context,
    )
    response = HTMLResponse(html, status_code=code, headers=_headers(nonce))
    if said and not is_fragment:
        response.delete_cookie(SAID, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _headers(nonce: str) -> dict[str, str]:
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Vary": "Cookie, HX-Request",
    }
