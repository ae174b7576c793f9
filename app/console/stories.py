"""Stories: found by words and filters, narrowed by what they have in common, kept as a search."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from app.console.inside import Answer, Refused
from app.console.render import query, read_time
from app.console.stories_asked import (
    TIMES,
    VALUES,
    AskedSearch,
    label,
    marked,
    moment,
    query_fault,
    read_address,
    read_search,
)
from app.console.visit import Visit

FACETS: Final = {
    "source": ("Source", "source"),
    "lang": ("Language", "lang"),
    "agency": ("Agency", "agency"),
    "tag:medtop": ("Topic", "tag_exact"),
    "tag:place": ("Place", "tag_exact"),
    "tag:person": ("Person", "tag_exact"),
    "tag:org": ("Organization", "tag_exact"),
    "tag:category": ("Publisher's category", "tag_exact"),
    "tag:label": ("Own label", "tag_exact"),
    "author": ("Author", "author"),
}
"""Each facet with what it is called, and the filter that takes its values."""

FACET_VALUES: Final = 8
FILTERS: Final = tuple((name, label(name)) for name in (*VALUES, *TIMES) if name != "tag_exact")
SORTS: Final = (
    ("", "Newest published"),
    ("-ingested", "Newest come in"),
    ("-updated", "Newest changed"),
    ("relevance", "Best match"),
)
SEARCH_IN: Final = (("", "Title and text"), ("title", "Title"), ("body", "Text"))
BY_HOURS: Final = timedelta(days=3)
BY_DAYS: Final = timedelta(days=120)


async def search(visit: Visit) -> Response:
    """GET /admin/stories: the address is the search."""
    asked = read_search(visit.request.query_params.multi_items())
    name, value = visit.asked("filter"), visit.asked("value")
    if value is not None and (name in VALUES or name in TIMES):
        return visit.go(asked.having(**{name: value.strip()}).address())
    include = "highlights" if asked.get("q") else None
    try:
        found = await visit.api.get(
            "/v1/stories", [*asked.list, ("include", include or ""), ("cursor", asked.cursor or "")]
        )
    except Refused as problem:
        if problem.status != 400:  # noqa: PLR2004 - what was asked cannot be
            raise
        fault = query_fault(problem, asked.get("q") or "")
        return _page(visit, asked, code=400, problem=problem, fault=fault)
    facets, timeline = await asyncio.gather(_facets(visit, asked), _timeline(visit, asked))
    return _page(visit, asked, found=found, facets=facets, timeline=timeline)


async def save(visit: Visit) -> Response:
    """POST /admin/stories/save: keep a search under a name."""
    form = await visit.form()
    asked = read_address(str(form.get("search", "")))
    given = {"name": str(form.get("name", "")), "query": asked.saved()}
    try:
        made = await visit.api.post("/v1/searches", given)
    except Refused as problem:
        return visit.go(asked.address(), said=problem.detail, bad=True)
    said = f"Saved as “{made.data['name']}”."
    if any(name in TIMES for name, _ in asked.pairs):
        said += " Times have no place in a saved search, and were left out."
    return visit.go(f"/admin/push/searches/{made.data['id']}", said=said)


async def explain(visit: Visit) -> Response:
    """GET /admin/stories/explain: how a search was read, and what each part of it finds."""
    asked, story = read_search(visit.request.query_params.multi_items()), visit.asked("story")
    try:
        found = await visit.api.get("/v1/stories:explain", [*asked.search, ("story", story or "")])
    except Refused as problem:
        fault = query_fault(problem, asked.get("q") or "")
        if fault is None:
            raise
        return _page(visit, asked, code=400, problem=problem, fault=fault)
    return visit.render("stories_explain.html", asked=asked, found=found.data, story=story)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bucket of the timeline, and the search narrowed to it."""

    label: str
    count: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    name: str
    count: int
    href: str
    on: bool


def _page(
    visit: Visit,
    asked: AskedSearch,
    *,
    code: int = 200,
    found: Answer | None = None,
    **shown: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    defaults: dict[str, Any] = {"problem": None, "fault": None, "facets": [], "timeline": None}
    chips = [(label(n), v, asked.toggled(n, v).address()) for n, v in asked.filters]
    return visit.render(
        "stories.html",
        code=code,
        asked=asked,
        chips=chips,
        found=found,
        marked=marked,
        filters=FILTERS,
        sorts=SORTS,
        search_in=SEARCH_IN,
        following=_following(asked, found),
        **(defaults | shown),
    )


def _following(asked: AskedSearch, found: Answer | None) -> str | None:
    """The address of the next page."""
    cursor = found.page.get("next_cursor") if found is not None else None
    if cursor is None:
        return None
    here = asked.address()
    return f"{here}{'&' if '?' in here else '?'}{query(cursor=cursor)[1:]}"


async def _facets(visit: Visit, asked: AskedSearch) -> list[tuple[str, list[FacetValue]]]:
    """The commonest values of each facet, as far as there are any."""
    wanted = [("facet", name) for name in FACETS]
    found = await visit.api.get(
        "/v1/stories/facets", [*asked.search, *wanted, ("facet_limit", str(FACET_VALUES))]
    )
    shown = []
    for facet in found.data["facets"]:
        title, name = FACETS[facet["facet"]]
        values = [
            FacetValue(
                name=one["name"] or one["value"],
                count=one["count"],
                href=asked.toggled(name, one["value"]).address(),
                on=(name, one["value"]) in asked.pairs,
            )
            for one in facet["values"]
        ]
        if values:
            shown.append((title, values))
    return shown


async def _timeline(visit: Visit, asked: AskedSearch) -> Mapping[str, Any] | None:
    """When they were published; None where the window makes no timeline."""
    try:
        found = await visit.api.get(
            "/v1/stories/timeline", [*asked.search, ("interval", _interval(visit, asked))]
        )
    except Refused:
        return None
    buckets, meta = found.data["buckets"], found.meta
    ends = [bucket["start"] for bucket in buckets[1:]] + [meta["to"]]
    pattern = "%a %H:%M" if meta["interval"] == "hour" else "%Y-%m-%d"
    bars = [
        Bar(
            label=f"{read_time(bucket['start']):{pattern}}",
            count=bucket["count"],
            href=asked.having(published_after=bucket["start"], published_before=end).address(),
        )
        for bucket, end in zip(buckets, ends, strict=True)
    ]
    return {"bars": bars, "meta": meta, "wider": _wider(asked)}


def _interval(visit: Visit, asked: AskedSearch) -> str:
    """Hours, days or weeks, by how long the window is."""
    after, before = _time(asked, "published_after"), _time(asked, "published_before")
    if after is None:
        return "day"
    span = (before or visit.now) - after
    return "hour" if span <= BY_HOURS else "day" if span <= BY_DAYS else "week"


def _time(asked: AskedSearch, name: str) -> datetime | None:
    written = asked.get(name)
    return None if written is None else read_time(moment(written))


def _wider(asked: AskedSearch) -> str | None:
    """The search without its window; None where it has none."""
    window: Sequence[str] = ("published_after", "published_before")
    if not any(asked.get(name) for name in window):
        return None
    return asked.having(**dict.fromkeys(window)).address()
