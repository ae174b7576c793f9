"""A cluster of reprints: its stories side by side, each with what it has otherwise."""

from __future__ import annotations

from starlette.responses import Response

from app.console.visit import Visit


async def show(visit: Visit) -> Response:
    """GET /admin/clusters/{id}: the first story in full, the others as they differ from it."""
    path = f"/v1/clusters/{visit.path('cluster_id')}"
    cursor = visit.asked("cursor")
    found = await visit.api.get(path, {"cursor": cursor, "limit": 20})
    first = await visit.api.get(f"/v1/stories/{found.meta['first_id']}")
    return visit.render(
        "cluster.html",
        stories=found.data,
        first=first.data,
        cluster=found.meta,
        page=found.page,
        cursor=cursor,
    )
