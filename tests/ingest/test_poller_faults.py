"""A database that is too busy for what a poll brought is no fault of ours, nor of the feed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from app.core.schedule import Outcome
from app.core.types import Failure
from app.ingest import pipeline
from app.store.plans import Applied
from tests.databases import on_sqlite
from tests.ingest import servers
from tests.ingest.test_poller import Desk, desk, rss

__all__ = ["desk"]


def fails_once(monkeypatch: pytest.MonkeyPatch, sqlstate: str) -> None:
    """The first plan is not written, as PostgreSQL says with this SQLSTATE."""

    class Said(Exception):
        pass

    Said.sqlstate = sqlstate  # type: ignore[attr-defined] - as asyncpg has it
    apply_plan, states = pipeline.apply_plan, [sqlstate]

    async def apply(*args: Any, **given: Any) -> Applied:
        if states:
            states.clear()
            raise DBAPIError("COMMIT", None, Said())
        return await apply_plan(*args, **given)

    monkeypatch.setattr(pipeline, "apply_plan", apply)


@on_sqlite
async def test_a_statement_that_took_too_long_is_told_as_that(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(monkeypatch, "57014")
    async with servers.serve(servers.answer(200, rss("a"))) as server:
        await desk.add(server.url())
        row = (await desk.poll()).row
    assert row.failure is Failure.DATABASE
    assert row.detail is not None
    assert "too busy" in row.detail


@on_sqlite
async def test_a_plan_that_had_to_give_way_is_made_anew_without_another_request(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_once(monkeypatch, "40P01")
    async with servers.serve(servers.answer(200, rss("a"))) as server:
        await desk.add(server.url())
        assert (await desk.poll()).row.outcome is Outcome.NEW
    assert len(server.requests) == 1
