"""How a publisher misbehaves: the bytes it sends, and where it leaves off."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from enum import StrEnum
from random import Random

from tests.ingest import servers

STALL_S = 5.0
"""Longer than a fetch may take, and shorter than a lease: no request outlives its claim."""

OVERSIZE = 200_000
MAINTENANCE = (
    b"<!doctype html><html><head><title>Back soon</title></head><body>Closed</body></html>"
)


class Fault(StrEnum):
    STALL = "stall"
    DRIP = "drip"  # slow, and whole in time
    DRIP_TOO_LONG = "drip_too_long"
    RESET = "reset"  # before an answer
    RESET_IN_BODY = "reset_in_body"
    CUT = "cut"  # fewer bytes than announced
    CUT_CHUNKS = "cut_chunks"  # chunked, and without its last chunk
    CUT_CLOSE = "cut_close"  # no length announced, closed in the middle
    OVERSIZED = "oversized"
    BOMB = "bomb"
    GZIP_BROKEN = "gzip_broken"
    GZIP_CUT = "gzip_cut"
    EMPTY = "empty"
    ERROR = "error"  # 500, 502, 404
    MAINTENANCE = "maintenance"  # 200 with a page, for a while
    TOO_MANY = "too_many"  # 429
    UNAVAILABLE = "unavailable"  # 503 with Retry-After
    FOUND = "found"  # 302 to where the document is
    MOVED = "moved"  # 301
    CIRCLE = "circle"


RETRY_AFTER = frozenset({Fault.TOO_MANY, Fault.UNAVAILABLE})
REDIRECT = frozenset({Fault.FOUND, Fault.MOVED, Fault.CIRCLE})
WHOLE = frozenset({Fault.DRIP, Fault.FOUND, Fault.MOVED})
"""Those after which the document is there all the same."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What goes wrong with one request, and how often again after it."""

    fault: Fault
    times: int = 1
    retry_after_s: int = 0
    by_date: bool = False  # Retry-After as a date
    elsewhere: bool = False  # the redirect leads to another host
    whole_host: bool = False  # the refusal is for every feed of the host


def planned(chance: Random) -> Planned:
    fault = chance.choice(list(Fault))
    if fault is Fault.MAINTENANCE:
        return Planned(fault, times=3)
    if fault in RETRY_AFTER:
        by_date = chance.random() < 0.4
        whole = chance.random() < 0.5
        seconds = chance.randint(2, 6)
        return Planned(fault, retry_after_s=seconds, by_date=by_date, whole_host=whole)
    if fault in REDIRECT:
        return Planned(fault, elsewhere=chance.random() < 0.5)
    return Planned(fault)


def simple_answer(plan: Planned, body: bytes, location: str, chance: Random) -> bytes | None:
    """The whole answer of a fault that is a matter of its bytes alone, or None."""
    match plan.fault:
        case Fault.OVERSIZED:
            return servers.answer(200, body + b" " * OVERSIZE)
        case Fault.EMPTY:
            return servers.answer(200, b"")
        case Fault.ERROR:
            return servers.answer(chance.choice((500, 502, 404)), b"no")
        case Fault.MAINTENANCE:
            return servers.answer(200, MAINTENANCE, (("Content-Type", "text/html"),))
        case Fault.FOUND | Fault.MOVED | Fault.CIRCLE:
            status = 302 if plan.fault is Fault.FOUND else 301
            return servers.answer(status, b"", (("Location", location),))
    packed = _packed(plan.fault, body)
    return packed and servers.answer(200, packed, (("Content-Encoding", "gzip"),))


def not_now(plan: Planned, now: float) -> tuple[bytes, float]:
    """The answer of a server that is asked too much, and when it may be asked again."""
    status = 429 if plan.fault is Fault.TOO_MANY else 503
    until = now + plan.retry_after_s
    said = str(plan.retry_after_s)
    if plan.by_date:
        until = float(int(until) + 1)
        said = formatdate(until, usegmt=True)
    return servers.answer(status, b"", (("Retry-After", said),)), until


def _packed(fault: Fault, body: bytes) -> bytes | None:
    if fault is Fault.BOMB:
        return servers.gzip_of_zeros(20 * OVERSIZE)
    packed = gzip.compress(body)
    if fault is Fault.GZIP_CUT:
        return packed[:-20]
    if fault is Fault.GZIP_BROKEN:
        half = len(packed) // 2
        return packed[:half] + bytes([packed[half] ^ 0xFF]) + packed[half + 1 :]
    return None


def headed(body: bytes, *headers: str) -> bytes:
    """A head that announces nothing of the body's length."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/rss+xml", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def pieces(
    plan: Planned, body: bytes, sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[bytes | object]:
    """The answer of a fault that is a matter of time, or of where it leaves off; closed after."""
    half = len(body) // 2
    match plan.fault:
        case Fault.STALL:
            await sleep(STALL_S)
        case Fault.DRIP | Fault.DRIP_TOO_LONG:
            slow_s = 0.6 if plan.fault is Fault.DRIP else STALL_S
            yield headed(b"", f"Content-Length: {len(body)}", "Connection: close")
            size = len(body) // 6 + 1
            for start in range(0, len(body), size):
                await sleep(slow_s / 6)
                yield body[start : start + size]
        case Fault.RESET:
            yield servers.RESET
        case Fault.RESET_IN_BODY:
            yield headed(body[:half], f"Content-Length: {len(body)}")
            yield servers.RESET
        case Fault.CUT:
            yield headed(body[:half], f"Content-Length: {len(body)}")
        case Fault.CUT_CHUNKS:
            chunk = f"{half:x}\r\n".encode() + body[:half] + b"\r\n"
            yield headed(chunk, "Transfer-Encoding: chunked")
        case Fault.CUT_CLOSE:
            yield headed(body[:half], "Connection: close")
