"""The state of the service and of its rebuilding, as models."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from app.api.schemas import Answer


class DelayOut(Answer):
    p50_s: float | None
    p95_s: float | None


class HourOut(Answer):
    polls: dict[str, int]
    failures: dict[str, int]
    new_stories: int
    delay: DelayOut = Field(description="From publication to availability.")


class DatabaseOut(Answer):
    engine: str
    version: str
    bytes: int | None
    schema_revision: str | None


class IndexOut(Answer):
    version: int = Field(description="Of the analyzer that stories are indexed by.")
    outdated: int = Field(description="Stories to index anew: `copydesk reindex`.")


class ReindexOut(Answer):
    indexed: int
    next: str | None = Field(description="`before` of the next call; null when none is left.")
    outdated: int = Field(description="Stories that are still to be indexed anew.")


class ReindexAnswer(Answer):
    data: ReindexOut


class NormalFormOut(Answer):
    version: int = Field(description="Of the normal form that stories are made in.")
    outdated: int = Field(description="Stories to make again: `copydesk reprocess`.")


class TaggedOut(Answer):
    taggers: str = Field(description="The version of the taggers, and the model they use if any.")
    outdated: int = Field(
        description="Stories tagged by others or a former policy: `copydesk reprocess --tags`."
    )


class ReprocessOut(Answer):
    renewed: int = Field(description="Stories that came out otherwise, and were written.")
    unchanged: int
    skipped: int = Field(description="Stories that could not be made again: see the log.")
    next: str | None = Field(description="`before` of the next call; null when none is left.")
    outdated: int = Field(description="Stories that are still to be made again.")


class ReprocessAnswer(Answer):
    data: ReprocessOut


class StatusOut(Answer):
    version: str
    python: str
    now: datetime
    feeds: dict[str, int] = Field(description="By health.")
    due: int = Field(description="Feeds whose time has come and that nobody polls yet.")
    most_overdue_s: float
    leased: int
    stories: int
    last_seq: int
    last_hour: HourOut
    index: IndexOut
    normal_form: NormalFormOut
    tags: TaggedOut
    pages: dict[str, int] = Field(description="Fetched or to fetch for full text, by state.")
    database: DatabaseOut


class StatusAnswer(Answer):
    data: StatusOut


class ActiveHourOut(Answer):
    start: datetime
    stories: int
    polls: int
    failures: dict[str, int] = Field(description="By kind.")
    delay: DelayOut = Field(
        description="From publication to availability, exact to the minute, of stories published "
        "within a day of being seen."
    )


class ActivityAnswer(Answer):
    data: list[ActiveHourOut] = Field(description="One for each hour, the running one last.")
