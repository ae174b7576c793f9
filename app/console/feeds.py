"""All feeds: found, sorted, and acted on together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from app.console.render import read_time
from app.console.visit import Visit

PATH: Final = "/v1/admin/feeds"
HERE: Final = "/admin/feeds"
PAGE: Final = 50
FEWEST_BARS: Final = 24
HEALTHS: Final = ("ok", "new", "silent", "failing", "gone", "quarantined", "paused")
COLUMNS: Final = (
    ("title", "Feed"),
    ("-failures", "Health"),
    ("-polled", "Last poll"),
    ("next_poll", "Next poll"),
    ("-news", "Last news"),
)
"""What a list can be sorted by, at first in this direction."""

DONE: Final = {
    "refresh": "is polled as soon as its host is free",
    "pause": "paused",
    "resume": "resumed, and due at once",
    "delete": "removed; its stories stay",
}


async def show(visit: Visit) -> Response:
    """GET /admin/feeds: the part under the search field as one types."""
    asked = {name: visit.asked(name) for name in ("q", "health", "sort", "cursor")}
    wanted = {**asked, "include": "recent", "limit": PAGE}
    async with asyncio.TaskGroup() as group:
        found = group.create_task(visit.api.get(PATH, wanted))
        status = group.create_task(visit.api.get("/v1/admin/status"))
    answer = found.result()
    return visit.render(
        "feeds_list.html" if visit.is_fragment else "feeds.html",
        feeds=[{**feed, "bars": recent_bars(feed["recent"])} for feed in answer.data],
        page=answer.page,
        asked=asked,
        sorts=_sorts(asked["sort"]),
        counts=_counts(status.result().data["feeds"]),
    )


async def bulk(visit: Visit) -> Response:
    """POST /admin/feeds/bulk: one act on all that were checked; a line for each of them."""
    form = await visit.form()
    ids = [str(value) for value in form.getlist("feed")]
    action = str(form.get("action", ""))
    if not ids:
        return visit.go(HERE, said="Nothing was done: check the feeds first.", bad=True)
    asked = {"action": action, "ids": ids}
    answer = await visit.api.post(f"{PATH}:bulk", asked)
    names = {feed_id: str(form.get(f"name-{feed_id}", "")) for feed_id in ids}
    return visit.render(
        "feeds_bulk.html",
        action=action,
        done=DONE[action],
        lines=[{**line, "name": names.get(line["feed_id"])} for line in answer.data],
        meta=answer.meta,
    )


async def export(visit: Visit) -> Response:
    """GET /admin/feeds.opml: all feeds as OPML, to be saved."""
    answer = await visit.api.get(f"{PATH}.opml")
    return Response(
        answer.text,
        media_type="text/x-opml",
        headers={
            "Content-Disposition": 'attachment; filename="copydesk-feeds.opml"',
            "Cache-Control": "no-store",
        },
    )


def recent_bars(polls: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """What each poll brought, for a chart: of few polls at its right end."""
    told = [(f"{read_time(poll['at']):%d %b %H:%M}", poll["new"]) for poll in polls]
    return [*(("not polled", 0) for _ in range(FEWEST_BARS - len(told))), *told] if told else []


def _sorts(asked: str | None) -> list[dict[str, Any]]:
    """The heads of the columns: what each sorts by when it is clicked, and whether it does now."""
    heads = []
    for first, name in COLUMNS:
        key = first.removeprefix("-")
        turned = key if first.startswith("-") else f"-{key}"
        now = {key: "ascending", f"-{key}": "descending"}.get(asked or "")
        heads.append({"name": name, "sort": turned if asked == first else first, "now": now})
    return heads


def _counts(by_health: Mapping[str, int]) -> list[tuple[str, int]]:
    """Feeds by health, those that need somebody behind those that do not."""
    return [(name, by_health[name]) for name in HEALTHS if by_health.get(name)]
