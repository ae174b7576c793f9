"""What a search for a site's feeds is asked, and what it finds, as models."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.api.schemas import Answer
from app.api.schemas_admin import Asked, Line
from app.core.page.types import FoundBy


class DiscoverFeeds(Asked):
    """A site, or any page of one."""

    url: Line = Field(max_length=2000, examples=["https://news.example/"])


class DiscoveredFeed(Answer):
    url: str = Field(description="What to add.")
    title: str | None
    format: str
    site_url: str | None
    language: str | None
    entries: int
    newest_at: datetime | None = Field(description="When its newest entry was published.")
    found_by: FoundBy = Field(
        description="The address itself, a link element of the page, a link of it, a usual place, "
        "or a site map of robots.txt."
    )
    comments: bool = Field(description="Of readers, not of the site.")


class DiscoveryMeta(Answer):
    url: str = Field(description="Of the page, after redirects.")
    main: str | None = Field(
        description="The feed to add, if there is no choice: `url` of one in `data`."
    )
    requests: int
    complete: bool = Field(description="False if a limit of requests or time came first.")


class DiscoveryAnswer(Answer):
    data: list[DiscoveredFeed]
    meta: DiscoveryMeta
