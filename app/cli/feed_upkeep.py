"""`copydesk feeds move` and `credentials`: for feeds that changed, or that ask who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import json_line

if TYPE_CHECKING:
    from app.cli.calling import Api

FeedId = Annotated[int, typer.Argument(metavar="ID", help="The feed's id, see feeds list.")]


def move(
    feed_id: FeedId,
    address: Annotated[str, typer.Argument(metavar="NEW", help="The feed's new address.")],
    *,
    probe: Annotated[bool, typer.Option(help="Try the address before the feed is moved.")] = True,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Give a feed another address; its stories, copies and ledger stay."""

    async def work(api: Api) -> None:
        path = f"/v1/admin/feeds/{feed_id}"
        read = await api.call("GET", path)
        answer = await api.call(
            "PATCH",
            path,
            json={"url": address, "probe": probe},
            headers={"If-Match": read.headers["ETag"]},
        )
        feed = answer.json()["data"]
        if as_json:
            json_line(feed)
        else:
            typer.echo(f"Moved feed {feed_id} to {feed['url']}; it is due now.")

    with_api(url, work)


def credentials(  # noqa: PLR0913 - one for each option
    feed_id: FeedId,
    *,
    basic: Annotated[
        str | None, typer.Option("--basic", metavar="USER", help="A user name and a password.")
    ] = None,
    bearer: Annotated[bool, typer.Option("--bearer", help="A token.")] = False,
    header: Annotated[
        str | None, typer.Option("--header", metavar="NAME", help="The value of a header.")
    ] = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The secret is in this variable of the service's environment; COPYDESK_FEED_….",
        ),
    ] = None,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Ask for the secret; it is kept encrypted.")
    ] = False,
    over_http: Annotated[
        bool, typer.Option("--over-http", help="Send them over plain http as well.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Ask the feed without any.")] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show, set or forget what a feed is asked with; the secret is never on the command line."""
    kind = _kind(basic=basic, bearer=bearer, header=header)
    if forget and kind:
        raise typer.BadParameter("either set credentials or forget them", param_hint="--forget")
    if kind and (env is None) is not prompt:
        raise typer.BadParameter("say where the secret is: --env NAME or --prompt")
    if not kind and (env or prompt or over_http):
        raise typer.BadParameter("say how it is sent: --basic USER, --bearer or --header NAME")
    secret = typer.prompt("Secret", hide_input=True, err=True) if prompt else None
    asked = {
        "kind": kind,
        "username": basic,
        "header": header,
        "variable": env,
        "secret": secret,
        "over_http": over_http,
    }

    async def work(api: Api) -> None:
        path = f"/v1/admin/feeds/{feed_id}/credentials"
        if forget:
            await api.call("DELETE", path)
            typer.echo(f"Feed {feed_id} is asked without credentials.")
            return
        answer = await api.call("PUT", path, json=asked) if kind else await api.call("GET", path)
        found = answer.json()["data"]
        if as_json:
            json_line(found)
        else:
            typer.echo(_said(found))

    with_api(url, work)


def _kind(*, basic: str | None, bearer: bool, header: str | None) -> str | None:
    given = {"basic": basic is not None, "bearer": bearer, "header": header is not None}
    kinds = [kind for kind, is_given in given.items() if is_given]
    if len(kinds) > 1:
        raise typer.BadParameter("one of --basic, --bearer and --header")
    return kinds[0] if kinds else None


def _said(found: dict[str, Any]) -> str:
    name = found["username"] or found["header"]
    kind = f"{found['kind']} ({name})" if name else found["kind"]
    where = f"in {found['variable']}" if found["variable"] else "kept encrypted"
    return f"Feed {found['feed_id']}: {kind} for {found['origin']}, the secret {where}."
