"""Adding feeds: what a site has, the stories that they would be, and the feed itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from app.console.feed_settings import number
from app.console.feeds import HERE, PATH
from app.console.inside import Refused
from app.console.visit import Visit

TEXTS: Final = ("title", "language", "time_zone", "country", "source_name", "site_url")
ADDED: Final = ("title", "language", "country", "source_name", "site_url")
SHOWN: Final = 8
FOUND_BY: Final = {
    "address": "at this address",
    "link": "named by the page",
    "anchor": "linked on the page",
    "common_path": "at a usual place",
    "sitemap": "a site map",
}


async def show(visit: Visit) -> Response:
    """GET /admin/feeds/add: by an address, or from a list."""
    return visit.render("add.html", url=visit.asked("url") or "", found=None)


async def find(visit: Visit) -> Response:
    """POST /admin/feeds/find: the feeds of a site."""
    url = str((await visit.form()).get("url", "")).strip()
    context: dict[str, Any] = {"url": url, "found": None, "wrong": None}
    try:
        answer = await visit.api.post(f"{PATH}:discover", {"url": url}, timeout=None)
        context |= {"found": answer.data, "meta": answer.meta}
    except Refused as problem:
        context["wrong"] = problem
    template = "add_found.html" if visit.is_fragment else "add.html"
    return visit.render(template, found_by=FOUND_BY, **context)


async def preview(visit: Visit) -> Response:
    """POST /admin/feeds/preview: the first stories of an address, as they would be."""
    form = await visit.form()
    return await _preview(visit, _given(form), None)


async def add(visit: Visit) -> Response:
    """POST /admin/feeds/add."""
    form = await visit.form()
    given = _given(form)
    asked = {name: given[name] for name in ADDED if given[name]}
    asked |= {name: number(given[name]) for name in ("min_interval_s",) if given[name]}
    asked |= {"url": given["url"], "full_text": given["full_text"]}
    if form.get("untried") == "yes":
        asked["probe"] = False
    try:
        feed = (await visit.api.post(PATH, asked)).data
    except Refused as problem:
        return await _preview(visit, given, problem)
    path = f"{PATH}/{feed['id']}"
    if given["time_zone"]:
        etag = (await visit.api.get(path)).headers["etag"]
        await visit.api.patch(path, {"time_zone": given["time_zone"]}, headers={"If-Match": etag})
    return visit.go(f"{HERE}/{feed['id']}", said="Added. Its first poll is under way.")


def _given(form: FormData) -> dict[str, Any]:
    names = ("url", *TEXTS, "min_interval_s")
    given: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in names}
    return given | {"full_text": form.get("full_text") == "yes"}


async def _preview(visit: Visit, given: Mapping[str, Any], refused: Refused | None) -> Response:
    """The stories and the form that adds their feed; `refused`: why it could not be added."""
    asked = {name: given[name] for name in ("url", "language", "time_zone") if given[name]}
    context: dict[str, Any] = {"given": given, "found": None, "wrong": refused, "unread": None}
    try:
        answer = await visit.api.post(f"{PATH}:preview", {**asked, "limit": SHOWN}, timeout=None)
        context |= {"found": answer.data, "meta": answer.meta}
    except Refused as problem:
        context["unread"] = problem
        if refused is None:
            context["wrong"] = problem
    template = "add_preview.html" if visit.is_fragment else "add_one.html"
    return visit.render(template, code=refused.status if refused else 200, **context)
