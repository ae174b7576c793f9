"""Answers as encoded bytes, with an ETag, and 304 where the caller has them already."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from xxhash import xxh3_128_hexdigest

JSON = "application/json"
OPTIONS = orjson.OPT_UTC_Z


def encode(payload: Any) -> bytes:  # noqa: ANN401 - whatever JSON can say
    """JSON with times as RFC 3339 in UTC with Z."""
    return orjson.dumps(payload, option=OPTIONS)


def reply(
    request: Request,
    payload: Any,  # noqa: ANN401 - whatever JSON can say
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    etag_prefix: str = "",
) -> Response:
    """The payload as JSON; to a GET whose If-None-Match names it, 304 (RFC 9110 §13.1.2).

    With `etag_prefix`, which begins the ETag, answers to other methods have one as well.
    """
    return reply_bytes(
        request, encode(payload), status=status, headers=headers, etag_prefix=etag_prefix
    )


def reply_bytes(
    request: Request,
    body: bytes,
    *,
    media_type: str = JSON,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    etag_prefix: str = "",
) -> Response:
    """As `reply`, for what is encoded already."""
    extra = {**_shared_headers(), **(headers or {})}
    reads = request.method == "GET"
    if reads or etag_prefix:
        extra["ETag"] = f'"{etag_prefix}{xxh3_128_hexdigest(body)[:20]}"'
    if reads and names_etag(request, extra["ETag"]):
        return Response(status_code=304, headers=extra)
    return Response(body, status_code=status, media_type=media_type, headers=extra)


def reply_stream(
    request: Request, chunks: AsyncIterator[bytes], *, media_type: str, etag: str
) -> Response:
    """An answer sent as it is made, gzipped for who takes that: if it fails midway, the connection
    breaks.
    """
    headers = {**_shared_headers(), "ETag": etag}
    headers["Vary"] += ", Accept-Encoding"
    if _takes_gzip(request):
        headers["Content-Encoding"] = "gzip"
        chunks = _gzipped(chunks)
    return StreamingResponse(chunks, media_type=media_type, headers=headers)


async def _gzipped(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """One gzip stream; what has been written can be read before the rest is there."""
    packing = zlib.compressobj(6, wbits=31)
    async for chunk in chunks:
        # In a thread: a megabyte takes 20 ms.
        yield await asyncio.to_thread(_packed, packing, chunk)
    yield packing.flush()


def _packed(packing: zlib._Compress, chunk: bytes) -> bytes:
    return packing.compress(chunk) + packing.flush(zlib.Z_SYNC_FLUSH)


def _takes_gzip(request: Request) -> bool:
    """Whether Accept-Encoding names gzip, and not to refuse it (RFC 9110 §12.5.3)."""
    for part in ",".join(request.headers.getlist("accept-encoding")).split(","):
        coding, _, weight = part.partition(";")
        if coding.strip().lower() in ("gzip", "x-gzip"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def not_modified(etag: str) -> Response:
    return Response(status_code=304, headers={**_shared_headers(), "ETag": etag})


def page_reply(
    request: Request,
    data: list[Any],
    *,
    next_cursor: str | None,
    limit: int,
    meta: Mapping[str, Any] | None = None,
    has_more: bool | None = None,
) -> Response:
    """A list in its envelope, with a Link to the next page (RFC 8288).

    Links are relative to the host: a proxy may serve us under another name and scheme.
    """
    more = next_cursor is not None if has_more is None else has_more
    here = request.scope["path"]
    asked = request.query_params
    following = None
    if more and next_cursor is not None:
        name = "after" if here.endswith("/changes") else "cursor"
        kept = [(key, value) for key, value in asked.multi_items() if key != name]
        following = link_to(here, [*kept, (name, next_cursor)])
    payload = envelope(
        data,
        next_cursor=next_cursor,
        has_more=more,
        limit=limit,
        meta=meta or {},
        here=link_to(here, asked.multi_items()),
        following=following,
    )
    return reply(request, payload, headers=next_page(following))


def envelope(
    data: Sequence[Any],
    *,
    next_cursor: str | None,
    has_more: bool,
    limit: int,
    meta: Mapping[str, Any],
    here: str,
    following: str | None,
) -> dict[str, Any]:
    """A list as every route gives it."""
    return {
        "data": data,
        "page": {"next_cursor": next_cursor, "has_more": has_more, "limit": limit},
        "meta": dict(meta),
        "links": {"self": here, "next": following},
    }


def next_page(following: str | None) -> dict[str, str]:
    """The header that names the next page, if there is one (RFC 8288)."""
    return {} if following is None else {"Link": f'<{following}>; rel="next"'}


def link_to(path: str, parameters: Sequence[tuple[str, str]]) -> str:
    """A link relative to the host."""
    query = urlencode(parameters)
    return f"{quote(path)}?{query}" if query else quote(path)


def names_etag(request: Request, etag: str) -> bool:
    """Whether If-None-Match names it, by weak comparison (RFC 9110 §8.8.3.2)."""
    header = ",".join(request.headers.getlist("if-none-match"))
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or etag.removeprefix("W/") in named


def _shared_headers() -> dict[str, str]:
    return {"Vary": "Accept, Authorization", "Cache-Control": "no-cache"}
