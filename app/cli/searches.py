"""`copydesk searches`: saved searches: list, add, show, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api

PATH: Final = "/v1/searches"

app = typer.Typer(no_args_is_help=True, help="Saved searches: to read, subscribe to and follow.")

SearchId = Annotated[int, typer.Argument(metavar="ID", help="The search's id, see searches list.")]
Values = list[str] | None


@app.command("list")
def list_all(*, as_json: AsJson = False, url: Url = None) -> None:
    """List the saved searches."""

    async def work(api: Api) -> None:
        found = [search async for search in api.pages(PATH)]
        if as_json:
            for search in found:
                json_line(search)
        elif not found:
            typer.echo("No search; save one: copydesk searches add NAME SEARCH", err=True)
        else:
            rows = [(s["id"], s["name"], _said(s["query"])) for s in found]
            console().print(table(("id", "name", "search"), rows))

    with_api(url, work)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    query: Annotated[
        str | None, typer.Argument(metavar="SEARCH", help="A search, as copydesk search has.")
    ] = None,
    *,
    tag: Annotated[Values, typer.Option(help="As place:jp; each has to be there.")] = None,
    source: Annotated[Values, typer.Option(help="Only of these sources.")] = None,
    lang: Annotated[Values, typer.Option(help="Only in these languages.")] = None,
    country: Annotated[Values, typer.Option(help="Only of publishers there.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Save a search; made on this machine it is everybody's, with a key that key's own."""
    asked = {"q": query, "tag": tag, "source": source, "lang": lang, "country": country}
    given = {field: value for field, value in asked.items() if value}

    async def work(api: Api) -> None:
        made = (await api.post(PATH, json={"name": name, "query": given}))["data"]
        if as_json:
            json_line(made)
            return
        typer.echo(f"Saved search {made['id']} ({made['name']}): {_said(made['query'])}")
        typer.echo(f"  To subscribe to: {made['links']['atom']}", err=True)

    with_api(url, work)


@app.command()
def show(search_id: SearchId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Show a search and the addresses that it is read at."""

    async def work(api: Api) -> None:
        found = (await api.get(f"{PATH}/{search_id}"))["data"]
        if as_json:
            json_line(found)
            return
        fields = [
            ("id", found["id"]),
            ("name", found["name"]),
            ("search", _said(found["query"])),
            ("of", f"key {found['owner_id']}" if found["owner_id"] else "everybody"),
            ("saved", local(found["created_at"])),
            *((name.replace("_", " "), path) for name, path in found["links"].items()),
        ]
        console().print(table(("", ""), fields))

    with_api(url, work)


@app.command()
def remove(search_id: SearchId, *, url: Url = None) -> None:
    """Forget a search, and its webhooks with it."""

    async def work(api: Api) -> None:
        found = (await api.get(f"{PATH}/{search_id}"))["data"]
        await api.call("DELETE", f"{PATH}/{search_id}")
        typer.echo(f"Removed search {search_id} ({found['name']}).")

    with_api(url, work)


def _said(query: dict[str, Any]) -> str:
    """A search in a line: "ferry -strike, tag place:jp"."""
    said = [query["q"]] if query.get("q") else []
    said += [
        f"{name.replace('_', ' ')} {value}"
        for name, values in query.items()
        if name != "q"
        for value in values
    ]
    return ", ".join(said)
