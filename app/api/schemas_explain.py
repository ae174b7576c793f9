"""What `/v1/stories:explain` answers, as models, for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.api.schemas import Answer


class ExplainedPart(Answer):
    """An operator over parts, or words or a filter with what the index is asked for them.

    `holds`: whether the story asked about has it; null without one.
    """

    operator: Literal["and", "or", "not"] | None
    parts: list[ExplainedPart] | None
    words: str | None = Field(examples=["missiles"])
    filter: str | None = Field(examples=['tag:"place:jp"'])
    field: Literal["text", "title", "body"] | None
    terms: list[str] | None = Field(examples=[["missiles"]])
    forms: list[str] | None = Field(
        None,
        description="Stems and joined words that are found as well.",
        examples=[["·missil·en"]],
    )
    total: int | None
    total_relation: Literal["eq", "gte"] | None
    holds: bool | None


class ExplainedTime(Answer):
    time: Literal["published", "ingested", "updated"]
    after: datetime | None
    before: datetime | None
    holds: bool | None


class ExplainedStory(Answer):
    id: str
    matches: bool


class Explanation(Answer):
    q: str | None = Field(description="The search text as it was read.")
    search_in: Literal["text", "title", "body"]
    languages: list[str] = Field(description="Those whose stems count.")
    tree: ExplainedPart | None
    times: list[ExplainedTime]
    total: int
    total_relation: Literal["eq", "gte"]
    story: ExplainedStory | None


class ExplainAnswer(Answer):
    data: Explanation
