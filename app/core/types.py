"""The words of the service as values: what a poll saw, and what was made of it.

Everything is frozen and can be pickled, because parsing and planning run in worker processes.
Times are UTC-aware `datetime`s; raw strings are kept beside what was read from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """One hop: the answer's status, and the absolute address it names."""

    status: int
    url: str


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
    elapsed_ms: int = 0
    http_version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """304: the document is as it was."""

    url: str
    validators: Validators
    hints: ServerHints
    redirects: tuple[Redirect, ...] = ()
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
    every other field, so equal hashes mean that there is nothing to normalize.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document that can be read as a feed.

    `notes` says what was wrong with it and read all the same (a wrong charset, ill-formed XML).
    """

    format: str  # "rss20", "rss10", "rss091", "atom10", "atom03", "json11" …
    title: str | None = None
    site_url: str | None = None
    self_url: str | None = None
    hub_url: str | None = None
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


ParseResult: TypeAlias = ParsedFeed | ParseFailed


# --- normal form ------------------------------------------------------------------------------


class BlockType(StrEnum):
    DATELINE = "dateline"
    BYLINE = "byline"
    CREDIT = "credit"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST = "list"
    QUOTE = "quote"
    CAPTION = "caption"
    CORRECTION = "correction"
    BOILERPLATE = "boilerplate"


OWN_BLOCKS = frozenset(
    {BlockType.PARAGRAPH, BlockType.HEADING, BlockType.LIST, BlockType.QUOTE, BlockType.CORRECTION}
)
"""The blocks that are the story's own words: plain text, word count and search rest on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A typed part of a story's text; `rule` names what decided the type."""

    type: BlockType
    text: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    text: str
    place: str | None = None


class TagBy(StrEnum):
    """Who said so."""

    PUBLISHER = "publisher"
    GAZETTEER = "gazetteer"
    NAMES = "names"
    TOPICS = "topics"
    RULE = "rule"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A QCode `scheme:code` with its name, who said so, and the words it rests on."""

    scheme: str
    code: str
    name: str
    by: TagBy
    matched: str | None = None
    score: float = 1.0
    inferred: bool = False

    @property
    def qcode(self) -> str:
        return f"{self.scheme}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContext:
    """What is known of the feed before its entries are read."""

    feed_url: str
    source_name: str | None = None
    language: str | None = None  # the feed's own, or the operator's
    time_zone: str | None = None  # IANA name, for dates without a zone


class PublishedFrom(StrEnum):
    """Which words the publication time was read from."""

    PUBLISHED = "published"
    UPDATED = "updated"
    FIRST_SEEN = "first_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The normalized item: what a story says, before it has an id.

    `text` is the story's own blocks joined by blank lines; `html` is safe to show.
    `content_hash` covers what a reader would call the story, so equal hashes mean no revision.
    """

    url: str | None
    title: str
    summary: str | None
    blocks: tuple[Block, ...]
    text: str
    html: str | None
    authors: tuple[str, ...]
    agency: Agency | None
    dateline: Dateline | None
    language: str | None
    published_at: datetime
    published_from: PublishedFrom
    published_raw: str | None
    published_rule: str  # how the raw string was read: "iso8601", "rfc5322", …
    updated_at: datetime | None  # as the publisher says; None if it does not
    image_url: str | None
    enclosures: tuple[Enclosure, ...]
    tags: tuple[Tag, ...]
    word_count: int
    content_hash: int


# --- identity ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCopy:
    """A copy of this feed that is on record, with the little of its story that identity needs."""

    ident: int
    story_id: int
    entry_hash: int
    url_hash: int | None
    present: bool  # it was in the last document that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStory:
    """A story of the feed's source that an entry may turn out to be."""

    id: int
    url_hash: int | None
    identity: int
    title_hash: int
    published_at: datetime
    content_hash: int
    revision: int
    owner_feed_id: int | None
    word_count: int
    killed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database has about the entries of one document."""

    copies: Mapping[int, KnownCopy] = field(default_factory=dict)  # by ident
    stories: Mapping[int, KnownStory] = field(default_factory=dict)  # by story id
