"""An example of what would become of a feed."""

from __future__ import annotations

from typing import Any, Final

_TEXT: Final = "The ferry crossed again at dawn. Passengers waited with umbrellas in rain."
NORMALIZED: Final[dict[str, Any]] = {
    "data": {
        "format": "rss20",
        "title": "Harbour News",
        "site_url": "https://harbour.example/",
        "language": "en-GB",
        "entries": 30,
        "distinct": 30,
        "notes": [],
        "title_affixes": {"prefixes": [], "suffixes": [" - Harbour News"]},
        "repeated_lines": [{"place": "line", "text": "More from the harbour desk", "stories": 30}],
        "stories": [
            {
                "url": "https://harbour.example/2026/11/ferry",
                "title": "Ferry service resumes in the north harbour",
                "summary": _TEXT,
                "authors": [{"name": "A. Writer"}],
                "agency": {"code": "kyodo", "name": "Kyodo"},
                "dateline": {"text": "HAKODATE, Japan, Nov. 12", "place": "HAKODATE, Japan"},
                "language": "en",
                "published_at": "2026-11-12T03:00:00Z",
                "published_from": "published",
                "published_raw": "Thu, 12 Nov 2026 12:00:00 +0900",
                "published_rule": "rfc5322",
                "updated_at": "2026-11-12T03:00:00Z",
                "image": None,
                "enclosures": [],
                "tags": [
                    {
                        "tag": "agency:kyodo",
                        "scheme": "agency",
                        "code": "kyodo",
                        "name": "Kyodo",
                        "by": "rule",
                        "matched": None,
                        "score": 1.0,
                        "inferred": True,
                        "span": None,
                        "mentions": 0,
                        "rule": None,
                    }
                ],
                "word_count": 12,
                "text": _TEXT,
                "blocks": [
                    {
                        "type": "dateline",
                        "text": "HAKODATE, Japan, Nov. 12, Kyodo -",
                        "rule": "lead",
                        "start": 0,
                        "end": 0,
                    },
                    {
                        "type": "paragraph",
                        "text": _TEXT,
                        "rule": "paragraph",
                        "start": 0,
                        "end": len(_TEXT),
                    },
                ],
                "html": f"<p>HAKODATE, Japan, Nov. 12, Kyodo - {_TEXT}</p>",
                "identity": {
                    "known_by": "url",
                    "guid": "tag:harbour.example,2026:ferry",
                    "guid_counts": True,
                    "url": "https://harbour.example/2026/11/ferry",
                    "url_counts": True,
                },
            }
        ],
    }
}
