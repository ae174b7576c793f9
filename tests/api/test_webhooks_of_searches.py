"""What webhooks are told of: whatever becomes of a story that they follow, or followed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.store import deliveries as kept
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_webhooks import Receiver, add, deliveries, desk, push
from tests.databases import on_both

__all__ = ["desk"]

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Harbour",))
MOVED = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Islands",))
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.", categories=("Roads",))


async def save(api: Api, **query: Any) -> str:
    made = await api.admin.post("/v1/searches", json={"name": "x", "query": query})
    assert made.status_code == 201, made.text
    return str(made.json()["data"]["id"])


def told(desk: Receiver) -> list[tuple[str, bool]]:
    return [(each["type"], each["data"]["matches"]) for each in desk.told]


WITHDRAWN = Item(title="Ferry sails", text="This story has been withdrawn.", link=None)


@pytest.mark.parametrize("follows", ["everything", "a search", "another search"])
@on_both
async def test_who_wants_to_know_of_kills_alone_is_told_of_them(
    api: Api, harbour: Publisher, desk: Receiver, follows: str
):
    searches = {
        "everything": None,
        "a search": await save(api, tag=["category:harbour"]),
        "another search": await save(api, tag=["category:roads"]),
    }
    await add(api, desk.root, types=["story.killed"], search_id=searches[follows])
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    await push(api)
    harbour.pages["/feed"] = atom(WITHDRAWN, BRIDGE)
    await api.refresh(feed)
    await push(api)
    assert told(desk) == ([] if follows == "another search" else [("story.killed", False)])


async def test_who_was_told_of_a_story_long_ago_is_told_when_it_leaves_the_search(
    api: Api, harbour: Publisher, desk: Receiver
):
    search = await save(api, tag=["category:harbour"])
    hook, _ = await add(api, desk.root, search_id=search)
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await push(api)
    async with api.service.database.write() as session:
        assert await kept.prune_deliveries(session, datetime.now(UTC) + timedelta(days=1)) == 1
        assert await kept.prune_deliveries(session, datetime.now(UTC) + timedelta(days=1)) == 0
    assert (await deliveries(api, hook)).data == [], "what was sent is forgotten, not to whom"
    harbour.pages["/feed"] = atom(MOVED)
    await api.refresh(feed)
    await push(api)
    assert told(desk) == [("story.created", True), ("story.updated", False)]
    async with api.service.database.write() as session:
        await kept.prune_deliveries(session, datetime.now(UTC) + timedelta(days=1))
        assert await count(session) == 0, "and at last to whom"


@on_both
async def test_a_tag_that_is_merged_is_followed_under_its_new_name(
    api: Api, harbour: Publisher, desk: Receiver
):
    await add(api, desk.root, search_id=await save(api, tag=["category:harbour"]))
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await push(api)
    merged = await api.admin.post(
        "/v1/admin/tags/category:harbour:merge", json={"into": "category:roads"}
    )
    assert merged.status_code == 200, merged.text
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await push(api)
    assert [each["data"]["title"] for each in desk.told] == ["Ferry sails", "Bridge opens"]
    assert {each["data"]["matches"] for each in desk.told} == {True}


async def count(session: Any) -> int:
    return int((await session.execute(text("SELECT count(*) FROM deliveries"))).scalar_one())


@on_both
async def test_what_nobody_takes_does_not_grow_for_ever(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    await api.admin.post(f"/v1/webhooks/{hook}:pause")
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url())
    await push(api)
    async with api.service.database.write() as session:
        assert await count(session) == 2
        await kept.prune_deliveries(session, datetime.now(UTC) - timedelta(days=1))
        assert await count(session) == 2
        await kept.prune_deliveries(session, datetime.now(UTC) + timedelta(days=1))
        assert await count(session) == 0
    await api.admin.post(f"/v1/webhooks/{hook}:resume")
    again = await api.admin.post(f"/v1/webhooks/{hook}:redeliver", json={"after": 0, "until": 2})
    assert again.json()["data"] == {"due": 2}, "the log has it still"
    await push(api)
    assert len(desk.taken) == 2
