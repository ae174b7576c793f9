"""Around every request: an id, its metrics and one log event, a cap on its body, an answer."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.limits import STATE
from app.api.problems import TooLarge, unexpected
from app.tracing import Span, is_tracing, span

log = structlog.get_logger()

MAX_BODY_BYTES: Final = 1024 * 1024
REQUEST_ID: Final = re.compile("[A-Za-z0-9._-]{1,64}")
METHODS: Final = frozenset(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)

Observe = Callable[[str, str, int, float], None]


class Requests:
    """Names each request (X-Request-Id is kept if it is a plain one), times it, logs it.

    HEAD is answered as GET without the body (RFC 9110 §9.3.2). A body may hold MAX_BODY_BYTES, or
    what `body_caps` has for the end of its path, or for its beginning where that ends with a slash.
    What breaks inside is answered here too, so that every answer has the headers; nothing is
    raised to the server.
    """

    def __init__(
        self, app: ASGIApp, observe: Observe, body_caps: Mapping[str, int] | None = None
    ) -> None:
        self._app = app
        self._observe = observe
        self._body_caps = body_caps or {}

    def _cap(self, path: str) -> int:
        caps = (
            cap
            for part, cap in self._body_caps.items()
            if (path.startswith(part) if part.endswith("/") else path.endswith(part))
        )
        return next(caps, MAX_BODY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or secrets.token_hex(8)
        is_head = scope["method"] == "HEAD"
        state = {**scope.get("state", {}), "request_id": request_id, "without_body": is_head}
        inner = {**scope, "state": state, "method": "GET" if is_head else scope["method"]}
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(send, state, without_body=is_head)
        with span("request", _trace_context(scope)) as told:
            told.set(request_id=request_id)
            await self._answered(inner, receive, answer, told, scope["method"])

    async def _answered(
        self, inner: Scope, receive: Receive, answer: _Answer, told: Span, method: str
    ) -> None:
        """The answer, whatever happens; then metrics, log and trace are told of it."""
        cap = self._cap(inner["path"])
        method = method if method in METHODS else "other"
        started = time.perf_counter()
        try:
            await self._app(inner, _capped(inner, receive, cap), answer.send)
        except Exception as error:
            if answer.status is not None:
                raise  # half an answer is out: only breaking the connection tells the caller
            response = await unexpected(Request(inner), error)
            await response(inner, receive, answer.send)
        finally:
            seconds = time.perf_counter() - started
            status, route = answer.status or 500, _route(inner)
            self._observe(method, route, status, seconds)
            told.rename(f"{method} {route}")
            told.set(
                http__request__method=method, http__route=route, http__response__status_code=status
            )
            log.info(
                "request",
                method=method,
                path=inner["path"],
                status=status,
                ms=round(seconds * 1000, 1),
            )


class _Answer:
    """The way out: adds the headers that every answer has, and remembers the status."""

    def __init__(self, send: Send, state: Mapping[str, Any], *, without_body: bool) -> None:
        self._send = send
        self._state = state
        self._without_body = without_body
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            of_request = (b"x-request-id", str(self._state["request_id"]).encode())
            limited = self._state.get(STATE, ())
            added = (*SECURITY_HEADERS, of_request, *limited)
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        elif self._without_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


def _capped(scope: Scope, receive: Receive, cap: int) -> Receive:
    """The body as it comes in; raises TooLarge once it is longer than `cap`, or says it will be."""
    announced = _announced(scope)
    received = 0

    async def receive_capped() -> Message:
        nonlocal received
        if announced > cap:
            raise TooLarge(cap)
        message = await receive()
        received += len(message.get("body", b""))
        if received > cap:
            raise TooLarge(cap)
        return message

    return receive_capped


def _announced(scope: Scope) -> int:
    """The Content-Length, or 0 where there is none; of a monstrous one its beginning."""
    digits = (_header(scope, b"content-length") or "").lstrip("0")
    return int(digits[:20]) if digits.isdecimal() else 0


def _trace_context(scope: Scope) -> dict[str, str] | None:
    """Where a trace of the caller's goes on (W3C Trace Context), while anybody traces."""
    if not is_tracing():
        return None
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in (b"traceparent", b"tracestate")
    }


def _given_id(scope: Scope) -> str | None:
    given = _header(scope, b"x-request-id")
    return given if given is not None and REQUEST_ID.fullmatch(given) else None


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return bytes(value).decode("latin-1")
    return None


def _route(scope: Scope) -> str:
    """The route's pattern, never the path itself: labels must stay bounded."""
    route = scope.get("route")
    return getattr(route, "path", "none") if route is not None else "none"
