"""A publisher on loopback: a few documents, some of which fail for a while."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

REQUEST_TIMEOUT_S: Final = 10.0
MAX_HEAD_BYTES: Final = 16 * 1024
GONE_WRONG: Final = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 900\r\n"
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A document as it is sent."""

    content_type: str
    body: bytes

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


@dataclass(slots=True)
class Publisher:
    """What stands at which path; `failing` paths answer 503."""

    url: str = ""
    documents: dict[str, Published] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def answer(self, head: bytes) -> bytes:
        """The whole answer to a request's head; 304 to one that has the document (RFC 9110)."""
        line, _, rest = head.decode("latin-1").partition("\r\n")
        path = line.split(" ")[1] if line.count(" ") > 1 else ""
        found = self.documents.get(path)
        if path in self.failing:
            return _closed(GONE_WRONG, b"")
        if found is None:
            return _closed(b"HTTP/1.1 404 Not Found\r\n", b"")
        headers = f"ETag: {found.etag}\r\nContent-Type: {found.content_type}\r\n".encode()
        if found.etag in rest:
            return _closed(b"HTTP/1.1 304 Not Modified\r\n" + headers, b"")
        return _closed(b"HTTP/1.1 200 OK\r\n" + headers, found.body)


@asynccontextmanager
async def publishing() -> AsyncIterator[Publisher]:
    """A publisher that answers, at `url`, until the block ends."""
    publisher = Publisher()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                writer.write(publisher.answer(await reader.readuntil(b"\r\n\r\n")))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has left, or is none
        finally:
            writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0, limit=MAX_HEAD_BYTES)
    async with server:
        publisher.url = f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        yield publisher


def _closed(head: bytes, body: bytes) -> bytes:
    return head + f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
