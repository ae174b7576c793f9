"""One feed: how it is and why, what its polls brought, its document, its addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from app.console.feed_words import OUTCOMES, advice, told
from app.console.feeds import HERE, PATH, recent_bars
from app.console.inside import Refused
from app.console.visit import Visit

TABS: Final = (
    ("", "Now"),
    ("polls", "Polls"),
    ("entries", "Entries"),
    ("document", "Document"),
    ("addresses", "Addresses"),
    ("settings", "Settings"),
)
CHARTED: Final = 48
LEDGER_PAGE: Final = 50
MAX_SHOWN: Final = 200_000
"""Characters of a document that are shown; the rest is had by the API."""

NOT_FOUND: Final = 404


async def show(visit: Visit) -> Response:
    """GET /admin/feeds/{id}?tab=…"""
    tab = visit.asked("tab") or ""
    feed = await visit.api.get(api_path(visit))
    context = await TAB_OF.get(tab, _now)(visit, feed.data)
    shown = tab if tab in TAB_OF else ""
    if visit.is_fragment and not shown:
        return visit.render("feed_now.html", **head(feed.data), **context)
    return visit.render(f"feed_{shown or 'main'}.html", tab=shown, **head(feed.data), **context)


async def poll(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/poll: now, and what came of it, in its place."""
    row = problem = None
    try:
        answer = await visit.api.post(f"{api_path(visit)}:refresh", params={"wait": "true"})
        row = answer.data
    except Refused as refused:
        if refused.status == NOT_FOUND:
            raise
        problem = refused
    if not visit.is_fragment:
        said = told(row) if row is not None else problem and problem.detail
        return visit.go(
            here(visit), said=f"Polled: {said}", bad=row is None or bool(row["failure"])
        )
    feed = await visit.api.get(api_path(visit))
    context = await _now(visit, feed.data)
    return visit.render(
        "feed_now.html", **head(feed.data), **{**context, "polled": row, "problem": problem}
    )


async def pause(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/pause."""
    await visit.api.post(f"{api_path(visit)}:pause")
    return visit.go(here(visit), said="Paused: it is polled no more until it is resumed.")


async def resume(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/resume: of one in quarantine, its release."""
    await visit.api.post(f"{api_path(visit)}:resume")
    return visit.go(here(visit), said="Resumed: it is due at once.")


async def remove(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/remove; its stories stay."""
    await visit.api.delete(api_path(visit))
    return visit.go(HERE, said="The feed is removed; its stories stay.")


async def revert(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/moves/{move_id}/revert."""
    await visit.api.post(f"{api_path(visit)}/moves/{visit.path('move_id')}:revert")
    return visit.go(
        f"{here(visit)}?tab=addresses", said="Taken back: it is polled at its old address at once."
    )


async def replay(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/replay: its document read again, only shown or also written."""
    form = await visit.form()
    apply = form.get("apply") == "yes"
    feed = await visit.api.get(api_path(visit))
    found = await visit.api.post(f"{api_path(visit)}:replay", {"apply": apply})
    return visit.render("feed_replay.html", tab="document", found=found.data, **head(feed.data))


def api_path(visit: Visit) -> str:
    return f"{PATH}/{visit.path('feed_id')}"


def here(visit: Visit) -> str:
    return f"{HERE}/{visit.path('feed_id')}"


def head(feed: Mapping[str, Any]) -> dict[str, Any]:
    """What every page of a feed shows of it."""
    return {
        "feed": feed,
        "name": feed["title"] or feed["source"]["name"] or feed["url"],
        "tabs": TABS,
        "outcomes": OUTCOMES,
        "told": told,
        "advice": advice(feed),
    }


async def _now(visit: Visit, _feed: Mapping[str, Any]) -> dict[str, Any]:
    latest = await visit.api.get(f"{api_path(visit)}/fetches", {"limit": CHARTED})
    polls = [row for row in reversed(latest.data) if row["outcome"] != "replayed"]
    return {
        "latest": latest.data[:6],
        "bars": recent_bars(polls),
        "charted": len(polls),
        "polled": None,
        "problem": None,
    }


async def _polls(visit: Visit, _feed: Mapping[str, Any]) -> dict[str, Any]:
    cursor = visit.asked("cursor")
    asked = {"limit": LEDGER_PAGE, "cursor": cursor}
    found = await visit.api.get(f"{api_path(visit)}/fetches", asked)
    polls = [row for row in reversed(found.data) if row["outcome"] != "replayed"]
    return {
        "rows": found.data,
        "page": found.page,
        "cursor": cursor,
        "bars": recent_bars(polls),
    }


async def _entries(visit: Visit, _feed: Mapping[str, Any]) -> dict[str, Any]:
    cursor = visit.asked("cursor")
    asked = {"limit": LEDGER_PAGE, "cursor": cursor}
    found = await visit.api.get(f"{api_path(visit)}/entries", asked)
    return {"entries": found.data, "page": found.page, "cursor": cursor}


async def _document(visit: Visit, _feed: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer = await visit.api.get(f"{api_path(visit)}/body")
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        return {"text": None}
    return {
        "text": answer.text[:MAX_SHOWN],
        "is_cut": len(answer.text) > MAX_SHOWN,
        "characters": len(answer.text),
        "content_type": answer.headers.get("content-type"),
    }


async def _addresses(visit: Visit, _feed: Mapping[str, Any]) -> dict[str, Any]:
    moves = await visit.api.get(f"{api_path(visit)}/moves")
    revertible = next((m["id"] for m in moves.data if m["reverted_at"] is None), None)
    return {"moves": moves.data, "revertible": revertible}


async def _settings(visit: Visit, feed: Mapping[str, Any]) -> dict[str, Any]:
    return await settings_context(visit, feed)


async def settings_context(visit: Visit, feed: Mapping[str, Any]) -> dict[str, Any]:
    """What the forms of a feed's settings show; asked for together."""
    async with asyncio.TaskGroup() as group:
        fresh = group.create_task(visit.api.get(api_path(visit)))
        credentials = group.create_task(_credentials(visit))
    return {
        "etag": fresh.result().headers["etag"],
        "credentials": credentials.result(),
        "given": {**feed, "country": feed["source"]["country"]},
        "shown": {**feed, "country": feed["source"]["country"]},
        "wrong": None,
        "wrong_credentials": None,
        "trial": None,
    }


async def _credentials(visit: Visit) -> Mapping[str, Any] | None:
    try:
        answer = await visit.api.get(f"{api_path(visit)}/credentials")
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        return None
    found: Mapping[str, Any] = answer.data
    return found


Tab = Callable[[Visit, Mapping[str, Any]], Awaitable[dict[str, Any]]]
TAB_OF: Final[Mapping[str, Tab]] = {
    "polls": _polls,
    "entries": _entries,
    "document": _document,
    "addresses": _addresses,
    "settings": _settings,
}
