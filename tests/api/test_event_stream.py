"""Server-sent events: every change once, in order, from wherever a client was."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.api import event_stream, key_checks
from app.net import plain_client
from app.push import fanout
from app.push.fanout import Fanout
from tests.api.conftest import Api
from tests.api.loopback import served
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both, on_sqlite

LAMPS = [Item(title=f"Lamp {n}", text=f"Lamp {n} was lit.", day=n) for n in range(1, 9)]
STREAM = "/v1/changes/stream"


@dataclass
class Event:
    """A block of a stream; `id` is as the client has it after the block."""

    event: str | None
    id: int | None
    data: dict[str, Any] | None


@asynccontextmanager
async def listening(root: str, **asked: Any) -> AsyncIterator[AsyncIterator[Event]]:
    headers = asked.pop("headers", None)
    async with (
        plain_client(root, timeout_s=30) as client,
        client.stream("GET", STREAM, params=asked, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield blocks(answer.aiter_lines())


async def blocks(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """As the HTML Living Standard has clients read them (§9.2.6), comments left out."""
    event, data, place = None, None, None
    async for line in lines:
        name, _, value = line.partition(": ")
        match name:
            case "event":
                event = value
            case "data":
                data = json.loads(value)
            case "id":
                place = int(value)
            case "" if not line:
                if event is not None or data is not None:
                    yield Event(event, place, data)
                event, data = None, None


async def take(events: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(20):
        return [await anext(events) for _ in range(count)]


def titles(events: list[Event]) -> list[str]:
    return [event.data["story"]["title"] for event in events if event.data]


@on_both
async def test_changes_come_as_they_happen_and_a_client_resumes_where_it_was(
    api: Api, harbour: Publisher
):
    harbour.pages["/feed"] = atom(LAMPS[0])
    feed = await api.poll(harbour.url())
    async with served(api) as root:
        async with listening(root, after="0") as events:
            [first] = await take(events, 1)
            harbour.pages["/feed"] = atom(*LAMPS[:3])
            await api.refresh(feed)
            second, third = await take(events, 2)
        assert [(e.event, e.id) for e in (first, second, third)] == [
            ("story.created", 1),
            ("story.created", 2),
            ("story.created", 3),
        ]
        assert first.data == (await api.data("/v1/changes"))[0]
        harbour.pages["/feed"] = atom(*LAMPS[:5])
        await api.refresh(feed)
        async with listening(root, headers={"Last-Event-ID": "2"}) as events:
            missed = await take(events, 3)
        assert [event.id for event in missed] == [3, 4, 5]


@on_both
async def test_without_a_place_only_what_is_new_comes(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(LAMPS[0])
    feed = await api.poll(harbour.url())
    async with served(api) as root, listening(root) as events:
        harbour.pages["/feed"] = atom(*LAMPS[:2])
        await api.refresh(feed)
        assert titles(await take(events, 1)) == ["Lamp 2"]


@on_both
async def test_many_who_listen_alike_cost_one_reading(
    api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
):
    readings = 0
    plain = fanout.read_on

    async def counted(*given: Any) -> Any:
        nonlocal readings
        readings += 1
        return await plain(*given)

    feed = await api.add_feed(harbour.url())
    async with served(api) as root:
        clients = [listening(root, after="0") for _ in range(20)]
        streams = [await client.__aenter__() for client in clients]
        ready = [asyncio.create_task(take(events, 1)) for events in streams]
        await until(lambda: fanout_of(api).listeners == 20)
        monkeypatch.setattr(fanout, "read_on", counted)
        harbour.pages["/feed"] = atom(LAMPS[0])
        await api.refresh(feed)
        for got in await asyncio.gather(*ready):
            assert titles(got) == ["Lamp 1"]
        assert readings == 1
        for client in clients:
            await client.__aexit__(None, None, None)
        await until(lambda: fanout_of(api).listeners == 0)


@on_both
async def test_a_stream_may_follow_a_search(api: Api, harbour: Publisher):
    feed = await api.add_feed(harbour.url())
    async with served(api) as root:
        async with listening(root, after="0", q="lamp 3") as events:
            harbour.pages["/feed"] = atom(*LAMPS[:3])
            await api.refresh(feed)
            [found] = await take(events, 1)
            assert titles([found]) == ["Lamp 3"]
        refused = await api.get(STREAM, q="title:(")
        assert refused.status_code == 400


@on_both
async def test_the_place_moves_on_over_what_does_not_match(api: Api, harbour: Publisher):
    """Who comes again need not have the log looked through from where it last heard something."""
    harbour.pages["/feed"] = atom(*LAMPS[:3])
    feed = await api.poll(harbour.url())
    async with served(api) as root, plain_client(root, timeout_s=30) as client:
        asked = client.stream("GET", STREAM, params={"after": "0", "q": "nothing like it"})
        async with asked as answer:
            lines = answer.aiter_lines()
            said = [await anext(lines) for _ in range(7)]
            assert said[:3] == ["retry: 2000", "id: 0", ""]
            assert "id: 3" in said
    assert feed


async def test_who_does_not_keep_up_is_cut_with_a_reason_and_can_resume(
    api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fanout, "MAX_BEHIND", 2)
    feed = await api.add_feed(harbour.url())
    listener = fanout_of(api).listen("all", fanout.Following(), 0)
    assert (await listener.next(1)).frames == []  # type: ignore[union-attr] - it has caught up
    for count in (2, 4):
        harbour.pages["/feed"] = atom(*LAMPS[:count])
        await api.refresh(feed)
        await until(lambda n=count: listener._kept >= n)
    assert await listener.next(10) is fanout.Ended.TOO_SLOW
    again = fanout_of(api).listen("all", fanout.Following(), listener.after)
    caught_up = await again.next(10)
    assert [seq for seq, _ in caught_up.frames] == [1, 2, 3, 4]  # type: ignore[union-attr]


async def test_the_log_is_not_read_for_those_who_are_gone(api: Api, harbour: Publisher):
    feed = await api.add_feed(harbour.url())
    listener = fanout_of(api).listen("all", fanout.Following(), 0)
    await listener.next(1)
    assert fanout_of(api).channels == 1
    listener.close()
    harbour.pages["/feed"] = atom(LAMPS[0])  # a log that goes on gives no time to look round
    await api.refresh(feed)
    await until(lambda: fanout_of(api).channels == 0)


async def test_a_stop_ends_streams_with_a_reason(api: Api, harbour: Publisher):
    async with served(api) as root, listening(root) as events:
        ending = asyncio.create_task(take(events, 1))
        await until(lambda: fanout_of(api).listeners == 1)
        api.service.watch.stop()
        [end] = await ending
    assert end.event == "end"
    assert "connect again" in (end.data or {})["reason"]


async def test_a_heartbeat_keeps_the_connection(
    api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.05)
    async with (
        served(api) as root,
        plain_client(root, timeout_s=30) as client,
        client.stream("GET", STREAM) as answer,
    ):
        async for line in answer.aiter_lines():
            if line == ": still here":
                break


async def test_a_place_that_is_none_is_refused(api: Api):
    for headers, name in (({"Last-Event-ID": "x"}, "Last-Event-ID"), ({}, "after")):
        refused = await api.reader.get(STREAM, params={"after": "x"}, headers=headers)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameter"] == name


def fanout_of(api: Api) -> Fanout:
    found: Fanout = api.app.state.deps.listen.__self__
    return found


async def until(holds: Any) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - others set what is waited for
            await asyncio.sleep(0.01)


async def ended(events: AsyncIterator[Event]) -> str:
    async with asyncio.timeout(10):
        async for event in events:
            if event.event == "end":
                return str((event.data or {})["reason"])
    return "without a word"


@on_sqlite
@pytest.mark.parametrize("by", ["revoking", "expiry"])
async def test_a_stream_ends_with_its_key(locked: Api, monkeypatch: pytest.MonkeyPatch, by: str):
    for module, name in ((event_stream, "CHECK_S"), (key_checks, "KEPT_S")):
        monkeypatch.setattr(module, name, 0.0)
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.02)
    key, other = await locked.key(scopes=["read"]), await locked.key(scopes=["read"])
    async with (
        served(locked) as root,
        listening(root, headers={"Authorization": f"Bearer {key['key']}"}) as events,
        listening(root, headers={"Authorization": f"Bearer {other['key']}"}) as others,
    ):
        if by == "revoking":
            await locked.admin.delete(f"/v1/admin/keys/{key['id']}")
        else:
            async with locked.service.database.write() as session:
                await session.execute(
                    text("UPDATE keys SET expires_at = 1 WHERE id = :id"), {"id": int(key["id"])}
                )
        assert await ended(events) == "the key has ended: connect again with another"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await anext(others)


@on_sqlite
async def test_a_thousand_streams_of_one_key_are_one_query(locked: Api):
    key = await locked.key(scopes=["read"])
    asked = 0

    class Counting:
        def read(self) -> Any:
            nonlocal asked
            asked += 1
            return locked.service.database.read()

    checks = key_checks.KeyChecks()
    found = await asyncio.gather(
        *(checks.usable(Counting(), int(key["id"]), datetime.now(UTC)) for _ in range(1000))
    )
    assert (all(found), asked) == (True, 1)


@on_sqlite
async def test_there_are_only_so_many_who_follow_and_things_followed(
    api: Api, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fanout, "MAX_CHANNELS", 1)
    monkeypatch.setattr(fanout, "MAX_LISTENERS", 3)
    async with served(api) as root, contextlib.AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(listening(root, tag="place:jp"))
        await until(lambda: fanout_of(api).listeners == 2)
        other = await api.get(STREAM, tag="place:kr")
        assert (other.status_code, other.headers["retry-after"] > "0") == (503, True)
        assert "different searches" in other.json()["detail"]
        await stack.enter_async_context(listening(root, tag="place:jp"))
        one_more = await api.get(STREAM, tag="place:jp")
        assert (one_more.status_code, "clients follow" in one_more.json()["detail"]) == (503, True)
