"""Who may do what: every route behind its key, and what keys are made of."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from app.store.engine import sqlite_path
from tests.api.conftest import ADMIN_KEY, Api, running
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

OPEN_TO_ALL = {"/healthz", "/readyz", "/docs", "/docs/assets", "/openapi.json", "/websub/1"}
SAMPLES = {"qcode": "label:a", "suffix": "json"}
OURS = {"Sec-Fetch-Site": "same-origin"}  # what a browser says of the console's own forms


def operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path that the application answers."""
    for found in iter_route_contexts(app.routes):
        path = re.sub(
            r"\{(\w+)(?::\w+)?\}", lambda name: SAMPLES.get(name[1], "1"), found.path or ""
        )
        for method in found.methods or {"GET"}:
            yield method, path


async def test_every_route_but_those_on_the_list_needs_a_key(locked: Api):
    walked = set()
    for method, path in operations(locked.app):
        assert "{" not in path
        answer = await locked.reader.request(method, path, headers=OURS)
        if path in OPEN_TO_ALL:
            assert answer.status_code != 401, path
        else:
            walked.add(path)
            assert answer.status_code == 401, (method, path)
            if not path.startswith("/admin"):
                assert answer.headers["www-authenticate"].startswith("Bearer")
    assert {"/metrics", "/v1/stories", "/v1/changes", "/v1/admin/feeds.opml"} <= walked
    assert {"/v2/everything", "/https://newsapi.org/v2/sources", "/admin"} <= walked
    assert len(walked) > 15


async def test_nothing_in_the_console_is_done_for_the_page_of_another_site(api: Api):
    walked = 0
    for method, path in operations(api.app):
        if path.startswith("/admin") and method not in ("GET", "HEAD"):
            walked += 1
            for foreign in (
                {"Sec-Fetch-Site": "cross-site"},
                {"Sec-Fetch-Site": "same-site"},
                {"Origin": "https://elsewhere.example"},
                {"Origin": "null"},
                {},
            ):
                answer = await api.reader.request(method, path, headers=foreign)
                assert answer.status_code == 403, (method, path, foreign)
    assert walked > 2


async def test_admin_routes_need_an_admin_key_even_where_reading_is_open(api: Api):
    reading = {"Authorization": f"Bearer {(await api.key())['key']}"}
    assert (await api.reader.get("/v1/stories")).status_code == 200
    walked = 0
    for method, path in operations(api.app):
        if not path.startswith("/v1/admin"):
            continue
        walked += 1
        assert (await api.reader.request(method, path)).status_code == 401, (method, path)
        refused = await api.reader.request(method, path, headers=reading)
        assert refused.status_code == 403, (method, path)
    assert walked > 12
    for method, path, body in [
        ("POST", "/v1/admin/feeds", {"url": "https://x.example/", "probe": False}),
        ("POST", "/v1/admin/keys", {"name": "mine", "scopes": ["admin"]}),
        ("PATCH", "/v1/admin/feeds/1", {"title": "mine"}),
    ]:
        refused = await api.reader.request(method, path, json=body, headers=reading)
        assert refused.status_code == 403, (method, path)
    assert len((await api.admin.get("/v1/admin/keys")).json()["data"]) == 2


async def test_the_key_is_asked_for_before_the_body_is_read(api: Api):
    reading = {"Authorization": f"Bearer {(await api.key())['key']}"}
    json_header = {"Content-Type": "application/json"}
    walked = 0
    for method, path in operations(api.app):
        if not path.startswith("/v1/admin") or method not in ("POST", "PATCH", "PUT"):
            continue
        walked += 1
        for given, status in (({}, 401), (reading, 403)):
            headers = json_header | given
            answer = await api.reader.request(method, path, content=b"{", headers=headers)
            assert answer.status_code == status, (method, path)
    assert walked > 6
    broken = await api.admin.post("/v1/admin/feeds", content=b"{", headers=json_header)
    assert broken.status_code == 400


async def test_a_read_key_reads_and_an_admin_key_does_both(locked: Api):
    for scopes in (["read"], ["admin"], ["read", "admin", "read"]):
        made = await locked.key(scopes=scopes)
        assert made["scopes"] == sorted(set(scopes))
        locked.reader.headers["Authorization"] = f"bearer  {made['key']} "
        assert (await locked.get("/v1/stories")).status_code == 200
        assert (await locked.get("/metrics")).status_code == 200
        admin = await locked.get("/v1/admin/feeds")
        assert admin.status_code == (200 if "admin" in scopes else 403)


@on_both
async def test_keys_end(api: Api):
    soon = datetime.now(UTC) + timedelta(minutes=1)
    expiring = await api.key(expires_at=soon.isoformat())
    lasting = await api.key()

    async def statuses() -> list[int]:
        return [
            (
                await api.reader.get("/v1/tags", headers={"Authorization": f"Bearer {key['key']}"})
            ).status_code
            for key in (expiring, lasting)
        ]

    assert await statuses() == [200, 200]
    api.app.state.deps = replace(api.app.state.deps, clock=lambda: soon)
    assert await statuses() == [401, 200]
    revoked = await api.admin.delete(f"/v1/admin/keys/{lasting['id']}")
    assert revoked.json()["data"]["revoked_at"] is not None
    assert await statuses() == [401, 401]
    again = await api.admin.delete(f"/v1/admin/keys/{lasting['id']}")
    assert again.json() == revoked.json()
    assert (await api.admin.delete("/v1/admin/keys/999")).status_code == 404


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", f"Basic {ADMIN_KEY}", ADMIN_KEY, f"Bearer {ADMIN_KEY}x", "Bearer é",
     f"Bearer {ADMIN_KEY[:-1]}", f"Bearer {ADMIN_KEY.upper()}", f"Bearer {ADMIN_KEY} {ADMIN_KEY}"],
)  # fmt: skip
async def test_what_is_no_key_is_refused_even_where_reading_is_open(api: Api, header: str):
    answer = await api.reader.get(
        "/v1/stories", headers=[(b"Authorization", header.encode("latin-1"))]
    )
    assert answer.status_code == 401


async def test_the_local_key_administers_and_is_in_no_list(migrated_url: str):
    async with running(migrated_url, read_auth="required", local_key="local-1") as api:
        local = {"Authorization": "Bearer local-1"}
        for path in ("/v1/stories", "/v1/admin/status"):
            assert (await api.reader.get(path, headers=local)).status_code == 200
        listed = (await api.admin.get("/v1/admin/keys")).json()["data"]
        assert [key["name"] for key in listed] == ["COPYDESK_ADMIN_KEY"]
    async with running(migrated_url, read_auth="required") as api:
        assert (await api.reader.get("/v1/stories", headers=local)).status_code == 401


async def all_noted(api: Api) -> None:
    """Wait until the uses of keys so far are on record, or given up."""
    await asyncio.gather(*api.app.state.deps.noting.values())


@on_both
async def test_reading_with_a_key_waits_for_no_writer(locked: Api):
    made = await locked.key(scopes=["read"])
    reading = {"Authorization": f"Bearer {made['key']}"}
    await all_noted(locked)
    async with locked.service.database.write() as session:
        await session.execute(text("UPDATE keys SET last_used_at = NULL"))
        async with asyncio.timeout(5):
            for _ in range(3):
                answer = await locked.reader.get("/v1/stories", headers=reading)
                assert answer.status_code == 200
            assert (await locked.admin.get("/v1/admin/status")).status_code == 200
        assert len(locked.app.state.deps.noting) <= 2, "one write for each key"
    await all_noted(locked)
    listed = {key["id"]: key for key in (await locked.admin.get("/v1/admin/keys")).json()["data"]}
    assert listed[made["id"]]["last_used_at"] is not None


@on_both
async def test_reading_with_a_key_needs_no_database_that_can_write(locked: Api):
    made = await locked.key(scopes=["read"])
    await all_noted(locked)
    deps = locked.app.state.deps
    unwritable = replace(deps.database, writer=deps.database.reader)
    locked.app.state.deps = replace(deps, database=unwritable)
    for _ in range(2):
        headers = {"Authorization": f"Bearer {made['key']}"}
        assert (await locked.reader.get("/v1/stories", headers=headers)).status_code == 200
        await all_noted(locked)


@on_both
async def test_the_last_use_is_kept_to_the_minute(api: Api):
    made = await api.key(name="reader of the harbour")
    assert made["last_used_at"] is None
    await api.reader.get("/v1/stories", headers={"Authorization": f"Bearer {made['key']}"})
    await all_noted(api)
    listed = {key["id"]: key for key in (await api.admin.get("/v1/admin/keys")).json()["data"]}
    assert listed[made["id"]]["last_used_at"] is not None
    assert "key" not in listed[made["id"]]
    used_at = datetime.fromisoformat(listed[made["id"]]["last_used_at"])
    for later_s, noted in ((59, used_at), (60, used_at + timedelta(seconds=60))):
        now = used_at + timedelta(seconds=later_s)
        api.app.state.deps = replace(api.app.state.deps, clock=lambda now=now: now)
        await api.reader.get("/v1/stories", headers={"Authorization": f"Bearer {made['key']}"})
        await all_noted(api)
        again = {key["id"]: key for key in (await api.admin.get("/v1/admin/keys")).json()["data"]}
        assert datetime.fromisoformat(again[made["id"]]["last_used_at"]) == noted
    assert made["key"].startswith(made["prefix"])
    assert len(made["key"]) > 40 > 2 * len(made["prefix"])


def contents(migrated_url: str) -> tuple[str, bytes]:
    """An SQLite file as statements, and as it lies on disk."""
    path = Path(sqlite_path(migrated_url) or "")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint")
        return "\n".join(connection.iterdump()), path.read_bytes()


async def test_only_the_fingerprint_is_stored(api: Api, migrated_url: str):
    made = await api.key()
    await api.reader.get("/v1/stories", headers={"Authorization": f"Bearer {made['key']}"})
    dump, raw = contents(migrated_url)
    for secret in (made["key"], ADMIN_KEY):
        assert hashlib.sha256(secret.encode()).hexdigest().upper() in dump.upper()
        assert secret not in dump
        assert secret.encode() not in raw
        shown = secret[: min(8, len(secret) // 4)]  # of a short key, less
        assert shown.encode() in raw  # what is looked for would be seen


async def test_a_new_key_is_shown_once_and_by_nobody_kept(api: Api):
    answer = await api.admin.post("/v1/admin/keys", json={"name": "x"})
    assert answer.headers["cache-control"] == "no-store"
    listed = await api.admin.get("/v1/admin/keys")
    assert answer.json()["data"]["key"] not in listed.text


REFUSED = [
    {"name": ""},
    {"name": " "},
    {"name": "a\nb"},
    {"name": "x" * 101},
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["root"]},
    {"name": "x", "expires_at": "2020-01-01T00:00:00Z"},
    {"name": "x", "expires_at": "2099-01-01T00:00:00"},
    {"name": "x", "expires_at": "9999-12-31T23:59:59-14:00"},
    {"name": "x", "key": "cdk_chosen_by_the_caller"},
    {"name": "x", "revoked_at": None},
    {"name": "x", "id": 1},
]


async def test_what_a_caller_may_not_set_of_a_key(api: Api):
    for body in REFUSED:
        answer = await api.admin.post("/v1/admin/keys", json=body)
        assert answer.status_code == 400, body
        assert answer.json()["errors"][0]["pointer"].startswith(f"/{list(body)[-1]}")
    assert len((await api.admin.get("/v1/admin/keys")).json()["data"]) == 1


async def test_a_key_in_use_while_feeds_are_polled(locked: Api, harbour: Publisher):
    """The note of a key's use takes the one writer of SQLite: it must not wait for itself."""
    harbour.pages["/feed"] = atom(Item(title="One"))
    made = (await locked.key(scopes=["admin"]))["key"]
    locked.admin.headers["Authorization"] = f"Bearer {made}"
    await locked.poll(harbour.url())
