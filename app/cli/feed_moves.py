"""`copydesk feeds moves`: where a feed was before, and taking a move back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api


def moves(
    feed_id: Annotated[int, typer.Argument(metavar="ID", help="The feed's id, see feeds list.")],
    *,
    revert: Annotated[
        int | None,
        typer.Option("--revert", metavar="MOVE", help="Take this move back; it is not made again."),
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the moves of a feed to other addresses, the latest first; or take one back."""

    async def work(api: Api) -> None:
        path = f"/v1/admin/feeds/{feed_id}/moves"
        if revert is not None:
            _show_reverted((await api.post(f"{path}/{revert}:revert"))["data"], as_json=as_json)
            return
        found = (await api.get(path))["data"]
        if as_json:
            for move in found:
                json_line(move)
        elif found:
            console().print(table(("Move", "At", "Taken back", "From, to, why"), map(_row, found)))
        else:
            typer.echo(f"Feed {feed_id} has always been where it is.")

    with_api(url, work)


def _show_reverted(move: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        json_line(move)
    elif move["merged_into"] is None:
        typer.echo(f"Took move {move['id']} back: the feed is at {move['from_url']}, due now.")
    else:
        typer.echo(f"Took merger {move['id']} back: the feed is polled by itself, due now.")


def _row(move: dict[str, Any]) -> tuple[str, ...]:
    to = move["to_url"]
    if move["merged_into"] is not None:
        to = f"{to} (feed {move['merged_into']})"
    told = "\n".join((move["from_url"], to, move["why"]))
    return move["id"], local(move["at"]), local(move["reverted_at"]), told
