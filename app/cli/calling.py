"""The API that a command calls: a server's, or the application opened in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import typer

from app.cli.opening import own
from app.cli.outcome import Stopped
from app.net import AsyncClient, HTTPError, Response, plain_client
from app.settings import Settings
from app.store.engine import sqlite_path
from app.store.ownership import Owner, read_owner

TIMEOUT_S: Final = 120.0  # an address that is tried, or a feed that is polled, may take a minute
MAX_PAGE: Final = 100
UNAUTHORIZED: Final = 401


class Api:
    """The HTTP API as commands use it; what it refuses becomes Stopped, in its own words."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **parameters: Any) -> Any:  # noqa: ANN401 - JSON
        """The answer to a GET; parameters that are None are not sent."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return _answer(await self.call("GET", path, params=given))

    async def post(self, path: str, **request: Any) -> Any:  # noqa: ANN401 - JSON
        return _answer(await self.call("POST", path, **request))

    async def pages(
        self,
        path: str,
        *,
        limit: int | None = None,
        **parameters: Any,  # noqa: ANN401 - JSON
    ) -> AsyncIterator[Any]:
        """Every item of a list, over all its pages, or the first `limit` of them."""
        left, cursor = limit, None
        while left is None or left > 0:
            size = MAX_PAGE if left is None else min(left, MAX_PAGE)
            page = await self.get(path, **parameters, limit=size, cursor=cursor)
            for item in page["data"]:
                yield item
            cursor = page["page"]["next_cursor"]
            if cursor is None:
                return
            left = None if left is None else left - size

    async def call(
        self,
        method: str,
        path: str,
        **request: Any,  # noqa: ANN401 - whatever httpx takes
    ) -> Response:
        """The answer, if it is one of success."""
        try:
            response = await self._client.request(method, path, **request)
        except (HTTPError, OSError) as error:
            raise Stopped(
                f"{self._client.base_url} does not answer ({str(error) or type(error).__name__}): "
                "see whether the server runs there"
            ) from error
        if not response.is_success:
            raise Stopped(_refusal(response), _code(response))
        return response


@asynccontextmanager
async def server_api(url: str, key: str | None) -> AsyncIterator[Api]:
    """The API of a server."""
    if not url.startswith(("http://", "https://")):
        raise Stopped(f"{url!r} is no address of a server: write one such as http://127.0.0.1:8000")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with plain_client(url, headers=headers, timeout_s=TIMEOUT_S) as client:
        yield Api(client)


@asynccontextmanager
async def own_api(settings: Settings, *, works: bool = False) -> AsyncIterator[Api]:
    """The API of the database that the settings name; `works`: see to jobs, if it is opened here.

    An SQLite database is reached through the server that owns it, if there is one.
    """
    path = sqlite_path(settings.database_url)
    async with AsyncExitStack() as stack:
        if path is not None and (owner := read_owner(path)) is not None:
            yield await stack.enter_async_context(_owners_api(owner, path))
            return
        from app.cli.inside import enter_application  # noqa: PLC0415 - slow to import

        own(stack, settings)
        if path is not None:
            _say_if_new(path)
        yield Api(await enter_application(stack, settings, works=works))


def _owners_api(owner: Owner, path: str) -> AbstractAsyncContextManager[Api]:
    if owner.url is None:
        raise Stopped(
            f"process {owner.pid} is using {path} and serves no requests (copydesk poll?): stop "
            "it, run copydesk serve in its place, or use PostgreSQL "
            "(COPYDESK_DATABASE_URL=postgresql://…)"
        )
    return server_api(owner.url, owner.key)


def _say_if_new(path: str) -> None:
    """A database that was not there may be a command run in the wrong folder."""
    if not Path(path).exists():
        typer.echo(f"copydesk: a new database, {Path(path).resolve()}", err=True)


def _answer(response: Response) -> Any:  # noqa: ANN401 - JSON
    """The JSON of an answer; Stopped where it is not one of this API's."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "data" not in answer:
        raise Stopped(_stranger(response))
    return answer


def _stranger(response: Response) -> str:
    return f"{response.url} answered {response.status_code}: is that a Copydesk server?"


def _refusal(response: Response) -> str:
    """What a problem document says (RFC 9457), in lines; the status of any other answer."""
    try:
        problem = response.json()
        lines = [str(problem["detail"])]
        faults = problem.get("errors") or []
    except (ValueError, LookupError, TypeError, AttributeError):
        return _stranger(response)
    if len(faults) > 1:
        lines += [f"  {_place(fault)}{fault['detail']}" for fault in faults]
    if response.status_code == UNAUTHORIZED:
        lines.append("the key of a server elsewhere is read from COPYDESK_KEY")
    return "\n".join(lines)


def _code(response: Response) -> str | None:
    """The stable code of a problem document."""
    try:
        return str(response.json()["code"])
    except (ValueError, LookupError, TypeError):
        return None


def _place(fault: dict[str, Any]) -> str:
    place = fault.get("parameter") or fault.get("pointer")
    return f"{place}: " if place else ""
