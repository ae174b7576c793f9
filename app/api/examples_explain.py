"""An example of how a search is explained."""

from __future__ import annotations

from typing import Any, Final

_WORD: Final = {
    "operator": None,
    "parts": None,
    "words": "sport",
    "filter": None,
    "field": "text",
    "terms": ["sport"],
    "forms": ["·sport·en", "·sport"],
    "total": 40,
    "total_relation": "eq",
    "holds": False,
}
_JOINED: Final = dict.fromkeys(_WORD)
EXPLAINED: Final[dict[str, Any]] = {
    "data": {
        "q": "ferries -sport",
        "search_in": "text",
        "languages": ["en"],
        "tree": _JOINED
        | {
            "operator": "and",
            "parts": [
                _WORD | {"words": "ferries", "terms": ["ferries"], "total": 231, "holds": True},
                _JOINED | {"operator": "not", "parts": [_WORD], "holds": True},
            ],
            "holds": True,
        },
        "times": [],
        "total": 229,
        "total_relation": "eq",
        "story": {"id": "3765292800123456789", "matches": True},
    }
}
