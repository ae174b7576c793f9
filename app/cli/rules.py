"""`copydesk rules`: operators' rules over stories: list, add, change, delete, try, back-fill."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api

PATH: Final = "/v1/admin/tag-rules"
WATCH_S: Final = 1.0

app = typer.Typer(no_args_is_help=True, help="Rules that tag, drop and correct stories.")


class Action(StrEnum):
    """What a rule can do."""

    ADD = "add"
    REMOVE = "remove"
    VISIBILITY = "visibility"
    LANGUAGE = "language"
    AGENCY = "agency"


RuleId = Annotated[int, typer.Argument(metavar="ID", help="The rule's id, see rules list.")]
Query = Annotated[str, typer.Argument(metavar="SEARCH", help="A search, as copydesk search has.")]
Add = Annotated[
    list[str] | None,
    typer.Option("--add", metavar="TAG[=NAME]", help="A tag to give, as label:port=Port."),
]
Remove = Annotated[
    list[str] | None, typer.Option("--remove", metavar="TAG", help="A tag to take away.")
]
Drop = Annotated[
    bool | None, typer.Option("--drop/--keep", help="Out of the stream, or in it all the same.")
]
Language = Annotated[str | None, typer.Option(help="The language to set, as en or ja.")]
Agency = Annotated[str | None, typer.Option(help="The agency to set, as kyodo.")]
Position = Annotated[int | None, typer.Option(min=1, help="Its place; the later rule wins.")]


@app.command("list")
def list_all(*, as_json: AsJson = False, url: Url = None) -> None:
    """List the rules in their order."""

    async def work(api: Api) -> None:
        found = [rule async for rule in api.pages(PATH)]
        if as_json:
            for rule in found:
                json_line(rule)
        elif not found:
            typer.echo("No rule; add one: copydesk rules add NAME SEARCH --add TAG", err=True)
        else:
            headings = ("", "id", "", "name", "search", "does")
            console().print(table(headings, [_row(rule) for rule in found]))

    with_api(url, work)


@app.command()
def add(  # noqa: PLR0913 - one for each option
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    query: Query,
    *,
    add: Add = None,
    remove: Remove = None,
    drop: Drop = None,
    language: Language = None,
    agency: Agency = None,
    position: Position = None,
    off: Annotated[bool, typer.Option("--off", help="Keep it, and do not apply it.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Add a rule; stories on record are brought up to it by a polling server."""
    asked = {
        "name": name,
        "query": query,
        "actions": _actions(add, remove, drop, language, agency),
        "enabled": not off,
        "position": position,
    }

    async def work(api: Api) -> None:
        _say((await api.post(PATH, json=asked))["data"], "Added", as_json=as_json)

    with_api(url, work)


@app.command()
def change(  # noqa: PLR0913 - one for each option
    rule_id: RuleId,
    *,
    name: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    query: Annotated[str | None, typer.Option("--search", help="Another search.")] = None,
    add: Add = None,
    remove: Remove = None,
    drop: Drop = None,
    language: Language = None,
    agency: Agency = None,
    clear: Annotated[
        list[Action] | None,
        typer.Option(help="What it is to do no more."),
    ] = None,
    position: Position = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is applied.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Change a rule, move it, or turn it on or off; what is not named stays."""
    said = {"name": name, "query": query, "position": position, "enabled": on}
    asked: dict[str, Any] = {field: value for field, value in said.items() if value is not None}
    actions = _actions(add, remove, drop, language, agency)
    if not (asked or actions or clear):
        raise typer.BadParameter("say what is to be changed: see --help")

    async def work(api: Api) -> None:
        read = await api.call("GET", f"{PATH}/{rule_id}")
        if actions or clear:
            before = read.json()["data"]["actions"]
            kept = {field: before[field] for field in before if field not in (clear or ())}
            asked["actions"] = kept | actions
        answer = await api.call(
            "PATCH", f"{PATH}/{rule_id}", json=asked, headers={"If-Match": read.headers["etag"]}
        )
        _say(answer.json()["data"], "Changed", as_json=as_json)

    with_api(url, work)


@app.command()
def delete(rule_id: RuleId, *, url: Url = None) -> None:
    """Delete a rule; what it did to stories is undone by a polling server."""

    async def work(api: Api) -> None:
        rule = (await api.get(f"{PATH}/{rule_id}"))["data"]
        await api.call("DELETE", f"{PATH}/{rule_id}")
        typer.echo(f"Deleted rule {rule_id} ({rule['name']}).")

    with_api(url, work)


@app.command("try")
def try_rule(
    query: Query,
    *,
    add: Add = None,
    remove: Remove = None,
    drop: Drop = None,
    language: Language = None,
    agency: Agency = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show which stored stories a rule would match and what it would do; nothing is changed."""
    asked = {"query": query, "actions": _actions(add, remove, drop, language, agency)}

    async def work(api: Api) -> None:
        tried = (await api.post(f"{PATH}:try", json=asked))["data"]
        if as_json:
            json_line(tried)
            return
        more = "" if tried["total_relation"] == "eq" else "more than "
        where = "stories with its words" if tried["needs_words"] else "every story"
        typer.echo(f"{more}{tried['total']} stories match ({tried['search_ms']} ms).")
        typer.echo(f"As a rule it is tried on {where}.")
        rows = [(local(s["published_at"]), _would(s), s["title"]) for s in tried["stories"]]
        if rows:
            console().print(table(("published", "would", "title"), rows))

    with_api(url, work)


@app.command()
def backfill(
    *,
    pause: Annotated[
        bool | None, typer.Option("--pause/--resume", help="Stop it, or take it up again.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay until it is done.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Say how far the stories on record are brought up to the rules."""

    async def work(api: Api) -> None:
        if pause is not None:
            await api.post(f"{PATH}:backfill", json={"paused": pause})
        found = (await api.get(f"{PATH}:backfill"))["data"]
        if watch:
            found = await _watched(api, found)
        if as_json:
            json_line(found)
        else:
            typer.echo(_progress(found))

    with_api(url, work)


async def _watched(api: Api, found: dict[str, Any]) -> dict[str, Any]:
    """The progress when it is done, or stopped."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console(stderr=True)) as progress:
        task = progress.add_task("Bringing up", total=found["total"], completed=found["done"])
        while found["left"] and not found["paused"]:
            await asyncio.sleep(WATCH_S)
            found = (await api.get(f"{PATH}:backfill"))["data"]
            progress.update(task, total=found["total"], completed=found["done"])
    return found


def _progress(found: dict[str, Any]) -> str:
    if not found["left"]:
        return f"All {found['total']} stories are tagged by the rules as they are."
    state = "paused" if found["paused"] else "a polling server brings them up"
    return f"{found['left']} of {found['total']} stories are to be brought up: {state}."


def _actions(
    add: list[str] | None,
    remove: list[str] | None,
    drop: bool | None,  # noqa: FBT001 - an option's value
    language: str | None,
    agency: str | None,
) -> dict[str, Any]:
    """The actions that are named, as the API takes them."""
    given = {
        "add": [_tag(one) for one in add] if add else None,
        "remove": remove or None,
        "visibility": None if drop is None else ("drop" if drop else "keep"),
        "language": language,
        "agency": agency,
    }
    return {name: value for name, value in given.items() if value is not None}


def _tag(said: str) -> dict[str, str]:
    tag, _, name = said.partition("=")
    return {"tag": tag, "name": name} if name else {"tag": tag}


def _say(rule: dict[str, Any], done: str, *, as_json: bool) -> None:
    if as_json:
        json_line(rule)
        return
    typer.echo(f"{done} rule {rule['id']} ({rule['name']}), {rule['position']} in the order.")
    typer.echo("  A polling server brings the stories on record up to it.", err=True)


def _row(rule: dict[str, Any]) -> tuple[str, ...]:
    state = "on" if rule["enabled"] else "off"
    place, does = str(rule["position"]), _done(rule["actions"])
    return (place, rule["id"], state, rule["name"], rule["query"], does)


def _done(actions: dict[str, Any]) -> str:
    """What a rule does, in a line: "+label:port, -place:jo, drop"."""
    add = [tag["tag"] for tag in actions["add"]]
    return _line(add, actions, actions["visibility"])


def _would(story: dict[str, Any]) -> str:
    """What a rule would change of a story, in such a line."""
    return _line(story["add"], story, "drop" if story["dropped"] else None) or "nothing"


def _line(add: list[str], named: dict[str, Any], visibility: str | None) -> str:
    said = [f"+{qcode}" for qcode in add] + [f"-{qcode}" for qcode in named["remove"]]
    said += [visibility] if visibility else []
    said += [f"{field} {named[field]}" for field in ("language", "agency") if named[field]]
    return ", ".join(said)
