"""An example of a cluster."""

from __future__ import annotations

from typing import Any, Final

_SOURCES: Final = (
    {"id": "3", "name": "Harbour News", "domain": "harbour.example", "country": None},
    {"id": "8", "name": "The Quay", "domain": "quay.example", "country": "JP"},
)


def _member(
    number: int, story_id: str, title: str, words: int, difference: dict[str, Any] | None
) -> dict[str, Any]:
    source = _SOURCES[number]
    return {
        "id": story_id,
        "url": f"https://{source['domain']}/2026/11/ferry",
        "title": title,
        "source": source,
        "published_at": f"2026-11-12T0{3 + number}:00:00Z",
        "ingested_at": f"2026-11-12T0{3 + number}:04:07.120000Z",
        "language": "en",
        "agency": {"code": "kyodo", "name": "Kyodo News"},
        "status": "live",
        "word_count": words,
        "difference": difference,
    }


_DIFFERENCE: Final = {
    "title": [
        {"kind": "same", "text": "Ferry service resumes"},
        {"kind": "removed", "text": " in the north harbour"},
    ],
    "text": [
        {"kind": "same", "text": "The ferry crossed again at dawn."},
        {"kind": "removed", "text": " Passengers waited with umbrellas in rain."},
    ],
    "words_added": 0,
    "words_removed": 10,
}
CLUSTER: Final[dict[str, Any]] = {
    "data": [
        _member(0, "3765292800123456789", "Ferry service resumes in the north harbour", 12, None),
        _member(1, "3765300350323456789", "Ferry service resumes", 6, _DIFFERENCE),
    ],
    "page": {"next_cursor": None, "has_more": False, "limit": 20},
    "meta": {
        "cluster_id": "3765292800123456789",
        "size": 2,
        "first_id": "3765292800123456789",
    },
    "links": {"self": "/v1/clusters/3765292800123456789", "next": None},
}
