"""Examples of what operators are told of a feed's credentials and of a site's feeds."""

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
