"""Replays of a feed's document, as models."""

from __future__ import annotations

from datetime import datetime

from pydantic import Base64Bytes, Field

from app.api.schemas import Answer
from app.api.schemas_admin import Asked
from app.api.schemas_revisions import DifferenceOut


class AskReplay(Asked):
    """What to replay, and whether to write what comes out."""

    apply: bool = Field(default=False, description="Write it; otherwise it is only shown.")
    body: Base64Bytes | None = Field(
        default=None, description="A document, Base64, in the place of the kept one."
    )
    content_type: str | None = Field(
        default=None, max_length=200, description="The Content-Type of `body`."
    )


class ReplayedBodyOut(Answer):
    url: str
    content_type: str | None
    bytes: int
    kept_at: datetime | None = Field(description="When the feed gave it; null if the caller did.")


class ReplayedNewOut(Answer):
    id: str
    title: str
    url: str | None
    published_at: datetime
    word_count: int
    tags: int


class ReplayedChangeOut(Answer):
    id: str
    revision: int = Field(description="The number that the new state has, or would have.")
    title: str
    difference: DifferenceOut


class ReplayedLessonOut(Answer):
    place: str
    text: str
    stories: int


class ReplayedPollOut(Answer):
    """When the next poll would be, had the document come by a poll; a replay moves none."""

    at: datetime
    reasons: list[str]


class ReplayOut(Answer):
    """What the document comes to: all of it is counted, the first hundred of each are shown."""

    applied: bool
    body: ReplayedBodyOut
    outcome: str = Field(description="That of a poll which brought this document.")
    entries: int
    notes: list[str]
    new: int
    changed: int
    copies: int = Field(description="Entries whose copy is written: new, changed, or back again.")
    new_stories: list[ReplayedNewOut]
    changed_stories: list[ReplayedChangeOut]
    lessons: list[ReplayedLessonOut] = Field(description="Lines that its stories lose from now on.")
    would_be_next_poll: ReplayedPollOut


class ReplayAnswer(Answer):
    data: ReplayOut
