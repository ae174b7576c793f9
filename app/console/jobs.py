"""Long work: what runs, how far it is, what became of it; begun and stopped here."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from app.console.visit import Visit

PATH: Final = "/v1/admin/jobs"
HERE: Final = "/admin/jobs"
KINDS: Final = (
    ("reprocess", "Make stories again that this release would make otherwise"),
    ("reindex", "Index stories anew that an older release indexed"),
    ("backfill", "Tag stories again that former rules tagged"),
    ("retention", "Remove what is older than it is to be kept"),
)
ANY: Final = ("", "any")
STATES: Final = (
    ANY,
    *((state, state) for state in ("waiting", "running", "stopping", "stopped", "failed", "done")),
)
EVERY_KIND: Final = (ANY, *((kind, kind) for kind, _ in KINDS), ("opml_import", "opml_import"))


async def show(visit: Visit) -> Response:
    """GET /admin/jobs: newest first; a part of it every few seconds."""
    asked = {name: visit.asked(name) for name in ("state", "kind", "cursor")}
    answer = await visit.api.get(PATH, asked)
    return visit.render(
        "jobs_list.html" if visit.is_fragment else "jobs.html",
        jobs=answer.data,
        page=answer.page,
        asked=asked,
        states=STATES,
        kinds=KINDS,
        every_kind=EVERY_KIND,
    )


async def one(visit: Visit) -> Response:
    """GET /admin/jobs/{id}: how far it is, and what it says line by line."""
    path = f"{PATH}/{visit.path('job_id')}"
    job = await visit.api.get(path)
    cursor = visit.asked("cursor")
    lines = await visit.api.get(f"{path}/lines", {"limit": 100, "cursor": cursor})
    return visit.render(
        "job_now.html" if visit.is_fragment else "job.html",
        job=job.data,
        lines=lines.data,
        page=lines.page,
        cursor=cursor,
    )


async def start(visit: Visit) -> Response:
    """POST /admin/jobs."""
    form = await visit.form()
    begun = await visit.api.post(PATH, {"kind": str(form.get("kind", ""))})
    return visit.go(f"{HERE}/{begun.data['id']}")


async def stop(visit: Visit) -> Response:
    """POST /admin/jobs/{id}/stop: after the step that is under way."""
    job_id = visit.path("job_id")
    await visit.api.post(f"{PATH}/{job_id}:stop")
    return visit.go(f"{HERE}/{job_id}", said="The job stops after the step that is under way.")


async def retry(visit: Visit) -> Response:
    """POST /admin/jobs/{id}/retry: on from where it stopped."""
    job_id = visit.path("job_id")
    await visit.api.post(f"{PATH}/{job_id}:retry")
    return visit.go(f"{HERE}/{job_id}", said="The job goes on.")
