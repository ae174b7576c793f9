"""Tags and sources, with how many stories each has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from app.api.deps import Deps, DepsDep, Reading
from app.api.insights import bucket_shape
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.parameters import Moment, moment
from app.api.replies import page_reply, reply
from app.api.schemas import SourceList, problems
from app.api.schemas_tags import TagAnswer, TagList
from app.api.shapes import source_shape
from app.core.identity import first_id_at
from app.core.search.query import Filter, FilterKind
from app.core.search.search import Search
from app.core.search.timeline import Interval, buckets, fold
from app.core.tagging.edits import read_qcode
from app.core.tagging.vocabulary import KnownTag, known_tag
from app.errors import FieldError, Invalid, NotFound
from app.store.asking import MAX_ID
from app.store.engine import EPOCH, ReadSession
from app.store.sources import list_sources
from app.store.tag_counts import TAG_BOUND, TagCount, TagsAsked, count_tags, newest_low
from app.store.tag_detail import company_of, count_stories_of
from app.store.tag_edits import called, read_edit, read_merges
from app.store.tags import tag_names
from app.store.timeline import count_by_quarter

router = APIRouter(prefix="/v1", tags=["tags and sources"])

MINUTE: Final = timedelta(minutes=1)

TIMELINE: Final = timedelta(days=30)
MAX_CHILDREN: Final = 100
MAX_QCODE_CHARS: Final = 192

QCode = Annotated[
    str,
    Path(
        max_length=2000,
        description="`scheme:code`, percent-encoded where it has other letters.",
        examples=["place:jp"],
    ),
]


def read_path(qcode: str) -> str:
    """The tag of a path, folded; raises NotFound for what can be none."""
    tag = read_qcode(qcode)
    if tag is None:
        raise NotFound(f"{qcode[:MAX_QCODE_CHARS]!r} is no tag: write scheme:code, as place:jp")
    return tag


def count_shape(tag: TagCount, *, more: bool) -> dict[str, Any]:
    """As `TagCountOut` describes it; `more`: older stories were not counted."""
    return {
        "tag": tag.qcode,
        "scheme": tag.scheme,
        "code": tag.code,
        "name": tag.name,
        "stories": tag.stories,
        "relation": "gte" if more or tag.more else "eq",
    }


class Window(StrEnum):
    """How far back stories are counted."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"
    ALL = "all"


SPANS: Final = {
    Window.DAY: timedelta(hours=24),
    Window.WEEK: timedelta(days=7),
    Window.MONTH: timedelta(days=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The half-open time whose stories are counted; a bound that is None is open."""

    start: datetime | None
    end: datetime | None
    bound_to: str  # as it was asked for: what a cursor belongs to


def counted_time(
    deps: DepsDep,
    window: Annotated[
        Window | None, Query(description="Stories published within so long; all by default.")
    ] = None,
    published_after: Annotated[Moment, Query(description="RFC 3339; from this time on.")] = None,
    published_before: Annotated[Moment, Query(description="RFC 3339; before this time.")] = None,
) -> Counted:
    """The time asked for; raises Invalid where it is said twice."""
    start = moment("published_after", published_after)
    end = moment("published_before", published_before)
    if window is not None and (start or end):
        detail = "send either window or published_after and published_before"
        raise Invalid(f"window: {detail}", errors=(FieldError(parameter="window", detail=detail),))
    bound_to = f"{window} {start} {end}"
    if window in SPANS:
        start = since(deps, SPANS[window])
    return Counted(start=start, end=end, bound_to=bound_to)


def since(deps: Deps, span: timedelta) -> datetime:
    """So long ago; the same within a minute, so that an answer can be a 304."""
    now = deps.clock()
    return now - (now - EPOCH) % MINUTE - span


@router.get("/tags", response_model=TagList, responses=problems(400, 401))
async def list_tags(
    request: Request,
    session: Reading,
    deps: DepsDep,
    counted: Annotated[Counted, Depends(counted_time)],
    scheme: Annotated[
        str | None, Query(max_length=32, description="Only tags of this scheme, as `category`.")
    ] = None,
    prefix: Annotated[
        str | None,
        Query(
            max_length=128,
            description="Beginning of a code, or of a name in any language that it is known in.",
            examples=["京都"],
        ),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Tags by how many live stories have them, the commonest first.

    With `prefix` each is counted up to 10,000; without one, those of the newest 10,000 stories
    are. `relation` says whether there are more.
    """
    scheme = scheme and scheme.strip().lower()
    bound_to = f"tags {scheme!r} {prefix!r} {counted.bound_to}"
    pages = paging(deps.cursor_secret, bound_to, cursor, limit)
    asked = TagsAsked(
        scheme=scheme,
        prefix=prefix,
        low=first_id_at(counted.start) if counted.start else 0,
        high=first_id_at(counted.end) if counted.end else MAX_ID,
    )
    after = None
    if pages.place is None:
        low = await newest_low(session, asked)
        more = low > asked.low
    else:  # what is counted stays as it was on the first page
        count, after_scheme, code, kept, cut_off = pages.place
        after = TagCount(scheme=str(after_scheme), code=str(code), name="", stories=int(count))
        low, more = int(kept), bool(cut_off)
    asked = replace(asked, low=low)
    found = await count_tags(session, asked, after=after, limit=pages.wanted)
    shown, following = pages.cut(
        found, lambda tag: [tag.stories, tag.scheme, tag.code, low, int(more)]
    )
    data = [count_shape(tag, more=more) for tag in shown]
    return page_reply(
        request,
        data,
        next_cursor=following,
        limit=limit,
        meta={"from": counted.start, "to": counted.end},
    )


@router.get("/tags/{qcode}", response_model=TagAnswer, responses=problems(400, 401, 404))
async def one_tag(request: Request, session: Reading, deps: DepsDep, qcode: QCode) -> Response:
    """One tag: its names, what is broader and narrower, who gave it, and what it comes with.

    A tag that is merged is answered as the one that it is merged into, and `Content-Location`
    says which.
    """
    tag = read_path(qcode)
    merges = await read_merges(session)
    now = merges.called(tag)
    edit, known = await read_edit(session, now), known_tag(now)
    name = await called(session, now)
    if name is None and edit.empty and now == tag:
        raise NotFound(f"there is no tag {tag}: GET /v1/tags?prefix= finds those that stories have")
    data = {
        **_ref(now, name or now.partition(":")[2]),
        "names": {} if known is None else dict(known.names),
        **await _family(session, known),
        "stories": await _counts(session, deps, now),
        **await _company(session, now),
        "timeline": await _timeline(session, deps, now),
        "merged_from": list(merges.merged_into(now)),
        "blocked": edit.blocked,
        "renamed": edit.name is not None,
        "edited_at": edit.at,
    }
    location = {} if now == tag else {"Content-Location": f"/v1/tags/{quote(now, safe='')}"}
    return reply(request, {"data": data}, headers=location)


async def _family(session: ReadSession, known: KnownTag | None) -> dict[str, Any]:
    parents = () if known is None else known.parents
    children = () if known is None else known.children[:MAX_CHILDREN]
    called_here = await tag_names(session, [*parents, *children])
    return {
        "parents": [_relative(qcode, called_here) for qcode in parents],
        "children": [_relative(qcode, called_here) for qcode in children],
    }


def _relative(qcode: str, called_here: Mapping[str, str]) -> dict[str, Any]:
    known = known_tag(qcode)
    return _ref(qcode, called_here.get(qcode) or (known.name if known else qcode))


def _ref(qcode: str, name: str) -> dict[str, Any]:
    scheme, _, code = qcode.partition(":")
    return {"tag": qcode, "scheme": scheme, "code": code, "name": name}


async def _counts(session: ReadSession, deps: Deps, qcode: str) -> dict[str, Any]:
    counts: dict[str, Any] = {}
    for window in Window:
        low = first_id_at(since(deps, SPANS[window])) if window in SPANS else 0
        found = await count_stories_of(session, qcode, low)
        counts[window.value] = {
            "count": min(found, TAG_BOUND),
            "relation": "gte" if found > TAG_BOUND else "eq",
        }
    return counts


async def _company(session: ReadSession, qcode: str) -> dict[str, Any]:
    company = await company_of(session, qcode)
    return {
        "given_by": [{"by": by.value, "stories": n} for by, n in company.given_by.items()],
        "related": [{**_ref(t.qcode, t.name), "stories": t.stories} for t in company.related],
        "looked_at": company.stories,
    }


async def _timeline(session: ReadSession, deps: Deps, qcode: str) -> list[dict[str, Any]]:
    """The stories of this tag alone: a topic's narrower ones are not among them."""
    now = since(deps, timedelta()) + MINUTE
    window = (now - TIMELINE, now)
    search = Search(filters=(Filter(kind=FilterKind.TAG_EXACT, value=qcode),))
    series = await count_by_quarter(session, search, window, now)
    days = buckets(window, Interval.DAY, UTC)
    counted = zip(days, fold(days, series.matching), fold(days, series.every), strict=True)
    return [bucket_shape(*each) for each in counted]


@router.get("/sources", response_model=SourceList, responses=problems(400, 401))
async def sources(
    request: Request, session: Reading, deps: DepsDep, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    """Publishers, each with its number of feeds and of live stories."""
    pages = paging(deps.cursor_secret, "sources", cursor, limit)
    found = await list_sources(session, after_id=pages.behind or 0, limit=pages.wanted)
    shown, following = pages.cut(found, lambda counted: [counted[0].id])
    data = [
        {**source_shape(source), "feeds": feeds, "stories": stories}
        for source, feeds, stories in shown
    ]
    return page_reply(request, data, next_cursor=following, limit=limit)
