"""An example of alerts."""

from __future__ import annotations

from typing import Any, Final

ALERTS: Final[dict[str, Any]] = {
    "data": [
        {
            "id": "12",
            "kind": "feed_failing",
            "subject": "feed:7",
            "severity": "warning",
            "detail": "feed 7 (Harbour Times) has failed 5 times in a row, last by not_found (404)",
            "step": "GET /v1/admin/feeds/7/fetches says what each poll met; mend address or "
            "credentials (copydesk feeds move, copydesk feeds credentials), or copydesk feeds "
            "pause 7",
            "since": "2026-11-11T20:00:00Z",
            "ended_at": None,
            "told_at": "2026-11-12T02:00:30Z",
        }
    ],
    "page": {"next_cursor": None, "has_more": False, "limit": 20},
    "meta": {},
    "links": {"self": "/v1/admin/alerts", "next": None},
}
