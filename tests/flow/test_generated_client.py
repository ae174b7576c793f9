"""The description of the API is the client: one that is generated from it follows the log."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app import process
from app.cli.server import address_of, bind, server_of
from tests.api.conftest import Api, InProcess, running
from tests.api.publisher import Item, Publisher, atom, publisher
from tests.conftest import ROOT
from tests.databases import on_sqlite
from tests.tools.openapi import SNAPSHOT

PYTHON = ROOT / ".venv-client" / "bin" / "python"
HERE = Path(__file__).parent / "generated_client"
LOOP = HERE / "sync.py"
FERRY = Item(title="Ferry back in service", text="It sails at noon.")
LATER = Item(title="Ferry back in service", text="It sails at one.")
BRIDGE = Item(title="Bridge closed for a week", day=2)
LAMPS = [Item(title=f"Lamp {n} is lit", day=3) for n in range(3)]

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="no generator is installed: make client"),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the package `desk_client`; the generator had nothing to warn of."""
    made = tmp_path_factory.mktemp("client")
    command = [PYTHON, "-m", "openapi_python_client", "generate", "--path", SNAPSHOT]
    where = ["--meta", "none", "--output-path", made / "desk_client"]
    how = ["--config", HERE / "generator.yaml", "--fail-on-warning"]
    done = subprocess.run(
        [*command, *where, *how], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture
async def harbour() -> AsyncIterator[Publisher]:
    async with publisher() as started:
        yield started


def test_each_operation_is_a_function(folder: Path):
    described = json.loads(SNAPSHOT.read_text(encoding="utf-8"))["paths"].values()
    ids = {operation["operationId"] for item in described for operation in item.values()}
    modules = {path.stem for path in (folder / "desk_client" / "api").glob("*/*.py")}
    assert modules - {"__init__"} == ids


def test_a_type_checker_follows_the_loop_into_the_client(folder: Path):
    options = ["--config-file=", "--strict", "--follow-imports=silent", "--cache-dir", os.devnull]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--python-executable", PYTHON, LOOP],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"MYPYPATH": str(folder)},
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@on_sqlite
async def test_its_loop_gets_what_there_was_and_what_comes(
    migrated_url: str, harbour: Publisher, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(process, "Offload", InProcess)
    with bind("127.0.0.1", 0) as listening:
        given = {"read_auth": "required", "public_url": address_of(listening)}
        async with running(migrated_url, **given) as desk:
            server = server_of(desk.app)
            serving = asyncio.create_task(server.serve([listening]))
            try:
                await follow(desk, harbour, address_of(listening), folder)
            finally:
                server.stop()
                await serving


async def follow(desk: Api, harbour: Publisher, address: str, folder: Path) -> None:
    harbour.pages["/feed"] = atom(FERRY, BRIDGE, LAMPS[0])
    feed = await desk.poll(harbour.url())
    key = (await desk.key(scopes=["read"]))["key"]
    loop = await asyncio.create_subprocess_exec(
        *(PYTHON, LOOP, address, key, "6"),
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )
    assert loop.stdout is not None
    told = [json.loads(await loop.stdout.readline()) for _ in range(3)]
    harbour.pages["/feed"] = atom(LATER, BRIDGE, *LAMPS)  # it waits for more by now
    await desk.refresh(feed)
    told += [json.loads(line) async for line in loop.stdout]
    assert await loop.wait() == 0
    assert told == await log_of(desk)
    assert [seq for seq, *_ in told] == [1, 2, 3, 4, 5, 6]
    assert {title for _, _, title, _ in told} == {one.title for one in (FERRY, BRIDGE, *LAMPS)}
    assert sum(kind == "story.updated" for _, kind, *_ in told) == 1


async def log_of(desk: Api) -> list[Any]:
    page = (await desk.admin.get("/v1/changes")).json()["data"]
    return [
        [one["seq"], one["type"], one["story"]["title"], one["story"]["revision"]] for one in page
    ]
