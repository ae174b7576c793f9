"""The ids that stand in paths."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

FeedId = Annotated[int, Path(ge=1, lt=1 << 63, description="A feed's id.")]
StoryId = Annotated[int, Path(ge=1, lt=1 << 63, description="A story's id.")]
