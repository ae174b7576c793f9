"""Answers as encoded bytes, with an ETag, and 304 where the caller has them already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

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
    """The payload as JSON; to a GET whose If-None-Match names it, 304 (RFC 9110 §13.1.2)."""
    body = encode(payload)
    extra = {"Vary": "Accept, Authorization", "Cache-Control": "no-cache", **(headers or {})}
    if request.method in ("GET", "HEAD"):
        extra["ETag"] = f'"{etag_prefix}{xxh3_128_hexdigest(body)[:20]}"'
        if _names(request.headers.get("if-none-match"), extra["ETag"]):
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
    """A list in its envelope, with a Link to the next page (RFC 8288)."""
    more = next_cursor is not None if has_more is None else has_more
    following = None
    headers = {}
    if more and next_cursor is not None:
        name = "after" if request.url.path.endswith("/changes") else "cursor"
        following = str(request.url.include_query_params(**{name: next_cursor}))
        headers["Link"] = f'<{following}>; rel="next"'
    payload = {
        "data": data,
        "page": {"next_cursor": next_cursor, "has_more": more, "limit": limit},
        "meta": dict(meta or {}),
        "links": {"self": str(request.url), "next": following},
    }
    return reply(request, payload, headers=headers)


def utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _names(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or etag in named
