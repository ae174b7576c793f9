"""Answers as encoded bytes, with an ETag, and 304 where the caller has them already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import Request
from fastapi.responses import Response
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
    body = encode(payload)
    extra = {"Vary": "Accept, Authorization", "Cache-Control": "no-cache", **(headers or {})}
    reads = request.method == "GET"
    if reads or etag_prefix:
        extra["ETag"] = f'"{etag_prefix}{xxh3_128_hexdigest(body)[:20]}"'
    if reads and _names(request.headers.get("if-none-match"), extra["ETag"]):
        return Response(status_code=304, headers=extra)
    return Response(body, status_code=status, media_type=JSON, headers=extra)


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
    headers = {}
    if more and next_cursor is not None:
        name = "after" if here.endswith("/changes") else "cursor"
        kept = [(key, value) for key, value in asked.multi_items() if key != name]
        following = _link(here, [*kept, (name, next_cursor)])
        headers["Link"] = f'<{following}>; rel="next"'
    payload = {
        "data": data,
        "page": {"next_cursor": next_cursor, "has_more": more, "limit": limit},
        "meta": dict(meta or {}),
        "links": {"self": _link(here, asked.multi_items()), "next": following},
    }
    return reply(request, payload, headers=headers)


def _link(path: str, parameters: list[tuple[str, str]]) -> str:
    query = urlencode(parameters)
    return f"{quote(path)}?{query}" if query else quote(path)


def _names(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or etag in named
