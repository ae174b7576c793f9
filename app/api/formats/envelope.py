"""The service's own JSON: a list in its envelope, a story under `data`."""

from __future__ import annotations

from typing import Final

from app.api.formats.page import OneStory, PageFormat, StoryFormat, StoryPage
from app.api.replies import JSON, encode, envelope


def write(page: StoryPage) -> bytes:
    return encode(
        envelope(
            page.stories,
            next_cursor=page.next_cursor,
            has_more=page.next_cursor is not None,
            limit=page.limit,
            meta=page.meta,
            here=page.self_link,
            following=page.next_link,
        )
    )


def write_story(one: OneStory) -> bytes:
    return encode({"data": one.story})


JSON_LIST: Final = PageFormat(media_type=JSON, suffix=".json", write=write, picks=True, counts=True)
JSON_STORY: Final = StoryFormat(media_type=JSON, suffix=".json", write=write_story, picks=True)
