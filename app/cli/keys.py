"""`copydesk keys`: make, list, revoke."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import ago, console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api

HEADS = ("id", "key", "scope", "a minute", "created", "last used", "ends", "name")

app = typer.Typer(no_args_is_help=True, help="The keys that callers send.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what it is for.")],
    *,
    scope: Annotated[
        Literal["read", "write", "admin"],
        typer.Option(help="What it may do, with all before it; write: keep searches, webhooks."),
    ] = "read",
    expires: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The day it ends (UTC), as 2030-01-01, or an RFC 3339 time."
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=1_000_000,
            help="Requests it may send in a minute; without it, as the settings say.",
        ),
    ] = None,
    url: Url = None,
) -> None:
    """Make a key and print it, this once."""
    asked = {
        "name": name,
        "scopes": [scope],
        "expires_at": expiry(expires),
        "requests_per_minute": rate,
    }

    async def work(api: Api) -> None:
        made = (await api.post("/v1/admin/keys", json=asked))["data"]
        until = f" until {local(made['expires_at'])}" if made["expires_at"] else ""
        typer.echo(f"Key {made['id']} for {name!r}, scope {scope}{until}.", err=True)
        typer.echo("Keep it: it is not stored, and cannot be shown again.", err=True)
        typer.echo(made["key"])

    with_api(url, work)


@app.command("list")
def list_all(*, as_json: AsJson = False, url: Url = None) -> None:
    """List the keys, by the beginning that is kept of each."""

    async def work(api: Api) -> None:
        found = (await api.get("/v1/admin/keys"))["data"]
        if as_json:
            for key in found:
                json_line(key)
            return
        rows = [
            (
                key["id"],
                f"{key['prefix']}…",
                " ".join(key["scopes"]),
                key["requests_per_minute"] or "",
                local(key["created_at"]),
                ago(key["last_used_at"]),
                _end(key),
                key["name"],
            )
            for key in found
        ]
        console().print(table(HEADS, rows))

    with_api(url, work)


@app.command()
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID", help="The key's id, see keys list.")],
    *,
    url: Url = None,
) -> None:
    """End a key at once."""

    async def work(api: Api) -> None:
        key = (await api.call("DELETE", f"/v1/admin/keys/{key_id}")).json()["data"]
        typer.echo(f"Revoked key {key['id']} ({key['name']}).")

    with_api(url, work)


def expiry(asked: str | None) -> str | None:
    """The time in full; BadParameter for one that cannot be read."""
    if asked is None:
        return None
    try:
        if len(asked) == len("2030-01-01"):
            day = date.fromisoformat(asked)
            return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()
        return datetime.fromisoformat(asked).isoformat()
    except ValueError:
        raise typer.BadParameter(
            f"{asked!r} is no date: write one as 2030-01-01", param_hint="--expires"
        ) from None


def _end(key: dict[str, str | None]) -> str:
    if key["revoked_at"]:
        return f"revoked {local(key['revoked_at'])}"
    return local(key["expires_at"]) if key["expires_at"] else "never"
