"""What `/v1/admin/normalize` answers, as models, for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.api.schemas import (
    AgencyOut,
    Answer,
    BlockOut,
    DatelineOut,
    EnclosureOut,
    Person,
    TagOut,
)
from app.api.schemas_admin import Asked, Line
from app.api.schemas_boilerplate import RepeatedLineOut
from app.core.preview import KnownBy
from app.core.story import PublishedFrom


class IdentityOut(Answer):
    """What the story would be recognized by; a key counts if it tells the entry from others."""

    known_by: KnownBy
    guid: str | None = Field(examples=["tag:harbour.example,2026:ferry"])
    guid_counts: bool
    url: str | None = Field(description="In its canonical form.")
    url_counts: bool


class NormalizedStory(Answer):
    """A story as it would be stored, with how it was read."""

    url: str | None
    title: str
    summary: str | None
    authors: list[Person]
    agency: AgencyOut | None
    dateline: DatelineOut | None
    language: str | None = Field(examples=["en"])
    published_at: datetime
    published_from: PublishedFrom
    published_raw: str | None = Field(description="As the feed says it.")
    published_rule: str = Field(
        description="The form that it was read in.", examples=["rfc5322", "iso8601"]
    )
    updated_at: datetime
    image: str | None
    enclosures: list[EnclosureOut]
    tags: list[TagOut]
    word_count: int
    text: str = Field(description="The story's own words.")
    blocks: list[BlockOut]
    html: str | None = Field(description="Sanitized.")
    identity: IdentityOut


class AffixesOut(Answer):
    """What the titles lose: the site's name, with its separator."""

    prefixes: list[str]
    suffixes: list[str] = Field(examples=[[" - Harbour News"]])


class NormalizedFeed(Answer):
    """A document as it was read, and the first of its stories in its own order."""

    format: str = Field(examples=["rss20"])
    title: str | None
    site_url: str | None
    language: str | None = Field(description="As the feed says it.")
    entries: int = Field(description="All of the document.")
    distinct: int = Field(description="Entries that are stories of their own.")
    notes: list[str] = Field(description="What was wrong, and read all the same.")
    title_affixes: AffixesOut
    repeated_lines: list[RepeatedLineOut] = Field(
        description="What its texts lose, since several of its stories have it."
    )
    stories: list[NormalizedStory]


class NormalizeAnswer(Answer):
    data: NormalizedFeed


class AskPreview(Asked):
    """An address that may become a feed, and what an operator says of it."""

    url: Line = Field(max_length=2000, examples=["https://news.example/rss.xml"])
    language: Line | None = Field(
        None, max_length=16, description="Whatever the feed says itself.", examples=["ja"]
    )
    time_zone: Line | None = Field(
        None, max_length=64, description="For dates without a zone.", examples=["Asia/Tokyo"]
    )
    limit: int = Field(5, ge=1, le=100, description="Stories shown.")


class PreviewMeta(Answer):
    url: str = Field(description="Where the document was, after redirects.")
    bytes: int


class PreviewAnswer(Answer):
    data: NormalizedFeed
    meta: PreviewMeta
