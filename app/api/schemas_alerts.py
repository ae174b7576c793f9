"""Alerts as the API gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo
from app.core.alert import AlertKind, AlertSeverity


class AlertOut(Answer):
    """Something that is wrong, or was."""

    id: str
    kind: AlertKind
    subject: str = Field(
        description="`feed:ID`, `webhook:ID`, `job:ID`, or `service`.", examples=["feed:12"]
    )
    severity: AlertSeverity = Field(
        description="`error`: something does not work, look now; `warning`: look today."
    )
    detail: str
    step: str = Field(description="What to do, with the command or the route.")
    since: datetime = Field(
        description="When it began where that is known, else when it was first seen."
    )
    ended_at: datetime | None
    told_at: datetime | None = Field(
        description="When `COPYDESK_ALERT_WEBHOOK` took the latest of it, its beginning or its end."
    )


class AlertList(Answer):
    """The latest first."""

    data: list[AlertOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links
