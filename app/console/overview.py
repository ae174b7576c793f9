"""The page that operators see first, and what `doctor` says."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from app.console.inside import Refused
from app.console.render import read_time
from app.console.visit import Visit

HOURS: Final = 48
HEALTHS: Final = ("ok", "new", "silent", "failing", "quarantined", "gone", "paused")
LATEST: Final = 12
STANDING: Final = {"state": "standing", "limit": 5}
NEWEST: Final = {"limit": LATEST, "sort": "-ingested"}


async def show(visit: Visit) -> Response:
    """GET /admin: what happens now, and in the last two days; a part of it every few seconds."""
    async with asyncio.TaskGroup() as group:
        status = group.create_task(visit.api.get("/v1/admin/status"))
        latest = group.create_task(visit.api.get("/v1/admin/fetches", {"limit": LATEST}))
        newest = group.create_task(
            visit.api.get("/v1/stories", {"limit": LATEST, "sort": "-ingested"})
        )
        activity = group.create_task(visit.api.get("/v1/admin/activity", {"hours": HOURS}))
        alerts = group.create_task(visit.api.get("/v1/admin/alerts", STANDING))
    return visit.render(
        "overview_now.html" if visit.is_fragment else "overview.html",
        status=status.result().data,
        latest=latest.result().data,
        newest=newest.result().data,
        alerts=alerts.result().data,
        healths=HEALTHS,
        charts=_charts(activity.result().data),
    )


async def health(visit: Visit) -> Response:
    """GET /admin/health: what `copydesk doctor` says of this deployment."""
    online = visit.asked("online")
    answer = await visit.api.get("/v1/admin/doctor", {"online": online})
    status = await visit.api.get("/v1/admin/status")
    return visit.render("health.html", found=answer.data, status=status.data, online=online)


async def nowhere(visit: Visit) -> Response:
    """GET of what the console does not have."""
    detail = f"the console has no page {visit.request.url.path}: choose one of the sections"
    raise Refused(404, {"code": "not_found", "title": "Not found", "detail": detail})


def _charts(hours: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Series of label and number, one for each hour."""
    labels = [f"{read_time(hour['start']):%a %H:%M}" for hour in hours]
    failures: Counter[str] = Counter()
    for hour in hours:
        failures.update(hour["failures"])
    return {
        "first": hours[0]["start"] if hours else None,
        "stories": _series(labels, (hour["stories"] for hour in hours)),
        "polls": _series(labels, (hour["polls"] for hour in hours)),
        "failed": _series(labels, (sum(hour["failures"].values()) for hour in hours)),
        "delay": _series(labels, (_minutes(hour["delay"]["p50_s"]) for hour in hours)),
        "late": _series(labels, (_minutes(hour["delay"]["p95_s"]) for hour in hours)),
        "failures": failures.most_common(),
        "all_stories": sum(hour["stories"] for hour in hours),
        "all_polls": sum(hour["polls"] for hour in hours),
        "all_failed": sum(failures.values()),
    }


def _series(labels: Sequence[str], values: Any) -> list[tuple[str, float]]:  # noqa: ANN401
    return list(zip(labels, values, strict=True))


def _minutes(seconds: float | None) -> float:
    return 0.0 if seconds is None else round(seconds / 60, 1)
