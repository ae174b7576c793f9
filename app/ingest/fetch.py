"""One fetch: a conditional GET, its redirects hop by hop, and a body within limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Never

from app.core.types import (
    Failure,
    Fetched,
    FetchFailed,
    FetchPolicy,
    FetchResult,
    NotModified,
    Redirect,
    ServerHints,
    Validators,
)
from app.ingest.answers import (
    DOCUMENTS,
    NOT_MODIFIED,
    REDIRECTS,
    conditions_of,
    hints,
    is_feed_delta,
    link_headers,
    refusal,
    too_many_headers,
    validators,
)
from app.ingest.request import ACCEPT, FetchRequest
from app.net import (
    HttpClients,
    HTTPError,
    Response,
    Target,
    Timeout,
    failure_of,
    one_line,
    read_body,
)
from app.work.leased import Overslept

__all__ = ["ACCEPT", "FetchRequest", "fetch"]


async def fetch(request: FetchRequest, clients: HttpClients, policy: FetchPolicy) -> FetchResult:
    """The document, "as it was", or why not; raises CancelledError and Overslept, and nothing else.

    From https to http a redirect is followed: no secret travels, and the hop is on record.
    """
    started = time.monotonic()
    exchange = _Exchange(request, clients, policy)
    try:
        async with asyncio.timeout_at(exchange.until):  # the loop's clock is the monotonic one
            result = await exchange.run()
    except TimeoutError:
        if request.begun is not None and not exchange.asked:
            raise Overslept from None
        result = exchange.failed(
            Failure.TIMEOUT,
            f"not done in {policy.deadline_s:g} s, {exchange.stage}; see COPYDESK_FETCH_DEADLINE_S",
        )
    except _Failed as failed:
        result = failed.result
    except Exception as error:  # noqa: BLE001 - the edge: whatever a server provokes is a value
        result = exchange.failed(*failure_of(error))
    return replace(result, elapsed_ms=round((time.monotonic() - started) * 1000))


class _Failed(Exception):
    """Ends an exchange from within; it does not leave this module."""

    def __init__(self, result: FetchFailed) -> None:
        super().__init__(result.detail)
        self.result = result


class _Exchange:
    """One fetch under way: what a failure has to say of it at whatever moment it comes."""

    def __init__(self, request: FetchRequest, clients: HttpClients, policy: FetchPolicy) -> None:
        begun = time.monotonic() if request.begun is None else request.begun
        self.until = begun + policy.deadline_s
        self._request = request
        self._clients = clients
        self._policy = policy
        self._redirects: list[Redirect] = []
        self._dialled: dict[str, str] = {}
        self._response: Response | None = None
        self._hints = ServerHints()
        self._whole = False  # the body was read to its end
        self._url = request.url if "@" not in request.url else ""  # no credentials on record
        self.stage = "reading the address"
        self.asked = False  # anybody

    async def run(self) -> Fetched | NotModified | FetchFailed:
        target = self._clients.target(self._request.url)
        conditional_origin = self._conditional_origin(target)
        visited = {target.url}
        while True:
            self._url = target.url
            conditions = (
                conditions_of(self._request.validators, delta=self._request.delta)
                if target.origin == conditional_origin
                else []
            )
            async with self._answer(target, conditions) as response:
                if response.status_code not in REDIRECTS:
                    return await self._final(response, conditional=bool(conditions))
                location = self._location(response)
            target = self._next(location, response.status_code, visited)
            await self._enter(target)

    def failed(self, kind: Failure, detail: str) -> FetchFailed:
        response = self._response
        return FetchFailed(
            kind=kind,
            detail=detail,
            url=self._url,
            status=None if response is None else response.status_code,
            hints=self._hints,
            redirects=tuple(self._redirects),
            dialled=tuple(self._dialled.items()),
            wire_bytes=0 if response is None else response.num_bytes_downloaded,
        )

    def _fail(self, kind: Failure, detail: str) -> Never:
        raise _Failed(self.failed(kind, detail))

    async def _enter(self, target: Target) -> None:
        self.stage = f"waiting until {target.host} may be asked"
        barred = None if self._request.enter is None else await self._request.enter(target.url)
        if barred is not None:
            self._response, self._hints, self._url = None, barred.hints, target.url
            self._fail(barred.kind, barred.detail)

    def _conditional_origin(self, target: Target) -> str:
        """The one origin that may see the validators."""
        if self._request.validators_url is None:
            return target.origin
        return self._clients.target(self._request.validators_url).origin

    # --- one request ------------------------------------------------------------------------

    @asynccontextmanager
    async def _answer(
        self, target: Target, conditions: list[tuple[bytes, bytes]]
    ) -> AsyncIterator[Response]:
        """The answer with its body unread, which is never read unless the block reads it."""
        self._response = None
        self._hints = ServerHints()
        self._whole = False
        self.stage = f"waiting for {target.host}"
        response = await self._send(target, conditions)
        self._response = response
        self.stage = f"reading the answer of {target.host}"
        try:
            if (excess := too_many_headers(response.headers.raw)) is not None:
                self._fail(Failure.PROTOCOL, excess)
            self._hints = hints(response.headers.raw, datetime.now(UTC))
            yield response
        finally:
            await self._leave(response)

    async def _leave(self, response: Response) -> None:
        """Close the answer, and with it an HTTP/2 connection whose body was left in the middle.

        The rest of such a body would fill the connection's window, and stall the next request.
        """
        await response.aclose()
        if response.http_version == "HTTP/2" and not self._whole:
            await response.extensions["network_stream"].aclose()

    async def _send(self, target: Target, conditions: list[tuple[bytes, bytes]]) -> Response:
        """A pooled connection that the server has closed meanwhile is not held against it."""
        dialled = False

        async def trace(event: str, _info: dict[str, Any]) -> None:
            nonlocal dialled
            dialled = dialled or event == "connection.connect_tcp.started"

        client = self._clients.client_for(target.host)
        for last in (False, True):
            request = client.build_request(
                "GET",
                target.url,
                headers=self._headers(target, conditions),
                timeout=Timeout(None, connect=self._policy.connect_timeout_s),
                extensions={"trace": trace},
            )
            if time.monotonic() >= self.until:  # asyncio says so no sooner than at the next wait
                raise TimeoutError
            self.asked = True
            try:
                response = await client.send(request, stream=True)
            except HTTPError:
                if dialled or last:
                    raise
                continue
            self._dialled |= self._clients.dialled(target.host, response)
            return response
        raise AssertionError("the second try returns or raises")

    def _headers(
        self, target: Target, conditions: list[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Accept", self._request.accept.encode()),
            (b"Accept-Encoding", b"gzip"),
            (b"User-Agent", self._policy.user_agent.encode()),
            *conditions,
        ]
        if target.authorization is not None and not self._redirects:
            headers.append((b"Authorization", target.authorization))
        secret = self._request.authorization
        if secret is not None and target.origin == secret.origin:
            headers = [pair for pair in headers if pair[0].lower() != secret.header.lower()]
            headers.append((secret.header, secret.value))
        return headers

    # --- what the answer means --------------------------------------------------------------

    def _location(self, response: Response) -> str:
        raw = next((v for name, v in response.headers.raw if name.lower() == b"location"), b"")
        if not raw.strip():
            self._fail(
                Failure.REDIRECT,
                f"status {response.status_code} without a Location; open the address in a browser",
            )
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def _next(self, location: str, status: int, visited: set[str]) -> Target:
        """The target of a hop, on record; what it holds of credentials is not used."""
        target = self._clients.target(location, base=self._url)
        self._redirects.append(Redirect(status=status, url=target.url))
        if target.url in visited:
            self._fail(Failure.REDIRECT, "the redirects go in a circle; the server needs mending")
        if len(self._redirects) > self._policy.max_redirects:
            self._fail(
                Failure.REDIRECT,
                f"more than {self._policy.max_redirects} redirects; enter the final address",
            )
        visited.add(target.url)
        return target

    async def _final(self, response: Response, *, conditional: bool) -> FetchResult:
        if response.status_code == NOT_MODIFIED and conditional:
            self._whole = True
            return self._not_modified(response)
        asked = conditional and self._request.delta and self._request.validators.etag is not None
        partial = asked and is_feed_delta(response.status_code, response.headers.raw)
        if response.status_code not in DOCUMENTS and not partial:
            self._fail(*refusal(response.status_code))
        body = await read_body(
            response,
            max_wire_bytes=self._policy.max_wire_bytes,
            max_body_bytes=self._policy.max_body_bytes,
        )
        self._whole = True
        return Fetched(
            url=self._url,
            status=response.status_code,
            body=body,
            content_type=one_line(response.headers.get("content-type", "")) or None,
            validators=validators(response.headers.raw),
            hints=self._hints,
            links=link_headers(response.headers.raw),
            redirects=tuple(self._redirects),
            dialled=tuple(self._dialled.items()),
            wire_bytes=response.num_bytes_downloaded,
            http_version=response.http_version,
            partial=partial,
        )

    def _not_modified(self, response: Response) -> NotModified:
        """A 304 may renew the validators (RFC 9111 §4.3.4); what it leaves out stays."""
        sent, new = self._request.validators, validators(response.headers.raw)
        return NotModified(
            url=self._url,
            validators=Validators(
                etag=new.etag or sent.etag, last_modified=new.last_modified or sent.last_modified
            ),
            hints=self._hints,
            redirects=tuple(self._redirects),
            dialled=tuple(self._dialled.items()),
        )
