"""What the head of an answer says to a poller: whether it brings a document, when to come again.

Headers are raw pairs, names in any case; whatever cannot be read counts as not there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.core.types import Failure, ServerHints, Validators

RawHeaders = Sequence[tuple[bytes, bytes]]

MAX_HEADERS = 256
MAX_HEADER_BYTES = 64 * 1024
MAX_VALIDATOR = 1024
MAX_SECONDS = 2**31  # RFC 9111 §1.2.2: what a number too great to hold is taken for
NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
DOCUMENTS = frozenset({200, 203})
IM_USED = 226  # RFC 3229 §10.4.1

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_AN_EPOCH = 10**9  # seconds, about as many as since 1970
_QUOTA = re.compile(
    r"\b(?:r|remaining)\s*=\s*(\d{1,9}(?:\.\d{1,9})?)\s*[;,]\s*(?:t|reset)\s*=\s*(\d{1,19})",
    re.IGNORECASE | re.ASCII,
)
_MAX_AGE = re.compile(r'(?:^|[,;\s])max-age\s*=\s*["\']?\s*(\d+)', re.IGNORECASE | re.ASCII)


_KINDS = {
    401: Failure.UNAUTHORIZED,
    403: Failure.UNAUTHORIZED,
    407: Failure.UNAUTHORIZED,
    404: Failure.NOT_FOUND,
    410: Failure.GONE,
    429: Failure.RATE_LIMITED,
}
_NEXT_STEPS = {
    Failure.UNAUTHORIZED: "see whether the feed needs credentials, or refuses this user agent",
    Failure.NOT_FOUND: "look on the publisher's site for the feed's new address",
    Failure.GONE: "the publisher has taken the feed down for good; move it, or delete it",
    Failure.RATE_LIMITED: "it is polled later, as the server asks",
    Failure.HTTP_CLIENT: "the server does not take the request; open the address in a browser",
    Failure.HTTP_SERVER: "a fault of the server's; it is tried again later",
    Failure.HTTP_UNEXPECTED: "the answer carries no document; see whether the address is a feed's",
}


def too_many_headers(raw: RawHeaders) -> str | None:
    """What is wrong with them, if there are more than are taken."""
    size = sum(len(name) + len(value) for name, value in raw)
    if len(raw) <= MAX_HEADERS and size <= MAX_HEADER_BYTES:
        return None
    return (
        f"the answer has {len(raw)} headers of {size} bytes; "
        f"{MAX_HEADERS} of {MAX_HEADER_BYTES} bytes are taken"
    )


def refusal(status: int) -> tuple[Failure, str]:
    """What a status that brings no document means, and one line for an operator."""
    match status // 100:
        case 4:
            kind = _KINDS.get(status, Failure.HTTP_CLIENT)
        case 5:
            kind = Failure.HTTP_SERVER
        case _:
            kind = Failure.HTTP_UNEXPECTED
    return kind, f"status {status}: {_NEXT_STEPS[kind]}"


def is_feed_delta(status: int, headers: RawHeaders) -> bool:
    """Whether an answer is of the new entries of a feed alone, and was changed in no other way
    (RFC 3229 §10.5.2, with the instance manipulation "feed" of feed servers).
    """
    return status == IM_USED and _text(headers, b"im").lower() == "feed"


def validators(headers: RawHeaders) -> Validators:
    """ETag and Last-Modified as they stand, in whatever bytes."""
    return Validators(
        etag=_validator(headers, b"etag"), last_modified=_validator(headers, b"last-modified")
    )


def conditions_of(sent: Validators, *, delta: bool = False) -> list[tuple[bytes, bytes]]:
    """The headers that make a request conditional (RFC 9110 §13.1); none without validators.

    `delta` allows an answer with what is new alone, which needs an ETag (RFC 3229 §10.5.3).
    """
    headers = (
        (b"If-None-Match", sent.etag),
        (b"If-Modified-Since", sent.last_modified),
        (b"A-IM", b"feed" if delta and sent.etag else None),
    )
    return [(name, value) for name, value in headers if value]


def _validator(headers: RawHeaders, name: bytes) -> bytes | None:
    value = next(iter(_values(headers, name)), b"").strip()
    if not value or len(value) > MAX_VALIDATOR or _CONTROL.search(value):
        return None
    return value


def link_headers(headers: RawHeaders) -> tuple[str, ...]:
    """The Link headers (RFC 8288) as they stand."""
    return tuple(value.decode("latin-1") for value in _values(headers, b"link"))


def hints(headers: RawHeaders, now: datetime) -> ServerHints:
    """Freshness (RFC 9111 §4.2.1) and Retry-After (RFC 9110 §10.2.3), in full.

    Dates are held against the server's own Date, or against `now` if it gives none.
    """
    date = _date(_text(headers, b"date")) or now
    return ServerHints(
        max_age_s=_max_age(headers),
        expires_s=_until(_text(headers, b"expires"), date),
        retry_after_s=_retry_after(_text(headers, b"retry-after"), date),
        quota_s=_quota(headers, date),
    )


def _max_age(headers: RawHeaders) -> int | None:
    found = _MAX_AGE.search(_text(headers, b"cache-control"))
    if found is None:
        return None
    return max(0, _seconds(found[1]) - (_number(_text(headers, b"age")) or 0))


def _retry_after(text: str, date: datetime) -> int | None:
    number = _number(text)
    return _until(text, date) if number is None else number


def _quota(headers: RawHeaders, date: datetime) -> int | None:
    """Seconds until the caller has requests again; None where some are left, or nobody says.

    `RateLimit: "default";r=0;t=30` (draft-ietf-httpapi-ratelimit-headers), its earlier forms, and
    `X-RateLimit-Remaining` with `-Reset`, which counts seconds from now or from 1970.
    """
    said = _QUOTA.search(_text(headers, b"ratelimit"))
    for prefix in (b"", b"x-"):
        if said is None:
            left = _text(headers, prefix + b"ratelimit-remaining")
            said = _QUOTA.search(f"r={left};t={_text(headers, prefix + b'ratelimit-reset')}")
    if said is None or float(said[1]) > 0:
        return None
    reset_s = _seconds(said[2])
    return max(0, reset_s - int(date.timestamp())) if reset_s > _AN_EPOCH else reset_s


def _until(text: str, date: datetime) -> int | None:
    then = _date(text)
    return None if then is None else max(0, int((then - date).total_seconds()))


def _number(text: str) -> int | None:
    digits = text.split(",", 1)[0].strip().strip("\"'")
    return _seconds(digits) if digits.isascii() and digits.isdigit() else None


def _seconds(digits: str) -> int:
    return min(int(digits[:20]), MAX_SECONDS)


def _date(text: str) -> datetime | None:
    """UTC; a date without a zone is GMT, as every HTTP date is (RFC 9110 §5.6.7)."""
    try:
        parsed = parsedate_to_datetime(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _text(headers: RawHeaders, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for value in _values(headers, name)).strip()


def _values(headers: RawHeaders, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]
