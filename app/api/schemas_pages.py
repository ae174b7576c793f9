"""The pages of stories, as operators see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.api.schemas import Answer
from app.core.page.job import PageState


class StoryPageOut(Answer):
    """What became of the page of a story whose feed asks for full text."""

    story_id: str
    feed_id: str
    url: str
    state: PageState
    due_at: datetime | None = Field(description="When it is fetched next; null if it is not.")
    attempts: int = Field(description="Since it was last asked for.")
    fetched_at: datetime | None
    status: int | None = Field(description="HTTP status of the answer.")
    outcome: str | None = Field(
        description="kept_page or kept_feed; or why there was no text to take."
    )
    detail: str | None
    feed_words: int | None
    page_words: int | None
    kept: Literal["page", "feed"] | None = Field(description="Whose text the story is told by.")
    why: str | None = Field(description="What decided that.")


class StoryPageAnswer(Answer):
    data: StoryPageOut
