"""Faults as NewsAPI v2 tells them: under its paths every error is one of these, whatever broke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
from fastapi.responses import Response

from app.core.newsapi.faults import code_of

PROXIED: Final = ("/https://newsapi.org", "/https:/newsapi.org")
"""What the client for Node asks a proxy for; some proxies before us make one slash of two."""

PREFIXES: Final = ("/v2", *(f"{proxied}/v2" for proxied in PROXIED))
NO_STORE: Final = {"Cache-Control": "no-store"}
"""Clients of the dialect know no 304."""


def in_dialect(path: str) -> bool:
    return path == "/v2" or path.startswith(("/v2/", *(f"{proxied}/" for proxied in PROXIED)))


def fault_reply(status: int, code: str, detail: str, headers: Mapping[str, str]) -> Response:
    """https://newsapi.org/docs/errors; `code` is ours, or the dialect's."""
    body = {"status": "error", "code": code_of(status, code), "message": detail}
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type="application/json",
        headers={**NO_STORE, **headers},
    )
