"""Who is told of stories: saved searches, webhooks, what was delivered and what came of it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.responses import Response

from app.console.inside import Refused
from app.console.visit import Visit

SEARCHES: Final = "/v1/searches"
WEBHOOKS: Final = "/v1/webhooks"
HERE: Final = "/admin/push"
MOST: Final = 100
DELIVERY_STATES: Final = ("", "due", "done", "dead")


async def show(visit: Visit) -> Response:
    """GET /admin/push: webhooks and saved searches."""
    return await _page(visit)


async def search(visit: Visit) -> Response:
    """GET /admin/push/searches/{id}: what it asks, its newest stories, who is told of them."""
    path = f"{SEARCHES}/{visit.path('search_id')}"
    async with asyncio.TaskGroup() as group:
        one = group.create_task(visit.api.get(path))
        stories = group.create_task(visit.api.get(f"{path}/stories", {"limit": 10}))
        webhooks = group.create_task(visit.api.get(f"{path}/webhooks"))
    return visit.render(
        "search.html",
        search=one.result().data,
        stories=stories.result().data,
        webhooks=webhooks.result().data,
    )


async def remove_search(visit: Visit) -> Response:
    """POST /admin/push/searches/{id}/remove."""
    await visit.api.delete(f"{SEARCHES}/{visit.path('search_id')}")
    return visit.go(HERE, said="The search is removed, and its webhooks with it.")


async def add_webhook(visit: Visit) -> Response:
    """POST /admin/push/webhooks: its secret is shown this once."""
    form = await visit.form()
    asked = {name: str(form.get(name, "")).strip() or None for name in ("url", "name", "search_id")}
    types = [str(one) for one in form.getlist("types")]
    try:
        made = await visit.api.post(
            WEBHOOKS, {**asked, "url": asked["url"] or "", "types": types or None}
        )
    except Refused as problem:
        return await _page(visit, code=problem.status, wrong=problem, given=form)
    return await _webhook(visit, made.data["id"], secret=made.data["secret"])


async def webhook(visit: Visit) -> Response:
    """GET /admin/push/webhooks/{id}: how it is, and its deliveries."""
    return await _webhook(visit, visit.path("webhook_id"))


async def rotate(visit: Visit) -> Response:
    """POST /admin/push/webhooks/{id}/rotate: a new secret, shown this once."""
    webhook_id = visit.path("webhook_id")
    made = await visit.api.post(f"{WEBHOOKS}/{webhook_id}:rotate", {})
    return await _webhook(visit, webhook_id, secret=made.data["secret"])


async def try_webhook(visit: Visit) -> Response:
    """POST /admin/push/webhooks/{id}/test: what its receiver answers now."""
    webhook_id = visit.path("webhook_id")
    tried = await visit.api.post(f"{WEBHOOKS}/{webhook_id}:test")
    return await _webhook(visit, webhook_id, tried=tried.data)


async def pause(visit: Visit) -> Response:
    """POST /admin/push/webhooks/{id}/pause."""
    return await _turn(visit, "pause", "The webhook is told nothing until it is resumed.")


async def resume(visit: Visit) -> Response:
    """POST /admin/push/webhooks/{id}/resume."""
    return await _turn(visit, "resume", "The webhook is told again, from where it stopped.")


async def remove_webhook(visit: Visit) -> Response:
    """POST /admin/push/webhooks/{id}/remove."""
    await visit.api.delete(f"{WEBHOOKS}/{visit.path('webhook_id')}")
    return visit.go(HERE, said="The webhook is removed.")


async def redeliver(visit: Visit) -> Response:
    """POST /admin/push/webhooks/{id}/redeliver: chosen deliveries, or a stretch of the log."""
    webhook_id = visit.path("webhook_id")
    form = await visit.form()
    chosen = [str(one) for one in form.getlist("deliveries")]
    asked = {"deliveries": chosen} if chosen else _stretch(form)
    answer = await visit.api.post(f"{WEBHOOKS}/{webhook_id}:redeliver", asked)
    due = answer.data["due"]
    return visit.go(f"{HERE}/webhooks/{webhook_id}", said=f"{due} to be delivered again.")


async def _turn(visit: Visit, action: str, said: str) -> Response:
    webhook_id = visit.path("webhook_id")
    await visit.api.post(f"{WEBHOOKS}/{webhook_id}:{action}")
    return visit.go(f"{HERE}/webhooks/{webhook_id}", said=said)


def _stretch(form: FormData) -> dict[str, int | str]:
    """A stretch of the log; what is no number goes as it is, for the API to say so."""
    given = {name: str(form.get(name, "")).strip() for name in ("after", "until")}
    return {
        name: int(value) if value.isdecimal() and len(value) < MOST else value
        for name, value in given.items()
        if value
    }


async def _page(
    visit: Visit,
    *,
    code: int = 200,
    wrong: Refused | None = None,
    given: Any = None,  # noqa: ANN401
) -> Response:
    async with asyncio.TaskGroup() as group:
        webhooks = group.create_task(
            visit.api.get(WEBHOOKS, {"limit": MOST, "cursor": visit.asked("cursor")})
        )
        searches = group.create_task(visit.api.get(SEARCHES, {"limit": MOST}))
    return visit.render(
        "push.html",
        code=code,
        webhooks=webhooks.result().data,
        page=webhooks.result().page,
        cursor=visit.asked("cursor"),
        searches=searches.result().data,
        names={one["id"]: one["name"] for one in searches.result().data},
        wrong=wrong,
        given=given or {},
    )


async def _webhook(
    visit: Visit,
    webhook_id: str,
    *,
    secret: str | None = None,
    tried: Any = None,  # noqa: ANN401
) -> Response:
    path = f"{WEBHOOKS}/{webhook_id}"
    asked = {"state": visit.asked("state"), "cursor": visit.asked("cursor")}
    async with asyncio.TaskGroup() as group:
        one = group.create_task(visit.api.get(path))
        deliveries = group.create_task(visit.api.get(f"{path}/deliveries", {"limit": 30, **asked}))
    return visit.render(
        "webhook.html",
        webhook=one.result().data,
        deliveries=deliveries.result().data,
        page=deliveries.result().page,
        asked=asked,
        states=DELIVERY_STATES,
        secret=secret,
        tried=tried,
    )
