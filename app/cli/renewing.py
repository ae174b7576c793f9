"""`copydesk reindex` and `copydesk reprocess`: stories brought up to date beside the service."""

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
        totals = await _in_batches(api, "/v1/admin/reindex", "Indexing", outdated, batch)
        typer.echo(f"{totals['indexed']} stories indexed anew.")
        if totals["outdated"]:
            typer.echo(
                f"{totals['outdated']} changed meanwhile: run copydesk reindex again.", err=True
            )

    with_api(url, work)


def reprocess(
    *,
    tags: Annotated[
        bool,
        typer.Option("--tags", help="Only those tagged by a former policy, release or model."),
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=200, help="Stories at a time.")] = 50,
    url: Url = None,
) -> None:
    """Make stories again that this release would make otherwise; may be stopped."""

    async def work(api: Api) -> None:
        status = (await api.get("/v1/admin/status"))["data"]
        outdated = status["tags" if tags else "normal_form"]["outdated"]
        if not outdated:
            what = "tags" if tags else "the normal form"
            typer.echo(f"All stories have {what} of this release.")
            return
        asked = {"tags": "true"} if tags else {}
        totals = await _in_batches(api, "/v1/admin/reprocess", "Making", outdated, batch, **asked)
        typer.echo(f"{totals['renewed']} stories renewed, {totals['unchanged']} were as they are.")
        if totals["skipped"]:
            typer.echo(f"{totals['skipped']} could not be made again: see the log.", err=True)
        if totals["outdated"]:
            typer.echo(
                f"{totals['outdated']} changed meanwhile: run copydesk reprocess again.", err=True
            )

    with_api(url, work)


async def _in_batches(
    api: Api, path: str, what: str, outdated: int, batch: int, **asked: str
) -> dict[str, int]:
    """What the answers to all calls come to; `outdated` as the last one has it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    totals: dict[str, int] = {}
    before: str | None = None
    with Progress(*columns, TimeRemainingColumn(), console=console(stderr=True)) as progress:
        task = progress.add_task(what, total=outdated)
        while True:
            given = {**asked, "limit": batch, **({} if before is None else {"before": before})}
            answer = (await api.post(path, params=given))["data"]
            before, left = answer.pop("next"), int(answer.pop("outdated"))
            for name, count in answer.items():
                totals[name] = totals.get(name, 0) + int(count)
            done = sum(totals.values())
            progress.update(task, completed=done, total=done + left)
            if before is None:
                return totals | {"outdated": left}
