"""`copydesk boilerplate`: what sources repeat: list, set, revert, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, table

if TYPE_CHECKING:
    from app.cli.calling import Api

PATH = "/v1/admin/boilerplate-rules"

app = typer.Typer(
    no_args_is_help=True, help="Lines that sources repeat, and that are no part of their stories."
)

RuleId = Annotated[int, typer.Argument(metavar="ID", help="The line's id, see boilerplate list.")]


@app.command("list")
def list_all(
    *,
    source: Annotated[
        int | None, typer.Option(metavar="ID", help="Only this source's, see feeds list --json.")
    ] = None,
    state: Annotated[
        Literal["learned", "set", "reverted"] | None, typer.Option(help="Only these.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the lines that were learned, set or reverted."""

    async def work(api: Api) -> None:
        found = [line async for line in api.pages(PATH, source_id=source, state=state)]
        if as_json:
            for line in found:
                json_line(line)
        elif not found:
            typer.echo("No line: none has been learned.", err=True)
        else:
            headings = ("id", "source", "state", "place", "stories", "text")
            console().print(table(headings, [_row(line) for line in found]))

    with_api(url, work)


@app.command("set")
def set_line(
    source: Annotated[int, typer.Argument(metavar="SOURCE", help="The source's id.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The line, in its own words.")],
    *,
    place: Annotated[
        Literal["line", "prefix", "suffix"],
        typer.Option(help="A whole paragraph, or before or behind the story in one."),
    ] = "line",
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Say that a line is no part of a source's stories."""

    async def work(api: Api) -> None:
        asked = {"source_id": source, "text": text, "place": place}
        _say((await api.post(PATH, json=asked))["data"], "Set", as_json=as_json)

    with_api(url, work)


@app.command()
def revert(line_id: RuleId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Give a line back to the stories; it is never learned again."""
    _change(line_id, "reverted", "Reverted", url, as_json=as_json)


@app.command()
def restore(line_id: RuleId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Take a line that was reverted out of the stories again."""
    _change(line_id, "set", "Restored", url, as_json=as_json)


def _change(line_id: int, state: str, done: str, url: str | None, *, as_json: bool) -> None:
    async def work(api: Api) -> None:
        answer = await api.call("PATCH", f"{PATH}/{line_id}", json={"state": state})
        _say(answer.json()["data"], done, as_json=as_json)

    with_api(url, work)


def _say(line: dict[str, Any], done: str, *, as_json: bool) -> None:
    if as_json:
        json_line(line)
        return
    typer.echo(f"{done} {line['place']} {line['id']}: {line['text']}")
    typer.echo("  A polling server makes the stories that have it again.", err=True)


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    said = (line["id"], line["source_id"], line["state"], line["place"], line["stories"])
    return (*(str(word) for word in said), line["text"])
