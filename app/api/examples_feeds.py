"""Examples of what operators are told of a feed's credentials and moves, and of a site's feeds."""

from __future__ import annotations

from typing import Any, Final

CREDENTIALS: Final[dict[str, Any]] = {
    "data": {
        "feed_id": "17",
        "kind": "basic",
        "username": "desk",
        "header": None,
        "origin": "https://wire.example",
        "variable": "COPYDESK_FEED_WIRE",
        "over_http": False,
        "set_at": "2026-11-12T03:00:00Z",
    }
}

STANDING: Final[dict[str, Any]] = {
    "validators": {
        "sent": True,
        "distrusted_since": None,
        "last_whole_at": "2026-11-12T03:04:07.120000Z",
    },
    "moving_to": None,
}

_MOVE: Final = {
    "id": "3",
    "at": "2026-11-12T03:04:07.120000Z",
    "from_url": "https://harbour.example/rss.xml",
    "to_url": "https://news.harbour.example/rss.xml",
    "why": "permanent redirects in 31 polls over 3 days, to the same feed",
    "merged_into": None,
    "reverted_at": None,
}
MOVES: Final[dict[str, Any]] = {"data": [_MOVE], "meta": {"count": 1}}
REVERTED: Final[dict[str, Any]] = {"data": {**_MOVE, "reverted_at": "2026-11-12T09:00:00Z"}}

DISCOVERED: Final[dict[str, Any]] = {
    "data": [
        {
            "url": "https://harbour.example/rss.xml",
            "title": "Harbour News",
            "format": "rss20",
            "site_url": "https://harbour.example/",
            "language": "en",
            "entries": 30,
            "newest_at": "2026-11-12T03:00:00Z",
            "found_by": "link",
            "comments": False,
        }
    ],
    "meta": {
        "url": "https://harbour.example/",
        "main": "https://harbour.example/rss.xml",
        "requests": 3,
        "complete": True,
    },
}
