"""What a caller wants of a list of stories, beside the search: which page, what of each story, and
in which form.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Query, Request

from app.api.deps import get_deps
from app.api.formats.page import STORIES_PATH, ListFormat, StoryFormat
from app.api.negotiate import choose
from app.api.parameters import SEPARATED, SearchDep, SearchRequest
from app.errors import FieldError, Invalid, NotAcceptable, NotFound

MAX_CURSOR_CHARS: Final = 1000  # the longest holds a tag of 128 letters, four bytes each: 791
LIST_FIELDS: Final = [
    "id",
    "url",
    "title",
    "summary",
    "authors",
    "agency",
    "dateline",
    "source",
    "language",
    "published_at",
    "published_from",
    "updated_at",
    "ingested_at",
    "image",
    "enclosures",
    "tags",
    "cluster_id",
    "revision",
    "status",
    "word_count",
]
BODY_FIELDS: Final = ["published_raw", "published_rule", "text", "blocks", "html", "copies"]
_ORIGIN: Final = re.compile(
    r"https?://[A-Za-z0-9._-]+(:\d{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:\d{1,5})?"
)
Limit = Annotated[int, Query(ge=1, le=100, description="Items on a page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=MAX_CURSOR_CHARS, description="`page.next_cursor` of the page before."),
]
AfterId = Annotated[
    int | None,
    Query(
        ge=0,
        lt=1 << 63,
        description="In formats that hold everything: go on after this story, the last line that "
        "you have, in the order of publication.",
    ),
]
AnyFormat = TypeVar("AnyFormat", ListFormat, StoryFormat)


class Include(StrEnum):
    BODY = "body"
    HIGHLIGHTS = "highlights"
    COVERAGE = "coverage"
    CLUSTER = "cluster"


class Collapse(StrEnum):
    CLUSTER = "cluster"


BESIDE: Final = (Include.HIGHLIGHTS, Include.CLUSTER)
"""What a story is shown with beside its fields, where it is asked for."""


def wanted_fields(
    fields: Annotated[
        list[str] | None,
        Query(
            max_length=50,
            description="Only these fields of a story, and its `id`; separated by commas, or "
            "repeated; the others are left out. For JSON, NDJSON and CSV.",
            examples=["title,url,published_at"],
        ),
    ] = None,
) -> tuple[str, ...] | None:
    """The fields asked for, `id` first, each once; None for all."""
    if fields is None:
        return None
    names = [name.strip() for value in fields for name in value.split(",")]
    known = [*LIST_FIELDS, *BODY_FIELDS]
    for name in names:
        if name not in known:
            detail = f"{name[:40]!r} is no field of a story: choose from {', '.join(known)}"
            raise Invalid(
                f"fields: {detail}", errors=(FieldError(parameter="fields", detail=detail),)
            )
    return tuple(dict.fromkeys(["id", *names]))


FieldsDep = Annotated[tuple[str, ...] | None, Depends(wanted_fields)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list as asked for; `fields` is None for all, `limit` if it was not said.

    `base` is its path, `title` its name where it has one of its own.
    """

    asked: SearchRequest
    limit: int | None
    cursor: str | None
    include: frozenset[Include]
    fields: tuple[str, ...] | None
    collapse: bool
    after_id: int | None = None  # a stream goes on after this story
    base: str = STORIES_PATH
    title: str | None = None

    @property
    def bound_to(self) -> str:
        """A line that tells this list from every other, for cursors."""
        return f"{self.asked.bound_to} collapsed" if self.collapse else self.asked.bound_to

    @property
    def loads_body(self) -> bool:
        if self.fields is not None:
            return not set(BODY_FIELDS).isdisjoint(self.fields)
        return Include.BODY in self.include

    @property
    def highlights(self) -> bool:
        return Include.HIGHLIGHTS in self.include

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of what each story is given with, in order."""
        body = BODY_FIELDS if self.loads_body else []
        chosen = self.fields or (*LIST_FIELDS, *body)
        beside = [kind.value for kind in BESIDE if kind in self.include]
        return (*chosen, *beside)


def listing(
    asked: SearchDep,
    fields: FieldsDep,
    limit: Annotated[
        int | None, Query(ge=1, le=100, description="Items on a page; 20 unless told.")
    ] = None,
    cursor: Cursor = None,
    include: Annotated[
        list[Include] | None,
        SEPARATED,
        Query(
            description="`body` adds text, blocks, html and copies; `highlights` where the words "
            "of `q` stand; `cluster` the reprints of each story; `coverage` which feeds could have "
            "answered, and which had gaps."
        ),
    ] = None,
    collapse: Annotated[
        Collapse | None,
        Query(
            description="`cluster`: of each cluster of reprints only the story that comes first in "
            "the order asked for, of those that match."
        ),
    ] = None,
    after_id: AfterId = None,
) -> Listing:
    return Listing(
        asked=asked,
        limit=limit,
        cursor=cursor,
        include=frozenset(include or ()),
        fields=fields,
        collapse=collapse is not None,
        after_id=after_id,
    )


ListingDep = Annotated[Listing, Depends(listing)]


def pick(shape: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The story with these fields alone."""
    return {name: shape[name] for name in names}


def by_accept(request: Request, formats: Sequence[AnyFormat]) -> AnyFormat:
    """The format that the caller would rather have; raises NotAcceptable."""
    accept = ", ".join(request.headers.getlist("accept"))
    chosen = choose(accept, [known.media_type for known in formats])
    for known in formats:
        if known.media_type == chosen:
            return known
    offered = ", ".join(f"{known.media_type} ({known.suffix})" for known in formats)
    raise NotAcceptable(f"send an Accept with one of these, or its suffix in the path: {offered}")


def by_suffix(suffix: str, formats: Sequence[AnyFormat]) -> AnyFormat:
    """The format with this suffix, which is given without its dot; raises NotFound."""
    for known in formats:
        if known.suffix == f".{suffix}":
            return known
    offered = ", ".join(known.suffix for known in formats)
    raise NotFound(f"there is no format .{suffix}: there are {offered}")


def origin_of(request: Request) -> str:
    """What paths are added to, for formats that need whole addresses: the public address where
    there is one, else scheme and host as the caller used them, or the server's own.
    """
    public_url = get_deps(request).public_url
    if public_url is not None:
        return public_url
    origin = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    if _ORIGIN.fullmatch(origin):
        return origin
    host, port = request.scope.get("server") or ("localhost", None)
    return f"{request.scope['scheme']}://{host}" + (f":{port}" if port else "")


def refuse_picking(fields: Sequence[str] | None, include: Collection[Include] = ()) -> None:
    """Raise Invalid where a format that says what it says is asked for something else."""
    if fields is not None:
        raise _misplaced(
            "fields", "no choice of fields: leave it out, or ask for JSON, NDJSON or CSV"
        )
    for beside in BESIDE:
        if beside in include:
            raise _misplaced("include", f"no place for {beside}: ask for JSON, NDJSON or CSV")
    refuse_coverage(include)


def refuse_resuming(listing: Listing) -> None:
    """Raise Invalid where a page is asked to go on as a stream does."""
    if listing.after_id is not None:
        raise _misplaced("after_id", "pages: send cursor, or ask for .ndjson or .csv")


def refuse_coverage(include: Collection[Include]) -> None:
    """Raise Invalid where a format that holds stories alone is asked for coverage."""
    if Include.COVERAGE in include:
        raise _misplaced("include", "no place for coverage: ask for .json")


def _misplaced(parameter: str, what: str) -> Invalid:
    detail = f"this format has {what}"
    return Invalid(
        f"{parameter}: {detail}", errors=(FieldError(parameter=parameter, detail=detail),)
    )
