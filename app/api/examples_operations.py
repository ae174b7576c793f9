"""Examples of what operators look at."""

from __future__ import annotations

from typing import Any, Final

STATUS: Final[dict[str, Any]] = {
    "data": {
        "version": "0.1.0",
        "python": "3.11.9",
        "now": "2026-11-12T03:10:00Z",
        "feeds": {
            "new": 0,
            "ok": 116,
            "silent": 1,
            "failing": 3,
            "gone": 1,
            "paused": 1,
            "quarantined": 0,
        },
        "due": 2,
        "most_overdue_s": 1.4,
        "leased": 5,
        "stories": 182_034,
        "last_seq": 190_112,
        "last_hour": {
            "polls": {"new": 61, "same_body": 90, "not_modified": 204, "failed": 4},
            "failures": {"timeout": 4},
            "new_stories": 133,
            "delay": {"p50_s": 402.0, "p95_s": 1730.5},
        },
        "index": {"version": 3, "outdated": 0},
        "normal_form": {"version": 2, "outdated": 0},
        "tags": {"taggers": "1 en_core_web_sm 3.8.0", "outdated": 0},
        "pages": {"due": 3, "done": 1_204, "refused": 88, "failed": 12},
        "database": {
            "engine": "postgresql",
            "version": "18.1",
            "bytes": 912_000_000,
            "schema_revision": "0002",
        },
    }
}

ACTIVITY: Final[dict[str, Any]] = {
    "data": [
        {
            "start": "2026-11-12T02:00:00Z",
            "stories": 133,
            "polls": 359,
            "failures": {"timeout": 4},
            "delay": {"p50_s": 420.0, "p95_s": 1740.0},
        }
    ]
}

STORY_PAGE: Final[dict[str, Any]] = {
    "data": {
        "story_id": "3765292800123456789",
        "feed_id": "7",
        "url": "https://harbour.example/ferry",
        "state": "done",
        "due_at": None,
        "attempts": 1,
        "fetched_at": "2026-11-24T06:01:12Z",
        "status": 200,
        "outcome": "kept_page",
        "detail": None,
        "feed_words": 31,
        "page_words": 412,
        "kept": "page",
        "why": "longer",
    }
}
