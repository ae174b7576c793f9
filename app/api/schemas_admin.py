"""What operators send and get, as models: bodies are checked by them, answers described."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.api.schemas import Answer, Links, PageInfo, SourceOut
from app.api.schemas_moves import MovingOut, ValidatorsOut
from app.api.schemas_websub import WebSubOut
from app.core.schedule import Outcome
from app.core.types import Failure
from app.store.feeds import FeedState, Health
from app.store.keys import Scope


class Asked(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control", "holds a control character: leave it out")
    return text


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)
]
"""Something a person has written, on one line; left out or null where there is nothing."""


PerMinute = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class RedirectOut(Answer):
    status: int
    url: str


class FetchOut(Answer):
    """One row of the ledger: what came of a poll, and why the next one is when it is."""

    id: str
    feed_id: str
    at: datetime
    outcome: Outcome
    failure: Failure | None
    status: int | None
    detail: str | None
    url: str
    redirects: list[RedirectOut]
    wire_bytes: int
    body_bytes: int
    elapsed_ms: int
    entries: int
    new: int
    changed: int
    notes: list[str]
    next_poll_at: datetime
    next_poll_reasons: list[str]
    worker: str | None


class FetchAnswer(Answer):
    data: FetchOut


class FetchList(Answer):
    data: list[FetchOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class FeedOut(Answer):
    id: str
    url: str
    title: str | None
    site_url: str | None
    language: str | None
    time_zone: str | None
    full_text: bool
    state: FeedState
    health: Health
    source: SourceOut
    added_at: datetime
    keep_days: int | None = Field(description="Null: as the settings say; 0: for ever.")
    min_interval_s: int | None
    max_interval_s: int | None
    next_poll_at: datetime
    next_poll_reasons: list[str]
    last_success_at: datetime | None
    last_new_at: datetime | None
    failures: int
    failure: Failure | None
    failure_detail: str | None
    silent_since: datetime | None = Field(
        description="Since when it has been quiet for longer than it ever is; null if it is not."
    )
    guids_unstable: bool = Field(description="Its entries change their guids from poll to poll.")
    alternates: list[str] = Field(
        description="Feeds that the page at its address names, if that is no feed."
    )
    websub: WebSubOut | None = Field(description="Null where the feed names no hub.")
    validators: ValidatorsOut
    moving_to: MovingOut | None
    last_poll: FetchOut | None


class Found(Answer):
    """What the address of a new feed answered with."""

    url: str
    format: str
    title: str | None
    site_url: str | None
    language: str | None
    entries: int
    titles: list[str] = Field(description="Of the first entries.")
    notes: list[str]


class AddedFeed(Answer):
    data: FeedOut
    found: Found | None


Country = Field(
    None, max_length=16, description="Of the feed's source: ISO 3166-1 alpha-2.", examples=["JP"]
)
FullText = Field(
    default=False,
    description="Fetch the pages of its new and changed stories, and tell these by the page's "
    "text where it is fuller.",
)
Seconds = Field(None, ge=1, le=2_592_000, description="Seconds; null takes the service's own.")


class AddFeed(Asked):
    """A feed to poll. Its address is tried first, unless `probe` is false."""

    url: Line = Field(max_length=2000, examples=["https://news.example/rss.xml"])
    probe: bool = True
    title: Line | None = Field(None, max_length=500)
    site_url: Line | None = Field(None, max_length=2000)
    language: Line | None = Field(None, max_length=16)
    source_name: Line | None = Field(None, max_length=200)
    country: Line | None = Country
    full_text: bool = FullText
    min_interval_s: int | None = Seconds
    max_interval_s: int | None = Seconds


class ChangeFeed(Asked):
    """What an operator sets of a feed; what is left out stays."""

    url: Line | None = Field(
        None,
        max_length=2000,
        description="Its new address, which is tried first unless `probe` is false; its stories, "
        "copies and ledger stay.",
    )
    probe: bool = True
    title: Line | None = Field(None, max_length=500)
    language: Line | None = Field(None, max_length=16)
    time_zone: Line | None = Field(
        None,
        max_length=64,
        description="IANA name, for dates without a zone.",
        examples=["Asia/Tokyo"],
    )
    country: Line | None = Country
    full_text: bool = FullText
    keep_days: int | None = Field(
        None,
        ge=0,
        le=36_500,
        description="Days that its stories are kept; 0: for ever, null: as the settings say.",
    )
    min_interval_s: int | None = Seconds
    max_interval_s: int | None = Seconds


class ImportLine(Answer):
    """What became of one line of an OPML document."""

    url: str | None
    title: str | None
    status: Literal["added", "present", "refused"]
    feed_id: str | None
    detail: str | None


class ImportAnswer(Answer):
    data: list[ImportLine]
    meta: dict[str, int]


class KeyOut(Answer):
    id: str
    name: str
    prefix: str = Field(description="The beginning of the key; the rest is not kept.")
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    requests_per_minute: int | None = Field(description="Null: as the settings say.")


class KeyAnswer(Answer):
    data: KeyOut


class KeyList(Answer):
    data: list[KeyOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class NewKeyOut(KeyOut):
    key: str = Field(description="Shown this once.")


class NewKeyAnswer(Answer):
    data: NewKeyOut


class AddKey(Asked):
    name: Line = Field(max_length=100)
    scopes: list[Scope] = Field(default=[Scope.READ], min_length=1, max_length=10)
    expires_at: AwareDatetime | None = Field(None, description="RFC 3339; null never expires.")
    requests_per_minute: PerMinute | None = Field(
        None, description="What it may send; null: as the settings say."
    )


class ChangeKey(Asked):
    """What is left out stays as it is."""

    name: Line = Field("", max_length=100)
    expires_at: AwareDatetime | None = Field(None, description="RFC 3339; null never expires.")
    requests_per_minute: PerMinute | None = Field(
        None, description="What it may send; null: as the settings say."
    )
