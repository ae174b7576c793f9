"""`copydesk audit`: who did what to what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app.cli.connect import AsJson, Url, with_api
from app.cli.show import console, json_line, local, table

if TYPE_CHECKING:
    from app.cli.calling import Api

PATH: Final = "/v1/admin/audit"
MAX_CHANGES: Final = 3


def audit(
    *,
    actor: Annotated[str | None, typer.Option(help="Only by this key, by its name.")] = None,
    action: Annotated[
        str | None, typer.Option(help="Only this, such as feed.pause, or of a kind: feed.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Only of this, such as feed:12.")] = None,
    after: Annotated[str | None, typer.Option(help="Only from this time on (RFC 3339).")] = None,
    before: Annotated[str | None, typer.Option(help="Only before this time (RFC 3339).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Say what operators have done, the newest first; --json has each thing before and after."""
    asked = {
        "actor": actor,
        "action": action,
        "subject": subject,
        "after": after,
        "before": before,
    }

    async def work(api: Api) -> list[dict[str, Any]]:
        return [act async for act in api.pages(PATH, limit=limit, **asked)]

    found = with_api(url, work)
    if as_json:
        for act in found:
            json_line(act)
        return
    rows = [
        (local(a["at"]), a["actor"], a["via"], a["action"], a["subject"], _changed(a))
        for a in found
    ]
    console().print(table(("when", "who", "via", "did", "to", "changed"), rows))


def _changed(act: dict[str, Any]) -> str:
    """The fields that differ, where there was something before and is something after."""
    before, after = act["before"], act["after"]
    if not isinstance(before, dict) or not isinstance(after, dict):
        return ""
    differing = [
        f"{name}: {before.get(name)} → {after.get(name)}"
        for name in after
        if before.get(name) != after.get(name)
    ]
    more = "" if len(differing) <= MAX_CHANGES else f"; {len(differing) - MAX_CHANGES} more"
    return "; ".join(differing[:MAX_CHANGES]) + more
