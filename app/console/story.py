"""One story: its text block by block, how it has changed, its tags, and what is done to it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from app.console.inside import Answer, Refused
from app.console.visit import Visit

HERE: Final = "/admin/stories"
NOT_FOUND: Final = 404
REVISIONS: Final = 50

BLOCKS: Final = {
    "paragraph": "Paragraph",
    "heading": "Heading",
    "list": "List",
    "quote": "Quote",
    "correction": "Correction",
    "dateline": "Dateline",
    "byline": "Byline",
    "credit": "Credit",
    "caption": "Caption",
    "boilerplate": "Boilerplate",
}
"""The types of blocks as they are called, in the order of the legend."""

GIVERS: Final = {
    "publisher": "the publisher",
    "gazetteer": "the gazetteer",
    "names": "its names",
    "model": "the model of names",
    "topics": "its topics",
    "rule": "a rule",
    "operator": "by hand",
}


async def show(visit: Visit) -> Response:
    """GET /admin/stories/{id}: also of one that is killed, or that a rule keeps out."""
    story_id = visit.path("story_id")
    standing = await visit.api.get(f"/v1/admin/stories/{story_id}")
    story = await _there(visit.api.get(f"/v1/stories/{story_id}"))
    if story is None:
        return visit.render("story_dropped.html", standing=standing.data)
    revisions, hand, page, reprints = await asyncio.gather(
        visit.api.get(f"/v1/stories/{story_id}/revisions", {"limit": REVISIONS}),
        visit.api.get(f"/v1/admin/stories/{story_id}/tags"),
        _there(visit.api.get(f"/v1/admin/stories/{story_id}/page")),
        _reprints(visit, story.data["cluster_id"]),
    )
    return visit.render(
        "story.html",
        story=story.data,
        standing=standing.data,
        revisions=revisions.data,
        difference=await _difference(visit, story_id, revisions.data),
        edits=hand.data["edits"],
        page=page.data if page else None,
        reprints=reprints,
        legend=_legend(story.data["blocks"]),
        block_names=BLOCKS,
        givers=GIVERS,
    )


async def tag(visit: Visit) -> Response:
    """POST /admin/stories/{id}/tags: give, take or reset a tag, or reset all."""
    story_id, form = visit.path("story_id"), await visit.form()
    qcode, name = str(form.get("tag", "")).strip(), str(form.get("name", "")).strip()
    path = f"/v1/admin/stories/{story_id}/tags"
    one = f"{path}/{quote(qcode, safe='')}"
    match form.get("do"):
        case "give":
            done, said = visit.api.put(one, {"name": name} if name else None), f"{qcode} is given."
        case "take":
            done, said = visit.api.delete(one), f"{qcode} is taken away."
        case "reset":
            done, said = visit.api.post(f"{one}:reset"), f"{qcode} is as taggers and rules say."
        case _:
            done, said = visit.api.delete(path), "All tags are as taggers and rules say."
    return await _done(visit, story_id, done, said, "#tags")


async def fetch_page(visit: Visit) -> Response:
    """POST /admin/stories/{id}/page: have its page fetched again."""
    story_id = visit.path("story_id")
    asked = visit.api.post(f"/v1/admin/stories/{story_id}/page")
    return await _done(visit, story_id, asked, "Its page is fetched again, soon.", "#page")


async def kill(visit: Visit) -> Response:
    """POST /admin/stories/{id}/kill, with a reason."""
    story_id, form = visit.path("story_id"), await visit.form()
    given = {"reason": str(form.get("reason", ""))}
    asked = visit.api.post(f"/v1/admin/stories/{story_id}:kill", given)
    return await _done(visit, story_id, asked, "The story is killed.")


async def restore(visit: Visit) -> Response:
    """POST /admin/stories/{id}/restore."""
    story_id = visit.path("story_id")
    try:
        now = await visit.api.post(f"/v1/admin/stories/{story_id}:restore")
    except Refused as problem:
        return visit.go(f"{HERE}/{story_id}", said=problem.detail, bad=True)
    said = {
        "live": "The story is restored.",
        "killed": "No operator keeps it killed any more; its publisher has withdrawn it, and it "
        "comes back when its feed tells it again.",
        "dropped": "The story is restored; a tag rule keeps it out of the stream.",
    }
    return visit.go(f"{HERE}/{story_id}", said=said[now.data["status"]])


async def _done(
    visit: Visit, story_id: str, asked: Coroutine[Any, Any, Answer], said: str, part: str = ""
) -> Response:
    """Back on the story's page, with what was done or why not."""
    try:
        await asked
    except Refused as problem:
        return visit.go(f"{HERE}/{story_id}{part}", said=problem.detail, bad=True)
    return visit.go(f"{HERE}/{story_id}{part}", said=said)


async def _there(asked: Coroutine[Any, Any, Answer]) -> Answer | None:
    """The answer, or none where there is nothing."""
    try:
        return await asked
    except Refused as problem:
        if problem.status != NOT_FOUND:
            raise
        return None


async def _difference(
    visit: Visit, story_id: str, revisions: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    """The revision that is asked for, or the last one, beside the one before."""
    wanted = visit.asked("revision") or str(revisions[0]["revision"])
    if wanted == "1" and visit.asked("against") is None:
        return None
    found = await visit.api.get(
        f"/v1/stories/{story_id}/revisions/{quote(wanted, safe='')}",
        {"against": visit.asked("against")},
    )
    shown: Mapping[str, Any] = found.data
    return shown


async def _reprints(visit: Visit, cluster_id: str | None) -> Sequence[Mapping[str, Any]]:
    if cluster_id is None:
        return []
    found = await _there(visit.api.get(f"/v1/clusters/{cluster_id}"))
    return found.data if found else []


def _legend(blocks: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """The types that the story has: type, name, and how many blocks."""
    counts = Counter(block["type"] for block in blocks)
    return [(kind, name, counts[kind]) for kind, name in BLOCKS.items() if counts[kind]]
