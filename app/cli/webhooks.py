"""`copydesk webhooks`: who is told of changes: list, add, show, test, pause, resume, rotate,
redeliver, deliveries, remove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import ago, console, json_line, local, state, table, when

if TYPE_CHECKING:
    from rich.text import Text

    from app.cli.calling import Api

PATH: Final = "/v1/webhooks"

app = typer.Typer(no_args_is_help=True, help="Webhooks: receivers that are told of changes.")

HookId = Annotated[int, typer.Argument(metavar="ID", help="The webhook's id, see webhooks list.")]
Secret = Annotated[
    str | None,
    typer.Option(
        "--secret",
        envvar="COPYDESK_WEBHOOK_SECRET",
        help="whsec_ and base64 of 24 to 64 bytes; made where it is left out.",
    ),
]


@app.command("list")
def list_all(*, as_json: AsJson = False, url: Url = None) -> None:
    """List the webhooks with how they do."""

    async def work(api: Api) -> None:
        found = [hook async for hook in api.pages(PATH)]
        if as_json:
            for hook in found:
                json_line(hook)
        elif not found:
            typer.echo("No webhook; add one: copydesk webhooks add URL", err=True)
        else:
            headings = ("id", "state", "last taken", "next", "told of", "address")
            console().print(table(headings, [_row(hook) for hook in found]))

    with_api(url, work)


@app.command()
def add(
    address: Annotated[str, typer.Argument(metavar="URL", help="Where it is called.")],
    *,
    search: Annotated[
        int | None, typer.Option(metavar="ID", help="Only of what this saved search finds.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only of these, as story.killed; or feed.*: of feeds."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    secret: Secret = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Have a receiver told of changes from now on; its secret is shown this once."""
    asked = {
        "url": address,
        "name": name,
        "search_id": None if search is None else str(search),
        "types": kind or None,
        "secret": secret,
    }

    async def work(api: Api) -> None:
        made = (await api.post(PATH, json=asked))["data"]
        if as_json:
            json_line(made)
            return
        typer.echo(f"Added webhook {made['id']}: {made['url']} is told of {_told(made)}.")
        _say_secret(made)

    with_api(url, work)


@app.command()
def show(hook_id: HookId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Show a webhook: whom it tells, of what, and how that goes."""

    async def work(api: Api) -> None:
        hook = (await api.get(f"{PATH}/{hook_id}"))["data"]
        if as_json:
            json_line(hook)
        else:
            fields = [(name, value) for name, value in _fields(hook) if value]
            console().print(table(("", ""), fields))

    with_api(url, work)


@app.command("test")
def send_test(hook_id: HookId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Send a message that means nothing; fails if it is not taken."""

    async def work(api: Api) -> bool:
        tried = (await api.post(f"{PATH}/{hook_id}:test"))["data"]
        if as_json:
            json_line(tried)
        else:
            typer.echo(_came_of(tried))
        return tried["status"] is not None and 200 <= tried["status"] < 300  # noqa: PLR2004 - any 2xx

    if not with_api(url, work):
        raise typer.Exit(1)


@app.command()
def pause(hook_id: HookId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Hold messages back until it is resumed, for 30 days."""
    _act(hook_id, "pause", "Paused", url, as_json=as_json)


@app.command()
def resume(hook_id: HookId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Send what was held back, in order, from now on."""
    _act(hook_id, "resume", "Resumed", url, as_json=as_json)


@app.command()
def rotate(
    hook_id: HookId,
    *,
    secret: Secret = None,
    overlap: Annotated[
        int, typer.Option(metavar="SECONDS", help="How long the old one signs as well.")
    ] = 86_400,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Sign with another secret, and for a while with both; it is shown this once."""

    async def work(api: Api) -> None:
        asked = {"secret": secret, "overlap_s": overlap}
        hook = (await api.post(f"{PATH}/{hook_id}:rotate", json=asked))["data"]
        if as_json:
            json_line(hook)
            return
        typer.echo(f"The old secret signs until {local(hook['rotating_until'])}.")
        _say_secret(hook)

    with_api(url, work)


@app.command()
def redeliver(
    hook_id: HookId,
    deliveries: Annotated[
        list[int] | None, typer.Argument(metavar="DELIVERY", help="Ids, see webhooks deliveries.")
    ] = None,
    *,
    after: Annotated[int | None, typer.Option(help="Or of the log all after this seq,")] = None,
    until: Annotated[int | None, typer.Option(help="up to this one.")] = None,
    url: Url = None,
) -> None:
    """Send messages again, under the same ids."""
    stretch = after is not None and until is not None
    if bool(deliveries) is stretch or (deliveries and (after, until) != (None, None)):
        raise typer.BadParameter("name deliveries, or both --after and --until")
    asked: dict[str, Any] = {"after": after, "until": until}
    if deliveries:
        asked = {"deliveries": [str(n) for n in deliveries]}

    async def work(api: Api) -> None:
        due = (await api.post(f"{PATH}/{hook_id}:redeliver", json=asked))["data"]["due"]
        typer.echo(f"{due} messages are due again.")

    with_api(url, work)


@app.command()
def deliveries(
    hook_id: HookId,
    *,
    only: Annotated[
        Literal["due", "done", "dead"] | None, typer.Option("--state", help="Only these.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show what it was told and is to be told, newest first, with the last attempt of each."""
    asked = {} if only is None else {"state": only}

    async def work(api: Api) -> None:
        path = f"{PATH}/{hook_id}/deliveries"
        found = [one async for one in api.pages(path, limit=limit, **asked)]
        if as_json:
            for one in found:
                json_line(one)
        elif not found:
            typer.echo("Nothing was told.", err=True)
        else:
            headings = ("id", "seq", "what", "of", "state", "tries", "made", "last attempt")
            console().print(table(headings, [_delivery(one) for one in found]))

    with_api(url, work)


@app.command()
def remove(hook_id: HookId, *, url: Url = None) -> None:
    """Tell it nothing more, and forget what it was told."""

    async def work(api: Api) -> None:
        hook = (await api.get(f"{PATH}/{hook_id}"))["data"]
        await api.call("DELETE", f"{PATH}/{hook_id}")
        typer.echo(f"Removed webhook {hook_id} ({hook['url']}).")

    with_api(url, work)


def _act(hook_id: int, action: str, done: str, url: str | None, *, as_json: bool) -> None:
    async def work(api: Api) -> None:
        hook = (await api.post(f"{PATH}/{hook_id}:{action}"))["data"]
        if as_json:
            json_line(hook)
        else:
            typer.echo(f"{done} webhook {hook_id} ({hook['url']}).")

    with_api(url, work)


def _say_secret(hook: dict[str, Any]) -> None:
    typer.echo("Its secret, shown this once:", err=True)
    typer.echo(hook["secret"])


def _row(hook: dict[str, Any]) -> tuple[str | Text, ...]:
    next_at = hook["next_attempt_at"]
    taken = ago(hook["last_success_at"])
    due = when(next_at) if next_at and hook["state"] == "active" else "–"
    return hook["id"], state(hook["state"]), taken, due, _told(hook), hook["url"]


def _told(hook: dict[str, Any]) -> str:
    """Of what it is told: "search 3: story.killed", "all stories"."""
    of = f"search {hook['search_id']}" if hook["search_id"] else "all stories"
    if not hook["types"]:
        return of
    types = ", ".join(hook["types"])
    return f"{of}: {types}" if hook["search_id"] else types


def _fields(hook: dict[str, Any]) -> list[tuple[str, str]]:
    rotating = hook["rotating_until"]
    return [
        ("id", hook["id"]),
        ("name", hook["name"] or ""),
        ("address", hook["url"]),
        ("told of", _told(hook)),
        ("state", hook["state"]),
        ("why", hook["reason"] or ""),
        ("of key", hook["owner_id"] or ""),
        ("added", local(hook["created_at"])),
        ("last taken", ago(hook["last_success_at"])),
        ("failing for", ago(hook["failing_since"]) if hook["failing_since"] else ""),
        ("next", when(hook["next_attempt_at"]) if hook["next_attempt_at"] else ""),
        ("two secrets until", local(rotating) if rotating else ""),
    ]


def _delivery(one: dict[str, Any]) -> tuple[str | Text, ...]:
    of = f"story {one['story_id']}" if one["story_id"] else f"feed {one['feed_id']}"
    last = _came_of(one["attempts"][-1]) if one["attempts"] else "–"
    tries = str(len(one["attempts"]))
    made = local(one["made_at"])
    return one["id"], str(one["seq"]), one["type"], of, one["state"], tries, made, last


def _came_of(attempt: dict[str, Any]) -> str:
    """What came of an attempt: "204 in 31 ms", "timeout: no answer in 15 s"."""
    if attempt["status"] is None:
        return f"{attempt['failure']}: {attempt['detail']}"
    said = f": {attempt['excerpt']}" if attempt["excerpt"] else ""
    return f"{attempt['status']} in {attempt['ms']} ms{said}"
