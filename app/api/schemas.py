"""What the API gives to every caller, as models, for the OpenAPI description.

Answers are encoded from rows without passing through these (`replies.py`); a test holds real
answers against them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.feed_news import FeedEventType
from app.core.story import BlockType, PublishedFrom, TagBy
from app.core.types import Failure
from app.store.changes import ChangeType


class Answer(BaseModel):
    """Every field is always there; what is absent is null."""

    model_config = ConfigDict(extra="forbid")


class ProblemFault(BaseModel):
    detail: str
    parameter: str | None = None
    pointer: str | None = None
    position: int | None = None


class Problem(Answer):
    """RFC 9457; `code` is stable, `detail` says what to do."""

    type: str = Field(examples=["urn:copydesk:problem:query_invalid"])
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str | None
    errors: list[ProblemFault]


class PageInfo(Answer):
    next_cursor: str | None
    has_more: bool
    limit: int


class Links(Answer):
    self: str
    next: str | None


class Person(Answer):
    name: str


class AgencyOut(Answer):
    code: str = Field(examples=["kyodo"])
    name: str = Field(examples=["Kyodo News"])


class DatelineOut(Answer):
    text: str
    place: str | None


class SourceOut(Answer):
    id: str
    name: str | None
    domain: str
    country: str | None


class EnclosureOut(Answer):
    url: str
    type: str | None
    length: int | None


class SpanOut(Answer):
    """A stretch of the title or the text, in Unicode code points, half open."""

    model_config = ConfigDict(extra="forbid", validate_by_name=True, serialize_by_alias=True)

    field: Literal["title", "text"] = Field(alias="in")
    start: int
    end: int


class TagOut(Answer):
    """A QCode, who said so, and the words it rests on, with the place where they stand first."""

    tag: str = Field(examples=["agency:kyodo"])
    scheme: str
    code: str
    name: str
    by: TagBy
    matched: str | None
    score: float
    inferred: bool
    span: SpanOut | None
    mentions: int = Field(description="How often the story says it; 0 for what is not in its text.")
    rule: str | None = Field(description="The operator's rule that gave it.")


class BlockOut(Answer):
    """A typed part of the text; `rule` names what decided.

    The story's own words are `text[start:end]`, counted in Unicode code points; what is not in
    the text has `start` = `end`, where it stands.
    """

    type: BlockType
    text: str
    rule: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)


class CopyOut(Answer):
    """Where and when the story was seen."""

    feed_id: str
    first_seen_at: datetime
    last_seen_at: datetime


class HighlightsOut(Answer):
    """Where a story says what was asked for: HTML, escaped but for <mark>."""

    title: str | None = Field(examples=["<mark>Ferry</mark> service resumes"])
    passage: str


class ReprintOut(Answer):
    """Another story of the same cluster."""

    id: str
    url: str | None
    title: str
    source: SourceOut
    published_at: datetime


class StoryOut(Answer):
    """One item, whatever feeds it was seen in."""

    id: str
    url: str | None
    title: str
    summary: str | None
    authors: list[Person]
    agency: AgencyOut | None
    dateline: DatelineOut | None
    source: SourceOut
    language: str | None = Field(examples=["en"])
    published_at: datetime
    published_from: PublishedFrom
    updated_at: datetime
    ingested_at: datetime
    image: str | None
    enclosures: list[EnclosureOut]
    tags: list[TagOut]
    cluster_id: str | None = Field(
        description="The cluster of reprints that it is one of: the smallest id in it, which may "
        "become another one; null for a story that stands alone."
    )
    revision: int
    status: Literal["live", "killed"]
    word_count: int
    text: str | None = Field(None, description="With include=body, and on a single story.")
    published_raw: str | None = Field(None, description="With the text: as the feed says it.")
    published_rule: str | None = Field(
        None,
        description="With the text: the form that it was read in.",
        examples=["rfc5322", "iso8601"],
    )
    blocks: list[BlockOut] | None = None
    html: str | None = Field(None, description="Sanitized.")
    copies: list[CopyOut] | None = None
    highlights: HighlightsOut | None = Field(None, description="With include=highlights.")
    cluster: list[ReprintOut] | None = Field(
        None, description="With include=cluster: its reprints, the first 100 of them."
    )


class StoryAnswer(Answer):
    data: StoryOut


class ChangeOut(Answer):
    """One entry of the log, with the story as it was at that revision.

    `matches` is whether the story, as it is now, is among those asked for; if it is not, `story`
    is null, and who has it drops it.
    """

    seq: int
    type: ChangeType
    at: datetime
    story_id: str
    revision: int
    matches: bool
    story: StoryOut | None


class FeedEventOut(Answer):
    """An entry of the log that tells of a feed: for administrators who ask for its type."""

    seq: int
    type: FeedEventType
    at: datetime
    feed_id: str
    url: str
    reason: str | None
    failure: Failure | None = Field(description="What its last poll failed of.")
    from_url: str | None = Field(description="Where a feed was that has moved.")
    merged_into: str | None = Field(description="The feed that is polled in its place.")


class ChangeMeta(Answer):
    last_seq: int


class ChangeList(Answer):
    data: list[ChangeOut | FeedEventOut]
    page: PageInfo
    meta: ChangeMeta
    links: Links


class SourceCountOut(SourceOut):
    feeds: int
    stories: int


class SourceList(Answer):
    data: list[SourceCountOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


_DESCRIPTIONS: dict[int | str, str] = {
    400: "A parameter, the body or the search text cannot be taken; `errors` says where.",
    401: "No key, or one that is not known.",
    403: "The key lacks the scope.",
    404: "There is no such thing.",
    406: "It cannot be had in any form that Accept names; `detail` says in which it can.",
    409: "The present state does not allow it.",
    410: "The log has been trimmed; `detail` says how to go on.",
    412: "It has been changed since it was read.",
    413: "The body is too large.",
    422: "What was tried is no feed; `detail` says why.",
    428: "If-Match is needed.",
    503: "Not ready.",
    "default": "Any other problem.",
}


def problems(*statuses: int | str) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its description."""
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status in statuses
    }
