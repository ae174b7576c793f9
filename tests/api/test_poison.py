"""A document that is the death of its readers: quarantined, kept for a look, released by hand."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.plan import read_document
from app.core.schedule import MAX_ATTEMPTS
from app.core.types import Failure
from app.ingest.offload import OffloadFailed
from tests.api.conftest import Api, InProcess
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FEEDS = "/v1/admin/feeds"


@on_both
async def test_it_is_quarantined_says_why_and_is_released(
    api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
):
    harbour.pages["/feed"] = atom(Item(title="Ferry back in service"))
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(Item(title="Poison"))
    whole = InProcess.run

    async def crashes(self: Any, work: Any, *given: Any, **named: Any) -> Any:
        if work is read_document:
            return OffloadFailed(kind=Failure.PARSE_CRASHED, detail="the worker died")
        return await whole(self, work, *given, **named)

    for _ in range(MAX_ATTEMPTS):
        monkeypatch.setattr(InProcess, "run", crashes)
        polled = await api.refresh(feed_id)
        assert polled["failure"] == "parse_crashed"
        monkeypatch.setattr(InProcess, "run", whole)
        shown = await api.admin.post(f"{FEEDS}/{feed_id}:replay", json={})
        assert "Poison" in shown.text  # the very document, though it was never read to its end
    feed = (await api.admin.get(f"{FEEDS}/{feed_id}")).json()["data"]
    assert (feed["state"], feed["health"]) == ("quarantined", "quarantined")
    assert f"copydesk replay {feed_id}" in feed["failure_detail"]
    assert feed["failure_detail"] == polled["detail"]
    assert await api.titles() == ["Ferry back in service"]
    resumed = await api.admin.post(f"{FEEDS}/{feed_id}:resume")
    assert resumed.json()["data"]["state"] == "active"
    assert (await api.refresh(feed_id))["new"] == 1
