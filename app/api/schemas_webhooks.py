"""Webhooks and what they were told, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from app.api.event_types import NAMES, TypeName
from app.api.schemas import Answer, Links, PageInfo
from app.api.schemas_admin import Asked, Line
from app.core.feed_news import FeedEventType
from app.core.webhook import DeliveryState, WebhookState
from app.store.changes import ChangeType

MAX_URL_CHARS: Final = 2000
MAX_REDELIVERED: Final = 1_000
_ID: Final = "^[0-9]{1,18}$"

Types = Annotated[
    list[TypeName] | None,
    Field(
        max_length=len(NAMES),
        description="Only what is of these types; null: all that tell of stories. Those of "
        "`feed.*` for webhooks of administrators, and without a search.",
    ),
]
Secret = Annotated[
    str | None,
    Field(
        max_length=128,
        description="`whsec_` and base64 of 24 to 64 random bytes; made where it is left out.",
    ),
]


class AddWebhook(Asked):
    """Whom to tell of changes: of those of a saved search, or of all."""

    url: Line = Field(max_length=MAX_URL_CHARS, examples=["https://desk.example/hooks/copydesk"])
    name: Line | None = Field(None, max_length=200)
    search_id: str | None = Field(None, pattern=_ID)
    types: Types = None
    secret: Secret = None


class AddWebhookOfSearch(Asked):
    """Whom to tell of what a saved search finds."""

    url: Line = Field(max_length=MAX_URL_CHARS)
    name: Line | None = Field(None, max_length=200)
    types: Types = None
    secret: Secret = None


class ChangeWebhook(Asked):
    """What is left out stays."""

    url: Line | None = Field(None, max_length=MAX_URL_CHARS)
    name: Line | None = Field(None, max_length=200)
    types: Types = None


class RotateSecret(Asked):
    """Another secret; for `overlap_s` seconds messages are signed with the old one as well."""

    secret: Secret = None
    overlap_s: int = Field(86_400, ge=0, le=30 * 86_400)


class Redeliver(Asked):
    """Which messages to send again: some deliveries, or all of a stretch of the log."""

    deliveries: list[Annotated[str, Field(pattern=_ID)]] | None = Field(
        None, min_length=1, max_length=MAX_REDELIVERED
    )
    after: int | None = Field(None, ge=0, lt=1 << 63, description="Changes with a `seq` above it,")
    until: int | None = Field(None, ge=0, lt=1 << 63, description="and up to this one.")


class WebhookOut(Answer):
    id: str
    name: str | None
    url: str
    search_id: str | None
    types: list[ChangeType | FeedEventType]
    state: WebhookState
    reason: str | None = Field(description="Why it is disabled, and what to do.")
    owner_id: str | None
    created_at: datetime
    changed_at: datetime
    failing_since: datetime | None
    last_success_at: datetime | None
    next_attempt_at: datetime | None
    rotating_until: datetime | None = Field(description="Until then the old secret signs too.")


class WebhookAnswer(Answer):
    data: WebhookOut


class WebhookList(Answer):
    data: list[WebhookOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class SecretWebhookOut(WebhookOut):
    secret: str = Field(description="Shown this once.")


class SecretWebhookAnswer(Answer):
    data: SecretWebhookOut


class AttemptOut(Answer):
    """What came of one attempt; `failure` says why there was no answer."""

    at: datetime
    ms: int
    status: int | None
    failure: str | None
    detail: str | None
    excerpt: str | None = Field(description="The beginning of the answer's body.")


class TestAnswer(Answer):
    data: AttemptOut


class DeliveryOut(Answer):
    id: str
    message_id: str = Field(description="`webhook-id`, the same at each attempt.")
    seq: int
    type: ChangeType | FeedEventType
    story_id: str | None
    revision: int | None
    feed_id: str | None
    matches: bool
    state: DeliveryState
    made_at: datetime
    done_at: datetime | None
    attempts: list[AttemptOut]


class DeliveryList(Answer):
    data: list[DeliveryOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class RedeliveredOut(Answer):
    due: int = Field(description="Messages that are due again.")


class RedeliveredAnswer(Answer):
    data: RedeliveredOut
