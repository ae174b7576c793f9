"""WebSub (W3C Recommendation, 23 January 2018), the subscriber's part that needs no network.

Who tells of a feed's changes (§4), when to ask again (§5), and whether a push is what its hub
signed (§7.1).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.core.types import Fetched, ParsedFeed
from app.core.urls import absolute_url, without_credentials

MAX_HUBS: Final = 4
"""Hubs of one feed that are known of; one at a time is asked."""

MAX_LINKS: Final = 64

LEASE_S: Final = 10 * 86_400
"""Asked for; a hub may give less or more."""

LONGEST_LEASE_S: Final = 30 * 86_400
UNSAID_LEASE_S: Final = 86_400
RENEWAL_SHARE: Final = 0.8
SHORTEST_RENEWAL_S: Final = 60.0

FIRST_RETRY_S: Final = 300.0
LAST_RETRY_S: Final = 86_400.0
DENIED_RETRY_S: Final = 7 * 86_400.0

PROVEN_FOR: Final = timedelta(days=7)
"""How long a push speaks for its hub: after it the feed is polled as any other."""

HASHES: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""Of §7.1, the only ones that a signature may name."""

_TARGET: Final = re.compile(r"\s*<([^<>]*)>")
_PARAMETER: Final = re.compile(
    r'\s*;\s*([^\s=;,"]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?'
)
_ESCAPED: Final = re.compile(r"\\(.)")


class SubscriptionState(StrEnum):
    """How it stands between the hub and us."""

    PENDING = "pending"  # not verified by the hub yet
    VERIFIED = "verified"
    DENIED = "denied"  # the hub has refused, and said so
    LEAVING = "leaving"  # to be ended: the feed is gone, paused or named another hub
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedHubs:
    """The hubs that a document names, the first first, and its own address as it gives it."""

    hubs: tuple[str, ...]
    topic_url: str


def named_hubs(fetched: Fetched, parsed: ParsedFeed) -> NamedHubs:
    """What the answer's Link headers say, else what the document says (§4).

    A document without an address of its own is known by where it was found.
    """
    said = list(links_of(fetched.links, fetched.url))
    hubs = [url for rel, url in said if rel == "hub"] or list(parsed.hub_urls)
    topic = next((url for rel, url in said if rel == "self"), None) or parsed.self_url
    unique = dict.fromkeys(without_credentials(hub) for hub in hubs)
    return NamedHubs(
        hubs=tuple(unique)[:MAX_HUBS], topic_url=without_credentials(topic or fetched.url)
    )


def links_of(headers: Sequence[str], base: str) -> Iterator[tuple[str, str]]:
    """Relation and absolute address of each link (RFC 8288 §3); those of other contexts
    (`anchor`) are left out, and what cannot be read.
    """
    left = MAX_LINKS
    for header in headers:
        at = 0
        while left and (target := _TARGET.match(header, at)) is not None:
            left -= 1
            named, at = _parameters(header, target.end())
            url = absolute_url(target[1].strip(), base)
            if url is not None and "anchor" not in named:
                yield from ((rel, url) for rel in named.get("rel", "").lower().split())


def _parameters(header: str, at: int) -> tuple[dict[str, str], int]:
    """A link's parameters, of each name the first (§3.3), and where the next link begins."""
    named: dict[str, str] = {}
    while (found := _PARAMETER.match(header, at)) is not None:
        at = found.end()
        name, quoted, plain = found.groups()
        named.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) if quoted else plain or "")
    comma = header.find(",", at)
    return named, len(header) if comma < 0 else comma + 1


def signed(body: bytes, secret: str, header: str | None) -> bool:
    """Whether X-Hub-Signature (`method=hex`) is that of the body under the secret (§7.1)."""
    method, _, given = (header or "").strip().partition("=")
    if method.lower() not in HASHES:
        return False
    digest = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(digest.encode(), given.strip().lower().encode())


def lease_of(said: str | None) -> int:
    """The seconds that a hub grants, of `hub.lease_seconds` as it stands in its request."""
    if said is None or not (said.isascii() and said.isdigit()):
        return UNSAID_LEASE_S
    return min(max(1, int(said[:20])), LONGEST_LEASE_S)


def renewal(now: datetime, lease_s: int) -> datetime:
    """When to ask again: well before the lease ends, and never at once."""
    return now + timedelta(seconds=max(lease_s * RENEWAL_SHARE, SHORTEST_RENEWAL_S))


def retry_after_s(failures: int, asked_s: int | None) -> float:
    """Seconds to leave a hub alone that has failed so often in a row; what it asks for counts."""
    doubled = FIRST_RETRY_S * 2.0 ** min(max(failures - 1, 0), 20)
    return max(min(doubled, LAST_RETRY_S), asked_s or 0)


def next_hub(hubs: Sequence[str], current: str | None, *, given_up: bool) -> str | None:
    """The hub to have: the one that there is while it is named and works, else the one after it."""
    if not hubs:
        return None
    if current not in hubs:
        return hubs[0]
    return hubs[(hubs.index(current) + given_up) % len(hubs)]
