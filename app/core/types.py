"""What came from outside, as values: the answer to a fetch, and the feed that was read from it.

Everything is frozen and can be pickled, because parsing and planning run in worker processes.
Times are UTC-aware `datetime`s; raw strings are kept beside what was read from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

# --- fetching ---------------------------------------------------------------------------------


class Failure(StrEnum):
    """Why a poll brought no document; closed, so that metric labels stay bounded."""

    DNS = "dns"
    BLOCKED = "blocked"  # the address guard refused the host, the scheme or the port
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"  # the answer is not HTTP, or ends in the middle
    ENCODING = "encoding"  # a content coding we did not ask for, or a broken gzip stream
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"  # too many, in a circle, or without a usable Location
    UNAUTHORIZED = "unauthorized"  # 401, 403, 407
    NOT_FOUND = "not_found"  # 404
    GONE = "gone"  # 410
    RATE_LIMITED = "rate_limited"  # 429
    HTTP_CLIENT = "http_client"  # other 4xx
    HTTP_SERVER = "http_server"  # 5xx
    HTTP_UNEXPECTED = "http_unexpected"  # 1xx, 204, 206 … that carries no document
    EMPTY = "empty"
    HTML_PAGE = "html_page"
    NOT_A_FEED = "not_a_feed"  # well-formed, but neither RSS, Atom, RDF nor JSON Feed
    NOT_XML = "not_xml"
    TRUNCATED = "truncated"
    PARSE_TIMEOUT = "parse_timeout"
    PARSE_CRASHED = "parse_crashed"  # the worker process died or ran out of memory
    ABANDONED = "abandoned"  # several polls in a row ended without a result: quarantined
    DATABASE = "database"  # ours was too busy to take what the poll brought
    INTERNAL = "internal"  # a fault of ours, on record so that the feed is polled again


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a conditional GET sends back, byte for byte; at most 1 KB each, no control bytes."""

    etag: bytes | None = None
    last_modified: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHints:
    """What the answer says of when to come again, in seconds from the answer."""

    max_age_s: int | None = None  # Cache-Control: max-age less Age
    expires_s: int | None = None  # Expires less Date
    retry_after_s: int | None = None  # Retry-After, seconds or date, in full
    quota_s: int | None = None  # until there are requests again, where none are left


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """One hop: the answer's status, and the absolute address it names."""

    status: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Why a host is not to be asked now."""

    kind: Failure
    detail: str
    hints: ServerHints = ServerHints()


Dialled: TypeAlias = tuple[tuple[str, str], ...]
"""Host and IP address of each host that was asked, the first one first; none behind a proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """The limits of one fetch."""

    deadline_s: float = 30.0  # in all: names, connections, redirects, body
    connect_timeout_s: float = 10.0
    max_wire_bytes: int = 16 * 1024 * 1024
    max_body_bytes: int = 32 * 1024 * 1024
    max_redirects: int = 5
    user_agent: str = "Copydesk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document: its inflated body, and where it came from."""

    url: str  # of the answer, after redirects
    status: int
    body: bytes
    content_type: str | None
    validators: Validators
    hints: ServerHints
    redirects: tuple[Redirect, ...] = ()
    wire_bytes: int = 0
    dialled: Dialled = ()
    elapsed_ms: int = 0
    http_version: str = "HTTP/1.1"
    links: tuple[str, ...] = ()  # Link headers (RFC 8288) as they stand
    partial: bool = False  # only the entries that are new or changed: what it lacks has not left


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304: the document is as it was."""

    url: str
    validators: Validators
    hints: ServerHints
    redirects: tuple[Redirect, ...] = ()
    dialled: Dialled = ()
    elapsed_ms: int = 0
    status: int = 304


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No document, and why; `detail` is one line for an operator, with the next step if any."""

    kind: Failure
    detail: str
    url: str
    status: int | None = None
    hints: ServerHints = ServerHints()
    redirects: tuple[Redirect, ...] = ()
    wire_bytes: int = 0
    dialled: Dialled = ()
    elapsed_ms: int = 0


FetchResult: TypeAlias = Fetched | NotModified | FetchFailed


# --- parsing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A publisher's own word for what an entry is about."""

    term: str
    scheme: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an entry plays, as its publisher says: a name, degrees of WGS 84, or both."""

    name: str | None = None
    code: str | None = None  # in the publisher's own vocabulary: a QCode or an address
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """A piece of a feed as it stands there; `html` is False where it is plain text."""

    value: str
    html: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says of one item, as parsed: nothing cleaned, nothing guessed.

    Addresses are absolute where the feed gave a base to resolve them against. `raw_hash` covers
    every other field, so equal hashes mean that there is nothing to normalize. Numbers of comments,
    shares and views are not read: they change from poll to poll and say nothing of the story.

    `credits` names whom the text comes from (credit line, source), `publisher` who sends it, which
    may be somebody else's text. `located` is where it was written, `dateline` the line that says
    so in print.
    """

    raw_hash: int
    guid: str | None = None
    url: str | None = None
    title: Markup | None = None
    summary: Markup | None = None
    content: Markup | None = None
    authors: tuple[str, ...] = ()
    published_raw: str | None = None
    updated_raw: str | None = None
    categories: tuple[Category, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image_url: str | None = None
    language: str | None = None
    base_url: str | None = None
    embargo_raw: str | None = None  # not to be told before this time
    pub_status: str | None = None  # "canceled", "withheld"; None for what may be published
    dateline: str | None = None
    located: str | None = None
    credits: tuple[str, ...] = ()
    publisher: str | None = None
    editor_note: str | None = None  # from editor to editor: corrections, what is to come
    places: tuple[Place, ...] = ()
    people: tuple[Category, ...] = ()
    organisations: tuple[Category, ...] = ()


WIRE_FORMATS: Final = frozenset({"newsml_g2", "ninjs", "nitf"})
"""Formats whose items have versions, the later for the earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document that can be read as a feed.

    `notes` says what was wrong with it and read all the same (a wrong charset, ill-formed XML).
    """

    format: str  # "rss20", "atom10", "json11", "news_sitemap", "newsml_g2", "ninjs" …
    title: str | None = None
    site_url: str | None = None
    self_url: str | None = None
    hub_urls: tuple[str, ...] = ()  # of WebSub, in the order in which they are named
    language: str | None = None
    ttl_s: int | None = None  # RSS ttl, or the pace that sy:updatePeriod/Frequency asks for
    skip_hours: frozenset[int] = frozenset()  # 0–23, UTC
    skip_days: frozenset[int] = frozenset()  # 0 is Monday
    entries: tuple[Entry, ...] = ()
    dropped: int = 0  # entries beyond the cap
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseFailed:
    kind: Failure
    detail: str
    alternates: tuple[str, ...] = ()  # addresses of feeds that a page names, which is none itself


ParseResult: TypeAlias = ParsedFeed | ParseFailed
