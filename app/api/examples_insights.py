"""Examples of facets and of a timeline."""

from __future__ import annotations

from typing import Any, Final

FACETED: Final[dict[str, Any]] = {
    "data": {
        "facets": [
            {
                "facet": "tag:medtop",
                "values": [
                    {"value": "medtop:11000000", "name": "politics and government", "count": 87},
                    {"value": "medtop:16000000", "name": "conflict, war and peace", "count": 31},
                ],
                "other": 140,
            },
            {"facet": "lang", "values": [{"value": "en", "name": None, "count": 231}], "other": 0},
        ]
    },
    "meta": {"counted": 231, "total": 231, "total_relation": "eq"},
}
TIMELINE: Final[dict[str, Any]] = {
    "data": {
        "buckets": [
            {
                "start": "2026-11-10T18:30:00+01:00",
                "count": 2,
                "total": 40,
                "ratio": 0.05,
                "partial": True,
            },
            {
                "start": "2026-11-11T00:00:00+01:00",
                "count": 12,
                "total": 160,
                "ratio": 0.075,
                "partial": False,
            },
        ]
    },
    "meta": {
        "from": "2026-11-10T17:30:00Z",
        "to": "2026-11-11T23:00:00Z",
        "interval": "day",
        "tz": "Europe/Paris",
        "count": 14,
        "total": 200,
    },
}
