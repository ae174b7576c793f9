"""What operators set of a feed: names, pace, how it is read, and what it is asked with."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from app.console.feed import api_path, head, here, settings_context
from app.console.inside import Refused
from app.console.visit import Visit

TEXTS: Final = ("title", "language", "time_zone", "country")
NUMBERS: Final = ("min_interval_s", "max_interval_s", "keep_days")
CHANGED: Final = 412
TRIED: Final = 20
COMPARED: Final = ("title", "published_at", "language", "text", "authors", "tags")
"""Of a story, what settings may make otherwise."""


async def save(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/settings: what differs from what is on record."""
    form = await visit.form()
    feed = (await visit.api.get(api_path(visit))).data
    present = {**feed, "country": feed["source"]["country"]}
    asked = _asked(form, present)
    if not asked:
        return visit.go(f"{here(visit)}?tab=settings", said="Nothing was changed.")
    headers = {"If-Match": str(form.get("etag", ""))}
    try:
        await visit.api.patch(api_path(visit), asked, headers=headers)
    except Refused as problem:
        etag = headers["If-Match"]
        return await _again(visit, feed, {**present, **asked}, problem, etag)
    return visit.go(
        f"{here(visit)}?tab=settings",
        said="Saved: what its next polls bring is read so.",
    )


async def attempt(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/try: the stories of its last document by the settings as they are
    written in the form, beside those by the settings on record; nothing is written.
    """
    form = await visit.form()
    feed = (await visit.api.get(api_path(visit))).data
    present = {**feed, "country": feed["source"]["country"]}
    given = {**present, **_asked(form, present)}
    context = await settings_context(visit, feed) | {"given": given, "etag": form.get("etag", "")}
    try:
        context["trial"] = await _trial(visit, present, given)
    except* Refused as group:
        problem = group.exceptions[0]
        context["wrong"] = problem
    return visit.render("feed_settings.html", tab="settings", **head(feed), **context)


async def _trial(
    visit: Visit, present: Mapping[str, Any], given: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Each story by both, and the names of what differs."""
    kept = await visit.api.get(f"{api_path(visit)}/body")
    content_type = kept.headers.get("content-type", "application/octet-stream")

    async def stories(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
        asked = {name: settings[name] for name in ("url", "language", "time_zone")}
        answer = await visit.api.post(
            "/v1/admin/normalize",
            params={**{k: v for k, v in asked.items() if v}, "limit": TRIED},
            content=kept.content,
            headers={"Content-Type": content_type},
            timeout=None,
        )
        found: list[dict[str, Any]] = answer.data["stories"]
        return found

    async with asyncio.TaskGroup() as group:
        before = group.create_task(stories(present))
        after = group.create_task(stories(given))
    return [
        {"was": was, "now": now, "differs": [name for name in COMPARED if was[name] != now[name]]}
        for was, now in zip(before.result(), after.result(), strict=True)
    ]


async def set_credentials(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/credentials."""
    form = await visit.form()
    texts = {name: str(form.get(name, "")) for name in ("username", "header", "variable")}
    asked: dict[str, Any] = {name: value.strip() for name, value in texts.items() if value.strip()}
    asked["kind"] = str(form.get("kind", ""))
    if secret := str(form.get("secret", "")):
        asked["secret"] = secret
    asked["over_http"] = form.get("over_http") == "yes"
    try:
        await visit.api.put(f"{api_path(visit)}/credentials", asked)
    except Refused as problem:
        feed = (await visit.api.get(api_path(visit))).data
        context = await settings_context(visit, feed)
        context |= {"wrong_credentials": problem, "given_credentials": asked | {"secret": None}}
        return visit.render(
            "feed_settings.html", code=problem.status, tab="settings", **head(feed), **context
        )
    return visit.go(
        f"{here(visit)}?tab=settings", said="The credentials are set; it is polled at once."
    )


async def forget_credentials(visit: Visit) -> Response:
    """POST /admin/feeds/{id}/credentials/forget."""
    await visit.api.delete(f"{api_path(visit)}/credentials")
    return visit.go(f"{here(visit)}?tab=settings", said="The credentials are forgotten.")


def _asked(form: FormData, present: Mapping[str, Any]) -> dict[str, Any]:
    """What the form's fields say otherwise than when they were shown; an empty one is null.

    What somebody else has changed since is not taken back by a field that nobody touched.
    """
    asked: dict[str, Any] = {}
    for name in (*TEXTS, *NUMBERS):
        if name in form:
            value = _read(name, str(form[name]))
            if value != _shown(form, name, present):
                asked[name] = value
    if "was-full_text" in form:  # a box that is not checked is not sent
        checked = form.get("full_text") == "yes"
        if checked is not (form["was-full_text"] == "yes"):
            asked["full_text"] = checked
    url = str(form.get("url", "")).strip()
    if url and url != _shown(form, "url", present):
        asked |= {"url": url, "probe": form.get("untried") != "yes"}
    return asked


def _shown(form: FormData, name: str, present: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The value that the form was shown with."""
    return _read(name, str(form[f"was-{name}"])) if f"was-{name}" in form else present.get(name)


def _read(name: str, text: str) -> int | str | None:
    return number(text) if name in NUMBERS else text.strip() or None


def number(text: str) -> int | str | None:
    """A whole number; what is none is left to the API to refuse."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() else text


async def _again(
    visit: Visit,
    feed: Mapping[str, Any],
    given: Mapping[str, Any],
    problem: Refused,
    etag: str,
) -> Response:
    """The form with what was written, and what is wrong with it."""
    context = await settings_context(visit, feed)
    context |= {"given": given, "wrong": problem, "is_stale": problem.status == CHANGED}
    if problem.status != CHANGED:
        context["etag"] = etag
    return visit.render(
        "feed_settings.html", code=problem.status, tab="settings", **head(feed), **context
    )
