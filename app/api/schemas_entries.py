"""What a feed's documents have held, as models for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo


class FeedEntryOut(Answer):
    guid: str | None
    url: str | None
    title: str = Field(description="Of the story.")
    first_seen_at: datetime
    left_at: datetime | None = Field(
        description="When it was last seen; null while it is in the feed's document."
    )
    lately: Literal["new", "changed", "same", "gone"] = Field(
        description="What the last document that was read has done to it."
    )
    story_id: str
    revision: int
    became: Literal["story", "copy", "dropped", "killed"] = Field(
        description="`copy`: another feed of its source tells the story; `dropped`: a rule keeps "
        "it out of the stream; `killed`: it was withdrawn."
    )
    why: str


class FeedEntryList(Answer):
    data: list[FeedEntryOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
