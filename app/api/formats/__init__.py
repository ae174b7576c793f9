"""The forms that stories can be had in. A new one is a module, and a line here."""

from __future__ import annotations

from typing import Final

from app.api.formats.atom import ATOM_FEED
from app.api.formats.envelope import JSON_LIST, JSON_STORY
from app.api.formats.page import ListFormat, StoryFormat

LIST_FORMATS: Final[tuple[ListFormat, ...]] = (JSON_LIST, ATOM_FEED)
"""What answers a search; the first is the one for callers who do not say."""

STORY_FORMATS: Final[tuple[StoryFormat, ...]] = (JSON_STORY,)
