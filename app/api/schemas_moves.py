"""Where feeds are led, and whether their servers are believed, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas import Answer


class ValidatorsOut(Answer):
    """How far the server's ETag and Last-Modified are believed."""

    sent: bool = Field(description="Whether requests are made conditional by them.")
    distrusted_since: datetime | None = Field(
        description="Since when they are not sent, because they hid news; null while believed."
    )
    last_whole_at: datetime | None = Field(
        description="When the server last gave the whole document."
    )


class MovingOut(Answer):
    """Permanent redirects that have not been adopted yet."""

    url: str
    seen: int = Field(description="Polls in a row that were led there.")
    since: datetime


class MoveOut(Answer):
    id: str
    at: datetime
    from_url: str
    to_url: str
    why: str
    merged_into: str | None = Field(
        description="The feed that was at the new address already; null where there was none."
    )
    reverted_at: datetime | None


class MoveAnswer(Answer):
    data: MoveOut


class MoveList(Answer):
    """All moves of a feed, the latest first."""

    data: list[MoveOut]
    meta: dict[str, Any]
