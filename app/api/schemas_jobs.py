"""Jobs, as models for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.api.schemas import Answer, Links, PageInfo
from app.store.jobs import JobState

StartableKind = Literal["reindex", "reprocess", "backfill", "retention"]


class StartJob(BaseModel):
    """What is to be done; a list of feeds becomes a job by `feeds:import?job=true`."""

    model_config = ConfigDict(extra="forbid")

    kind: StartableKind = Field(
        description="`reindex`: stories that the index holds as an older release would; "
        "`reprocess`: stories that this release would make otherwise; `backfill`: stories that are "
        "tagged by former rules or taggers; `retention`: what is older than it is to be kept."
    )
    batch: int | None = Field(
        default=None, ge=1, le=500, description="How much is done in one step, at most."
    )


class JobOut(Answer):
    id: str
    kind: str
    asked: dict[str, Any]
    actor: str = Field(description="The name of the key that it was asked with.")
    state: JobState
    done: int
    total: int | None = Field(description="Null until it is known.")
    detail: dict[str, Any] = Field(description="What it came to so far, in numbers.")
    error: str | None = Field(description="What its last step came to, if that failed.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    due_at: datetime | None = Field(description="When its next step may begin; null: none is left.")


class JobAnswer(Answer):
    data: JobOut


class JobList(Answer):
    data: list[JobOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class JobLineOut(Answer):
    line: int = Field(description="From 1, in the order of the list.")
    url: str
    title: str | None
    feed_id: str | None
    status: Literal["waiting", "added", "present", "refused"]
    detail: str | None


class JobLineList(Answer):
    data: list[JobLineOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
