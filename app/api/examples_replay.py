"""Examples of replays."""

from __future__ import annotations

from typing import Any, Final

BODY_ANSWER: Final[dict[str, Any]] = {
    "description": "The document.",
    "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
}

REPLAYED: Final[dict[str, Any]] = {
    "data": {
        "applied": False,
        "body": {
            "url": "https://harbour.example/rss.xml",
            "content_type": "application/rss+xml",
            "bytes": 48_211,
            "kept_at": "2026-11-12T03:04:07Z",
        },
        "outcome": "new",
        "entries": 30,
        "notes": [],
        "new": 1,
        "changed": 1,
        "copies": 2,
        "new_stories": [
            {
                "id": "3765292800123456789",
                "title": "Ferry service resumes in the north harbour",
                "url": "https://harbour.example/2026/11/ferry",
                "published_at": "2026-11-12T03:00:00Z",
                "word_count": 212,
                "tags": 4,
            }
        ],
        "changed_stories": [
            {
                "id": "3765292800123450001",
                "revision": 2,
                "title": "Pier closed until Friday",
                "difference": {
                    "against": 1,
                    "fields": ["text"],
                    "title": [{"kind": "same", "text": "Pier closed until Friday"}],
                    "text": [
                        {"kind": "same", "text": "The pier stays closed until "},
                        {"kind": "removed", "text": "Thursday"},
                        {"kind": "added", "text": "Friday"},
                        {"kind": "same", "text": "."},
                    ],
                    "words_added": 1,
                    "words_removed": 1,
                },
            }
        ],
        "lessons": [{"place": "last", "text": "Follow us for more news.", "stories": 9}],
        "would_be_next_poll": {
            "at": "2026-11-12T03:34:07Z",
            "reasons": ["pace 40 min at this hour: again in 30 min"],
        },
    }
}
