"""Jobs, for operators: start, watch, stop, try again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from app.api.auditing import Audit
from app.api.callers import KeyBeforeBody
from app.api.deps import DepsDep, Reading, Writing
from app.api.listing import Cursor, Limit
from app.api.paging import paging
from app.api.replies import page_reply, reply
from app.api.schemas import problems
from app.api.schemas_jobs import JobAnswer, JobLineList, JobList, StartJob
from app.store.jobs import (
    Job,
    JobLine,
    JobState,
    add_job,
    get_job,
    list_jobs,
    list_lines,
    retry_job,
    stop_job,
)

PATH: Final = "/v1/admin/jobs"
ONE: Final = f"{PATH}/{{job_id}}"

router = APIRouter(route_class=KeyBeforeBody, tags=["jobs"])
JobId = Annotated[int, Path(ge=1, lt=1 << 63, description="A job's id.")]


@router.post(PATH, status_code=202, response_model=JobAnswer, responses=problems(400, 409))
async def start(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, asked: StartJob
) -> Response:
    """Have long work done beside the requests, step by step, by the processes that work on jobs."""
    given = asked.model_dump(exclude={"kind"}, exclude_none=True)
    job = await add_job(session, asked.kind, given, actor=audit.actor.name, at=deps.clock())
    await audit(session, "job.start", f"job:{job.id}", after=job_shape(job))
    deps.wake_jobs()
    return job_reply(request, job, status=202)


@router.get(PATH, response_model=JobList, responses=problems(400))
async def jobs(
    request: Request,
    session: Reading,
    deps: DepsDep,
    state: JobState | None = None,
    kind: Annotated[str | None, Query(max_length=32, description="Only of this kind.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Jobs under way and past, the newest first."""
    pages = paging(deps.cursor_secret, f"jobs {state} {kind}", cursor, limit)
    found = await list_jobs(
        session, state=state, kind=kind, before_id=pages.behind, limit=pages.wanted
    )
    shown, following = pages.cut(found, lambda job: [job.id])
    data = [job_shape(job) for job in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


@router.get(ONE, response_model=JobAnswer, responses=problems(400, 404))
async def one_job(request: Request, session: Reading, job_id: JobId) -> Response:
    """How far a job is."""
    return job_reply(request, await get_job(session, job_id))


@router.get(f"{ONE}/lines", response_model=JobLineList, responses=problems(400, 404))
async def lines_of_job(
    request: Request,
    session: Reading,
    deps: DepsDep,
    job_id: JobId,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """The list that a job was given, in its order, and what became of each line."""
    await get_job(session, job_id)
    pages = paging(deps.cursor_secret, f"lines {job_id}", cursor, limit)
    after = -1 if pages.behind is None else pages.behind
    found = await list_lines(session, job_id, after=after, limit=pages.wanted)
    shown, following = pages.cut(found, lambda line: [line.place])
    data = [_line_shape(line) for line in shown]
    return page_reply(request, data, next_cursor=following, limit=limit)


@router.post(f"{ONE}:stop", response_model=JobAnswer, responses=problems(400, 404, 409))
async def stop(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, job_id: JobId
) -> Response:
    """End a job after the step that is under way; what is done stays done."""
    before = job_shape(await get_job(session, job_id))
    job = await stop_job(session, job_id, deps.clock())
    await audit(session, "job.stop", f"job:{job_id}", before=before, after=job_shape(job))
    return job_reply(request, job)


@router.post(f"{ONE}:retry", response_model=JobAnswer, responses=problems(400, 404, 409))
async def retry(
    request: Request, session: Writing, deps: DepsDep, audit: Audit, job_id: JobId
) -> Response:
    """Have a job that failed or was stopped go on where it stood."""
    before = job_shape(await get_job(session, job_id))
    job = await retry_job(session, job_id)
    await audit(session, "job.retry", f"job:{job_id}", before=before, after=job_shape(job))
    deps.wake_jobs()
    return job_reply(request, job)


def job_reply(request: Request, job: Job, *, status: int = 200) -> Response:
    """A job, and where it is to be watched if it was just begun."""
    headers = {} if status == 200 else {"Location": f"{PATH}/{job.id}"}  # noqa: PLR2004 - OK
    return reply(request, {"data": job_shape(job)}, status=status, headers=headers)


def job_shape(job: Job) -> dict[str, Any]:
    return {
        "id": str(job.id),
        "kind": job.kind,
        "asked": dict(job.asked),
        "actor": job.actor,
        "state": job.state.value,
        "done": job.done,
        "total": job.total,
        "detail": dict(job.detail),
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "due_at": job.due_at,
    }


def _line_shape(line: JobLine) -> dict[str, Any]:
    waiting = {
        "url": line.given["url"],
        "title": line.given["title"],
        "feed_id": None,
        "status": "waiting",
        "detail": None,
    }
    return {"line": line.place + 1, **(line.became or waiting)}
