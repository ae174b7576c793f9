"""Raw servers on loopback: what they send is scripted to the byte, what they see is counted."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title>
<item><guid>1</guid><title>Ferry back in service</title></item></channel></rss>"""

RESET = object()
"""Yielded by a script: break the connection off with a RST."""


@dataclass
class Request:
    """One request as it came: `head` up to the empty line, `target` its second word."""

    head: bytes
    body: bytes = b""

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    def header(self, name: str) -> bytes | None:
        """The value of a header, None if it was not sent."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name.lower().encode():
                return value.strip()
        return None


Script = Callable[[Request], bytes | AsyncIterator[object]]
"""A request to the bytes of its answer; an iterator's last item is followed by a close."""


@dataclass
class Server:
    host: str
    port: int
    scheme: str
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    sent: int = 0  # bytes handed to the socket

    def url(self, path: str = "/feed", host: str | None = None) -> str:
        return f"{self.scheme}://{host or self.host}:{self.port}{path}"


def answer(
    status: int = 200, body: bytes = RSS, headers: tuple[tuple[str, str | bytes], ...] = ()
) -> bytes:
    """A whole answer with a Content-Length."""
    lines = [f"HTTP/1.1 {status} X".encode(), f"Content-Length: {len(body)}".encode()]
    for name, value in headers:
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def head(status: int = 200, *headers: tuple[str, str]) -> bytes:
    """The head of an answer that ends when the connection does."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def gzip_of_zeros(size: int) -> bytes:
    return gzip.compress(bytes(size), compresslevel=9)


@asynccontextmanager
async def serve(
    script: Script | bytes,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Server]:
    """A server that answers each request of each connection by the script."""
    seen = Server(host=host, port=port, scheme="https" if context else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.connections += 1
        tasks.add(task := asyncio.current_task())
        try:
            await _talk(script, seen, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the client has left, as it may
        except asyncio.CancelledError:
            pass  # the server is closed; asyncio would log a task of its own that was cancelled
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, host, port, ssl=context)
    seen.port = server.sockets[0].getsockname()[1]
    try:
        yield seen
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _talk(
    script: Script | bytes,
    seen: Server,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    while True:
        request = Request(await reader.readuntil(b"\r\n\r\n"))
        request.body = await reader.readexactly(int(request.header("Content-Length") or 0))
        seen.requests.append(request)
        said = script if isinstance(script, bytes) else script(request)
        if isinstance(said, bytes):
            seen.sent += len(said)
            writer.write(said)
            await writer.drain()
            continue
        async for piece in said:
            if piece is RESET:
                _reset(writer)
                return
            writer.write(piece)
            await writer.drain()
            seen.sent += len(piece)
        return


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
