"""How often a caller may ask: by key, by address, and what the answers say of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest

from app.api import limits
from app.api.limits import WRONG_KEYS_PER_MINUTE, Limits
from app.store.console_sessions import KEY_IN_SCOPE
from app.store.engine import Database
from app.store.keys import find_key
from tests.api.conftest import ADMIN_KEY, Api, running

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """The service's clock, which stands until it is moved on."""

    def __init__(self, api: Api) -> None:
        self.now = NOON
        api.app.state.deps = replace(api.app.state.deps, clock=lambda: self.now)

    def move_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@asynccontextmanager
async def limited(url: str, per_minute: int | None = None, **given: Any) -> AsyncIterator[Api]:
    async with running(url, **given) as api:
        api.app.state.deps = replace(
            api.app.state.deps, limits=Limits(per_minute, (ip_network("127.0.0.0/8"),))
        )
        yield api


def caller(api: Api, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def said(answer: httpx.Response) -> tuple[str | None, str | None]:
    return answer.headers.get("ratelimit-policy"), answer.headers.get("ratelimit")


async def test_a_burst_beyond_the_rate_of_a_key_is_refused_until_it_may_come_back(api: Api):
    clock = Clock(api)
    key = caller(api, (await api.key(requests_per_minute=3))["key"])
    answers = [await api.reader.get("/v1/stories", headers=key) for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    policy = '"default";q=3;w=60'
    assert [said(one) for one in answers] == [
        (policy, '"default";r=2;t=20'),
        (policy, '"default";r=1;t=40'),
        (policy, '"default";r=0;t=60'),
        (policy, '"default";r=0;t=60'),
        (policy, '"default";r=0;t=60'),
    ]
    refused = answers[-1]
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limited"
    other = caller(api, (await api.key(requests_per_minute=3))["key"])
    assert (await api.reader.get("/v1/stories", headers=other)).status_code == 200
    clock.move_on(19.9)
    assert (await api.reader.get("/v1/stories", headers=key)).status_code == 429
    clock.move_on(0.1)
    assert (await api.reader.get("/v1/stories", headers=key)).status_code == 200
    assert (await api.reader.get("/v1/stories", headers=key)).status_code == 429


async def test_every_answer_of_a_limited_caller_says_so_and_counts_once(api: Api):
    Clock(api)
    key = caller(api, (await api.key(requests_per_minute=100, scopes=["write"]))["key"])
    first = await api.reader.get("/v1/stories", headers=key)
    statuses, left = [], []
    for method, path, more in (
        ("GET", "/v1/stories", {"If-None-Match": first.headers["etag"]}),
        ("GET", "/v1/stories?q=(", {}),
        ("GET", "/v1/stories/1", {}),
        ("GET", "/v1/admin/feeds", {}),
        ("HEAD", "/v1/stories", {}),
        ("GET", "/v1/stories.ndjson", {}),
        ("GET", "/v2/everything?q=(", {}),
        ("POST", "/v1/searches", {}),  # the key is asked for twice: before the body, and after
    ):
        answer = await api.reader.request(method, path, headers=key | more)
        statuses.append(answer.status_code)
        left.append(answer.headers["ratelimit"].split(";")[1])
    assert statuses == [304, 400, 404, 403, 200, 200, 400, 400]
    assert left == [f"r={number}" for number in range(98, 90, -1)]


async def test_without_a_rate_nothing_is_said(api: Api):
    key = caller(api, (await api.key())["key"])
    for headers in (key, {}):
        answer = await api.reader.get("/v1/stories", headers=headers)
        assert said(answer) == (None, None)


async def test_a_key_without_its_own_rate_has_that_of_the_settings(migrated_url: str):
    async with running(migrated_url, requests_per_minute=2) as api:
        Clock(api)
        common = caller(api, (await api.key())["key"])
        own = caller(api, (await api.key(requests_per_minute=1000))["key"])
        for headers, statuses in ((common, [200, 200, 429]), (own, [200] * 3)):
            got = [
                (await api.reader.get("/v1/tags", headers=headers)).status_code for _ in range(3)
            ]
            assert got == statuses


async def test_who_needs_no_key_is_counted_by_address(migrated_url: str):
    async with limited(migrated_url, 2, read_auth="open") as api:
        Clock(api)

        async def statuses(forwarded: str, path: str = "/v1/tags") -> list[int]:
            headers = {"X-Forwarded-For": forwarded}
            return [(await api.reader.get(path, headers=headers)).status_code for _ in range(3)]

        assert await statuses("198.51.100.1") == [200, 200, 429]
        assert await statuses("198.51.100.2") == [200, 200, 429]
        assert await statuses("203.0.113.66, 198.51.100.1") == [429] * 3
        assert await statuses("2001:db8::1") == [200, 200, 429]
        assert await statuses("2001:db8::ffff:2") == [429] * 3
        refused = await api.reader.get("/v2/sources", headers={"X-Forwarded-For": "2001:db8::3"})
        assert (refused.status_code, refused.json()["code"]) == (429, "rateLimited")
        assert refused.json()["status"] == "error"
        assert refused.headers["retry-after"] == "30"
        assert (await api.reader.get("/healthz")).status_code == 200


async def test_an_untrusted_caller_cannot_choose_its_address(migrated_url: str):
    async with running(migrated_url, read_auth="open", requests_per_minute=2) as api:
        Clock(api)
        statuses = [
            (await api.reader.get("/v1/tags", headers={"X-Forwarded-For": f"198.51.100.{n}"}))
            for n in range(3)
        ]
        assert [one.status_code for one in statuses] == [200, 200, 429]


async def test_the_command_and_the_console_are_not_counted(migrated_url: str):
    async with running(migrated_url, local_key="local-1", requests_per_minute=1) as api:
        Clock(api)
        local = caller(api, "local-1")
        for _ in range(3):
            assert (await api.reader.get("/v1/admin/feeds", headers=local)).status_code == 200
        async with api.service.database.read() as session:
            key = await find_key(session, ADMIN_KEY)

        async def console(scope: Any, receive: Any, send: Any) -> None:
            await api.app({**scope, KEY_IN_SCOPE: key}, receive, send)

        transport = httpx.ASGITransport(app=console)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as inside:
            for _ in range(3):
                assert (await inside.get("/v1/admin/feeds")).status_code == 200
        statuses = [(await api.admin.get("/v1/admin/feeds")).status_code for _ in range(2)]
        assert statuses == [200, 429]


async def test_a_flood_of_wrong_keys_is_refused_before_it_is_looked_up(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
):
    async with limited(migrated_url, read_auth="open") as api:
        clock = Clock(api)
        good = caller(api, (await api.key())["key"])
        unused = caller(api, (await api.key())["key"])
        assert (await api.reader.get("/v1/tags", headers=good)).status_code == 200
        wrong = caller(api, "cdk_wrong")
        for _ in range(WRONG_KEYS_PER_MINUTE):
            assert (await api.reader.get("/v1/tags", headers=wrong)).status_code == 401
        refused = await api.reader.get("/v1/tags", headers=wrong)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert (await api.reader.get("/v1/tags", headers=unused)).status_code == 429
        assert (await api.reader.get("/v1/tags", headers=good)).status_code == 200
        assert (await api.reader.get("/v1/tags")).status_code == 200
        elsewhere = wrong | {"X-Forwarded-For": "198.51.100.1"}
        assert (await api.reader.get("/v1/tags", headers=elsewhere)).status_code == 401
        monkeypatch.setattr(Database, "read", None)  # a look-up would break
        assert (await api.reader.get("/v2/sources", headers=wrong)).status_code == 429
        monkeypatch.undo()
        clock.move_on(1)
        assert (await api.reader.get("/v1/tags", headers=unused)).status_code == 200


async def test_a_revoked_key_is_a_wrong_one(api: Api, monkeypatch: pytest.MonkeyPatch):
    Clock(api)
    monkeypatch.setattr(limits, "WRONG_KEYS_PER_MINUTE", 1)
    made = await api.key()
    await api.admin.delete(f"/v1/admin/keys/{made['id']}")
    headers = caller(api, made["key"])
    statuses = [(await api.reader.get("/v1/tags", headers=headers)).status_code for _ in range(2)]
    assert statuses == [401, 429]


def test_no_more_buckets_are_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(limits, "MAX_BUCKETS", 10)
    buckets = limits.Buckets()
    for number in range(10):
        buckets.take(("key", number), 1.0, 1)
    assert not buckets.has_any(("key", 0), 1.0, 1)
    buckets.take(("key", 0), 1.0, 1)  # lately seen, so another goes
    buckets.take(("key", 10), 1.0, 1)
    assert not buckets.has_any(("key", 0), 1.0, 1)
    assert buckets.has_any(("key", 1), 1.0, 1)
