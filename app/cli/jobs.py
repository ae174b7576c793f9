"""`copydesk jobs`: long work under way and past; what other commands begin, they watch here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.connect import AsJson, Url, with_api
from app.cli.outcome import Stopped
from app.cli.show import ago, console, json_line, local, state, table

if TYPE_CHECKING:
    from app.cli.calling import Api

PATH: Final = "/v1/admin/jobs"
ENDS: Final = ("done", "failed", "stopped")
LOOK_S: Final = (0.1, 0.2, 0.5, 1.0)
"""Waits between two looks at a job; the last one from then on."""

Kind = Literal["reindex", "reprocess", "backfill", "retention"]
JobId = Annotated[int, typer.Argument(metavar="JOB", help="Its id.")]

app = typer.Typer(no_args_is_help=True, help="Long work: under way and past.")


@app.command("list")
def list_all(
    *,
    in_state: Annotated[
        Literal["waiting", "running", "stopping", "stopped", "failed", "done"] | None,
        typer.Option("--state", help="Only these."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the jobs, the newest first."""

    async def work(api: Api) -> list[dict[str, Any]]:
        return [job async for job in api.pages(PATH, limit=limit, state=in_state)]

    found = with_api(url, work)
    if as_json:
        for job in found:
            json_line(job)
        return
    headings = ("job", "kind", "state", "done", "asked by", "created", "came to")
    rows = [
        (
            job["id"],
            job["kind"],
            state(job["state"]),
            _fraction(job),
            job["actor"],
            ago(job["created_at"]),
            _came_to(job),
        )
        for job in found
    ]
    console().print(table(headings, rows))


@app.command()
def start(
    kind: Annotated[Kind, typer.Argument(help="What is to be done.")],
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until it is done.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Begin a job, to be worked on by the service."""

    async def work(api: Api) -> dict[str, Any]:
        job = await begun(api, kind)
        return await watched(api, job) if watch else job

    _print(with_api(url, work, works=watch), as_json=as_json)


@app.command()
def show(job_id: JobId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Say how far a job is, and what it came to."""

    async def work(api: Api) -> dict[str, Any]:
        return await _look(api, job_id)

    _print(with_api(url, work), as_json=as_json)


@app.command()
def watch(job_id: JobId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Stay until a job has ended; fails if it did."""

    async def work(api: Api) -> dict[str, Any]:
        return await watched(api, await _look(api, job_id))

    job = with_api(url, work, works=True)
    _print(job, as_json=as_json)
    if job["state"] != "done":
        raise typer.Exit(1)


@app.command()
def stop(job_id: JobId, *, as_json: AsJson = False, url: Url = None) -> None:
    """End a job after the step that is under way."""
    _act(job_id, "stop", as_json=as_json, url=url)


@app.command()
def retry(job_id: JobId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Have a job that failed or was stopped go on where it stood."""
    _act(job_id, "retry", as_json=as_json, url=url)


async def begun(api: Api, kind: Kind, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A new job."""
    job: dict[str, Any] = (await api.post(PATH, json={"kind": kind, **asked}))["data"]
    return job


async def watched(api: Api, job: dict[str, Any], what: str | None = None) -> dict[str, Any]:
    """The job when it has ended; a bar on standard error shows how far it is meanwhile."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    waits = list(LOOK_S)
    with Progress(*columns, TimeRemainingColumn(), console=console(stderr=True)) as progress:
        task = progress.add_task(what or job["kind"], total=job["total"])
        while job["state"] not in ENDS:
            await asyncio.sleep(waits.pop(0) if len(waits) > 1 else waits[0])
            job = await _look(api, job["id"])
            progress.update(task, completed=job["done"], total=job["total"])
    return job


async def finished(api: Api, job: dict[str, Any], what: str) -> dict[str, Any]:
    """What a job came to, watched until it is done; Stopped if it ends in another way."""
    ended = await watched(api, job, what)
    if ended["state"] != "done":
        raise Stopped(
            f"job {ended['id']} is {ended['state']} after {_fraction(ended)}"
            f"{': ' + ended['error'] if ended['error'] else ''}; "
            f"copydesk jobs retry {ended['id']} takes it up again"
        )
    detail: dict[str, Any] = ended["detail"]
    return detail


async def _look(api: Api, job_id: int | str) -> dict[str, Any]:
    job: dict[str, Any] = (await api.get(f"{PATH}/{job_id}"))["data"]
    return job


def _act(job_id: int, action: str, *, as_json: bool, url: str | None) -> None:
    async def work(api: Api) -> dict[str, Any]:
        job: dict[str, Any] = (await api.post(f"{PATH}/{job_id}:{action}"))["data"]
        return job

    _print(with_api(url, work), as_json=as_json)


def _print(job: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        json_line(job)
        return
    since = job["finished_at"] or job["started_at"] or job["created_at"]
    typer.echo(
        f"job {job['id']} ({job['kind']}): {job['state']}, {_fraction(job)} done, "
        f"{local(since)}{'; ' + _came_to(job) if _came_to(job) else ''}"
    )


def _fraction(job: dict[str, Any]) -> str:
    return f"{job['done']}" if job["total"] is None else f"{job['done']} of {job['total']}"


def _came_to(job: dict[str, Any]) -> str:
    numbers = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in _counts(job))
    return "; ".join(part for part in (numbers, job["error"] or "") if part)


def _counts(job: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, count) for name, count in job["detail"].items() if count]
