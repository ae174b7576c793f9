"""Examples of lines that sources repeat."""

from __future__ import annotations

from typing import Any, Final

_RULE: Final = {
    "id": "7",
    "source_id": "3",
    "place": "line",
    "text": "More from the harbour desk",
    "stories": 12,
    "state": "learned",
    "learned_at": "2026-11-12T03:04:07.120000Z",
    "changed_at": "2026-11-12T03:04:07.120000Z",
}
BOILERPLATE: Final[dict[str, Any]] = {
    "BoilerplateRuleAnswer": {"data": _RULE},
    "BoilerplateRuleList": {
        "data": [_RULE],
        "page": {"next_cursor": None, "has_more": False, "limit": 20},
        "meta": {},
        "links": {"self": "/v1/admin/boilerplate-rules", "next": None},
    },
}
