"""What operators write of a feed → checked values; each fault names its field."""

from __future__ import annotations

import ipaddress
import zoneinfo
from typing import Any, Final

from app.core.countries import normalize_country
from app.core.language import normalize_language
from app.core.urls import absolute_url, host_of, registrable_domain, without_credentials
from app.errors import FieldError, Invalid, PreconditionNeeded
from app.store.feeds import Feed, NewFeed

MAX_HOST_CHARS: Final = 253  # of a name in the DNS (RFC 1035 §2.3.4)
MAX_URL_CHARS: Final = 2000  # PostgreSQL's index of addresses takes no more than 2,704 bytes
NO_VERSION: Final = -1
FEED_HOSTING: Final = ("feedburner.com", "feedproxy.google.com", "feedblitz.com")
"""Hosts that serve the feeds of many publishers, who put them there by their own choice."""


def new_feed(
    url: str,
    *,
    site_url: str | None,
    declared_site: str | None = None,
    **given: Any,  # noqa: ANN401 - NewFeed's
) -> NewFeed:
    """A feed with its source, whose stories it may then revise.

    The operator's `site_url` decides the source, or else the feed's own address. The site that
    the document declares is shown, but anybody can declare any: it decides only where the
    address names no publisher (see `_speaks_for_others`).
    """
    host, own = host_of(url), registrable_domain(url)
    if host is None or own is None:
        raise invalid("url", f"{url!r} names no host: write a full http or https address")
    site, declared = _site(site_url, url), _site(declared_site, url)
    deciding = site or (declared if _speaks_for_others(host) else None)
    domain = (deciding and registrable_domain(deciding)) or own
    return NewFeed(url=url, host=host, domain=domain, site_url=site or declared, **given)


def _site(said: str | None, url: str) -> str | None:
    site = absolute_url(said, url) if said else None
    return site if site and len(host_of(site) or "") <= MAX_HOST_CHARS else None


def _speaks_for_others(host: str) -> bool:
    """Whether the host's own name says nothing of a feed's publisher: a hosting service, or an IP
    address of a private network, where the operator's own programs make feeds. A public IP
    address is a stranger's, and stands for itself.
    """
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return any(host == known or host.endswith(f".{known}") for known in FEED_HOSTING)


def version_of(if_match: str | None, feed: Feed) -> int:
    """The version that If-Match names: the feed's own if it is among them."""
    return named_version(if_match, feed.version, "/v1/admin/feeds/{id}")


def named_version(if_match: str | None, present: int, path: str) -> int:
    """The version that If-Match names (RFC 9110 §13.1.1): the present one if it is among them, or
    NO_VERSION. Raises PreconditionNeeded where there is none.
    """
    if if_match is None:
        raise PreconditionNeeded(f"send the ETag of GET {path} as If-Match")
    named = [tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")]
    matches = "*" in named or str(present) in (tag.partition("-")[0] for tag in named)
    return present if matches else NO_VERSION


def feed_url(raw: str) -> str:
    """The address of a feed in full, without a fragment, which no server sees; raises Invalid for
    any that is not http or https, or too long.
    """
    url = absolute_url(raw.strip(), None)
    if url is None:
        shown = without_credentials(raw)
        raise invalid("url", f"{shown!r} is no http or https address: write it in full")
    if len(host_of(url) or "") > MAX_HOST_CHARS:
        raise invalid("url", f"the host is longer than {MAX_HOST_CHARS} characters: check it")
    url = url.partition("#")[0]
    if len(url) > MAX_URL_CHARS:
        raise invalid("url", f"written out, it is longer than {MAX_URL_CHARS} characters")
    return url


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


def country_code(code: str | None) -> str | None:
    if code is None:
        return None
    country = normalize_country(code)
    if country is None:
        detail = f"{code!r} is no country: write its ISO 3166-1 code of two letters, as GB or JP"
        raise invalid("country", detail)
    return country


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
