"""Revisions of a story, as models for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from app.api.schemas import (
    AgencyOut,
    Answer,
    BlockOut,
    DatelineOut,
    EnclosureOut,
    Links,
    PageInfo,
    Person,
    TagOut,
)
from app.core.revise import RevisionKind


class RevisionOut(Answer):
    """A state that the story has had, or has."""

    revision: int
    at: datetime
    kind: RevisionKind = Field(
        description="`correction`: the publisher says so; `update`: any other change; `killed`: "
        "withdrawn; `restored`: no longer so."
    )
    url: str | None
    title: str
    summary: str | None
    language: str | None
    authors: list[Person]
    agency: AgencyOut | None
    dateline: DatelineOut | None
    published_at: datetime
    updated_at: datetime
    image: str | None
    enclosures: list[EnclosureOut]
    tags: list[TagOut]
    word_count: int
    text: str
    blocks: list[BlockOut]
    html: str | None


class PieceOut(Answer):
    """A stretch of both texts, or of one of them."""

    kind: Literal["same", "added", "removed"]
    text: str


class DifferenceOut(Answer):
    """What is otherwise than in the revision `against`: the same and the added pieces together are
    the later text, the same and the removed ones the earlier.
    """

    against: int
    fields: list[str] = Field(description="The fields that differ.", examples=[["title", "text"]])
    title: list[PieceOut]
    text: list[PieceOut]
    words_added: int
    words_removed: int


class ComparedRevisionOut(RevisionOut):
    difference: DifferenceOut | None = Field(description="Null for the first revision.")


class RevisionAnswer(Answer):
    data: ComparedRevisionOut


class RevisionList(Answer):
    data: list[RevisionOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
