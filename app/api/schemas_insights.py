"""What facets, timelines and coverage look like, as models, for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.api.schemas import Answer, SourceOut
from app.core.search.coverage import GapReason
from app.core.search.timeline import Interval
from app.core.types import Failure


class FacetValueOut(Answer):
    value: str = Field(
        description="As the filter of the same name takes it.", examples=["medtop:11000000"]
    )
    name: str | None = Field(examples=["politics and government"])
    count: int


class FacetOut(Answer):
    """The commonest values; `other` is the sum of the counts of those that are left out."""

    facet: str = Field(examples=["tag:medtop"])
    values: list[FacetValueOut]
    other: int


class FacetData(Answer):
    facets: list[FacetOut]


class FacetMeta(Answer):
    """`counted` stories were looked at: all that match, or, with `gte`, the newest of them."""

    counted: int
    total: int
    total_relation: Literal["eq", "gte"]


class FacetAnswer(Answer):
    data: FacetData
    meta: FacetMeta


class BucketOut(Answer):
    """Stories published from `start` until the next bucket's start: those that match, and all.

    `partial`: the window begins or ends inside of this bucket.
    """

    start: datetime
    count: int
    total: int
    ratio: float | None
    partial: bool


class TimelineData(Answer):
    buckets: list[BucketOut]


class TimelineMeta(Answer):
    """The half-open window, and what all buckets come to."""

    after: datetime = Field(alias="from")
    to: datetime
    interval: Interval
    tz: str = Field(examples=["Europe/Paris"])
    count: int
    total: int


class TimelineAnswer(Answer):
    data: TimelineData
    meta: TimelineMeta


class GapOut(Answer):
    """A stretch in which a feed was not read, and why; with `failing` its last failure."""

    feed_id: str
    title: str | None
    source: SourceOut
    after: datetime = Field(alias="from")
    to: datetime
    reason: GapReason
    failure: Failure | None


class CoverageOut(Answer):
    """Of the feeds that could have answered, those that were read as promised, and the others."""

    after: datetime = Field(alias="from")
    to: datetime
    feeds: int
    healthy: int
    with_gaps: int
    paused: int
    quarantined: int
    gaps: list[GapOut]
    gaps_total: int
