"""Stories killed and restored by operators, as models."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.api.schemas import Answer
from app.api.schemas_admin import Asked, Line
from app.core.story import StoryStatus


class KillStory(Asked):
    reason: Line = Field(
        max_length=500,
        description="Why, for the other operators; readers are not shown it.",
        examples=["The publisher asked us by telephone to take it down"],
    )


class KillOut(Answer):
    reason: str
    actor: str = Field(description="The name of the key of whoever did it.")
    at: datetime


class StandingOut(Answer):
    """Whether a story is served, and why not."""

    story_id: str
    title: str
    status: StoryStatus = Field(
        description="`live`; `killed` by its publisher or an operator; `dropped` by a tag rule."
    )
    revision: int
    kill: KillOut | None = Field(
        description="By an operator: it stays killed, whatever its feeds tell, until restored."
    )


class StandingAnswer(Answer):
    data: StandingOut
