"""The body of an answer, within limits of what is sent and of what that inflates to."""

from __future__ import annotations

import asyncio
import zlib

import httpx

from app.core.types import Failure

STEP = 1024 * 1024  # inflated at one go, between two turns of the event loop
MAX_PIECES = 65_536  # a body cut into single bytes costs a thousand times its size in work
TURN = 256  # pieces between two turns of the event loop
MAX_MEMBERS = 1024  # of one gzip stream (RFC 1952 §2.2)
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = zlib.MAX_WBITS | 16


class BodyRefused(Exception):
    """The body is not taken: ENCODING, TOO_LARGE or PROTOCOL, and one line of why."""

    def __init__(self, kind: Failure, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


async def read_body(response: httpx.Response, *, max_wire_bytes: int, max_body_bytes: int) -> bytes:
    """The inflated body; BodyRefused beyond a limit, or in a coding that was not asked for.

    A body that is a gzip file by itself (a site map's `.xml.gz`, whatever type it is sent as) is
    inflated too, within the same limit: no document begins as one. The connection's own faults
    pass through.
    """
    gzipped = _is_gzipped(response)
    _check_declared(response, max_wire_bytes)
    inflater = _Inflater(max_body_bytes) if gzipped else None
    body = bytearray()
    pieces = 0
    async for chunk in response.aiter_raw():
        pieces += 1
        if response.num_bytes_downloaded > max_wire_bytes:
            raise _too_large("is longer as sent than", max_wire_bytes, "MAX_WIRE_BYTES")
        if pieces > MAX_PIECES:
            raise BodyRefused(
                Failure.PROTOCOL,
                f"the body comes in more than {MAX_PIECES} pieces; the server should buffer it",
            )
        if pieces % TURN == 0:
            await asyncio.sleep(0)
        if inflater is None:
            body += chunk
            if len(body) > max_body_bytes:
                raise _too_large("is longer than", max_body_bytes, "MAX_BODY_BYTES")
        else:
            await inflater.feed(chunk)
    whole = bytes(body) if inflater is None else inflater.end()
    return await _unpacked(whole, max_body_bytes) if whole.startswith(_GZIP_MAGIC) else whole


async def _unpacked(file: bytes, max_body_bytes: int) -> bytes:
    inflater = _Inflater(max_body_bytes)
    await inflater.feed(file)
    return inflater.end()


class _Inflater:
    """A gzip stream of one member or several; what follows the last is left out, as gzip does."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._out = bytearray()
        self._stream = zlib.decompressobj(_GZIP)
        self._members = 1
        self._started = False
        self._rest = b""

    async def feed(self, chunk: bytes) -> None:
        self._started = self._started or bool(chunk)
        data = self._next_member(chunk) if self._stream.eof else chunk
        while data:
            try:
                self._out += self._stream.decompress(data, STEP)
            except zlib.error as error:
                raise BodyRefused(Failure.ENCODING, f"the gzip stream is broken: {error}") from None
            if len(self._out) > self._max_bytes:
                raise _too_large("inflates to more than", self._max_bytes, "MAX_BODY_BYTES")
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                data = self._next_member(self._stream.unused_data)
            if data:
                await asyncio.sleep(0)

    def _next_member(self, data: bytes) -> bytes:
        """What is to be inflated of `data`, which follows the end of a member."""
        data = self._rest + data
        if len(data) < len(_GZIP_MAGIC):
            self._rest = data
            return b""
        self._rest = b""
        if not data.startswith(_GZIP_MAGIC):
            self._rest = b"\0\0"  # nothing that follows can be a member
            return b""
        if self._members == MAX_MEMBERS:
            raise BodyRefused(
                Failure.ENCODING, f"the gzip stream has more than {MAX_MEMBERS} members"
            )
        self._members += 1
        self._stream = zlib.decompressobj(_GZIP)
        return data

    def end(self) -> bytes:
        """The whole body; a body of no bytes is taken as it is."""
        if self._started and not self._stream.eof:
            raise BodyRefused(
                Failure.ENCODING, "the gzip stream ends in the middle; the next poll may be whole"
            )
        return bytes(self._out)


def _is_gzipped(response: httpx.Response) -> bool:
    values = response.headers.get_list("content-encoding", split_commas=True)
    codings = [value.strip().lower() for value in values]
    match [coding for coding in codings if coding not in ("", "identity")]:
        case []:
            return False
        case ["gzip" | "x-gzip"]:
            return True
        case others:
            said = ascii(", ".join(others))[:100]
            raise BodyRefused(
                Failure.ENCODING, f"the content coding is {said}; gzip or none was asked for"
            )


def _check_declared(response: httpx.Response, max_wire_bytes: int) -> None:
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > max_wire_bytes:
        raise _too_large("is longer as sent than", max_wire_bytes, "MAX_WIRE_BYTES")


def _too_large(what: str, limit: int, setting: str) -> BodyRefused:
    return BodyRefused(Failure.TOO_LARGE, f"the body {what} {limit} bytes; see COPYDESK_{setting}")
