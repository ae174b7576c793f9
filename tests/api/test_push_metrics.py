"""Metrics of those who follow: what webhooks were told, who listens, and what is still to tell."""

from __future__ import annotations

import asyncio

from tests.api.conftest import Api
from tests.api.loopback import served
from tests.api.publisher import Publisher, atom
from tests.api.test_event_stream import LAMPS, listening, take
from tests.api.test_webhooks import add, make_due, push, receiver


async def metric(api: Api, name: str) -> float:
    lines = (await api.get("/metrics")).text.splitlines()
    [value] = [line.rpartition(" ")[2] for line in lines if line.startswith(f"{name} ")]
    return float(value)


async def test_what_webhooks_are_told_is_counted(api: Api, harbour: Publisher):
    assert await metric(api, 'copydesk_webhooks{state="active"}') == 0
    async with receiver() as desk:
        hook, _ = await add(api, desk.root)
        other, _ = await add(api, desk.root)
        await api.admin.post(f"/v1/webhooks/{other}:pause")
        harbour.pages["/feed"] = atom(*LAMPS[:3])
        await api.poll(harbour.url())
        assert await metric(api, "copydesk_push_backlog") == 3
        desk.status = 503
        await push(api)
        assert await metric(api, "copydesk_push_backlog") == 0
        desk.status = 204
        await make_due(api, hook)
        await push(api)
    assert await metric(api, 'copydesk_deliveries_total{outcome="failed"}') == 1
    assert await metric(api, 'copydesk_deliveries_total{outcome="taken"}') == 3
    states = {"active": 1, "paused": 1, "disabled": 0}
    for state, count in states.items():
        assert await metric(api, f'copydesk_webhooks{{state="{state}"}}') == count


async def test_who_listens_is_counted_and_how_often_the_log_is_read(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(LAMPS[0])
    feed = await api.poll(harbour.url())
    async with served(api) as root, listening(root) as one, listening(root) as other:
        async with asyncio.timeout(20):
            while await metric(api, "copydesk_listeners") < 2:  # noqa: ASYNC110 - others' state
                await asyncio.sleep(0.01)
        before = await metric(api, "copydesk_log_readings_total")
        harbour.pages["/feed"] = atom(*LAMPS[:2])
        await api.refresh(feed)
        for events in (one, other):
            await take(events, 1)
        assert await metric(api, "copydesk_log_readings_total") == before + 1
