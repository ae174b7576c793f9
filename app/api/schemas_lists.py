"""What a list of stories looks like, as models, for the OpenAPI description."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo, StoryOut
from app.api.schemas_insights import CoverageOut


class StoryMeta(Answer):
    total: int
    total_relation: Literal["eq", "gte"]
    candidates: int | None = Field(
        description="With sort=relevance, where not all matches were ranked: how many were, the "
        "newest.",
    )
    coverage: CoverageOut | None = Field(None, description="With include=coverage.")


class StoryList(Answer):
    data: list[StoryOut]
    page: PageInfo
    meta: StoryMeta
    links: Links
