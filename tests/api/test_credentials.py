"""Feeds that ask who is there: credentials are sent to their origin alone, and shown to nobody."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from sqlalchemy import select, text

from app.store.engine import metadata
from tests.api.conftest import Api, running
from tests.databases import on_both
from tests.ingest import servers

SECRET = "tide-table-7731"
KEY = "a-key-of-these-tests-and-no-other"


def wants(header: str, value: str) -> servers.Script:
    """A server that gives its feed for one value of a header only."""

    def script(request: servers.Request) -> bytes:
        if request.header(header) == value.encode():
            return servers.answer()
        return servers.answer(401, b"who is there?", (("WWW-Authenticate", "Basic"),))

    return script


BASIC = "Basic " + base64.b64encode(f"harbour:{SECRET}".encode()).decode()


@pytest.fixture
async def sealed(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """With a key to encrypt with, and a variable that holds the secret."""
    monkeypatch.setenv("COPYDESK_FEED_HARBOUR", SECRET)
    async with running(migrated_url, read_auth="open", secret_key=KEY) as started:
        yield started


async def give(api: Api, feed_id: str, **asked: Any) -> Any:
    sent = {"over_http": True, **asked}
    return await api.admin.put(f"/v1/admin/feeds/{feed_id}/credentials", json=sent)


async def feed_of(api: Api, feed_id: str) -> Any:
    return (await api.admin.get(f"/v1/admin/feeds/{feed_id}")).json()["data"]


@pytest.mark.parametrize(
    ("asked", "header", "value"),
    [
        ({"kind": "basic", "username": "harbour", "secret": SECRET}, "Authorization", BASIC),
        (
            {"kind": "basic", "username": "harbour", "variable": "COPYDESK_FEED_HARBOUR"},
            "Authorization",
            BASIC,
        ),
        ({"kind": "bearer", "secret": SECRET}, "Authorization", f"Bearer {SECRET}"),
        ({"kind": "header", "header": "X-Api-Key", "secret": SECRET}, "X-Api-Key", SECRET),
    ],
)
async def test_each_kind_opens_a_feed(sealed: Api, asked: dict[str, Any], header: str, value: str):
    async with servers.serve(wants(header, value)) as server:
        feed_id = await sealed.add_feed(server.url())
        refused = await sealed.refresh(feed_id)
        assert (refused["failure"], refused["status"]) == ("unauthorized", 401)
        assert f"copydesk feeds credentials {feed_id}" in refused["detail"]
        given = await give(sealed, feed_id, **asked)
        assert given.status_code == 200, given.text
        assert (await sealed.refresh(feed_id))["outcome"] == "new"
        assert SECRET not in given.text
        shown = given.json()["data"]
        assert shown["origin"] == server.url("")
        assert shown["variable"] == asked.get("variable")
        again = await sealed.admin.get(f"/v1/admin/feeds/{feed_id}/credentials")
        assert again.json()["data"] == shown


@on_both
async def test_the_secret_is_nowhere_but_in_the_request(sealed: Api, caplog, capsys):
    async with servers.serve(servers.answer(401, b"no")) as server:
        feed_id = await sealed.add_feed(server.url())
        await give(sealed, feed_id, kind="basic", username="harbour", secret=SECRET)
        with structlog.testing.capture_logs() as events:
            await sealed.refresh(feed_id)
        assert BASIC.encode() in server.requests[-1].head
    said = [str(events), caplog.text, *capsys.readouterr()]
    for path in ("feeds", f"feeds/{feed_id}", f"feeds/{feed_id}/fetches", "feeds.opml", "status",
                 f"feeds/{feed_id}/credentials"):  # fmt: skip
        said.append((await sealed.admin.get(f"/v1/admin/{path}")).text)
    async with sealed.service.database.read() as session:
        for table in metadata.sorted_tables:
            said += [str(row) for row in await session.execute(select(table))]
    encoded = base64.b64encode(f"harbour:{SECRET}".encode()).decode()
    assert not [line for line in said if SECRET in line or encoded in line]
    assert SECRET not in repr(sealed.service.pipeline)


async def test_no_redirect_to_another_origin_gets_them(sealed: Api):
    async with servers.serve(servers.answer()) as elsewhere:
        away = servers.answer(302, b"", (("Location", elsewhere.url("/stolen")),))
        async with servers.serve(away) as server:
            feed_id = await sealed.add_feed(server.url())
            await give(sealed, feed_id, kind="bearer", secret=SECRET)
            await sealed.refresh(feed_id)
            assert SECRET.encode() in server.requests[-1].head
    assert [r.target for r in elsewhere.requests] == ["/stolen"]
    assert SECRET.encode() not in elsewhere.requests[0].head


async def test_a_redirect_within_the_origin_keeps_them(sealed: Api):
    def script(request: servers.Request) -> bytes:
        if request.target == "/feed":
            return servers.answer(301, b"", (("Location", "/feeds/all"),))
        return wants("Authorization", BASIC)(request)

    async with servers.serve(script) as server:
        feed_id = await sealed.add_feed(server.url())
        await give(sealed, feed_id, kind="basic", username="harbour", secret=SECRET)
        assert (await sealed.refresh(feed_id))["outcome"] == "new"


async def test_a_feed_that_is_moved_takes_none_to_another_origin(sealed: Api):
    async with (
        servers.serve(servers.answer(401)) as elsewhere,
        servers.serve(wants("Authorization", BASIC)) as server,
    ):
        feed_id = await sealed.add_feed(server.url())
        await give(sealed, feed_id, kind="basic", username="harbour", secret=SECRET)
        async with sealed.service.database.write() as session:
            moved = {"url": elsewhere.url(), "id": int(feed_id)}
            await session.execute(text("UPDATE feeds SET url = :url WHERE id = :id"), moved)
        refused = await sealed.refresh(feed_id)
        assert f"are for {server.url('')} alone" in refused["detail"]
        assert elsewhere.requests[0].header("Authorization") is None


async def test_plain_http_needs_a_word_from_the_operator(sealed: Api):
    async with servers.serve(servers.answer()) as server:
        feed_id = await sealed.add_feed(server.url())
        refused = await give(sealed, feed_id, kind="bearer", secret=SECRET, over_http=False)
        assert refused.status_code == 400
        assert "over_http: true" in refused.json()["detail"]
        await give(sealed, feed_id, kind="bearer", secret=SECRET)
        async with sealed.service.database.write() as session:
            await session.execute(text("UPDATE feed_credentials SET over_http = false"))
        assert "not sent over plain http" in (await sealed.refresh(feed_id))["detail"]
        assert server.requests == []


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"kind": "basic", "secret": "x"}, "/username"),
        ({"kind": "bearer", "username": "x", "secret": "x"}, "/username"),
        ({"kind": "header", "secret": "x"}, "/header"),
        ({"kind": "bearer"}, "/secret"),
        ({"kind": "bearer", "secret": "x", "variable": "COPYDESK_FEED_X"}, "/secret"),
        ({"kind": "bearer", "variable": "COPYDESK_DATABASE_URL"}, "/variable"),
        ({"kind": "bearer", "variable": "DATABASE_URL"}, "/variable"),
        ({"kind": "bearer", "variable": "COPYDESK_FEED_X\nHOME"}, "/variable"),
        ({"kind": "bearer", "variable": "COPYDESK_FEED_"}, "/variable"),
        ({"kind": "bearer", "secret": "two words"}, "/secret"),
        ({"kind": "bearer", "secret": "x\r\nX-Evil: 1"}, "/secret"),
        ({"kind": "bearer", "secret": ""}, "/secret"),
        ({"kind": "header", "header": "X-Key", "secret": "x\r\nX-Evil: 1"}, "/secret"),
        ({"kind": "header", "header": "Host", "secret": "x"}, "/header"),
        ({"kind": "header", "header": "X Key", "secret": "x"}, "/header"),
        ({"kind": "basic", "username": "a:b", "secret": "x"}, "/username"),
        ({"kind": "digest", "secret": "x"}, "/kind"),
    ],
)
async def test_what_cannot_be_sent_is_refused(sealed: Api, asked: dict[str, Any], pointer: str):
    feed_id = await sealed.add_feed("https://harbour.example/feed")
    refused = await give(sealed, feed_id, **asked)
    assert refused.status_code == 400, refused.text
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]
    gone = await sealed.admin.get(f"/v1/admin/feeds/{feed_id}/credentials")
    assert gone.status_code == 404


async def test_without_a_key_a_secret_is_not_taken_and_a_variable_is(api: Api):
    feed_id = await api.add_feed("https://harbour.example/feed")
    refused = await give(api, feed_id, kind="bearer", secret=SECRET)
    assert refused.status_code == 400
    assert "COPYDESK_SECRET_KEY" in refused.json()["detail"]
    assert SECRET not in refused.text
    given = await give(api, feed_id, kind="bearer", variable="COPYDESK_FEED_HARBOUR")
    assert given.status_code == 200


@pytest.mark.parametrize(
    ("started", "step"),
    [
        ({"secret_key": None}, "COPYDESK_SECRET_KEY is not set"),
        ({"secret_key": "another-key-that-came-with-a-new-machine"}, "another COPYDESK_SECRET_KEY"),
        ({"secret_key": f"a-new-key-that-is-put-before-the-old-one,{KEY}"}, None),
    ],
)
@on_both
async def test_a_key_that_is_another_one_fails_the_poll_with_the_next_step(
    migrated_url: str, started: dict[str, Any], step: str | None
):
    async with servers.serve(wants("Authorization", f"Bearer {SECRET}")) as server:
        async with running(migrated_url, secret_key=KEY) as api:
            feed_id = await api.add_feed(server.url())
            await give(api, feed_id, kind="bearer", secret=SECRET)
        async with running(migrated_url, **started) as api:
            polled = await api.refresh(feed_id)
        if step is None:
            assert polled["outcome"] == "new"
        else:
            assert polled["failure"] == "unauthorized"
            assert step in polled["detail"]
            assert server.requests == []


async def test_a_variable_that_is_not_set_fails_the_poll_with_the_next_step(
    sealed: Api, monkeypatch: pytest.MonkeyPatch
):
    feed_id = await sealed.add_feed("http://127.0.0.1:9/feed")
    await give(sealed, feed_id, kind="bearer", variable="COPYDESK_FEED_NOT_THERE")
    assert "COPYDESK_FEED_NOT_THERE, which is not set" in (await sealed.refresh(feed_id))["detail"]


async def test_no_other_variable_is_sent_though_the_database_names_it(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COPYDESK_UNRELATED", "postgresql://user:pw@db/x")
    async with servers.serve(servers.answer()) as server, running(migrated_url) as api:
        feed_id = await api.add_feed(server.url())
        await give(api, feed_id, kind="bearer", variable="COPYDESK_FEED_X")
        async with api.service.database.write() as session:
            named = "UPDATE feed_credentials SET variable = 'COPYDESK_UNRELATED'"
            await session.execute(text(named))
        assert (await api.refresh(feed_id))["failure"] == "unauthorized"
    assert server.requests == []


@on_both
async def test_they_can_be_taken_away(sealed: Api):
    async with servers.serve(wants("Authorization", f"Bearer {SECRET}")) as server:
        feed_id = await sealed.add_feed(server.url())
        await give(sealed, feed_id, kind="bearer", secret=SECRET)
        gone = await sealed.admin.delete(f"/v1/admin/feeds/{feed_id}/credentials")
        assert gone.status_code == 204
        assert (await sealed.refresh(feed_id))["failure"] == "unauthorized"
        assert server.requests[-1].header("Authorization") is None
        again = await sealed.admin.delete(f"/v1/admin/feeds/{feed_id}/credentials")
        assert again.status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_administrators_see_or_set_them(sealed: Api, method: str):
    feed_id = await sealed.add_feed("https://harbour.example/feed")
    path = f"/v1/admin/feeds/{feed_id}/credentials"
    assert (await sealed.reader.request(method, path, json={})).status_code == 401


async def test_a_deleted_feed_leaves_none(sealed: Api):
    feed_id = await sealed.add_feed("https://harbour.example/feed")
    await give(sealed, feed_id, kind="bearer", secret=SECRET)
    await sealed.admin.delete(f"/v1/admin/feeds/{feed_id}")
    async with sealed.service.database.read() as session:
        left = await session.execute(text("SELECT count(*) FROM feed_credentials"))
        assert left.scalar_one() == 0
