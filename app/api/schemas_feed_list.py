"""A list of feeds, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo
from app.api.schemas_admin import FeedOut
from app.core.schedule import Outcome


class RecentPollOut(Answer):
    at: datetime
    outcome: Outcome
    new: int


class ListedFeed(FeedOut):
    recent: list[RecentPollOut] | None = Field(
        description="Its last polls, the latest last; null unless they were asked for."
    )


class FeedList(Answer):
    data: list[ListedFeed]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
