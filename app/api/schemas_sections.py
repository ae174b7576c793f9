"""What sources' categories stand for, as models."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from app.api.schemas import Answer, SourceOut
from app.api.schemas_admin import Asked, Line
from app.core.tagging.topic_sections import MAX_CHARS

MAX_SECTIONS: Final = 500

Words = Annotated[Line, StringConstraints(max_length=MAX_CHARS)]
Topic = Annotated[Line, StringConstraints(max_length=32)]


class SetSections(Asked):
    sections: dict[Words, Topic | None] = Field(
        max_length=MAX_SECTIONS,
        description="A category's words to a media topic; null for one that says nothing. Case,"
        " width, hyphens and spaces make no difference.",
        examples=[{"Politics & Power": "medtop:11000000", "Wirtschaft": None}],
    )


class SeenCategoryOut(Answer):
    """A category of the newest stories, and what it stands for."""

    tag: str
    name: str
    stories: int
    topic: str | None = Field(description="The media topic; null where it says none.")
    own: bool = Field(description="An operator says so for this source.")


class SectionsOut(Answer):
    source: SourceOut
    sections: dict[str, str | None]
    seen: list[SeenCategoryOut] = Field(description="The commonest first, at most 50.")
    looked_at: int = Field(description="Of so many of the newest stories at most.")


class SectionsAnswer(Answer):
    data: SectionsOut
