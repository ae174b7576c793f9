"""`copydesk reindex` and `copydesk reprocess`: stories brought up to date beside the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.connect import Url, with_api
from app.cli.jobs import begun, finished

if TYPE_CHECKING:
    from app.cli.calling import Api


def reindex(
    *,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Stories at a time.")] = 100,
    url: Url = None,
) -> None:
    """Index stories anew that the index holds as an older release would: a job, watched."""

    async def work(api: Api) -> None:
        if not (await api.get("/v1/admin/status"))["data"]["index"]["outdated"]:
            typer.echo("The search index is up to date.")
            return
        done = await finished(api, await begun(api, "reindex", batch=batch), "Indexing")
        typer.echo(f"{done['indexed']} stories indexed anew.")
        if done["outdated"]:
            typer.echo(
                f"{done['outdated']} changed meanwhile: run copydesk reindex again.", err=True
            )

    with_api(url, work, works=True)


def reprocess(
    *,
    tags: Annotated[
        bool,
        typer.Option("--tags", help="Only those tagged by a former policy, release or model."),
    ] = False,
    batch: Annotated[int, typer.Option(min=1, max=200, help="Stories at a time.")] = 20,
    url: Url = None,
) -> None:
    """Make stories again that this release would make otherwise: a job, watched."""

    async def work(api: Api) -> None:
        status = (await api.get("/v1/admin/status"))["data"]
        if not status["tags" if tags else "normal_form"]["outdated"]:
            what = "tags" if tags else "the normal form"
            typer.echo(f"All stories have {what} of this release.")
            return
        job = await begun(api, "backfill" if tags else "reprocess", batch=batch)
        done = await finished(api, job, "Making")
        typer.echo(f"{done['renewed']} stories renewed, {done['unchanged']} were as they are.")
        if done["skipped"]:
            typer.echo(f"{done['skipped']} could not be made again: see the log.", err=True)
        if done["outdated"]:
            typer.echo(
                f"{done['outdated']} changed meanwhile: run copydesk reprocess again.", err=True
            )

    with_api(url, work, works=True)
