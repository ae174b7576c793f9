"""Boilerplate: the lines that sources repeat, learned or set, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from app.console.inside import Refused
from app.console.visit import Visit

HERE: Final = "/admin/boilerplate"
API: Final = "/v1/admin/boilerplate-rules"
STATES: Final = (
    ("", "any"),
    ("learned", "learned"),
    ("set", "set by operators"),
    ("reverted", "given back"),
)
PLACES: Final = (
    ("line", "A whole paragraph"),
    ("prefix", "Before the first paragraph"),
    ("suffix", "Behind the last paragraph"),
)
LOOKED_AT: Final = 60
EXAMPLES: Final = 10
MAX_SOURCES: Final = 100
INVALID: Final = 400


async def show(visit: Visit) -> Response:
    """GET /admin/boilerplate."""
    return await _page(visit)


async def one(visit: Visit) -> Response:
    """GET /admin/boilerplate/{id}: with stories of its source that have it."""
    line = (await visit.api.get(f"{API}/{visit.path('line_id')}")).data
    found = await visit.api.get(
        "/v1/stories",
        {
            "source": line["source_id"],
            "include": "body",
            "fields": "id,title,published_at,blocks",
            "limit": LOOKED_AT,
        },
    )
    return visit.render(
        "boilerplate_line.html",
        line=line,
        source=(await _sources(visit)).get(line["source_id"], line["source_id"]),
        examples=_examples(line, found.data),
        looked_at=len(found.data),
        places=dict(PLACES),
    )


async def add(visit: Visit) -> Response:
    """POST /admin/boilerplate: say that a source repeats a line."""
    form = await visit.form()
    given = {name: str(form.get(name, "")).strip() for name in ("source_id", "place", "text")}
    asked = given | {"source_id": int(given["source_id"]) if given["source_id"].isdecimal() else 0}
    try:
        made = await visit.api.post(API, asked)
    except Refused as problem:
        if problem.status != INVALID:
            return visit.go(HERE, said=problem.detail, bad=True)
        return await _page(visit, given=given, problem=problem)
    return visit.go(f"{HERE}/{made.data['id']}", said="The line is no part of stories any more.")


async def switch(visit: Visit) -> Response:
    """POST /admin/boilerplate/{id}: give a line back to its stories, or take it again."""
    state = str((await visit.form()).get("state", ""))
    await visit.api.patch(f"{API}/{visit.path('line_id')}", {"state": state})
    said = "is given back to its stories" if state == "reverted" else "is taken out of its stories"
    return visit.go(f"{HERE}/{visit.path('line_id')}", said=f"The line {said}, soon.")


async def _page(
    visit: Visit, *, given: Mapping[str, str] | None = None, problem: Refused | None = None
) -> Response:
    asked = {name: visit.asked(name) for name in ("source_id", "state", "cursor")}
    found = await visit.api.get(API, {"limit": 50, **asked})
    sources = await _sources(visit)
    return visit.render(
        "boilerplate.html",
        code=200 if problem is None else problem.status,
        lines=found.data,
        page=found.page,
        asked=asked,
        states=STATES,
        sources=sources,
        any_source=[("", "any"), *sources.items()],
        places=PLACES,
        given=given or {"source_id": asked["source_id"] or "", "place": "line", "text": ""},
        problem=problem,
    )


async def _sources(visit: Visit) -> dict[str, str]:
    """Names of sources, by their ids: of as many as can be chosen among."""
    found = await visit.api.get("/v1/sources", {"limit": MAX_SOURCES})
    return {one["id"]: one["name"] or one["domain"] for one in found.data}


def _examples(
    line: Mapping[str, Any], stories: Sequence[Mapping[str, Any]]
) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Stories with the block that has the line, whether it is theirs or not."""
    wanted = _alike(line["text"])
    found = []
    for story in stories:
        block = next((one for one in story["blocks"] if wanted in _alike(one["text"])), None)
        if block is not None:
            found.append((story, block))
    return found[:EXAMPLES]


def _alike(text: str) -> str:
    """What lines have in common that differ in case, spaces and numbers alone."""
    return re.sub(r"\d+", "0", " ".join(text.casefold().split()))
