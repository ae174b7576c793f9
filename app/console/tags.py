"""Tags: found by their names, looked at, renamed, merged, blocked."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from app.console.inside import Refused
from app.console.render import read_time
from app.console.visit import Visit

HERE: Final = "/admin/tags"
API: Final = "/v1/admin/tags"
SCHEMES: Final = (
    ("", "any"),
    ("medtop", "topics"),
    ("place", "places"),
    ("person", "people"),
    ("org", "organizations"),
    ("category", "publishers' categories"),
    ("label", "own labels"),
    ("agency", "agencies"),
    ("lang", "languages"),
)
WINDOWS: Final = (
    ("all", "of all"),
    ("24h", "of 24 hours"),
    ("7d", "of 7 days"),
    ("30d", "of 30 days"),
)
EDITS: Final = (("", "any"), ("blocked", "blocked"), ("merged", "merged"), ("renamed", "renamed"))
NEWEST: Final = 10
SUGGESTED: Final = 8


async def show(visit: Visit) -> Response:
    """GET /admin/tags: the commonest first; those that begin so where that is asked for."""
    asked = {name: visit.asked(name) for name in ("prefix", "scheme", "window", "cursor")}
    found = await visit.api.get("/v1/tags", {"limit": 50, **asked})
    return visit.render(
        "tags.html",
        tags=found.data,
        page=found.page,
        asked=asked,
        schemes=SCHEMES,
        windows=WINDOWS,
    )


async def edited(visit: Visit) -> Response:
    """GET /admin/tags/edited: those that operators have changed."""
    asked = {name: visit.asked(name) for name in ("kind", "cursor")}
    found = await visit.api.get(API, {"limit": 50, **asked})
    return visit.render(
        "tags_edited.html", edits=found.data, page=found.page, asked=asked, kinds=EDITS
    )


async def one(visit: Visit) -> Response:
    """GET /admin/tags/{tag}: the tag that it goes under, if it is merged."""
    asked_for = str(visit.request.path_params["qcode"])
    found = await visit.api.get(f"/v1/tags/{visit.path('qcode')}")
    tag = found.data
    stories = await visit.api.get("/v1/stories", {"tag_exact": tag["tag"], "limit": NEWEST})
    bars = [
        (f"{read_time(bucket['start']):%Y-%m-%d}", bucket["count"]) for bucket in tag["timeline"]
    ]
    return visit.render(
        "tag.html",
        tag=tag,
        asked_for=asked_for,
        stories=stories.data,
        bars=bars,
        fixed=tag["scheme"] == "lang",
    )


async def edit(visit: Visit) -> Response:
    """POST /admin/tags/{tag}: rename, merge, unmerge, block or unblock it."""
    form = await visit.form()
    tag, do = str(visit.request.path_params["qcode"]), str(form.get("do", ""))
    path = f"{API}/{quote(tag, safe='')}"
    name, into = str(form.get("name", "")).strip(), str(form.get("into", "")).strip()
    match do:
        case "rename":
            asked, said = visit.api.post(f"{path}:rename", {"name": name or None}), "Renamed."
        case "merge":
            said = f"{tag} goes under {into} from now on; its stories are tagged again soon."
            asked = visit.api.post(f"{path}:merge", {"into": into})
        case "unmerge":
            asked, said = visit.api.post(f"{path}:unmerge"), f"{tag} has its own name again."
        case "unblock":
            said = "The tag may be given again; every story is tagged again for it, soon."
            asked = visit.api.post(f"{path}:unblock")
        case _:
            asked, said = visit.api.post(f"{path}:block"), "The tag is given to no story any more."
    here = f"{HERE}/{quote(tag, safe=':')}"
    try:
        await asked
    except Refused as problem:
        return visit.go(here, said=problem.detail, bad=True)
    return visit.go(here, said=said)


async def suggest(visit: Visit) -> Response:
    """GET /admin/tags/suggest: what begins as it is being written, for a field that takes a tag."""
    written = (visit.asked("into") or "").strip()
    scheme, _, beginning = written.rpartition(":")
    found = None
    if beginning:
        asked = {"prefix": beginning, "scheme": scheme, "limit": SUGGESTED}
        found = (await visit.api.get("/v1/tags", asked)).data
    return visit.render("tags_suggested.html", tags=found or [])
