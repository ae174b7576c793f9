"""An embargoed item is told when its time has come, though the document stays the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.core.embargo import is_held
from app.core.schedule import Outcome
from app.core.types import Entry
from app.store.models import stories
from tests.ingest import servers
from tests.ingest.test_poller import Desk, desk, scripted

__all__ = ["desk"]
NOW = datetime(2026, 11, 5, 6, tzinfo=UTC)


def wire(embargo: datetime) -> bytes:
    items = [
        {"uri": "urn:w:1", "headline": "Ferry stops", "pubstatus": "usable"},
        {"uri": "urn:w:2", "headline": "Budget", "embargoed": embargo.isoformat()},
    ]
    return json.dumps(items).encode()


async def test_is_told_when_it_has_ended(desk: Desk) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    held = servers.answer(200, wire(later), (("ETag", '"1"'),))
    free = servers.answer(200, wire(later - timedelta(days=2)), (("ETag", '"2"'),))
    async with scripted(held, held, free) as server:
        await desk.add(server.url())
        first = (await desk.poll()).row
        assert (first.new, first.notes) == (1, ("1 entries are under embargo",))
        second = (await desk.poll()).row
        assert (second.outcome, second.new) == (Outcome.UNCHANGED, 0), "it was read again"
        assert server.requests[1].header("If-None-Match") is None
        third = (await desk.poll()).row
        assert (third.new, third.notes) == (1, ())
    assert await desk.count(stories) == [2]


@pytest.mark.parametrize(
    ("embargo", "held"),
    [
        (None, False),
        ("2026-11-05T05:59:59Z", False),
        ("2026-11-05T06:00:00Z", False),
        ("2026-11-05T06:00:01Z", True),
        ("2026-11-05T08:00:00+02:00", False),
        ("until further notice", True),
    ],
)
def test_holds_until_its_time(embargo: str | None, held: bool) -> None:
    assert is_held(Entry(raw_hash=0, embargo_raw=embargo), NOW) is held
