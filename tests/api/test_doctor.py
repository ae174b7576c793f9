"""The doctor over a running service: what is wrong, by the database and by the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.ingest import checkup
from app.store.machine import descriptors_free, disk_free, file_system
from tests.api.conftest import Api
from tests.api.publisher import Publisher, atom
from tests.databases import on_both


async def found(api: Api, **asked: Any) -> dict[str, str]:
    answer = await api.admin.get("/v1/admin/doctor", params=asked)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    severities = [finding["severity"] for finding in data["findings"]]
    assert data["healthy"] is ("error" not in severities)
    return {each["code"]: each["severity"] for each in data["findings"]}


async def test_a_service_that_has_just_begun(api: Api):
    assert await found(api) == {"contact": "warning", "secret_key": "note", "public_url": "note"}
    assert (await api.reader.get("/v1/admin/doctor")).status_code == 401


@on_both
async def test_feeds_that_nobody_polls(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom()
    await api.poll(harbour.url())
    assert "no_poller" not in await found(api)
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE feeds SET next_poll_at = 0, lease_until = 1"))
        await session.execute(text("UPDATE fetches SET at = 1"))
        await session.execute(text("UPDATE hosts SET refusals = 1, refused_until = 4102444800000"))
    seen = await found(api)
    assert seen["no_poller"] == "error"
    assert seen["stale_leases"] == "note"
    assert seen["backing_off"] == "note"


async def test_a_schema_that_is_not_this_releases(api: Api):
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert (await found(api))["schema"] == "error"


async def test_workers_and_the_way_out(api: Api, monkeypatch: pytest.MonkeyPatch):
    from app.core.types import Failure
    from app.ingest.offload import OffloadFailed

    async def none(*_given: Any, **_named: Any) -> OffloadFailed:
        return OffloadFailed(kind=Failure.INTERNAL, detail="killed at once")

    monkeypatch.setattr(api.service.pipeline.offload, "run", none)
    monkeypatch.setattr(checkup, "OUTSIDE", "https://127.0.0.1:1/")
    assert (await found(api))["workers"] == "error"
    assert "offline" not in await found(api)
    assert (await found(api, online="true"))["offline"] == "error"


def test_where_a_file_is(tmp_path: Path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nhost:/x {tmp_path}/far\\040away nfs4 rw 0 0\n"
        f"/dev/b {tmp_path}/far xfs rw 0 0\n"
    )
    (tmp_path / "far away").mkdir()
    (tmp_path / "far").mkdir()
    kinds = {
        name: file_system(str(tmp_path / name), mounts)
        for name in ("desk.db", "far/desk.db", "far away/desk.db", "far away/new/desk.db")
    }
    assert kinds == {
        "desk.db": "ext4",
        "far/desk.db": "xfs",
        "far away/desk.db": "nfs4",
        "far away/new/desk.db": "nfs4",
    }
    assert file_system(str(tmp_path), tmp_path / "none") is None
    assert (disk_free(str(tmp_path / "far/not/yet/desk.db")) or 0) > 0
    free = descriptors_free()
    assert free is None or free > 0
