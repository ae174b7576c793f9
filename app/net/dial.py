"""Connections to checked addresses only: a name is resolved once, and what was checked is dialled.

A second look-up, by the library that opens the socket, is what DNS rebinding lives on.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor
from ipaddress import ip_address
from itertools import zip_longest

import httpcore

from app.net.addresses import AddressPolicy, IPAddress, check_address, check_port
from app.net.targets import Blocked

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port to IP addresses as text, in the order to try; OSError if there are none."""

MAX_DIALLED = 4


class NotResolved(Exception):
    """The name has no address now; `reason` is one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def system_resolver(threads: Executor) -> Resolver:
    """The system's own resolver, in threads of its own.

    The loop's default threads are few and shared: a handful of names whose servers do not
    answer would hold up every other name.
    """

    def look_up(host: str, port: int) -> Sequence[str]:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(info[4][0]) for info in infos))

    async def resolve(host: str, port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, look_up, host, port)

    return resolve


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Dials checked addresses; Blocked or NotResolved pass through httpcore and httpx unchanged.

    `proxy` is the (host, port) of the operator's own proxy, which alone is not checked.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        resolver: Resolver,
        *,
        proxy: tuple[str, int] | None = None,
        dialler: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._proxy = proxy
        self._dialler = dialler or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,  # noqa: ARG002 - httpcore's; never set
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - the same
    ) -> httpcore.AsyncNetworkStream:
        deadline = None if timeout is None else asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                addresses = await self._addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"no answer from the name servers for {host}") from None
        return await self._dial(addresses, port, deadline)

    async def _addresses(self, host: str, port: int) -> list[IPAddress]:
        """Every address of the host; Blocked if a single one of them may not be dialled."""
        addresses = await self._resolve(host, port)
        if (host, port) == self._proxy:
            return addresses
        if (reason := check_port(port)) is not None:
            raise Blocked(f"{host} port {port}: {reason}")
        for address in addresses:
            if (reason := check_address(address, self._policy)) is not None:
                raise Blocked(
                    f"{host} stands for {address}, not a public address ({reason}); "
                    "see COPYDESK_ALLOW_PRIVATE_NETWORKS"
                )
        return addresses

    async def _resolve(self, host: str, port: int) -> list[IPAddress]:
        try:
            return [ip_address(host)]
        except ValueError:
            pass
        try:
            found = [ip_address(text) for text in await self._resolver(host, port)]
        except (OSError, ValueError) as error:  # ValueError: UnicodeError, of a label too long
            said = error.strerror if isinstance(error, OSError) else None
            raise NotResolved(f"{host}: {said or error}") from None
        if not found:
            raise NotResolved(f"{host}: the name has no address")
        return found

    async def _dial(
        self, addresses: list[IPAddress], port: int, deadline: float | None
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that answers; each gets its share of the time."""
        order = _alternate(addresses)[:MAX_DIALLED]
        failed: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for left, address in zip(range(len(order), 0, -1), order, strict=True):
            share = None
            if deadline is not None:
                share = max(0.0, deadline - asyncio.get_running_loop().time()) / left
            try:
                stream = await self._dialler.connect_tcp(str(address), port, timeout=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return await _same_peer(stream, address)
        raise failed or httpcore.ConnectError("no address to dial")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _alternate(addresses: list[IPAddress]) -> list[IPAddress]:
    """The same addresses with the two families in turn, so that a dead one costs one try."""
    first = [a for a in addresses if a.version == addresses[0].version]
    other = [a for a in addresses if a.version != addresses[0].version]
    return [a for pair in zip_longest(first, other) for a in pair if a is not None]


async def _same_peer(
    stream: httpcore.AsyncNetworkStream, address: IPAddress
) -> httpcore.AsyncNetworkStream:
    """The stream, if the other end has the address that was checked; else Blocked."""
    peer = stream.get_extra_info("server_addr")
    if peer is None or ip_address(peer[0]) != address:
        await stream.aclose()
        raise Blocked(f"dialled {address} and was connected to {peer and peer[0]}")
    return stream
