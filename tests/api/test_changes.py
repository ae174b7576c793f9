"""The change log for those who follow it: from where, of what, and waiting for more."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.push.trim import PAUSE_S, Trimmer
from app.push.watch import LogWatch
from app.store.engine import Database
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Harbour",))
LATER = Item(
    title="Ferry sails", text="The ferry sailed at one, not at noon.", categories=("Harbour",)
)
MOVED = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Islands",))
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.", categories=("Roads",))


async def told(api: Api, **asked: Any) -> list[tuple[str, bool, str | None]]:
    """Type, whether it matches, and title of each change."""
    changes = await api.data("/v1/changes", **asked)
    return [(c["type"], c["matches"], c["story"] and c["story"]["title"]) for c in changes]


async def test_from_now_on_there_is_nothing_yet(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    now = (await api.get("/v1/changes", after="now")).json()
    assert (now["data"], now["page"]["next_cursor"]) == ([], "1")
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    later = await told(api, after=now["page"]["next_cursor"])
    assert later == [("story.created", True, "Bridge opens")]


async def test_from_a_time_on(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url())
    now = datetime.now(UTC)
    everything = await api.data("/v1/changes", after=(now - timedelta(days=1)).isoformat())
    assert [change["seq"] for change in everything] == [1, 2]
    ahead = (await api.get("/v1/changes", after=(now + timedelta(hours=1)).isoformat())).json()
    assert (ahead["data"], ahead["page"]["next_cursor"]) == ([], "2")
    for bad in ("2026-11-24", "yesterday", "2026-11-24T06:00:00", "1.5", ""):
        refused = await api.get("/v1/changes", after=bad)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameter"] == "after"


@on_both
async def test_what_was_decided_shortly_before_a_time_is_not_missed(api: Api, harbour: Publisher):
    """A poll's changes have the time of its decision, and come into the log when it ends."""
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    just_after = datetime.now(UTC) + timedelta(minutes=1)
    assert len(await api.data("/v1/changes", after=just_after.isoformat())) == 1


@on_both
async def test_each_change_has_the_story_as_it_was_then(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER)
    await api.refresh(feed)
    first, second = await api.data("/v1/changes", include="body")
    assert (first["story"]["revision"], first["story"]["text"]) == (1, FERRY.text)
    assert (second["story"]["revision"], second["story"]["text"]) == (2, LATER.text)
    thin, _ = await api.data("/v1/changes")
    assert "text" not in thin["story"]


async def test_compact_leaves_the_latest_change_of_each_story(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER, BRIDGE)
    await api.refresh(feed)
    assert [kind for kind, _, _ in await told(api)] == [
        "story.created",
        "story.created",
        "story.updated",
    ]
    assert await told(api, compact=True) == [
        ("story.created", True, "Bridge opens"),
        ("story.updated", True, "Ferry sails"),
    ]


@on_both
async def test_only_some_types(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER)
    await api.refresh(feed)
    answer = await api.get("/v1/changes", type="story.updated,story.killed", limit=1)
    assert [change["seq"] for change in answer.json()["data"]] == [2]
    none = (await api.get("/v1/changes", type="story.killed")).json()
    assert (none["data"], none["page"]["next_cursor"]) == ([], "2"), "looked through to the end"


async def test_following_a_search_one_hears_of_what_enters_and_of_what_leaves(
    api: Api, harbour: Publisher
):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    following = {"tag": "category:harbour"}
    assert await told(api, **following) == [("story.created", True, "Ferry sails")]
    harbour.pages["/feed"] = atom(MOVED, BRIDGE)
    await api.refresh(feed)
    [leaving] = await told(api, after=2, **following)
    assert leaving[1:] == (False, None)
    entering = await told(api, after=2, tag="category:islands")
    assert [(matches, title) for _, matches, title in entering] == [(True, "Ferry sails")]
    assert await told(api, q="bridge") == [
        ("story.created", True, "Bridge opens"),
        (leaving[0], False, None),
    ]


async def test_pages_of_a_search_end_where_the_log_was_looked_through(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(*(Item(title=f"Lamp {n}", day=n) for n in range(1, 6)))
    await api.poll(harbour.url())
    page = (await api.get("/v1/changes", q="lamp 2", limit=1)).json()
    assert [change["story"]["title"] for change in page["data"]] == ["Lamp 2"]
    seen = page["data"][0]["seq"]
    assert page["page"] == {
        "next_cursor": str(seen),
        "has_more": seen < 5,
        "limit": 1,
    }
    rest = (await api.get("/v1/changes", q="lamp 2", after=seen)).json()
    assert (rest["data"], rest["page"]["next_cursor"]) == ([], "5")


@on_both
async def test_a_caller_may_wait_for_what_comes(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    waiting = asyncio.create_task(told(api, after=1, q="bridge", wait=30))
    harbour.pages["/feed"] = atom(LATER)
    await api.refresh(feed)
    harbour.pages["/feed"] = atom(LATER, BRIDGE)
    await api.refresh(feed)
    changes = await waiting
    assert changes[-1] in (("story.updated", False, None), ("story.created", True, "Bridge opens"))
    nothing = (await api.get("/v1/changes", after=3, wait=0.3)).json()
    assert (nothing["data"], nothing["page"]["next_cursor"]) == ([], "3")
    refused = await api.get("/v1/changes", wait=61)
    assert refused.json()["errors"][0]["parameter"] == "wait"


async def test_what_has_no_place_in_the_log_is_refused(api: Api):
    refused = await api.get("/v1/changes", include="cluster")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["parameter"] == "include"


@pytest.fixture
def database(api: Api) -> Database:
    return api.service.database


async def test_all_who_wait_share_one_reader(api: Api, harbour: Publisher, monkeypatch):
    """A hundred who wait look at the end of the log as often as one."""
    looks = 0
    plain = LogWatch._look

    async def counted(watch: LogWatch) -> float:
        nonlocal looks
        looks += 1
        return await plain(watch)

    monkeypatch.setattr(LogWatch, "_look", counted)
    watch = api.service.watch
    waiting = [asyncio.create_task(watch.beyond(0, 30)) for _ in range(100)]
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    assert await asyncio.gather(*waiting) == [True] * 100
    assert looks < 100
    looks = 0
    await watch.beyond(0, 30)
    assert looks <= 1, "nobody waits: nobody looks"


async def test_who_waits_is_let_go_when_the_service_stops(database: Database):
    watch = LogWatch(database)
    running = asyncio.create_task(watch.run())
    waiting = asyncio.create_task(watch.beyond(10, 30))
    await asyncio.sleep(0)
    watch.stop()
    assert await waiting is False
    await running


async def trim(api: Api) -> None:
    """As if all that is there had grown old."""
    await push_on(api)
    trimmer = Trimmer(
        api.service.database, timedelta(0), lambda: datetime.now(UTC) + timedelta(hours=1)
    )
    while await trimmer.trim() == PAUSE_S:
        pass


async def push_on(api: Api) -> None:
    while await api.service.pushing.matcher.match_some() == 0:
        pass


@on_both
async def test_a_trimmed_log_says_so_and_how_to_go_on(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER, BRIDGE)
    await api.refresh(feed)
    await trim(api)
    for asked in ({}, {"after": "2"}, {"after": "2026-11-01T00:00:00Z"}):
        refused = await api.get("/v1/changes", **asked)
        assert refused.status_code == 410, asked
        assert refused.json()["code"] == "log_trimmed"
        assert "compact=true" in refused.json()["detail"]
    for headers in ({"Last-Event-ID": "1"}, {}):
        stream = await api.reader.get("/v1/changes/stream", params={"after": "1"}, headers=headers)
        assert stream.status_code == 410
    assert await told(api, after="0", compact=True) == [
        ("story.created", True, "Bridge opens"),
        ("story.updated", True, "Ferry sails"),
    ]
    assert await told(api, after="1", compact=True) == [
        ("story.created", True, "Bridge opens"),
        ("story.updated", True, "Ferry sails"),
    ]
    assert await told(api, after="3") == []


async def test_what_came_after_the_trimmed_part_is_whole(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await trim(api)
    harbour.pages["/feed"] = atom(LATER)
    await api.refresh(feed)
    harbour.pages["/feed"] = atom(LATER, BRIDGE)
    await api.refresh(feed)
    assert [kind for kind, _, _ in await told(api, after=1)] == ["story.updated", "story.created"]


async def test_what_webhooks_are_still_to_be_told_of_is_not_trimmed(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER)
    await api.refresh(feed)
    trimmer = Trimmer(
        api.service.database, timedelta(0), lambda: datetime.now(UTC) + timedelta(hours=1)
    )
    await trimmer.trim()
    assert len(await told(api)) == 2


async def test_a_place_beyond_the_log_is_of_another_log(api: Api, harbour: Publisher):
    """As after a restore: whoever goes on from there would miss what happens now."""
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    refused = await api.get("/v1/changes", after="7")
    assert (refused.status_code, refused.json()["code"]) == (410, "log_trimmed")
    assert (await api.get("/v1/changes", after="1")).status_code == 200


async def test_a_file_of_the_log_is_another_where_its_sources_are_called_otherwise(
    api: Api, harbour: Publisher
):
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    before = (await api.get("/v1/changes.ndjson")).headers["etag"]
    held = {"headers": {"If-None-Match": before}}
    assert (await api.reader.get("/v1/changes.ndjson", **held)).status_code == 304
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE sources SET name = 'Harbour Post'"))
    assert (await api.reader.get("/v1/changes.ndjson", **held)).status_code == 200
