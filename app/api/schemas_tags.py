"""Tags, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo, TagOut
from app.api.schemas_admin import Asked, Line
from app.api.schemas_insights import BucketOut
from app.core.story import TagBy
from app.core.tag import MAX_NAME_CHARS


class TagRef(Answer):
    tag: str
    scheme: str
    code: str
    name: str


class TagCountOut(TagRef):
    stories: int
    relation: Literal["eq", "gte"] = Field(
        description="`gte`: at least so many, since not all were counted."
    )


class TagListMeta(Answer):
    start: datetime | None = Field(alias="from", description="Stories published from here on.")
    end: datetime | None = Field(alias="to", description="Stories published before.")


class TagList(Answer):
    data: list[TagCountOut]
    page: PageInfo
    meta: TagListMeta
    links: Links


class BoundedCount(Answer):
    count: int
    relation: Literal["eq", "gte"]


class TagStories(Answer):
    """Live stories that have the tag, by when they were published; counted up to 10,000."""

    day: BoundedCount = Field(alias="24h")
    week: BoundedCount = Field(alias="7d")
    month: BoundedCount = Field(alias="30d")
    all: BoundedCount


class GivenBy(Answer):
    by: TagBy
    stories: int


class RelatedTag(TagRef):
    stories: int


class TagDetail(TagRef):
    names: dict[str, str] = Field(
        description="By language, as far as it is known; empty for what publishers and rules say."
    )
    parents: list[TagRef] = Field(description="What it is part of, nearest first.")
    children: list[TagRef] = Field(description="The first 100.")
    stories: TagStories
    given_by: list[GivenBy] = Field(description="Who gave it to the stories looked at.")
    related: list[RelatedTag] = Field(
        description="The 20 tags that the stories looked at have most often, but for `lang:`."
    )
    looked_at: int = Field(description="The newest stories that have it, at most 1,000.")
    timeline: list[BucketOut] = Field(description="The last 30 days, by days of UTC.")
    merged_from: list[str] = Field(description="Tags that go under this one's name.")
    blocked: bool = Field(description="It is given to no story.")
    renamed: bool = Field(description="Its name is an operator's.")
    edited_at: datetime | None = Field(description="When operators last did something to it.")


class TagAnswer(Answer):
    data: TagDetail


class TagEditOut(Answer):
    """What operators have done to a tag."""

    tag: str
    blocked: bool
    merged_into: str | None
    name: str | None = Field(description="The name it has here; null for its own.")
    at: datetime | None = Field(description="When; null where nothing is left of it.")


class TagEditAnswer(Answer):
    data: TagEditOut


class TagEditList(Answer):
    data: list[TagEditOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class RenameTag(Asked):
    name: Line | None = Field(
        max_length=MAX_NAME_CHARS,
        description="Its name from now on; null gives its own back.",
        examples=["Ferries and ports"],
    )


class MergeTag(Asked):
    into: str = Field(
        min_length=1,
        max_length=2000,
        description="The tag whose name it goes under, wherever it comes from.",
        examples=["category:ferries"],
    )


class GiveTag(Asked):
    name: Line | None = Field(
        None,
        max_length=MAX_NAME_CHARS,
        description="What it is called; without, as it is called elsewhere, or by its code.",
        examples=["Harbour"],
    )


class HandEditOut(Answer):
    tag: str
    given: bool = Field(description="False: it was taken away.")
    name: str | None = Field(description="What it was called; null for one taken away.")
    at: datetime


class HandTagsOut(Answer):
    story_id: str
    tags: list[TagOut] = Field(description="As the story has them now.")
    edits: list[HandEditOut] = Field(description="By hand, the last one last.")


class HandTagsAnswer(Answer):
    data: HandTagsOut
