"""What operators see of a feed's validators and moves, and taking a move back, here and by hand."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from app.api.schemas_moves import MoveAnswer, MoveList
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both
from tests.ingest.servers import answer

DAY_MS = 86_400_000


def redirect(to: str) -> bytes:
    return answer(301, b"", (("Location", to),))


async def a_day_passes(api: Api) -> None:
    async with api.service.database.write() as session:
        await session.execute(
            text("UPDATE feeds SET moving_since = moving_since - :day"), {"day": DAY_MS}
        )
        await session.execute(text("UPDATE hosts SET free_at = 0"))


async def feed(api: Api, feed_id: str) -> dict[str, Any]:
    found = await api.admin.get(f"/v1/admin/feeds/{feed_id}")
    assert found.status_code == 200, found.text
    return found.json()["data"]


async def moved(api: Api, harbour: Publisher) -> str:
    """A feed that has moved from /feed to /new."""
    harbour.pages |= {"/feed": atom(Item(title="Ferry")), "/new": atom(Item(title="Ferry"))}
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = redirect(harbour.url("/new"))
    for seen in range(1, 4):
        await a_day_passes(api)
        await api.refresh(feed_id)
        under_way = (await feed(api, feed_id))["moving_to"]
        assert (under_way["url"], under_way["seen"]) == (harbour.url("/new"), seen)
    await a_day_passes(api)
    await api.refresh(feed_id)
    return feed_id


@on_both
async def test_a_move_is_shown_under_way_and_done_and_taken_back(
    api: Api, harbour: Publisher
) -> None:
    feed_id = await moved(api, harbour)
    shown = await feed(api, feed_id)
    assert (shown["url"], shown["moving_to"]) == (harbour.url("/new"), None)
    path = f"/v1/admin/feeds/{feed_id}/moves"
    listed = await api.admin.get(path)
    (move,) = MoveList.model_validate_json(listed.content).data
    assert (move.from_url, move.to_url) == (harbour.url(), harbour.url("/new"))
    assert (move.merged_into, move.reverted_at) == (None, None)
    undone = await api.admin.post(f"{path}/{move.id}:revert")
    assert MoveAnswer.model_validate_json(undone.content).data.reverted_at is not None
    assert (await feed(api, feed_id))["url"] == harbour.url()
    again = await api.admin.post(f"{path}/{move.id}:revert")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert (await api.admin.post(f"{path}/99:revert")).status_code == 404
    assert (await api.admin.get("/v1/admin/feeds/99/moves")).status_code == 404


async def test_a_redirect_to_another_feed_is_no_move(api: Api, harbour: Publisher) -> None:
    harbour.pages |= {"/feed": atom(Item(title="Ferry")), "/other": atom(Item(title="Lamps"))}
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = redirect(harbour.url("/other"))
    await a_day_passes(api)
    assert "a feed of other entries" in (await api.refresh(feed_id))["notes"][0]
    assert (await feed(api, feed_id))["moving_to"] is None


async def test_who_does_not_administer_takes_no_move_back(locked: Api) -> None:
    for method, path in (("GET", "moves"), ("POST", "moves/1:revert")):
        refused = await locked.reader.request(method, f"/v1/admin/feeds/1/{path}")
        assert refused.status_code == 401


async def test_a_feed_shows_whether_its_server_is_believed(api: Api, harbour: Publisher) -> None:
    etag = (("ETag", '"same"'),)
    harbour.pages["/feed"] = answer(200, atom(Item(title="Ferry")).encode(), etag)
    feed_id = await api.poll(harbour.url())
    before = (await feed(api, feed_id))["validators"]
    assert before == {
        "sent": True,
        "distrusted_since": None,
        "last_whole_at": (await feed(api, feed_id))["last_success_at"],
    }
    harbour.pages["/feed"] = answer(200, atom(Item(title="Lamps")).encode(), etag)
    await a_day_passes(api)
    polled = await api.refresh(feed_id)
    assert "ETag stayed the same" in json.dumps(polled["notes"])
    after = (await feed(api, feed_id))["validators"]
    assert (after["sent"], after["distrusted_since"]) == (False, polled["at"])


async def test_a_feed_without_validators_sends_none(api: Api, harbour: Publisher) -> None:
    harbour.pages["/feed"] = atom(Item(title="Ferry"))
    feed_id = await api.poll(harbour.url())
    assert (await feed(api, feed_id))["validators"]["sent"] is False
