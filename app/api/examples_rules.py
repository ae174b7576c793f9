"""Examples of operators' rules."""

from __future__ import annotations

from typing import Any, Final

_ACTIONS: Final = {
    "add": [{"tag": "label:harbour", "name": "Harbour"}],
    "remove": ["category:miscellaneous"],
    "visibility": None,
    "language": None,
    "agency": None,
}
_RULE: Final = {
    "id": "12",
    "position": 3,
    "name": "The harbour desk",
    "query": '"harbour master" OR title:ferry',
    "actions": _ACTIONS,
    "enabled": True,
    "created_at": "2026-11-12T03:04:07.120000Z",
    "changed_at": "2026-11-12T03:04:07.120000Z",
}
RULES: Final[dict[str, Any]] = {
    "RuleAnswer": {"data": _RULE},
    "RuleList": {
        "data": [_RULE],
        "page": {"next_cursor": None, "has_more": False, "limit": 20},
        "meta": {},
        "links": {"self": "/v1/admin/tag-rules", "next": None},
    },
    "TriedAnswer": {
        "data": {
            "query": '"harbour master" OR title:ferry',
            "actions": _ACTIONS,
            "total": 231,
            "total_relation": "eq",
            "search_ms": 2.31,
            "needs_words": True,
            "stories": [
                {
                    "id": "3765292800123456789",
                    "title": "Ferry service resumes in the north harbour",
                    "url": "https://harbour.example/2026/11/ferry",
                    "published_at": "2026-11-12T03:00:00Z",
                    "add": ["label:harbour"],
                    "remove": [],
                    "dropped": False,
                    "language": None,
                    "agency": None,
                }
            ],
        }
    },
    "BackfillAnswer": {
        "data": {"version": 14, "total": 1_430, "done": 1_180, "left": 250, "paused": False}
    },
}
