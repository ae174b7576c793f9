"""`copydesk tags sections`: what the categories of a source stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.outcome import Stopped
from app.cli.show import console, json_line, table

if TYPE_CHECKING:
    from app.cli.calling import Api

Words = list[str] | None


def sections(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source by domain or id.")],
    *,
    to: Annotated[
        Words,
        typer.Option(
            "--set", metavar="WORDS=TOPIC", help='As "Politics & Power=medtop:11000000"; several.'
        ),
    ] = None,
    nothing: Annotated[
        Words, typer.Option(metavar="WORDS", help="This category says nothing; several.")
    ] = None,
    forget: Annotated[
        Words, typer.Option(metavar="WORDS", help="It stands for what it does everywhere.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show what the categories of a source stand for, or say so."""
    path = f"/v1/admin/sources/{quote(source, safe='')}/sections"

    async def work(api: Api) -> None:
        said: dict[str, str | None] = dict(map(_pair, to or ()))
        said |= dict.fromkeys(nothing or ())
        found = (await api.get(path))["data"]
        if said or forget:
            before = {w: t for w, t in found["sections"].items() if w not in (forget or ())}
            asked = {"sections": before | said}
            found = (await api.call("PUT", path, json=asked)).json()["data"]
        if as_json:
            json_line(found)
            return
        _print(found)

    with_api(url, work)


def _pair(written: str) -> tuple[str, str]:
    words, equals, topic = written.rpartition("=")
    if not equals:
        raise Stopped(f'{written!r} says no topic: write "WORDS=medtop:11000000"')
    return words.strip(), topic.strip()


def _print(found: dict[str, Any]) -> None:
    for words, topic in found["sections"].items():
        typer.echo(f"{words} = {topic or 'nothing'}")
    if not found["seen"]:
        typer.echo("Its newest stories have no category.", err=True)
        return
    headings = ("category", "stories", "stands for", "said by")
    console().print(table(headings, [_row(one) for one in found["seen"]]))


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    by = "operator" if one["own"] else "vocabulary" if one["topic"] else ""
    return one["name"], str(one["stories"]), one["topic"] or "", by
