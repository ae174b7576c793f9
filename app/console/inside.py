"""The HTTP API as the pages use it: called inside the process, with the key of the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from app.net import AsyncClient, Response, asgi_client
from app.store.console_sessions import KEY_IN_SCOPE
from app.store.keys import Key

Parameters = Mapping[str, Any] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API answered: `data`, and what lists have beside it; `text` and its bytes where it
    is no JSON.
    """

    status: int
    data: Any = None
    page: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    content: bytes = b""


class Refused(Exception):
    """What the API refused, in its own words (RFC 9457): its detail ends with the next step."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", "unknown"))
        self.title = str(problem.get("title", "Refused"))
        self.detail = str(problem.get("detail", f"the service answered {status}"))
        self.errors: Sequence[Mapping[str, Any]] = problem.get("errors") or []
        super().__init__(self.detail)

    def of_field(self, name: str) -> str | None:
        """What was wrong with one field of a form, by its parameter or JSON pointer."""
        for fault in self.errors:
            if fault.get("parameter") == name or fault.get("pointer") == f"/{name}":
                return str(fault["detail"])
        return None


class Api:
    """Each method raises Refused unless the answer is one of success."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, params: Parameters | None = None) -> Answer:
        """Parameters that are None or empty are not sent."""
        return await self.call("GET", path, params=_given(params))

    async def post(self, path: str, json: Any = None, **request: Any) -> Answer:  # noqa: ANN401 - JSON
        return await self.call("POST", path, **_body(json), **request)

    async def put(self, path: str, json: Any = None, **request: Any) -> Answer:  # noqa: ANN401 - JSON
        return await self.call("PUT", path, **_body(json), **request)

    async def patch(self, path: str, json: Any = None, **request: Any) -> Answer:  # noqa: ANN401 - JSON
        return await self.call("PATCH", path, **_body(json), **request)

    async def delete(self, path: str, **request: Any) -> Answer:  # noqa: ANN401 - what httpx takes
        return await self.call("DELETE", path, **request)

    async def call(self, method: str, path: str, **request: Any) -> Answer:  # noqa: ANN401
        response = await self._client.request(method, path, **request)
        if not response.is_success:
            raise Refused(response.status_code, _json(response))
        answer = _json(response)
        return Answer(
            status=response.status_code,
            data=answer.get("data"),
            page=answer.get("page") or {},
            meta=answer.get("meta") or {},
            headers=response.headers,
            text=response.text,
            content=response.content,
        )


@asynccontextmanager
async def api_of(
    application: ASGIApp, key: Key, *, request_id: str, client: tuple[str, int] | None
) -> AsyncIterator[Api]:
    """The API called with a session's key, under the request id of the page that asks."""

    async def with_key(scope: Scope, receive: Receive, send: Send) -> None:
        await application({**scope, KEY_IN_SCOPE: key, "client": client}, receive, send)

    async with asgi_client(with_key) as http:
        http.headers["X-Request-Id"] = request_id
        yield Api(http)


def _given(params: Parameters | None) -> Sequence[tuple[str, str]]:
    pairs = params.items() if isinstance(params, Mapping) else params or ()
    return [
        (name, str(one))
        for name, value in pairs
        for one in (value if isinstance(value, list | tuple) else [value])
        if one is not None and one != ""
    ]


def _body(json: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {} if json is None else {"json": json}


def _json(response: Response) -> dict[str, Any]:
    """The JSON object of an answer, or none."""
    if "json" not in response.headers.get("content-type", "") or not response.content:
        return {}
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
