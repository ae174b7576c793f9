"""Saved searches: whose they are, what they find, and in which forms."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.api.schemas_searches import SearchAnswer, SearchList
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

SEARCHES = "/v1/searches"
FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Harbour",))
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.", categories=("Roads",))


async def save(caller: httpx.AsyncClient, name: str = "Ferries", **query: Any) -> str:
    made = await caller.post(SEARCHES, json={"name": name, "query": query or {"q": "ferry"}})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{SEARCHES}/{made.json()['data']['id']}"
    return str(made.json()["data"]["id"])


async def caller_of(api: Api, scope: str) -> dict[str, str]:
    made = await api.key(scopes=[scope])
    return {"Authorization": f"Bearer {made['key']}"}


@on_both
async def test_a_search_is_kept_changed_and_forgotten(api: Api):
    search = await save(api.admin, q="ferry", tag=["place:jp|place:kr"], not_lang=["ja"])
    answer = await api.admin.get(f"{SEARCHES}/{search}")
    kept = SearchAnswer.model_validate_json(answer.content).data
    assert kept.query == {"q": "ferry", "tag": ["place:jp|place:kr"], "not_lang": ["ja"]}
    changed = await api.admin.patch(
        f"{SEARCHES}/{search}",
        json={"query": {"q": "bridge"}},
        headers={"If-Match": answer.headers["etag"]},
    )
    assert changed.json()["data"]["query"] == {"q": "bridge"}
    assert changed.json()["data"]["name"] == "Ferries"
    stale = await api.admin.patch(
        f"{SEARCHES}/{search}", json={"name": "x"}, headers={"If-Match": answer.headers["etag"]}
    )
    assert stale.status_code == 412
    blind = await api.admin.patch(f"{SEARCHES}/{search}", json={"name": "x"})
    assert blind.status_code == 428
    assert (await api.admin.delete(f"{SEARCHES}/{search}")).status_code == 204
    assert (await api.admin.get(f"{SEARCHES}/{search}")).status_code == 404
    assert (await api.admin.delete(f"{SEARCHES}/{search}")).status_code == 404


async def test_what_cannot_be_asked_is_not_kept_and_the_fault_is_pointed_at(api: Api):
    for query, pointer, position in (
        ({"q": 'ferry "'}, "/query/q", 6),
        ({"tag": ["nothing"]}, "/query/tag", None),
        ({"lang": ["no language"]}, "/query/lang", None),
        ({}, "/query", None),
        ({"tag": []}, "/query", None),
    ):
        refused = await api.admin.post(SEARCHES, json={"name": "x", "query": query})
        assert refused.status_code == 400, query
        [fault] = refused.json()["errors"]
        assert fault["pointer"] == pointer
        assert position is None or fault["position"] == position
    odd = await api.admin.post(SEARCHES, json={"name": "x", "query": {"published_after": "2026"}})
    assert odd.status_code == 400
    assert (await api.admin.get(SEARCHES)).json()["data"] == []


@on_both
async def test_searches_are_their_owners_and_administrators(api: Api):
    one, other = await caller_of(api, "write"), await caller_of(api, "write")
    mine = await api.reader.post(
        SEARCHES, json={"name": "Mine", "query": {"q": "ferry"}}, headers=one
    )
    assert mine.status_code == 201
    path = f"{SEARCHES}/{mine.json()['data']['id']}"
    assert (await api.reader.get(path, headers=one)).status_code == 200
    assert (await api.admin.get(path)).status_code == 200
    for headers in (other, {}):
        for read in ("", "/stories", "/feed.atom", "/changes", "/stream"):
            assert (await api.reader.get(path + read, headers=headers)).status_code == 404, read
        listed = await api.reader.get(SEARCHES, headers=headers)
        assert SearchList.model_validate_json(listed.content).data == []
    assert (await api.reader.delete(path, headers=other)).status_code == 404
    assert len((await api.reader.get(SEARCHES, headers=one)).json()["data"]) == 1


async def test_to_keep_a_search_takes_a_key_that_may(api: Api):
    reading = await caller_of(api, "read")
    asked = {"name": "x", "query": {"q": "ferry"}}
    assert (await api.reader.post(SEARCHES, json=asked)).status_code == 401
    assert (await api.reader.post(SEARCHES, json=asked, headers=reading)).status_code == 403
    nonsense = await api.reader.post(SEARCHES, content=b"{", headers=reading)
    assert nonsense.status_code == 403, "asked for the key before the body is read"
    writing = await caller_of(api, "write")
    assert (await api.reader.get("/v1/stories", headers=writing)).status_code == 200
    assert (await api.reader.get("/v1/admin/keys", headers=writing)).status_code == 403


@on_both
async def test_a_saved_search_is_a_list_a_feed_and_a_log(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url())
    search = await save(api.admin, "Ferries & boats", tag=["category:harbour"])
    path = f"{SEARCHES}/{search}"
    found = (await api.admin.get(f"{path}/stories", params={"include": "body"})).json()
    assert [story["title"] for story in found["data"]] == ["Ferry sails"]
    assert found["data"][0]["text"] == FERRY.text
    assert found["meta"]["total"] == 1
    as_atom = await api.admin.get(f"{path}/feed.atom")
    assert as_atom.headers["content-type"].startswith("application/atom+xml")
    assert "<title>Ferries &amp; boats</title>" in as_atom.text
    assert f"{path}/stories.atom" in as_atom.text, "the feed names itself"
    as_json = (await api.admin.get(f"{path}/feed.json")).json()
    assert (as_json["title"], len(as_json["items"])) == ("Ferries & boats", 1)
    lines = (await api.admin.get(f"{path}/stories.ndjson")).text.splitlines()
    assert len(lines) == 1
    assert (await api.admin.get(f"{path}/feed.csv")).status_code == 404
    changes = (await api.admin.get(f"{path}/changes")).json()
    assert [change["story"]["title"] for change in changes["data"]] == ["Ferry sails"]
    assert changes["page"]["next_cursor"] == "2"


async def test_pages_of_a_saved_search_go_on_and_are_bound_to_it(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(*(Item(title=f"Lamp {n}", day=n) for n in range(1, 4)))
    await api.poll(harbour.url())
    lamps, others = await save(api.admin, q="lamp"), await save(api.admin, q="lamp -1")
    first = (await api.admin.get(f"{SEARCHES}/{lamps}/stories", params={"limit": 2})).json()
    second = (await api.admin.get(first["links"]["next"])).json()
    titles = [story["title"] for page in (first, second) for story in page["data"]]
    assert titles == ["Lamp 3", "Lamp 2", "Lamp 1"]
    crossed = await api.admin.get(
        f"{SEARCHES}/{others}/stories", params={"cursor": first["page"]["next_cursor"]}
    )
    assert crossed.status_code == 400


@pytest.mark.parametrize("path", ["", "/stories", "/feed.atom", "/changes", "/stream"])
async def test_a_search_that_is_not_there_is_not_found(api: Api, path: str):
    assert (await api.get(f"{SEARCHES}/9{path}")).status_code == 404
