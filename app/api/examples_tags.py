"""Examples of tags."""

from __future__ import annotations

from typing import Any, Final

_FERRIES: Final = {
    "tag": "category:ferries",
    "scheme": "category",
    "code": "ferries",
    "name": "Ferries",
}
_KYOTO: Final = {"tag": "place:kyoto", "scheme": "place", "code": "kyoto", "name": "Kyoto"}
_JAPAN: Final = {"tag": "place:jp", "scheme": "place", "code": "jp", "name": "Japan"}
_EDIT: Final = {
    "tag": "category:ferry-news",
    "blocked": False,
    "merged_into": "category:ferries",
    "name": None,
    "at": "2026-11-24T06:00:00.120000Z",
}
_GIVEN: Final = {
    "tag": "label:harbour",
    "scheme": "label",
    "code": "harbour",
    "name": "Harbour",
    "by": "operator",
    "matched": None,
    "score": 1.0,
    "inferred": False,
    "span": None,
    "mentions": 0,
    "rule": None,
}
TAGS: Final[dict[str, Any]] = {
    "TagList": {
        "data": [{**_FERRIES, "stories": 231, "relation": "eq"}],
        "page": {"next_cursor": None, "has_more": False, "limit": 20},
        "meta": {"from": None, "to": None},
        "links": {"self": "/v1/tags?scheme=category&prefix=fer", "next": None},
    },
    "TagAnswer": {
        "data": {
            **_KYOTO,
            "names": {"en": "Kyoto", "fr": "Kyoto", "es": "Kioto", "ja": "京都", "ko": "교토"},
            "parents": [_JAPAN],
            "children": [],
            "stories": {
                "24h": {"count": 2, "relation": "eq"},
                "7d": {"count": 9, "relation": "eq"},
                "30d": {"count": 31, "relation": "eq"},
                "all": {"count": 412, "relation": "eq"},
            },
            "given_by": [{"by": "gazetteer", "stories": 409}, {"by": "publisher", "stories": 3}],
            "related": [{**_JAPAN, "stories": 412}, {**_FERRIES, "stories": 12}],
            "looked_at": 412,
            "timeline": [
                {
                    "start": "2026-11-24T00:00:00.000000Z",
                    "count": 2,
                    "total": 180,
                    "ratio": 0.011111,
                    "partial": True,
                }
            ],
            "merged_from": [],
            "blocked": False,
            "renamed": False,
            "edited_at": None,
        }
    },
    "TagEditAnswer": {"data": _EDIT},
    "HandTagsAnswer": {
        "data": {
            "story_id": "489170368",
            "tags": [_GIVEN],
            "edits": [
                {
                    "tag": "label:harbour",
                    "given": True,
                    "name": "Harbour",
                    "at": "2026-11-24T06:00:00.120000Z",
                },
                {
                    "tag": "place:jordan",
                    "given": False,
                    "name": None,
                    "at": "2026-11-24T06:00:02.410000Z",
                },
            ],
        }
    },
    "SectionsAnswer": {
        "data": {
            "source": {
                "id": "12",
                "name": "Harbour News",
                "domain": "harbour.example",
                "country": "no",
            },
            "sections": {"Politics & Power": "medtop:11000000", "Quay to quay": None},
            "seen": [
                {
                    "tag": "category:politics-power",
                    "name": "Politics & Power",
                    "stories": 211,
                    "topic": "medtop:11000000",
                    "own": True,
                }
            ],
            "looked_at": 1000,
        }
    },
    "TagEditList": {
        "data": [_EDIT],
        "page": {"next_cursor": None, "has_more": False, "limit": 20},
        "meta": {},
        "links": {"self": "/v1/admin/tags?edited=true", "next": None},
    },
}
