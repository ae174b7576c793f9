"""The normal form: what a story says, block by block, before it has an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

from app.core.normal.orders import DateOrder
from app.core.types import Enclosure


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

BETWEEN_BLOCKS: Final = "\n\n"
"""What joins them in a story's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A typed part of a story's text; `rule` names what decided the type."""

    type: BlockType
    text: str
    rule: str


def block_record(block: Block) -> dict[str, str]:
    """A block as it is kept with its story."""
    return {"type": block.type.value, "text": block.text, "rule": block.rule}


def placed(blocks: Iterable[Mapping[str, str]]) -> list[dict[str, str | int]]:
    """Blocks as they are kept, each with its place in the story's text, in Unicode code points.

    An own block's words are text[start:end]. A block that is not in the text has no width, and
    stands where the own block before it ends.
    """
    found: list[dict[str, str | int]] = []
    end = 0
    for block in blocks:
        start = end
        if block["type"] in OWN_BLOCKS:
            start += len(BETWEEN_BLOCKS) if end else 0
            end = start + len(block["text"])
        found.append({**block, "start": start, "end": end})
    return found


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
    MODEL = "model"
    TOPICS = "topics"
    RULE = "rule"
    OPERATOR = "operator"


Field: TypeAlias = Literal["title", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a story's title or text, in Unicode code points, half open."""

    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A QCode `scheme:code` with its name, who said so, and the words it rests on.

    `span` is where these stand first in the story, `mentions` how often; `rule` is the operator's
    rule that gave it.
    """

    scheme: str
    code: str
    name: str
    by: TagBy
    matched: str | None = None
    score: float = 1.0
    inferred: bool = False
    span: Span | None = None
    mentions: int = 0
    rule: int | None = None

    @property
    def qcode(self) -> str:
        return f"{self.scheme}:{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleAffixes:
    """What stands beside the story in a document's titles, with its separator."""

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()


def tag_record(tag: Tag) -> dict[str, Any]:
    """A tag as it is kept with its story, and shown."""
    return {
        "tag": tag.qcode,
        "scheme": tag.scheme,
        "code": tag.code,
        "name": tag.name,
        "by": tag.by.value,
        "matched": tag.matched,
        "score": tag.score,
        "inferred": tag.inferred,
        "span": tag.span and {"in": tag.span.field, "start": tag.span.start, "end": tag.span.end},
        "mentions": tag.mentions,
        "rule": None if tag.rule is None else str(tag.rule),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContext:
    """What is known of the feed before its entries are read."""

    feed_url: str
    source_name: str | None = None
    language: str | None = None  # the feed's own, or the operator's
    time_zone: str | None = None  # IANA name, for dates without a zone
    date_order: DateOrder | None = None  # of numbers that may be days or months
    title_affixes: TitleAffixes = TitleAffixes()
    learned: frozenset[int] = frozenset()  # hashes of the lines that its source repeats


class StoryStatus(StrEnum):
    """Whether a story is served."""

    LIVE = "live"
    KILLED = "killed"  # its publisher withdrew it, or an operator took it out
    DROPPED = "dropped"  # an operator's rule keeps it out of the stream


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
    lines: bytes = b""  # fingerprints of its lines, as `pack_lines` packs them
