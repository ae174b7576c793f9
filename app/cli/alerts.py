"""`copydesk alerts`: what is wrong, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api

COLOURS: Final = {"error": "red", "warning": "yellow"}


def alerts(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = 100,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the alerts that stand, each with what to do; fails if one is an error."""
    state = None if every else "standing"

    async def work(api: Api) -> list[dict[str, Any]]:
        pages = api.pages("/v1/admin/alerts", limit=limit, state=state)
        return [found async for found in pages]

    found = with_api(url, work)
    if as_json:
        for alert in found:
            json_line(alert)
    else:
        _show(found)
    if any(alert["severity"] == "error" and not alert["ended_at"] for alert in found):
        raise typer.Exit(1)


def _show(found: list[dict[str, Any]]) -> None:
    out = console()
    if not found:
        out.print("No alert stands.")
        return
    rows = [
        (
            Text(alert["severity"], style=COLOURS[alert["severity"]]),
            local(alert["since"]),
            local(alert["ended_at"]),
            Text(f"{alert['detail']}\n→ {alert['step']}"),
        )
        for alert in found
    ]
    out.print(table(("", "since", "until", "what is wrong, and what to do"), rows))
