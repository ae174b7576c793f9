"""A story's state at one revision, as compressed JSON."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

STATE_FIELDS: Final = (
    "url",
    "title",
    "summary",
    "language",
    "authors",
    "agency",
    "dateline",
    "published_at",
    "updated_at",
    "image_url",
    "enclosures",
    "tags",
    "word_count",
    "text",
    "blocks",
    "html",
)
"""What a revision may change, and so what is kept of each."""


def packed_state(row: Mapping[str, Any]) -> bytes:
    """The state of a story from its row and its text's; the inverse of `unpacked_state`."""
    state = {name: row[name] for name in STATE_FIELDS}
    return zlib.compress(orjson.dumps(state), 6)


def unpacked_state(packed: bytes) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads(zlib.decompress(packed))
    for name in ("published_at", "updated_at"):
        state[name] = datetime.fromisoformat(state[name])
    return state
