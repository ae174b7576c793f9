"""Clusters of reprints, as models for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.api.schemas import AgencyOut, Answer, Links, PageInfo, SourceOut
from app.api.schemas_revisions import PieceOut


class WordsOut(Answer):
    """How a story's words differ from the first one's, interwoven: the same and the added pieces
    together are this story's, the same and the removed ones the first's.
    """

    title: list[PieceOut]
    text: list[PieceOut]
    words_added: int
    words_removed: int


class MemberOut(Answer):
    """A story of a cluster."""

    id: str
    url: str | None
    title: str
    source: SourceOut
    published_at: datetime
    ingested_at: datetime
    language: str | None = Field(examples=["en"])
    agency: AgencyOut | None
    status: Literal["live", "killed"]
    word_count: int
    difference: WordsOut | None = Field(
        description="What is otherwise than in the first; null for the first itself."
    )


class ClusterMeta(Answer):
    """The whole cluster: its id, the smallest of its stories' ids; how many stories it has; which
    of them was published first, or of several seen first.
    """

    cluster_id: str
    size: int
    first_id: str


class ClusterList(Answer):
    data: list[MemberOut]
    page: PageInfo
    meta: ClusterMeta
    links: Links
