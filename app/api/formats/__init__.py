"""The forms that stories can be had in. A new one is a module, and a line here."""

from __future__ import annotations

from typing import Final

from app.api.formats.atom import ATOM_FEED
from app.api.formats.csv_rows import CSV
from app.api.formats.envelope import JSON_LIST, JSON_STORY
from app.api.formats.json_feed import JSON_FEED
from app.api.formats.json_ld import JSON_LD_STORY
from app.api.formats.ndjson import NDJSON
from app.api.formats.ninjs import NINJS_LIST, NINJS_STORY
from app.api.formats.page import ListFormat, StoryFormat
from app.api.formats.rss import RSS_FEED

LIST_FORMATS: Final[tuple[ListFormat, ...]] = (
    JSON_LIST,
    JSON_FEED,
    ATOM_FEED,
    RSS_FEED,
    NINJS_LIST,
    NDJSON,
    CSV,
)
"""What answers a search; the first is the one for callers who do not say."""

STORY_FORMATS: Final[tuple[StoryFormat, ...]] = (JSON_STORY, JSON_LD_STORY, NINJS_STORY)
