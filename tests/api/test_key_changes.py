"""Keys are renamed, slowed and given an end, and no change is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from app.errors import PreconditionFailed
from app.store.audit import list_audit
from app.store.keys import change_key, get_key
from tests.api.conftest import Api


async def read(api: Api, key_id: str) -> tuple[dict[str, Any], str]:
    answer = await api.admin.get(f"/v1/admin/keys/{key_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"], answer.headers["etag"]


async def patch(api: Api, key_id: str, etag: str | None, body: Any) -> httpx.Response:
    headers = {} if etag is None else {"If-Match": etag}
    return await api.admin.patch(f"/v1/admin/keys/{key_id}", json=body, headers=headers)


async def test_what_is_sent_is_changed_and_the_rest_stays(api: Api):
    made = await api.key(requests_per_minute=60, expires_at="2100-01-01T00:00:00Z")
    assert made["requests_per_minute"] == 60
    before, etag = await read(api, made["id"])
    changed = await patch(api, made["id"], etag, {"name": "evening", "requests_per_minute": None})
    assert changed.status_code == 200, changed.text
    after, new_etag = await read(api, made["id"])
    assert after == {**before, "name": "evening", "requests_per_minute": None}
    assert changed.json()["data"] == after
    assert changed.headers["etag"] == new_etag != etag
    untouched = await patch(api, made["id"], new_etag, {})
    assert untouched.json()["data"] == after
    endless = await patch(api, made["id"], "*", {"expires_at": None})
    assert endless.json()["data"]["expires_at"] is None
    async with api.service.database.read() as session:
        acts = await list_audit(session, action="key.change", limit=9)
    assert [(act.before["name"], act.after["name"]) for act in acts] == [
        ("evening", "evening"),
        ("test", "evening"),
    ]
    assert acts[1].subject == f"key:{made['id']}"


async def test_a_use_of_the_key_does_not_stand_in_the_way(api: Api):
    made = await api.key()
    _, etag = await read(api, made["id"])
    await api.reader.get("/v1/tags", headers={"Authorization": f"Bearer {made['key']}"})
    await asyncio.gather(*api.app.state.deps.noting.values())
    used, _ = await read(api, made["id"])
    assert used["last_used_at"] is not None
    assert (await patch(api, made["id"], etag, {"name": "used"})).status_code == 200


async def test_of_two_who_change_it_one_is_told(api: Api):
    made = await api.key()
    _, etag = await read(api, made["id"])
    assert (await patch(api, made["id"], etag, {"name": "first"})).status_code == 200
    late = await patch(api, made["id"], etag, {"name": "second"})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await patch(api, made["id"], None, {"name": "third"})).status_code == 428
    async with api.service.database.read() as session:
        as_read = await get_key(session, int(made["id"]))
    _, etag = await read(api, made["id"])
    assert (await patch(api, made["id"], etag, {"requests_per_minute": 9})).status_code == 200
    with pytest.raises(PreconditionFailed):
        async with api.service.database.write() as session:
            await change_key(session, as_read, name="at the same time")
    assert (await read(api, made["id"]))[0]["name"] == "first"


@pytest.mark.parametrize(
    "body",
    [
        {"requests_per_minute": 0},
        {"requests_per_minute": 1_000_001},
        {"requests_per_minute": "60"},
        {"requests_per_minute": True},
        {"name": ""},
        {"name": None},
        {"name": "two\nlines"},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"scopes": ["admin"]},
        {"last_used_at": None},
    ],
)
async def test_what_cannot_be_is_refused(api: Api, body: dict[str, Any]):
    made = await api.key()
    refused = await patch(api, made["id"], "*", body)
    assert refused.status_code == 400, refused.text
    assert (await patch(api, "999", "*", {"name": "a"})).status_code == 404
    assert (await api.admin.get("/v1/admin/keys/999")).status_code == 404
