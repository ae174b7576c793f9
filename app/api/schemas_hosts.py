"""A feed in detail, with how its host stands."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo
from app.api.schemas_admin import FeedOut
from app.store.refusals import HostStatus


class HostOut(Answer):
    """The host that a feed is asked from, which is asked one thing at a time."""

    host: str
    domain: str | None = Field(
        description="The registrable domain, whose hosts share one request at a time; null for an "
        "IP address."
    )
    address: str | None = Field(
        description="Where it was found last, which hosts there share too; null before that."
    )
    busy: bool = Field(description="It, its domain or its address is being asked now.")
    free_at: datetime = Field(description="No request before this time.")
    backs_off: bool = Field(description="It has refused requests: all its feeds wait.")
    refusals: int = Field(description="Back-offs in a row.")
    reason: str | None = Field(description="Why it backs off; null if it does not.")


class ListedHost(HostOut):
    """A host, and how many feeds are asked from it."""

    feeds: int


class HostList(Answer):
    data: list[ListedHost]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class FeedDetail(FeedOut):
    host: HostOut | None = Field(description="Null before it is known to the poller.")
    has_credentials: bool = Field(
        description="It is asked with a secret: GET its credentials for which, never for what."
    )


class FeedAnswer(Answer):
    data: FeedDetail


def host_shape(host: HostStatus | None) -> dict[str, Any] | None:
    return None if host is None else asdict(host)
