"""Where a feed is moving to: permanent redirects, believed only after a while.

A redirect is followed at each poll, whatever it is called. A feed's own address changes only after
permanent ones (301, 308) have led to the same other one, poll after poll and over days, and only
if the feed there is the same: servers under maintenance, login walls, captive portals and hijacked
domains say "moved permanently" too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.core.known import Known
from app.core.match import Match
from app.core.types import Redirect
from app.core.urls import host_of, without_credentials

PERMANENT: Final = frozenset({301, 308})
MAX_URL_CHARS: Final = 2000
"""Of an address that a feed can have: PostgreSQL's index takes no more than 2,704 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often a move must be seen, and for how long, before it is adopted."""

    polls: int
    span: timedelta


ELSEWHERE: Final = Patience(polls=4, span=timedelta(days=3))
"""Longer than a weekend's maintenance, or a registrar's hold on a domain that was not paid for."""

SECURED: Final = Patience(polls=2, span=timedelta(days=1))
"""The same host and path over https: nobody else's, and a step that is hardly ever taken back."""

SHARE: Final = 0.5
"""Of the entries that were there before, or of those that are there now if these are fewer: so
many in both make two documents the same feed. Between two polls a feed keeps most of its entries;
a section's feed led to that of the whole site finds few of its own.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A permanent redirect of a feed that has not been adopted yet."""

    url: str
    seen: int  # polls in a row that were led there; 0 where another feed was found there
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How far a document holds what the one before it held."""

    before: int  # entries of that one
    now: int  # entries of this one
    shared: int


class Evidence(StrEnum):
    """Whether what a poll found is the feed that it was looking for."""

    SAME = "same"
    OTHER = "other"
    NONE = "none"  # nothing to tell by: a 304, an empty document


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A feed's new address, to be adopted."""

    url: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is known of a feed's move after one more poll; `note` is for the ledger.

    `look`: whether it is the same feed shows in its whole document only.
    """

    sighting: Sighting | None = None
    move: Move | None = None
    note: str | None = None
    look: bool = False


def overlap(known: Known, matches: Sequence[Match]) -> Overlap:
    return Overlap(
        before=sum(copy.present for copy in known.copies.values()),
        now=len(matches),
        shared=sum(match.copy is not None and match.copy.present for match in matches),
    )


def evidence(overlap: Overlap, *, feed_url: str, self_url: str | None, first: bool) -> Evidence:
    """What a document says of itself; `first` where none was read at the feed's address before.

    A feed that gives the old address as its own (`rel="self"`) is the old feed. One that gives the
    new address is any feed.
    """
    if first or self_url == feed_url:
        return Evidence.SAME
    fewer = min(overlap.before, overlap.now)
    if fewer == 0:
        return Evidence.NONE
    return Evidence.SAME if overlap.shared >= SHARE * fewer else Evidence.OTHER


def led_to(redirects: Sequence[Redirect]) -> str | None:
    """Where a poll was led, if each of its redirects was a permanent one."""
    if not redirects or any(hop.status not in PERMANENT for hop in redirects):
        return None
    return redirects[-1].url


def obstacle(feed_url: str, to: str, refused: Collection[str] = ()) -> str | None:
    """Why a feed's address is never changed to `to`, whatever is found there; None if it may be."""
    if to in refused:
        return "an operator has taken this move back"
    if len(to) > MAX_URL_CHARS:
        return "the address is too long"
    if without_credentials(feed_url) != feed_url:
        return "its own address holds credentials, which are for no other"
    if feed_url.startswith("https:") and not to.startswith("https:"):
        return "it leads from https to http"
    host = host_of(to)
    if host is None or (_is_address(host) and host != host_of(feed_url)):
        return "it leads to an IP address"
    return None


def follow(
    feed_url: str,
    before: Sighting | None,
    to: str | None,
    found: Evidence,
    now: datetime,
    refused: Collection[str] = (),
) -> Step:
    """The step after a poll that found a feed where it was led (`to`; see `led_to`).

    Polls that found none are no step: they neither count nor end what has been seen.
    """
    if to is None or to == feed_url or obstacle(feed_url, to, refused) is not None:
        return Step()
    known = before if before is not None and before.url == to else None
    if found is Evidence.OTHER or (known is not None and known.seen == 0):
        return _another(known, to, now)
    if known is None:
        return _first(feed_url, to, now) if found is Evidence.SAME else Step(look=True)
    seen = replace(known, seen=known.seen + 1)
    patience = patience_with(feed_url, to)
    if seen.seen < patience.polls or now - seen.since < patience.span:
        return Step(sighting=seen)
    days = (now - seen.since).days
    why = f"permanent redirects in {seen.seen} polls over {days} days, to the same feed"
    return Step(sighting=seen, move=Move(url=to, why=why))


def patience_with(feed_url: str, to: str) -> Patience:
    return SECURED if to == feed_url.replace("http://", "https://", 1) else ELSEWHERE


def _first(feed_url: str, to: str, now: datetime) -> Step:
    patience = patience_with(feed_url, to)
    note = (
        f"moved permanently to {to}, says its server: adopted once it was seen in "
        f"{patience.polls} polls over {patience.span.days} days"
    )
    return Step(sighting=Sighting(url=to, seen=1, since=now), note=note)


def _another(known: Sighting | None, to: str, now: datetime) -> Step:
    """Remembered as long as the feed is led there: its entries are on record from now on, and
    would look like the feed's own at the next poll.
    """
    if known is not None and known.seen == 0:
        return Step(sighting=known)
    note = f"led to {to}, a feed of other entries: its own address is kept"
    return Step(sighting=Sighting(url=to, seen=0, since=now), note=note)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
