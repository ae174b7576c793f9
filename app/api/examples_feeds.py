"""Examples of what operators are told of feeds: polls, credentials, moves, a site's feeds."""

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

SOURCE: Final[dict[str, Any]] = {
    "id": "3",
    "name": "Harbour News",
    "domain": "harbour.example",
    "country": None,
}

FETCH: Final[dict[str, Any]] = {
    "id": "5120",
    "feed_id": "17",
    "at": "2026-11-12T03:04:07.120000Z",
    "outcome": "new",
    "failure": None,
    "status": 200,
    "detail": None,
    "url": "https://harbour.example/rss.xml",
    "redirects": [],
    "wire_bytes": 8120,
    "body_bytes": 40210,
    "elapsed_ms": 131,
    "entries": 30,
    "new": 1,
    "changed": 0,
    "notes": [],
    "next_poll_at": "2026-11-12T03:24:07.120000Z",
    "next_poll_reasons": ["pace 20 min at this hour: again in 18 min"],
    "worker": "news-1:412:a1b2c3",
}
HOST: Final[dict[str, Any]] = {
    "host": "harbour.example",
    "domain": "harbour.example",
    "address": "203.0.113.7",
    "free_at": "2026-11-12T04:00:00Z",
    "busy": False,
    "backs_off": True,
    "refusals": 1,
    "reason": "host harbour.example backs off until 2026-11-12 04:00 UTC: two feeds were refused "
    "(429)",
}
FEED: Final[dict[str, Any]] = {
    "id": "17",
    "url": "https://harbour.example/rss.xml",
    "title": "Harbour News",
    "site_url": "https://harbour.example/",
    "language": "en",
    "time_zone": None,
    "full_text": False,
    "state": "active",
    "health": "ok",
    "source": SOURCE,
    "added_at": "2026-11-01T08:00:00Z",
    "keep_days": None,
    "min_interval_s": None,
    "max_interval_s": None,
    "next_poll_at": "2026-11-12T03:24:07.120000Z",
    "next_poll_reasons": ["pace 20 min at this hour: again in 18 min"],
    "last_success_at": "2026-11-12T03:04:07.120000Z",
    "last_new_at": "2026-11-12T03:04:07.120000Z",
    "failures": 0,
    "failure": None,
    "failure_detail": None,
    "silent_since": None,
    "guids_unstable": False,
    "alternates": [],
    "websub": {
        "hub": "https://hub.example/",
        "topic": "https://harbour.example/feed",
        "state": "verified",
        "detail": None,
        "expires_at": "2026-11-21T08:00:00Z",
        "last_push_at": "2026-11-12T03:04:07.120000Z",
        "ignored": 0,
        "proven": True,
    },
    **STANDING,
    "last_poll": FETCH,
}

BULK: Final[dict[str, Any]] = {
    "data": [
        {"feed_id": "17", "done": True, "detail": None},
        {
            "feed_id": "18",
            "done": False,
            "detail": "there is no feed 18: GET /v1/admin/feeds lists them",
        },
    ],
    "meta": {"done": 1, "refused": 1},
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
