"""Webhooks end with the right to know: nothing is told after a pause, or for a key that ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from tests.api.conftest import Api, running
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_webhooks import HOOKS, Receiver, add, desk, hook_of, push
from tests.databases import on_both
from tests.ingest import servers

__all__ = ["desk"]

LAMPS = [Item(title=f"Lamp {n}", text=f"Lamp {n} was lit.", day=n) for n in range(1, 4)]


async def writer(api: Api) -> tuple[str, dict[str, str]]:
    """The id of a key that may write, and its header."""
    made = await api.key(scopes=["write"])
    return made["id"], {"Authorization": f"Bearer {made['key']}"}


@pytest.mark.parametrize("act", ["pause", "change"])
@on_both
async def test_what_is_paused_or_changed_while_messages_are_sent_is_so_at_once(
    api: Api, harbour: Publisher, desk: Receiver, act: str
):
    taken = 0

    async def acts(_request: servers.Request) -> AsyncIterator[object]:
        nonlocal taken
        taken += 1
        path = f"{HOOKS}/{hook}"
        if act == "pause":
            done = await api.admin.post(f"{path}:pause")
        else:
            etag = (await api.admin.get(path)).headers["etag"]
            asked: dict[str, Any] = {"json": {"url": desk.root}, "headers": {"If-Match": etag}}
            done = await api.admin.patch(path, **asked)
        assert done.status_code == 200
        yield servers.answer(410 if act == "change" else 200)

    async with servers.serve(acts) as acting:
        hook, _ = await add(api, acting.url("/hook"))
        harbour.pages["/feed"] = atom(*LAMPS)
        await api.poll(harbour.url())
        await push(api)
    assert taken == 1
    if act == "change":
        assert desk.ids == [f"msg_{hook}_2", f"msg_{hook}_3"], "the old address says nothing of it"
        assert (await hook_of(api, hook)).state.value == "active"
    else:
        assert (await hook_of(api, hook)).state.value == "paused"


async def test_nothing_is_told_for_a_key_that_was_revoked_or_has_expired(
    api: Api, harbour: Publisher, desk: Receiver
):
    hooks = []
    for _ in range(3):
        key, headers = await writer(api)
        made = await api.reader.post(HOOKS, json={"url": desk.root}, headers=headers)
        hooks.append((made.json()["data"]["id"], key))
    (revoked, key), (_, expired), (good, _) = hooks
    assert (await api.admin.delete(f"/v1/admin/keys/{key}")).status_code < 300
    async with api.service.database.write() as session:
        await session.execute(
            text("UPDATE keys SET expires_at = 1 WHERE id = :id"), {"id": int(expired)}
        )
    harbour.pages["/feed"] = atom(LAMPS[0])
    await api.poll(harbour.url())
    await push(api)
    assert desk.ids == [f"msg_{good}_1"]
    ended = await hook_of(api, revoked)
    assert (ended.state.value, "revoked" in ended.reason) == ("disabled", True)
    refused = await api.admin.post(f"{HOOKS}/{revoked}:resume")
    assert (refused.status_code, "another key" in refused.json()["detail"]) == (409, True)
    assert (await hook_of(api, revoked)).state.value == "disabled"
    await push(api)
    assert len(desk.taken) == 1


@on_both
async def test_what_the_key_of_the_settings_made_is_the_next_ones(migrated_url: str):
    async with running(migrated_url) as api:
        hook, _ = await add(api, "https://desk.example/hook")
    async with running(migrated_url, admin_key="another-one-for-these-tests") as api:
        api.admin.headers["Authorization"] = "Bearer another-one-for-these-tests"
        kept = await hook_of(api, hook)
        owner = kept.owner_id
        names = {k["id"]: k for k in (await api.admin.get("/v1/admin/keys")).json()["data"]}
        assert names[owner]["revoked_at"] is None
        assert kept.state.value == "active"


async def test_what_has_no_owner_is_for_administrators_to_change(migrated_url: str):
    async with running(migrated_url, read_auth="open", local_key="of-this-machine") as api:
        local = {"Authorization": "Bearer of-this-machine"}
        asked = {"name": "x", "query": {"q": "lamp"}}
        search = await api.reader.post("/v1/searches", json=asked, headers=local)
        hook = await api.reader.post(
            HOOKS, json={"url": "https://desk.example/hook"}, headers=local
        )
        assert (search.status_code, hook.status_code) == (201, 201)
        _, headers = await writer(api)
        path = search.headers["location"]
        assert (await api.reader.get(path, headers=headers)).status_code == 200
        assert (await api.reader.delete(path, headers=headers)).status_code == 403
        changed = await api.reader.patch(
            path,
            json={"name": "y"},
            headers={**headers, "If-Match": search.headers["etag"]},
        )
        assert changed.status_code == 403
        path = hook.headers["location"]
        for method, action in (("GET", ""), ("POST", ":rotate"), ("POST", ":test")):
            answer = await api.reader.request(method, path + action, headers=headers, json={})
            assert answer.status_code == 404, action
        assert (await api.reader.get(HOOKS, headers=headers)).json()["data"] == []
        assert (await api.admin.get(path)).status_code == 200
