"""Pages of other origins that may call the API from a browser (https://fetch.spec.whatwg.org)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PREFIXES: Final = ("/v1/", "/v2/")
ADMIN: Final = "/v1/admin/"
"""Never: a key that administers has no place in a page of another origin."""

METHODS: Final = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
SENT: Final = (
    *("Authorization", "X-Api-Key", "If-Match", "If-None-Match", "Last-Event-ID"),
    *("Idempotency-Key", "X-Request-Id"),
)
SHOWN: Final = (
    *("ETag", "Link", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"),
)
"""Beside those that every page may read."""


class Cors:
    """Around everything, so that a page may read refusals too. No cookie counts: the API knows
    keys alone.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=SENT,
            expose_headers=SHOWN,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        shared = path.startswith(PREFIXES) and not path.startswith(ADMIN)
        await (self._shared if shared else self._app)(scope, receive, send)
