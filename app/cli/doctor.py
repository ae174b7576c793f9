"""`copydesk doctor`: what is wrong with a deployment, also where nothing of it runs."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from app.cli.connect import AsJson, Url, with_api
from app.cli.outcome import run
from app.cli.show import console, json_line, table

if TYPE_CHECKING:
    from app.cli.calling import Api
    from app.settings import Settings

COLOURS: Final = {"error": "red", "warning": "yellow", "note": "dim"}


def doctor(
    *,
    online: Annotated[
        bool, typer.Option("--online", help="Also try whether a server outside answers.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Say what is wrong with this deployment, and what to do; fails if something does not work."""
    if url is not None:
        found = with_api(url, lambda api: _asked(api, online=online))
    else:
        from app.cli.opening import settings_of  # noqa: PLC0415 - slow to import

        found = run(_looked(settings_of(), online=online))
    if as_json:
        json_line(found)
    else:
        _show(found)
    if not found["healthy"]:
        raise typer.Exit(1)


async def _asked(api: Api, *, online: bool) -> dict[str, Any]:
    answer = await api.get("/v1/admin/doctor", online="true" if online else None)
    found: dict[str, Any] = answer["data"]
    return found


async def _looked(settings: Settings, *, online: bool) -> dict[str, Any]:
    """By looking at each part from here: a service that runs beside it is not disturbed."""
    from app.api.doctor import doctor_shape  # noqa: PLC0415 - slow to import
    from app.api.replies import encode  # noqa: PLC0415
    from app.ingest.checkup import examine  # noqa: PLC0415
    from app.net import AddressPolicy, HttpClients  # noqa: PLC0415
    from app.policies import fetch_policy_of, setting_facts  # noqa: PLC0415
    from app.process import offload_of, utc_now  # noqa: PLC0415
    from app.store.engine import open_database, sqlite_path  # noqa: PLC0415
    from app.store.machine import is_file  # noqa: PLC0415

    file = sqlite_path(settings.database_url)
    is_there = file is None or is_file(file)
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url)
        stack.push_async_callback(database.close)
        offload = await stack.enter_async_context(offload_of(settings, polls=False))
        policy = AddressPolicy(allow=settings.allow_private_networks)
        clients = await stack.enter_async_context(HttpClients(policy))
        facts = await examine(
            setting_facts(settings),
            database=database if is_there else None,
            file=file,
            offload=offload,
            clients=clients,
            fetch_policy=fetch_policy_of(settings),
            clock=utc_now,
            online=online,
        )
    found: dict[str, Any] = json.loads(encode(doctor_shape(facts)))
    return found


def _show(found: dict[str, Any]) -> None:
    out = console()
    if not found["findings"]:
        out.print("Nothing is wrong.")
        return
    rows = [
        (
            Text(each["severity"], style=COLOURS[each["severity"]]),
            f"{each['detail']}\n→ {each['step']}",
        )
        for each in found["findings"]
    ]
    out.print(table(("", "what was found, and what to do"), rows))
