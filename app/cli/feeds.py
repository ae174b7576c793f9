"""`copydesk feeds`: add, import, list, export, pause, resume, delete, refresh, and upkeep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.feed_moves import moves
from app.cli.feed_upkeep import credentials, move
from app.cli.outcome import Stopped, fail
from app.cli.show import ago, console, json_line, local, state, table, when

if TYPE_CHECKING:
    from app.cli.calling import Api

app = typer.Typer(no_args_is_help=True, help="The feeds that are polled.")

FeedId = Annotated[int, typer.Argument(metavar="ID", help="The feed's id, see feeds list.")]


@app.command()
def add(  # noqa: PLR0913 - one for each option
    address: Annotated[
        str, typer.Argument(metavar="URL", help="The feed's address, or its site's.")
    ],
    *,
    title: Annotated[str | None, typer.Option(help="A title in place of the feed's own.")] = None,
    source_name: Annotated[str | None, typer.Option(help="The publisher's name.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language, as en or ja.")] = None,
    country: Annotated[
        str | None, typer.Option(help="The publisher's, as GB or JP.", show_default="by its domain")
    ] = None,
    full_text: Annotated[
        bool, typer.Option("--full-text", help="Fetch its stories' pages for their text.")
    ] = False,
    probe: Annotated[bool, typer.Option(help="Try the address before it is added.")] = True,
    first: Annotated[
        bool, typer.Option("--first", help="Of several feeds of a site the first.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Add a feed, and say what was found at its address; of a site, find its feed first."""
    asked = {
        "url": address if "://" in address else f"https://{address}",
        "probe": probe,
        "title": title,
        "source_name": source_name,
        "language": language,
        "country": country,
        "full_text": full_text,
    }

    async def work(api: Api) -> None:
        answer = await _added(api, asked, first=first, asks=not as_json)
        if as_json:
            json_line(answer)
            return
        feed, found = answer["data"], answer["found"]
        typer.echo(f"Added feed {feed['id']}: {feed['title'] or feed['url']}")
        if found:
            typer.echo(f"  {found['format']}, {found['entries']} entries, the newest in it:")
            for headline in found["titles"]:
                typer.echo(f"    {headline}")
        typer.echo("  It is due now: a server or `copydesk poll` polls it.", err=True)

    with_api(url, work)


async def _added(api: Api, asked: dict[str, Any], *, first: bool, asks: bool) -> Any:  # noqa: ANN401 - JSON
    """The feed that is there now; of a site, the one that is found or chosen."""
    from app.cli.discovering import IS_A_PAGE, find_feed  # noqa: PLC0415 - seldom needed

    try:
        return await api.post("/v1/admin/feeds", json=asked)
    except Stopped as refused:
        if refused.code != IS_A_PAGE:
            raise
    asked["url"] = await find_feed(api, asked["url"], first=first, asks=asks)
    return await api.post("/v1/admin/feeds", json=asked)


@app.command("import")
def import_opml(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="An OPML file; - reads standard input.")
    ] = None,
    *,
    starter: Annotated[
        bool, typer.Option("--starter", help="News feeds of several countries and languages.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Add every feed of an OPML file; fails if a line of it is refused."""
    if (file is None) is not starter:
        raise typer.BadParameter("name one OPML file, or --starter", param_hint="FILE")
    from app.cli.importing import import_all, read_list  # noqa: PLC0415 - slow to import

    document = read_list(file)

    async def work(api: Api) -> bool:
        lines = await import_all(api, document)
        refused = [line for line in lines if line["status"] == "refused"]
        if as_json:
            for line in lines:
                json_line(line)
        elif not lines:
            typer.echo("No feed in it: an outline needs an xmlUrl.")
        else:
            present = sum(line["status"] == "present" for line in lines)
            added = len(lines) - present - len(refused)
            typer.echo(f"{added} added, {present} present already, {len(refused)} refused.")
        if refused and not as_json:
            rows = [(line["url"], line["detail"]) for line in refused]
            console(stderr=True).print(table(("refused", "why"), rows))
        return bool(lines) and not refused

    if not with_api(url, work):
        raise typer.Exit(1)


@app.command("list")
def list_all(
    *,
    state: Annotated[
        Literal["active", "paused", "quarantined"] | None, typer.Option(help="Only these.")
    ] = None,
    health: Annotated[
        Literal["new", "ok", "silent", "failing", "gone", "paused", "quarantined"] | None,
        typer.Option(help="Only these; new: not polled yet, silent: quiet for unusually long."),
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the feeds with how they do."""

    async def work(api: Api) -> None:
        pages = api.pages("/v1/admin/feeds", state=state, health=health)
        found = [feed async for feed in pages]
        if as_json:
            for feed in found:
                json_line(feed)
        elif not found:
            typer.echo("No feed; add one: copydesk feeds add URL", err=True)
        else:
            headings = ("id", "health", "last poll", "next poll", "feed")
            console().print(table(headings, [_row(feed) for feed in found]))

    with_api(url, work)


@app.command()
def export(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="The file to write; standard output without it."),
    ] = None,
    *,
    url: Url = None,
) -> None:
    """Write every feed as OPML 2.0."""

    async def work(api: Api) -> bytes:
        return (await api.call("GET", "/v1/admin/feeds.opml")).content

    document = with_api(url, work)
    if file is None or str(file) == "-":
        typer.get_binary_stream("stdout").write(document)
        return
    try:
        file.write_bytes(document)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    typer.echo(f"Wrote {file}.")


@app.command()
def pause(feed_id: FeedId, *, url: Url = None) -> None:
    """Poll a feed no more until it is resumed."""
    _act(feed_id, "pause", "Paused", url)


@app.command()
def resume(feed_id: FeedId, *, url: Url = None) -> None:
    """Poll a paused or quarantined feed again, at once."""
    _act(feed_id, "resume", "Resumed", url)


@app.command()
def delete(feed_id: FeedId, *, url: Url = None) -> None:
    """Stop polling a feed and forget its ledger; its stories stay."""

    async def work(api: Api) -> None:
        feed = (await api.get(f"/v1/admin/feeds/{feed_id}"))["data"]
        await api.call("DELETE", f"/v1/admin/feeds/{feed_id}")
        typer.echo(f"Deleted feed {_named(feed)}; its stories stay.")

    with_api(url, work)


@app.command()
def refresh(feed_id: FeedId, *, as_json: AsJson = False, url: Url = None) -> None:
    """Poll a feed now, and say what came of it; fails if the poll did."""

    async def work(api: Api) -> bool:
        path = f"/v1/admin/feeds/{feed_id}:refresh"
        poll = (await api.post(path, params={"wait": "true"}))["data"]
        if as_json:
            json_line(poll)
        else:
            typer.echo(_outcome(poll))
            typer.echo(f"Next poll {local(poll['next_poll_at'])}: {'; '.join(_reasons(poll))}")
        return bool(poll["outcome"] != "failed")

    if not with_api(url, work):
        raise typer.Exit(1)


app.command()(move)
app.command()(moves)
app.command()(credentials)


def _act(feed_id: int, action: str, done: str, url: str | None) -> None:
    async def work(api: Api) -> None:
        feed = (await api.post(f"/v1/admin/feeds/{feed_id}:{action}"))["data"]
        typer.echo(f"{done} feed {_named(feed)}.")

    with_api(url, work)


def _named(feed: dict[str, Any]) -> str:
    return f"{feed['id']} ({feed['title'] or feed['url']})"


def _row(feed: dict[str, Any]) -> tuple[Any, ...]:
    last = feed["last_poll"]
    following = when(feed["next_poll_at"]) if feed["state"] == "active" else "–"
    name = f"{feed['title']}\n{feed['url']}" if feed["title"] else feed["url"]
    if feed["failure_detail"]:
        name = f"{name}\n{feed['failures']} × {feed['failure']}: {feed['failure_detail']}"
    return (feed["id"], state(feed["health"]), ago(last and last["at"]), following, name)


def _outcome(poll: dict[str, Any]) -> str:
    if poll["outcome"] == "failed":
        return f"Failed ({poll['failure']}): {poll['detail']}"
    words = poll["outcome"].replace("_", " ")
    found = f"{poll['entries']} entries, {poll['new']} new, {poll['changed']} changed"
    return f"{words[:1].upper()}{words[1:]}: {found}, in {poll['elapsed_ms']} ms"


def _reasons(poll: dict[str, Any]) -> list[str]:
    return list(poll["next_poll_reasons"])
