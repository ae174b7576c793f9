"""What is on record about the entries of one document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.core.normal.repeats import UNDECIDED, Decided
from app.core.tagging.hand import HandEdits


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCopy:
    """A copy of this feed that is on record, with the little of its story that identity needs."""

    ident: int
    story_id: int
    entry_hash: int
    url_hash: int | None
    present: bool  # it was in the last document that was read
    guid: str | None = None  # as it was when the copy was last written


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
    owner_has_it: bool  # it is still in the document of the feed its words come from
    word_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database has about the entries of one document."""

    copies: Mapping[int, KnownCopy] = field(default_factory=dict)  # by ident
    stories: Mapping[int, KnownStory] = field(default_factory=dict)  # by story id
    told_by_page: Mapping[int, bytes] = field(default_factory=dict)  # story id → KeptEntry, packed
    wired: Mapping[int, bytes] = field(
        default_factory=dict
    )  # as that, where the document is a wire's
    decided: Decided = UNDECIDED  # of the source's lines
    policy: bytes = b""  # what operators have said about tags, packed; as `lines`
    edits: Mapping[int, HandEdits] = field(default_factory=dict)  # of stories' tags; as `lines`
    lines: Mapping[int, bytes] = field(default_factory=dict)
    """Of the source's latest stories, newest first, as `pack_lines` packs them; only where the
    document holds words that are not on record."""
