"""What happened hour by hour, as the ledger and the stories tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.store.activity import Activity
from app.store.models import fetches, stories
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom

HOUR = timedelta(hours=1)


async def test_each_hour_counts_its_stories_polls_failures_and_delay(
    api: Api, harbour: Publisher
) -> None:
    now = datetime.now(UTC)
    late = (now - timedelta(minutes=10)).isoformat()
    harbour.pages["/feed"] = atom(Item(title="Late by ten minutes", day=late), Item(title="Old"))
    await api.poll(harbour.url())
    missing = await api.add_feed(harbour.url("/missing"))
    await api.refresh(missing)
    answer = await api.admin.get("/v1/admin/activity", params={"hours": 3})
    assert answer.status_code == 200, answer.text
    hours = answer.json()["data"]
    assert len(hours) == 3
    told = {name: sum(hour[name] for hour in hours) for name in ("stories", "polls")}
    assert told == {"stories": 2, "polls": 2}
    assert [hour["failures"] for hour in hours if hour["failures"]] == [{"not_found": 1}]
    delays = [hour["delay"]["p50_s"] for hour in hours if hour["delay"]["p50_s"] is not None]
    assert delays == [pytest.approx(660, abs=60)], "what came with the feed was not late"


async def test_hours_that_are_over_are_read_once_and_the_running_one_each_time(
    api: Api, harbour: Publisher
) -> None:
    harbour.pages["/feed"] = atom(Item(title="One"))
    await api.poll(harbour.url())
    database = api.service.database
    now = datetime.now(UTC).replace(minute=30)
    async with database.write() as session:
        await session.execute(update(stories).values(ingested_at=now - 3 * HOUR))
        await session.execute(update(fetches).values(at=now - 3 * HOUR))
    activity = Activity()
    async with database.read() as session:
        first = await activity.read(session, now, 6)
    assert [hour.stories for hour in first] == [0, 0, 1, 0, 0, 0]
    async with database.write() as session:
        await session.execute(update(stories).values(ingested_at=now))
    async with database.read() as session:
        again = await activity.read(session, now, 6)
        later = await activity.read(session, now + HOUR, 3)
    assert [hour.stories for hour in again] == [0, 0, 1, 0, 0, 1], "three hours ago is settled"
    assert [hour.stories for hour in later] == [0, 1, 0]


async def test_hours_are_bounded(api: Api) -> None:
    for hours in ("0", "-1", "400", "many"):
        answer = await api.admin.get("/v1/admin/activity", params={"hours": hours})
        assert answer.status_code == 400, hours
