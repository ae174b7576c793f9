"""What a fetch is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.core.types import Barred, Validators
from app.ingest.authorize import Authorization

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.5"
)

Enter = Callable[[str], Awaitable[Barred | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What to fetch, and with which validators.

    `validators_url` is the address whose answer gave the validators, if that is not `url`: they
    are sent to its origin and to no other. Credentials in `url` go to its own origin, and are
    not carried over a redirect. `authorization` goes to its origin alone, whatever the way there.
    `accept` is the header's value (RFC 9110 §12.5.1). `enter` is asked before each redirect is
    followed, with its address: what it says ends the fetch. With `delta` and an ETag the server
    may answer with the entries that are new since (RFC 3229, `A-IM: feed`). `begun` is when the
    work began, by the monotonic clock, under whose lease the host is asked: the deadline counts
    from there.
    """

    url: str
    validators: Validators = field(default_factory=Validators)
    validators_url: str | None = None
    delta: bool = False
    accept: str = ACCEPT
    authorization: Authorization | None = None
    enter: Enter | None = None
    begun: float | None = None
