"""What a format is, and the page of stories it is given to write."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from app.api.replies import link_to

Shape: TypeAlias = Mapping[str, Any]
"""A story as `shapes.py` makes it; with text, blocks and html where the body was asked for."""

STORIES_PATH: Final = "/v1/stories"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
TAG_SCHEMES: Final = {"medtop": "http://cv.iptc.org/newscodes/mediatopic/"}
"""Where codes of a scheme are defined; the others are our own."""
UNKNOWN_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    """One page of a search.

    `origin` is the scheme and host that the caller used, `base` where the list is to be had as
    JSON, `path` in this format, `parameters` what was asked for there, without the cursor.
    """

    stories: Sequence[Shape]
    search_id: str
    title: str
    origin: str
    path: str
    parameters: Sequence[tuple[str, str]]
    cursor: str | None
    next_cursor: str | None
    limit: int
    meta: Mapping[str, Any]
    base: str = STORIES_PATH

    @property
    def first_link(self) -> str:
        return self.link(None)

    @property
    def self_link(self) -> str:
        return self.link(self.cursor)

    @property
    def next_link(self) -> str | None:
        return None if self.next_cursor is None else self.link(self.next_cursor)

    @property
    def json_link(self) -> str:
        """The search in the service's own JSON."""
        return link_to(self.base, self.parameters)

    def link(self, cursor: str | None) -> str:
        """The page at a cursor, relative to the host."""
        extra = [] if cursor is None else [("cursor", cursor)]
        return link_to(self.path, [*self.parameters, *extra])

    def absolute(self, link: str) -> str:
        return f"{self.origin}{link}"

    @property
    def updated_at(self) -> datetime:
        """When the newest change among these stories was; 1970 where there are none."""
        return max((story["updated_at"] for story in self.stories), default=EPOCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStory:
    """A story with its text, and the scheme and host that the caller used."""

    story: Shape
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFormat:
    """A form of the list that holds a page. `picks`: takes `fields` and highlights; `counts`:
    says how many stories there are in all.
    """

    media_type: str
    suffix: str
    write: Callable[[StoryPage], bytes]
    picks: bool = False
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFormat:
    """A form of the list that holds everything that matches; both give bytes for the stories'
    fields of these names, in this order.
    """

    media_type: str
    suffix: str
    begin: Callable[[Sequence[str]], bytes]
    write: Callable[[Sequence[Shape], Sequence[str]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFormat:
    """A form of a single story."""

    media_type: str
    suffix: str
    write: Callable[[OneStory], bytes]
    picks: bool = False


ListFormat: TypeAlias = PageFormat | StreamFormat


def story_urn(story: Shape) -> str:
    """A story's name, the same wherever this service is reached."""
    return f"urn:copydesk:story:{story['id']}"


def source_name(story: Shape) -> str:
    source = story["source"]
    return str(source["name"] or source["domain"])


def source_link(story: Shape, suffix: str) -> str:
    """The list of the source's stories, relative to the host."""
    return f"{STORIES_PATH}{suffix}?source={story['source']['id']}"


def tag_scheme(scheme: str) -> str:
    return TAG_SCHEMES.get(scheme, f"urn:copydesk:scheme:{quote(scheme)}")


def media_type_of(url: str, said: str | None) -> str:
    """The type of a file: as its publisher says, else as its name says."""
    return said or mimetypes.guess_type(url.partition("?")[0])[0] or UNKNOWN_TYPE


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def paragraphs(text: str) -> str:
    """Plain text as HTML, for formats that take nothing else."""
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
