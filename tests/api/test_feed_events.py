"""What happens to feeds, in the log: for administrators who ask, in one order with the stories."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.api.schemas import ChangeList
from app.core.feed_news import FAILING_AFTER, FeedEventType
from app.push.trim import PAUSE_S, Trimmer
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_webhooks import add, desk, hook_of, push

__all__ = ["desk"]

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.")
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.")
FEEDS = "/v1/admin/feeds"


async def told(api: Api, **asked: Any) -> list[dict[str, Any]]:
    answer = await api.admin.get("/v1/changes", params=asked)
    assert answer.status_code == 200, answer.text
    ChangeList.model_validate_json(answer.content)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def events(api: Api, **asked: Any) -> list[str]:
    return [event["type"] for event in await told(api, type="feed.*", **asked)]


async def act(api: Api, path: str, **asked: Any) -> None:
    done = await api.admin.post(f"{FEEDS}/{path}", **asked)
    assert done.status_code in (200, 201), done.text


async def removed(api: Api, feed: str) -> None:
    assert (await api.admin.delete(f"{FEEDS}/{feed}")).status_code == 204


async def test_what_operators_do_is_told_once_each(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    made = await api.admin.post(FEEDS, json={"url": harbour.url(), "probe": False})
    feed = made.json()["data"]["id"]
    for _ in range(2):
        await act(api, f"{feed}:pause")
    await act(api, f"{feed}:resume")
    etag = (await api.admin.get(f"{FEEDS}/{feed}")).headers["etag"]
    moved = await api.admin.patch(
        f"{FEEDS}/{feed}",
        json={"url": harbour.url("/new"), "probe": False},
        headers={"If-Match": etag},
    )
    assert moved.status_code == 200
    move = (await api.admin.get(f"{FEEDS}/{feed}/moves")).json()["data"][0]["id"]
    await act(api, f"{feed}/moves/{move}:revert")
    await removed(api, feed)
    found = await told(api, type="feed.*")
    assert [(e["seq"], e["type"]) for e in found] == [
        (1, "feed.added"),
        (2, "feed.paused"),
        (3, "feed.resumed"),
        (4, "feed.moved"),
        (5, "feed.moved"),
        (6, "feed.removed"),
    ]
    assert {e["feed_id"] for e in found} == {feed}
    assert (found[3]["from_url"], found[3]["url"]) == (harbour.url(), harbour.url("/new"))
    assert (found[4]["from_url"], found[4]["url"]) == (harbour.url("/new"), harbour.url())
    assert found[1]["reason"] == "paused by an operator"


async def test_turns_of_a_feeds_health_are_told_and_not_every_poll(api: Api, harbour: Publisher):
    feed = await api.add_feed(harbour.url())
    for _ in range(FAILING_AFTER + 1):
        await api.refresh(feed)
    harbour.pages["/feed"] = atom(FERRY)
    await api.refresh(feed)
    await api.refresh(feed)
    failing, recovered = await told(api, type="feed.*")
    assert (failing["type"], failing["failure"]) == ("feed.failing", "not_found")
    assert failing["reason"]
    assert (recovered["type"], recovered["failure"]) == ("feed.recovered", None)


async def test_who_does_not_administer_is_not_told_and_misses_no_story(
    locked: Api, harbour: Publisher
):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await locked.poll(harbour.url())
    await act(locked, f"{feed}:pause")
    await act(locked, f"{feed}:resume")
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await locked.refresh(feed)
    await act(locked, f"{feed}:pause")
    reader = {"Authorization": f"Bearer {(await locked.key(scopes=['read']))['key']}"}
    page = (await locked.reader.get("/v1/changes", headers=reader)).json()
    assert [change["seq"] for change in page["data"]] == [1, 4]
    assert (page["page"]["next_cursor"], page["page"]["has_more"]) == ("5", False)
    first = (await locked.reader.get("/v1/changes", params={"limit": 1}, headers=reader)).json()
    assert first["page"]["has_more"] is True
    file = await locked.reader.get("/v1/changes.ndjson", headers=reader)
    assert [json.loads(line)["seq"] for line in file.text.splitlines()] == [1, 4]
    for kind in ("feed.*", "feed.paused", "story.*,feed.added"):
        for path in ("/v1/changes", "/v1/changes/stream", "/v1/changes.ndjson"):
            refused = await locked.reader.get(path, params={"type": kind}, headers=reader)
            assert refused.status_code == 403, (path, kind)


async def test_without_a_key_feeds_are_not_told_of_where_reading_is_open(api: Api):
    assert (await api.reader.get("/v1/changes", params={"type": "feed.*"})).status_code == 401


async def test_an_administrator_is_told_only_of_what_he_asks_for(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await act(api, f"{feed}:pause")
    await act(api, f"{feed}:resume")
    assert [c["seq"] for c in await told(api)] == [1]
    assert [c["seq"] for c in await told(api, type="feed.*,story.*")] == [1, 2, 3]
    assert [c["seq"] for c in await told(api, type="feed.resumed")] == [3]
    assert [c["seq"] for c in await told(api, type="story.*,feed.*", compact=True)] == [1, 3]
    with_search = await api.admin.get("/v1/changes", params={"type": "feed.*", "q": "ferry"})
    assert with_search.status_code == 400
    assert with_search.json()["errors"][0]["parameter"] == "type"
    assert (await api.admin.get("/v1/changes", params={"type": "feed.odd"})).status_code == 400


async def test_who_waits_for_stories_is_not_answered_for_a_feed(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.add_feed(harbour.url())
    waiting = asyncio.create_task(api.get("/v1/changes", wait=20))
    of_feeds = asyncio.create_task(
        api.admin.get("/v1/changes", params={"wait": 20, "type": "feed.*"})
    )
    await act(api, f"{feed}:pause")
    assert [c["type"] for c in (await of_feeds).json()["data"]] == ["feed.paused"]
    assert not waiting.done()
    await act(api, f"{feed}:resume")
    await api.refresh(feed)
    answer = (await waiting).json()
    assert [c["type"] for c in answer["data"]] == ["story.created"]


async def test_of_what_is_old_the_latest_event_of_each_feed_stays(api: Api):
    feeds = [await api.add_feed(f"https://{name}.example/rss") for name in "ab"]
    for feed in feeds:
        await act(api, f"{feed}:pause")
        await act(api, f"{feed}:resume")
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE changes SET at = 1"))
    pushing = api.service.pushing
    while await pushing.matcher.match_some() == 0:
        pass
    trimmer = Trimmer(api.service.database, timedelta(days=1), lambda: datetime.now(UTC))
    while await trimmer.trim() == PAUSE_S:
        pass
    assert await events(api, compact=True) == ["feed.resumed", "feed.resumed"]


async def test_a_webhook_of_an_administrator_is_told_of_feeds(api: Api, harbour: Publisher, desk):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.add_feed(harbour.url())
    hook, _ = await add(api, desk.root, types=["feed.*"])
    await api.refresh(feed)
    await act(api, f"{feed}:pause")
    await push(api)
    (message,) = desk.told
    assert message["type"] == "feed.paused"
    assert message["data"] == {
        "seq": 2,
        "feed_id": feed,
        "url": harbour.url(),
        "reason": "paused by an operator",
        "link": f"/v1/admin/feeds/{feed}",
        "webhook_id": hook,
        "search_id": None,
    }
    assert set((await hook_of(api, hook)).types) == set(FeedEventType)
    again = await api.admin.post(f"/v1/webhooks/{hook}:redeliver", json={"after": 0, "until": 2})
    assert again.json()["data"] == {"due": 1}
    await push(api)
    assert desk.ids[0] == desk.ids[1]


async def test_a_webhook_of_stories_is_not_told_of_feeds(api: Api, harbour: Publisher, desk):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.add_feed(harbour.url())
    await add(api, desk.root)
    await api.refresh(feed)
    await act(api, f"{feed}:pause")
    await push(api)
    assert [message["type"] for message in desk.told] == ["story.created"]


async def test_no_other_webhook_may_be_told_of_feeds(api: Api):
    key = (await api.key(scopes=["write"]))["key"]
    writer = {"Authorization": f"Bearer {key}"}
    asked = {"url": "https://desk.example/hook", "types": ["feed.*"]}
    assert (await api.reader.post("/v1/webhooks", json=asked, headers=writer)).status_code == 403
    own = await api.reader.post("/v1/webhooks", json={**asked, "types": None}, headers=writer)
    hook = own.json()["data"]["id"]
    for client, headers, status in ((api.reader, writer, 403), (api.admin, {}, 400)):
        changed = await client.patch(
            f"/v1/webhooks/{hook}",
            json={"types": ["feed.gone"]},
            headers={**headers, "If-Match": own.headers["etag"]},
        )
        assert changed.status_code == status, changed.text
    search = await api.admin.post("/v1/searches", json={"name": "F", "query": {"q": "ferry"}})
    of_search = {**asked, "search_id": search.json()["data"]["id"]}
    assert (await api.admin.post("/v1/webhooks", json=of_search)).status_code == 400
