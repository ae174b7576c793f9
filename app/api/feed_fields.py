"""What operators write of a feed → checked values; each fault names its field."""

from __future__ import annotations

import zoneinfo
from typing import Any, Final

from app.core.language import normalize_language
from app.core.urls import absolute_url, host_of, registrable_domain
from app.errors import FieldError, Invalid, PreconditionNeeded
from app.store.feeds import Feed, NewFeed

MAX_HOST_CHARS: Final = 253  # of a name in the DNS (RFC 1035 §2.3.4)
NO_VERSION: Final = -1


def new_feed(url: str, *, site_url: str | None, **given: Any) -> NewFeed:  # noqa: ANN401 - NewFeed's
    """A feed of the source whose site it names, or else of its own address's."""
    site = absolute_url(site_url, url) if site_url else None
    if site and len(host_of(site) or "") > MAX_HOST_CHARS:
        site = None
    host = host_of(url)
    domain = (site and registrable_domain(site)) or registrable_domain(url)
    if host is None or domain is None:
        raise invalid("url", f"{url!r} names no host: write a full http or https address")
    return NewFeed(url=url, host=host, domain=domain, site_url=site, **given)


def version_of(if_match: str | None, feed: Feed) -> int:
    """The version that If-Match names (RFC 9110 §13.1.1): the feed's own if it is among them."""
    if if_match is None:
        raise PreconditionNeeded("send the ETag of GET /v1/admin/feeds/{id} as If-Match")
    named = [tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")]
    present = str(feed.version)
    matches = "*" in named or present in (tag.partition("-")[0] for tag in named)
    return feed.version if matches else NO_VERSION


def feed_url(raw: str) -> str:
    """The address of a feed in full, without a fragment, which no server sees; raises Invalid for
    any that is not http or https.
    """
    url = absolute_url(raw.strip(), None)
    if url is None:
        raise invalid("url", f"{raw!r} is no http or https address: write it in full")
    if len(host_of(url) or "") > MAX_HOST_CHARS:
        raise invalid("url", f"the host is longer than {MAX_HOST_CHARS} characters: check it")
    return url.partition("#")[0]


def check_site(url: str | None) -> None:
    if url is not None and absolute_url(url, None) is None:
        raise invalid("site_url", f"{url!r} is no http or https address: write it in full")


def language_code(code: str | None) -> str | None:
    if code is None:
        return None
    language = normalize_language(code)
    if language is None:
        raise invalid("language", f"{code!r} is no language: write a code such as en or ja")
    return language


def check_zone(name: str | None) -> None:
    if name is not None and name not in zoneinfo.available_timezones():
        raise invalid("time_zone", f"{name!r} is no IANA time zone: write one as Asia/Tokyo")


def check_bounds(min_s: int | None, max_s: int | None) -> None:
    if min_s is not None and max_s is not None and min_s > max_s:
        raise invalid("min_interval_s", f"{min_s} is more than max_interval_s ({max_s})")


def invalid(pointer: str, detail: str) -> Invalid:
    return Invalid(
        f"{pointer}: {detail}", errors=(FieldError(pointer=f"/{pointer}", detail=detail),)
    )
