"""`copydesk reindex`: bring the search index up to date while the service serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.connect import Url, with_api
from app.cli.show import console

if TYPE_CHECKING:
    from app.cli.calling import Api


def reindex(
    *,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Stories at a time.")] = 200,
    url: Url = None,
) -> None:
    """Index stories anew that the index holds as an older release would; may be stopped."""

    async def work(api: Api) -> None:
        outdated = (await api.get("/v1/admin/status"))["data"]["index"]["outdated"]
        if not outdated:
            typer.echo("The search index is up to date.")
            return
        done, left = await _reindex(api, outdated, batch)
        typer.echo(f"{done} stories indexed anew.")
        if left:
            typer.echo(f"{left} changed meanwhile: run copydesk reindex again.", err=True)

    with_api(url, work)


async def _reindex(api: Api, outdated: int, batch: int) -> tuple[int, int]:
    """How many were done, and how many are left, which changed while they were read."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    done = 0
    before: str | None = None
    with Progress(*columns, TimeRemainingColumn(), console=console(stderr=True)) as progress:
        task = progress.add_task("Indexing", total=outdated)
        while True:
            given = {"limit": batch} if before is None else {"limit": batch, "before": before}
            answer = (await api.post("/v1/admin/reindex", params=given))["data"]
            done += int(answer["indexed"])
            progress.update(task, completed=done, total=done + answer["outdated"])
            before = answer["next"]
            if before is None:
                return done, int(answer["outdated"])
