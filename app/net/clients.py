"""The one factory of HTTP clients; no other module makes one.

The pattern behind most past holes in feed readers: the guard existed, and one path skipped it.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx

from app.net.addresses import AddressPolicy
from app.net.dial import PinnedBackend, Resolver, system_resolver
from app.net.targets import Target, check_url

# Polls of a host are minutes apart: an idle connection is of use for a redirect and for the
# next feed of the same host, not longer.
KEEPALIVE_S = 5.0
MAX_IDLE_PER_SHARD = 8
RESOLVER_THREADS = 32
TIMEOUT_S = 10.0


class GuardedClient(httpx.AsyncClient):
    """A client that cannot be used past its guards.

    Answers are streamed, and read with `read_body`: `.get()` and the like raise, because they
    inflate without a limit. It goes to its transport straight: what httpx does on the way there
    (redirects, whose Location it parses in any case, cookies, credentials) is not for answers
    of strangers.
    """

    def __init__(self, policy: AddressPolicy, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(
            transport=transport,
            trust_env=False,
            timeout=TIMEOUT_S,
            headers={"Accept-Encoding": "gzip", "User-Agent": "Copydesk"},
        )
        self._policy = policy
        self._wire = transport

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        **_: Any,  # noqa: ANN401 - whatever httpx takes: auth and redirects are not for callers
    ) -> httpx.Response:
        """The answer, its body unread; Blocked if the address may not be dialled."""
        if not stream:
            raise RuntimeError("stream the answer and read it with read_body, which has limits")
        check_url(str(request.url), self._policy)
        response = await self._wire.handle_async_request(request)
        response.request = request
        return response


class _PinnedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool whose connections go to checked addresses only."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, ssl_context: ssl.SSLContext) -> None:
        super().__init__(verify=ssl_context, trust_env=False)
        self._pool = pool


class HttpClients:
    """Guarded clients for the outside world, as an async context manager.

    Sharded by host: a pool looks through all its connections for each request. `proxy` is the
    operator's own (http or https); it then resolves the names, and guards them. The process's
    environment (HTTP_PROXY, SSL_CERT_FILE, .netrc) has no say.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        shards: int = 16,
        http2: bool = True,
        proxy: str | None = None,
        resolver: Resolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._shards = shards
        self._http2 = http2
        self._proxy = _proxy(proxy)
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._clients: list[GuardedClient] = []
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        resolver = self._resolver
        if resolver is None:
            threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="names")
            self._exit.callback(threads.shutdown, wait=False, cancel_futures=True)
            resolver = system_resolver(threads)
        address = None if self._proxy is None else _address(self._proxy.url)
        backend = PinnedBackend(self._policy, resolver, proxy=address)
        context = self._ssl_context or httpx.create_ssl_context(trust_env=False)
        for _ in range(self._shards):
            transport = _PinnedTransport(self._pool(backend, context), context)
            client = GuardedClient(self._policy, transport)
            self._clients.append(await self._exit.enter_async_context(client))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clients.clear()
        await self._exit.aclose()

    def client_for(self, host: str) -> GuardedClient:
        """The client for a host; the same one each time."""
        return self._clients[zlib.crc32(host.encode()) % len(self._clients)]

    def target(self, raw: str, *, base: str | None = None) -> Target:
        """`check_url` under the policy of these clients."""
        return check_url(raw, self._policy, base=base)

    def dialled(self, host: str, response: httpx.Response) -> dict[str, str]:
        """The host with the IP address that answered; nothing where that is the proxy's."""
        peer = response.extensions["network_stream"].get_extra_info("server_addr")
        return {} if self._proxy is not None or peer is None else {host: str(ip_address(peer[0]))}

    def _pool(
        self, backend: PinnedBackend, context: ssl.SSLContext
    ) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            proxy=self._proxy,
            max_connections=None,  # the poller and the deliverer bound what is in flight
            max_keepalive_connections=MAX_IDLE_PER_SHARD,
            keepalive_expiry=KEEPALIVE_S,
            http2=self._http2,
            network_backend=backend,
        )


def asgi_client(app: Any, base_url: str = "http://copydesk.test") -> httpx.AsyncClient:  # noqa: ANN401 - any ASGI application
    """A client that calls an application in this process, without a socket."""
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url=base_url, trust_env=False)


def plain_client(
    base_url: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S
) -> httpx.AsyncClient:
    """An unguarded client for a server of the operator's own, such as the command's.

    Never for an address that came from a feed, a page or a caller.
    """
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=timeout_s, trust_env=False)


def _proxy(url: str | None) -> httpcore.Proxy | None:
    """ValueError if it is no http or https address."""
    if url is None:
        return None
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError("the proxy is an http:// or https:// address")
    auth = (parsed.username, parsed.password) if parsed.userinfo else None
    return httpcore.Proxy(str(parsed.copy_with(userinfo=b"", path="/")), auth=auth)


def _address(url: httpcore.URL) -> tuple[str, int]:
    return url.host.decode(), url.origin.port
