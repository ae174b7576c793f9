"""One act on many feeds, as models."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from app.api.schemas import Answer
from app.api.schemas_admin import Asked

FeedIdText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]


class BulkAct(StrEnum):
    """What is done with each feed, as by the route of this name for one."""

    REFRESH = "refresh"
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"


class AskBulk(Asked):
    action: BulkAct = Field(
        description="`refresh` polls as soon as may be; what is done with feeds that are paused "
        "is refused for each of them."
    )
    ids: list[FeedIdText] = Field(
        min_length=1, max_length=100, description="Feeds.", examples=[["17", "18"]]
    )


class BulkLine(Answer):
    """What became of one feed."""

    feed_id: str
    done: bool
    detail: str | None = Field(description="Why it was refused; null if it was done.")


class BulkMeta(Answer):
    done: int
    refused: int


class BulkAnswer(Answer):
    data: list[BulkLine]
    meta: BulkMeta
