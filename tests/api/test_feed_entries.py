"""What a feed's documents held: each entry with its story, and what became of it."""

from __future__ import annotations

from typing import Any

from app.api.schemas_entries import FeedEntryList
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom

FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.")
LATER = Item(title="Ferry sails", text="The ferry sailed at one.")
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.")
TUNNEL = Item(title="Tunnel floods", text="The tunnel was closed to carts.")


async def entries(api: Api, feed_id: str, **asked: Any) -> dict[str, tuple[str, str]]:
    answer = await api.admin.get(f"/v1/admin/feeds/{feed_id}/entries", params=asked)
    found = FeedEntryList.model_validate_json(answer.content).data
    return {entry.title: (entry.lately, entry.became) for entry in found}


async def test_what_the_last_document_did_to_each_entry(api: Api, harbour: Publisher) -> None:
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed_id = await api.poll(harbour.url())
    assert await entries(api, feed_id) == {
        "Ferry sails": ("new", "story"),
        "Bridge opens": ("new", "story"),
    }
    harbour.pages["/feed"] = atom(LATER, TUNNEL)
    await api.refresh(feed_id)
    assert await entries(api, feed_id) == {
        "Ferry sails": ("changed", "story"),
        "Bridge opens": ("gone", "story"),
        "Tunnel floods": ("new", "story"),
    }
    assert await entries(api, feed_id, present="false") == {"Bridge opens": ("gone", "story")}
    harbour.pages["/feed"] = atom(LATER, TUNNEL, title="Harbour by another name")
    await api.refresh(feed_id)
    assert await entries(api, feed_id, present="true") == {
        "Ferry sails": ("same", "story"),
        "Tunnel floods": ("same", "story"),
    }


async def test_what_is_no_story_of_its_own_says_why(api: Api, harbour: Publisher) -> None:
    harbour.pages["/feed"] = harbour.pages["/other"] = atom(FERRY, BRIDGE, TUNNEL)
    one = await api.poll(harbour.url())
    two = await api.poll(harbour.url("/other"))
    assert set((await entries(api, two)).values()) == {("new", "copy")}
    stories = {story["title"]: story["id"] for story in await api.data("/v1/stories")}
    killed = await api.admin.post(
        f"/v1/admin/stories/{stories['Ferry sails']}:kill", json={"reason": "it never sailed"}
    )
    assert killed.is_success
    path = f"/v1/admin/feeds/{one}/entries"
    shown = {e["became"]: e for e in (await api.admin.get(path)).json()["data"]}
    assert "it never sailed" in shown["killed"]["why"]
    assert shown["killed"]["story_id"] == stories["Ferry sails"]
    copies = (await api.admin.get(f"/v1/admin/feeds/{two}/entries")).json()["data"]
    assert {f"feed {one} tells the story"} == {e["why"] for e in copies if e["became"] == "copy"}


async def test_they_are_paged_in_one_order(api: Api, harbour: Publisher) -> None:
    harbour.pages["/feed"] = atom(FERRY, BRIDGE, TUNNEL)
    feed_id = await api.poll(harbour.url())
    whole = list(await entries(api, feed_id))
    walked, path = [], f"/v1/admin/feeds/{feed_id}/entries?limit=1"
    while path:
        page = FeedEntryList.model_validate_json((await api.admin.get(path)).content)
        walked += [entry.title for entry in page.data]
        path = page.links.next or ""
    assert walked == whole
    assert len(walked) == 3
    assert (await api.admin.get("/v1/admin/feeds/99/entries")).status_code == 404
