"""`copydesk tags`: list, show, block, unblock, rename, merge, unmerge; of single stories see
`story_tags.py`, of sources `sections.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import quote

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api

PATH: Final = "/v1/tags"
ADMIN: Final = "/v1/admin/tags"

app = typer.Typer(no_args_is_help=True, help="Tags, and what is done to them.")

Tag = Annotated[str, typer.Argument(metavar="TAG", help="A tag, as place:jp.")]


@app.command("list")
def list_all(
    prefix: Annotated[
        str | None,
        typer.Argument(metavar="BEGINNING", help="Of a code, or of a name in any language."),
    ] = None,
    *,
    scheme: Annotated[str | None, typer.Option(help="Only this scheme's, as category.")] = None,
    window: Annotated[
        Literal["24h", "7d", "30d", "all"], typer.Option(help="Count stories so far back.")
    ] = "all",
    edited: Annotated[
        bool, typer.Option("--edited", help="What was blocked, merged or renamed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Tags at most.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the commonest tags, those that begin so, or those that were edited."""

    async def work(api: Api) -> None:
        if edited:
            found = [one async for one in api.pages(ADMIN, edited="true")]
        else:
            asked = {"prefix": prefix, "scheme": scheme, "window": window, "limit": limit}
            given = {name: value for name, value in asked.items() if value is not None}
            found = (await api.get(PATH, **given))["data"]
        if as_json:
            for one in found:
                json_line(one)
        elif not found:
            typer.echo("No tag.", err=True)
        elif edited:
            headings = ("tag", "blocked", "merged into", "name", "since")
            console().print(table(headings, [_edited(one) for one in found]))
        else:
            console().print(table(("tag", "name", "stories"), [_row(one) for one in found]))

    with_api(url, work)


@app.command()
def show(tag: Tag, *, as_json: AsJson = False, url: Url = None) -> None:
    """Show a tag: its names, relatives, stories, and what it comes with."""

    async def work(api: Api) -> None:
        found = (await api.get(f"{PATH}/{quote(tag, safe='')}"))["data"]
        if as_json:
            json_line(found)
            return
        fields = [(name, value) for name, value in _fields(found) if value]
        console().print(table(("", ""), fields))

    with_api(url, work)


@app.command()
def block(tag: Tag, *, as_json: AsJson = False, url: Url = None) -> None:
    """Have a tag given to no story again, whoever gives it."""
    _edit(tag, "block", None, "Blocked", url, as_json=as_json)


@app.command()
def unblock(tag: Tag, *, as_json: AsJson = False, url: Url = None) -> None:
    """Let a tag be given again."""
    _edit(tag, "unblock", None, "Unblocked", url, as_json=as_json)


@app.command()
def rename(
    tag: Tag,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Left out, it has its own again.")
    ] = None,
    *,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Give a tag another name, or its own back."""
    _edit(tag, "rename", {"name": name}, "Renamed", url, as_json=as_json)


@app.command()
def merge(
    tag: Tag,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The tag whose name it goes under.")],
    *,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Have a tag go under another's name wherever it comes from."""
    _edit(tag, "merge", {"into": into}, "Merged", url, as_json=as_json)


@app.command()
def unmerge(tag: Tag, *, as_json: AsJson = False, url: Url = None) -> None:
    """Let a tag go under its own name again."""
    _edit(tag, "unmerge", None, "Unmerged", url, as_json=as_json)


def _edit(
    tag: str,
    action: str,
    asked: dict[str, Any] | None,
    done: str,
    url: str | None,
    *,
    as_json: bool,
) -> None:
    async def work(api: Api) -> None:
        given: dict[str, Any] = {} if asked is None else {"json": asked}
        edit = (await api.post(f"{ADMIN}/{quote(tag, safe='')}:{action}", **given))["data"]
        if as_json:
            json_line(edit)
            return
        into = f" into {edit['merged_into']}" if action == "merge" else ""
        typer.echo(f"{done} {edit['tag']}{into}.")
        typer.echo("  A polling server makes the stories that it concerns again.", err=True)

    with_api(url, work)


def _row(tag: dict[str, Any]) -> tuple[str, ...]:
    more = "+" if tag["relation"] == "gte" else ""
    return tag["tag"], tag["name"], f"{tag['stories']}{more}"


def _edited(edit: dict[str, Any]) -> tuple[str, ...]:
    blocked = "yes" if edit["blocked"] else ""
    return edit["tag"], blocked, edit["merged_into"] or "", edit["name"] or "", local(edit["at"])


def _fields(tag: dict[str, Any]) -> list[tuple[str, str]]:
    counts = ((window, _count(tag["stories"][window])) for window in ("24h", "7d", "30d", "all"))
    return [
        ("tag", tag["tag"]),
        ("name", tag["name"]),
        ("names", "; ".join(f"{language} {name}" for language, name in tag["names"].items())),
        ("part of", _named(tag["parents"])),
        ("parts", _named(tag["children"])),
        ("stories", ", ".join(f"{window} {count}" for window, count in counts)),
        ("given by", ", ".join(f"{one['by']} {one['stories']}" for one in tag["given_by"])),
        ("comes with", ", ".join(f"{one['tag']} {one['stories']}" for one in tag["related"])),
        ("merged into it", ", ".join(tag["merged_from"])),
        ("blocked", "yes" if tag["blocked"] else ""),
        ("edited", local(tag["edited_at"]) if tag["edited_at"] else ""),
    ]


def _count(counted: dict[str, Any]) -> str:
    return f"{counted['count']}{'+' if counted['relation'] == 'gte' else ''}"


def _named(tags: list[dict[str, Any]]) -> str:
    return ", ".join(f"{tag['name']} ({tag['tag']})" for tag in tags)
