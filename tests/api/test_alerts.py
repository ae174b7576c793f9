"""Alerts over a running service: begun, told to a webhook at least once, ended, listed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from app.api.schemas_alerts import AlertList
from app.push import alerting
from app.store.alerts import take_turn
from tests.api.conftest import Api, running
from tests.api.publisher import Publisher, atom
from tests.api.test_webhooks import BRIDGE, FERRY, Receiver, add, receiver
from tests.databases import on_both
from tests.plans import add as add_one

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes!!!!").decode()
PATH = "/v1/admin/alerts"


@asynccontextmanager
async def told_to(url: str, desk: Receiver, **given: Any) -> AsyncIterator[Api]:
    asked = {"alert_webhook": desk.root, "alert_secret": SECRET, "read_auth": "open"}
    async with running(url, **asked, **given) as api:
        yield api


async def look(api: Api) -> None:
    """Look as if the time for it had come."""
    await sql(api, "UPDATE meta SET value = '0' WHERE name = 'alerts_due'")
    await api.service.alerter.look()


async def sql(api: Api, *statements: str, **values: str) -> None:
    ids = {name: int(value) for name, value in values.items()}
    async with api.service.database.write() as session:
        for statement in statements:
            await session.execute(text(statement), ids)


async def listed(api: Api, **asked: Any) -> AlertList:
    answer = await api.admin.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    return AlertList.model_validate_json(answer.content)


async def kinds(api: Api, **asked: Any) -> list[str]:
    return [alert.kind.value for alert in (await listed(api, **asked)).data]


def told(desk: Receiver) -> list[tuple[str, list[str]]]:
    """Of each message, which alerts began and ended."""
    return [
        (what, [alert["kind"] for alert in message["data"][what]])
        for message in desk.told
        for what in ("begun", "ended")
        if message["data"][what]
    ]


async def test_a_feed_that_breaks_is_told_of_and_ends_when_it_is_well(
    migrated_url: str, harbour: Publisher
):
    harbour.pages["/feed"] = atom(FERRY)
    async with receiver() as desk, told_to(migrated_url, desk) as api:
        feed = await api.poll(harbour.url())
        await look(api)
        assert (await kinds(api), desk.taken) == ([], [])
        await sql(api, "UPDATE feeds SET failures = 5, failure = 'not_found', last_success_at = 1")
        await look(api)
        await look(api)
        [alert] = (await listed(api, state="standing")).data
        assert (alert.kind, alert.subject) == ("feed_failing", f"feed:{feed}")
        assert alert.told_at is not None
        [(headers, body)] = desk.taken
        message = Verifier(SECRET).verify(body, headers)
        assert message["type"] == "alerts"
        assert [each["step"] for each in message["data"]["begun"]] == [alert.step]
        await api.refresh(feed)
        await look(api)
        assert told(desk) == [("begun", ["feed_failing"]), ("ended", ["feed_failing"])]
        assert await kinds(api, state="standing") == []
        [ended] = (await listed(api, state="ended")).data
        assert ended.ended_at is not None
        await sql(api, "UPDATE feeds SET failures = 5, failure = 'not_found', last_success_at = 1")
        await look(api)
        assert await kinds(api) == ["feed_failing", "feed_failing"]
        assert await kinds(api, state="standing") == ["feed_failing"]


@on_both
async def test_everything_that_can_be_wrong_is_seen_in_the_database(
    migrated_url: str, harbour: Publisher
):
    names = ("gone", "quarantined", "silent", "late")
    harbour.pages |= {f"/{name}": atom(FERRY) for name in names}
    async with running(migrated_url, read_auth="open") as api:
        ids = {name: await api.poll(harbour.url(f"/{name}")) for name in names}
        for name in ("disabled", "failing", "slow"):
            ids[name], _ = await add(api, harbour.url(f"/{name}"))
        harbour.pages["/gone"] = atom(FERRY, BRIDGE)
        await api.refresh(ids["gone"])
        await api.service.pushing.matcher.match_some()
        await sql(
            api,
            "UPDATE feeds SET failures = 1, failure = 'gone' WHERE id = :gone",
            "UPDATE feeds SET state = 'quarantined' WHERE id = :quarantined",
            "UPDATE feeds SET silent_since = 1000 WHERE id = :silent",
            "UPDATE feeds SET next_poll_at = 1000 WHERE id = :late",
            "UPDATE webhooks SET state = 'disabled' WHERE id = :disabled",
            "UPDATE webhooks SET failing_since = 1000 WHERE id = :failing",
            "UPDATE deliveries SET made_at = 1000 WHERE webhook_id = :slow",
            "UPDATE feeds SET url = 'https://desk:s3cret@a.test/', title = NULL WHERE id = :gone",
            "UPDATE webhooks SET url = 'https://b.example/s3cret' WHERE id = :disabled",
            "UPDATE push_head SET seq = 0",
            "UPDATE changes SET at = 1000",
            "INSERT INTO jobs (kind, asked, actor, state, created_at, finished_at) "
            "VALUES ('import', '{}', 'test', 'failed', 1000, 4102444800000)",
            **ids,
        )
        await look(api)
        standing = (await listed(api)).data
        assert all("s3cret" not in alert.detail + alert.step for alert in standing)
        found = {alert.kind.value: alert.subject for alert in standing}
        assert found == {
            "feed_gone": f"feed:{ids['gone']}",
            "feed_quarantined": f"feed:{ids['quarantined']}",
            "feed_silent": f"feed:{ids['silent']}",
            "webhook_disabled": f"webhook:{ids['disabled']}",
            "webhook_failing": f"webhook:{ids['failing']}",
            "push_backlog": f"webhook:{ids['slow']}",
            "log_matcher": "service",
            "backlog": "service",
            "job_failed": "job:1",
        }
        await sql(api, "UPDATE hosts SET refusals = 1, refused_until = 4102444800000")
        for _ in range(2):  # what a host puts off is no backlog of ours
            await look(api)
            await sql(api, "UPDATE alerts SET clear_since = 1000 WHERE clear_since IS NOT NULL")
        assert "backlog" not in await kinds(api, state="standing")


async def test_a_disk_that_is_nearly_full(migrated_url: str, monkeypatch: pytest.MonkeyPatch):
    free = 5 << 30
    monkeypatch.setattr(alerting, "disk_free", lambda _file: free)
    async with running(migrated_url, alert_disk_mb=2048) as api:
        await look(api)
        assert await kinds(api) == []
        free = 1 << 30
        await look(api)
        [alert] = (await listed(api)).data
        assert (alert.kind, alert.severity) == ("disk", "warning")
        free = 10 << 20
        await look(api)
        [alert] = (await listed(api)).data
        assert alert.severity == "error"


async def test_who_takes_nothing_is_told_later_under_the_same_id(migrated_url: str):
    async with receiver() as desk, told_to(migrated_url, desk) as api:
        feed = await api.add_feed("https://harbour.example/feed")
        await sql(api, "UPDATE feeds SET state = 'quarantined' WHERE id = :feed", feed=feed)
        desk.status = 503
        await look(api)
        await look(api)
        assert (desk.refused, desk.taken) == (1, [])  # it is left alone for a while
        desk.status = 204
        api.service.alerter._next_try = None
        await look(api)
        await sql(api, "UPDATE alerts SET told_at = NULL")  # as if killed before it was put down
        await look(api)
        await look(api)
        first, again = desk.ids
        assert first == again
        assert told(desk) == [("begun", ["feed_quarantined"])] * 2


async def test_many_alerts_are_told_in_few_messages(migrated_url: str):
    async with receiver() as desk, told_to(migrated_url, desk) as api:
        for n in range(103):
            await add_one(api.service.database, f"feed-{n}")
        await sql(api, "UPDATE feeds SET state = 'quarantined'")
        await look(api)
        assert [len(kinds) for _, kinds in told(desk)] == [100, 3]
        pages = [await listed(api, limit=100)]
        pages.append(await listed(api, limit=100, cursor=pages[0].page.next_cursor))
        ids = [int(alert.id) for page in pages for alert in page.data]
        assert len(set(ids)) == 103
        assert ids == sorted(ids, reverse=True)
        assert await kinds(api, kind="backlog") == []


async def test_a_database_that_takes_no_writes_is_told_of_without_it(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch
):
    async with receiver() as desk, told_to(migrated_url, desk) as api:
        monkeypatch.setattr(alerting, "UNWRITABLE", timedelta(0))
        with monkeypatch.context() as broken:

            async def full(*_given: Any) -> bool:
                raise OSError("database or disk is full")

            broken.setattr(alerting, "take_turn", full)
            await api.service.alerter.look()
            await api.service.alerter.look()
        await look(api)
        assert told(desk) == [("begun", ["database"]), ("ended", ["database"])]
        assert "disk is full" in desk.told[0]["data"]["begun"][0]["detail"]
        assert await kinds(api, state="ended") == ["database"]


@on_both
async def test_one_of_all_processes_looks(migrated_url: str):
    async with running(migrated_url) as api:
        database = api.service.database
        async with database.write() as session:
            assert await take_turn(session, timedelta(minutes=1))
        async with database.write() as session:
            assert not await take_turn(session, timedelta(minutes=1))
        await sql(api, "UPDATE feeds SET state = 'quarantined'")
        await api.add_feed("https://harbour.example/feed")
        await sql(api, "UPDATE feeds SET state = 'quarantined'")
        await api.service.alerter.look()
        assert await kinds(api) == []


async def test_alerts_are_for_administrators(locked: Api):
    assert (await locked.reader.get(PATH)).status_code == 401
    assert (await locked.admin.get(PATH, params={"state": "gone"})).status_code == 400
