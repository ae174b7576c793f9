"""`Idempotency-Key`: what is sent twice is made once, and answered as it was."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.api import idempotency, searches
from app.store.idempotency import KEPT_FOR, keep
from app.store.models import idempotency_keys
from tests.api.conftest import Api, on_sqlite
from tests.databases import on_postgresql

KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'
SEARCHES = "/v1/searches"
FERRY = {"name": "ferry", "query": {"q": "ferry"}}


async def send(
    api: Api, body: Any, key: str | None = KEY, path: str = SEARCHES, **headers: str
) -> httpx.Response:
    named = headers if key is None else {**headers, "Idempotency-Key": key}
    return await api.admin.post(path, json=body, headers=named)


async def count(api: Api) -> int:
    return len((await api.admin.get(SEARCHES)).json()["data"])


async def test_what_is_sent_twice_is_made_once(api: Api):
    first, second = [await send(api, FERRY) for _ in range(2)]
    assert first.status_code == second.status_code == 201, first.text
    assert second.content == first.content
    for name in ("content-type", "etag", "location"):
        assert second.headers.get(name) == first.headers.get(name), name
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert await count(api) == 1


@on_postgresql
async def test_of_two_at_once_one_is_told_that_it_is_under_way(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    """On SQLite the second waits for the first one's transaction, as every writer does."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(*given: Any) -> None:
        inside.set()
        await go_on.wait()
        await keep(*given)

    monkeypatch.setattr(idempotency, "keep", slowly)
    first = asyncio.create_task(send(api, FERRY))
    await inside.wait()
    second = await send(api, FERRY)
    go_on.set()
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    assert (await first).status_code == 201
    assert (await send(api, FERRY)).headers["idempotency-replayed"] == "true"
    assert await count(api) == 1


@on_sqlite
async def test_a_key_is_for_one_request_of_one_caller(api: Api):
    assert (await send(api, FERRY)).status_code == 201
    other = await send(api, FERRY | {"name": "quay"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    rule = {"name": "a", "query": "a", "actions": {"add": [{"tag": "label:a", "name": "A"}]}}
    assert (await send(api, rule, path="/v1/admin/tag-rules")).status_code == 422
    writer = await api.key(scopes=["write"])
    theirs = {"Authorization": f"Bearer {writer['key']}"}
    assert (await send(api, FERRY | {"name": "theirs"}, **theirs)).status_code == 201
    assert await count(api) == 2


@on_sqlite
async def test_the_key_may_stand_without_quotes(api: Api):
    assert (await send(api, FERRY)).status_code == 201
    again = await send(api, FERRY, KEY.strip('"'))
    assert again.headers["idempotency-replayed"] == "true"


@on_sqlite
@pytest.mark.parametrize("key", ["", '""', "two words", "x" * 256, 'a"b'])
async def test_what_is_no_key_is_refused(api: Api, key: str):
    refused = await send(api, FERRY, key)
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json()["detail"]
    assert await count(api) == 0


@on_sqlite
async def test_after_a_refusal_the_key_is_free(api: Api, monkeypatch: pytest.MonkeyPatch):
    wrong = FERRY | {"query": {"q": "("}}
    assert (await send(api, wrong)).status_code == 400
    with monkeypatch.context() as patch:
        patch.setattr(searches, "add_search", None)
        assert (await send(api, FERRY)).status_code == 500
    assert (await send(api, FERRY)).status_code == 201
    assert await count(api) == 1


@on_sqlite
async def test_keys_are_kept_for_a_day(api: Api):
    assert (await send(api, FERRY)).status_code == 201
    now = api.app.state.deps.clock()
    api.app.state.deps = replace(api.app.state.deps, clock=lambda: now + KEPT_FOR)
    late = await send(api, FERRY)
    assert late.headers.get("idempotency-replayed") is None
    assert timedelta(hours=24) == KEPT_FOR


@on_sqlite
async def test_no_answer_with_a_secret_is_kept(api: Api):
    made = [await send(api, {"name": "a"}, path="/v1/admin/keys") for _ in range(2)]
    assert made[0].json()["data"]["key"] != made[1].json()["data"]["key"]
    async with api.service.database.read() as session:
        assert (await session.execute(select(idempotency_keys))).all() == []


@on_sqlite
async def test_without_a_key_each_is_made(api: Api):
    for name in ("a", "b"):
        assert (await send(api, FERRY | {"name": name}, None)).status_code == 201
    assert await count(api) == 2
