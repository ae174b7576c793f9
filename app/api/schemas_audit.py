"""The audit log, as models for the OpenAPI description."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo


class AuditOut(Answer):
    id: str
    at: datetime
    actor: str = Field(description="The name of the key, or `this machine` for its own command.")
    key_id: str | None
    via: str = Field(description="`api`, `console`, `command`, or `service` for its own doing.")
    action: str = Field(examples=["feed.pause"])
    subject: str = Field(examples=["feed:12"])
    before: Any = Field(description="What it was about, as the API showed it; null if it was not.")
    after: Any = Field(description="The same afterwards; null if it is no more.")
    request_id: str | None


class AuditList(Answer):
    data: list[AuditOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
