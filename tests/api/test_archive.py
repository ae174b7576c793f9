"""An installation moved from one engine to the other and back: the same rows, and it goes on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.archiving import _export, _import
from app.cli.outcome import Stopped
from tests.api.conftest import Api, running, settings
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Harbour",))
LATER = Item(title="Ferry sails", text="The ferry sailed at one.", categories=("Harbour",))
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.", categories=("Roads",))


async def fill(api: Api, harbour: Publisher) -> None:
    """Something in most tables."""
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER, BRIDGE)
    await api.refresh(feed)
    rule = {
        "name": "x",
        "query": "ferry",
        "actions": {"add": [{"tag": "label:sea", "name": "Sea"}]},
    }
    assert (await api.admin.post("/v1/admin/tag-rules", json=rule)).status_code == 201
    asked = {"name": "Ferries", "query": {"q": "ferry"}}
    assert (await api.admin.post("/v1/searches", json=asked)).status_code == 201
    hook = {"url": "https://desk.example/hook", "search_id": "1"}
    assert (await api.admin.post("/v1/webhooks", json=hook)).status_code == 201
    while await api.service.pushing.matcher.match_some() == 0:
        pass


def said(file: Path) -> dict[str, object]:
    """What an export sums up to."""
    last = gzip.decompress(file.read_bytes()).splitlines()[-1]
    found: dict[str, object] = json.loads(last)["end"]
    return found


@pytest.fixture
def other_url(migrated_url: str, new_postgres_database: Callable[..., str], tmp_path: Path) -> str:
    """An empty database of the engine that `migrated_url` is not of."""
    if migrated_url.startswith("sqlite"):
        return new_postgres_database()
    return f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"


@on_both
async def test_an_installation_moves_between_engines_and_goes_on_there(
    api: Api, harbour: Publisher, migrated_url: str, other_url: str, tmp_path: Path
):
    await fill(api, harbour)
    there, back = tmp_path / "there.gz", tmp_path / "back.gz"
    rows = await _export(settings(migrated_url), there)
    assert rows == sum(said(there)["rows"].values())  # type: ignore[attr-defined] - counts
    assert there.stat().st_mode & 0o077 == 0
    total = await _import(settings(other_url), there)
    assert total.shown() == said(there)
    await _export(settings(other_url), back)
    assert said(back) == said(there)
    before = await api.data("/v1/changes", include="body")
    async with running(other_url, read_auth="open") as moved:
        assert await moved.data("/v1/changes", include="body") == before
        assert sorted(await moved.titles()) == ["Bridge opens", "Ferry sails"]
        assert await moved.titles(q="ferry", tag="label:sea") == await api.titles(
            q="ferry", tag="label:sea"
        )
        assert (await moved.admin.get("/v1/searches")).json()["data"][0]["name"] == "Ferries"
        harbour.pages["/other"] = atom(Item(title="Lamp lit", text="The lamp was lit."))
        await moved.poll(harbour.url("/other"))
        assert await moved.titles(q="lamp") == ["Lamp lit"]
        log = await moved.data("/v1/changes")
        assert [change["seq"] for change in log] == list(range(1, len(before) + 2))


@on_both
async def test_what_is_there_is_not_written_over(
    api: Api, harbour: Publisher, migrated_url: str, tmp_path: Path
):
    await fill(api, harbour)
    file = tmp_path / "export.gz"
    await _export(settings(migrated_url), file)
    with pytest.raises(Stopped, match="has feeds already"):
        await _import(settings(migrated_url), file)
    assert len(await api.titles()) == 2


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda lines: lines[:-1], "ends in the middle"),
        (lambda lines: [*lines[:4], *lines[5:]], "not whole"),
        (lambda lines: [lines[0].replace(b'"schema":"', b'"schema":"9'), *lines[1:]], "schema"),
        (lambda lines: [b"{}", *lines[1:]], "no export"),
        (lambda lines: [*lines[:3], b"nonsense", *lines[3:]], "cannot be read"),
    ],
)
@on_both
async def test_a_damaged_export_changes_nothing(
    api: Api,
    harbour: Publisher,
    migrated_url: str,
    other_url: str,
    tmp_path: Path,
    damage: Callable[[list[bytes]], list[bytes]],
    why: str,
):
    await fill(api, harbour)
    file = tmp_path / "export.gz"
    await _export(settings(migrated_url), file)
    lines = damage(gzip.decompress(file.read_bytes()).splitlines())
    file.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    with pytest.raises(Stopped, match=why):
        await _import(settings(other_url), file)
    async with running(other_url, read_auth="open") as started:
        assert await started.titles() == []
        assert (await started.admin.get("/v1/admin/feeds")).json()["data"] == []


async def test_what_is_no_gzip_file_is_told(other_url: str, tmp_path: Path):
    file = tmp_path / "export.gz"
    file.write_bytes(b"no gzip at all")
    with pytest.raises(Stopped, match="cannot be read as an export"):
        await _import(settings(other_url), file)
    file.write_bytes(gzip.compress(b"x" * 100_000)[:50])
    with pytest.raises(Stopped, match=r"cannot be read as an export|no export"):
        await _import(settings(other_url), file)
    with pytest.raises(Stopped, match="cannot be read as an export"):
        await _import(settings(other_url), tmp_path / "missing.gz")
