"""How hosts stand: who is being asked, who waits, who has refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.api.schemas_hosts import HostList
from app.core.refusal import Answer
from app.store.hosts import learn_addresses, take_host
from app.store.refusals import note_answers
from tests.api.conftest import Api
from tests.databases import on_both

HOSTS = "/v1/admin/hosts"


async def listed(api: Api, **params: Any) -> HostList:
    answer = await api.admin.get(HOSTS, params=params)
    assert answer.status_code == 200, answer.text
    return HostList.model_validate_json(answer.content)


async def names(api: Api, **params: Any) -> list[str]:
    return [host.host for host in (await listed(api, **params)).data]


async def some_hosts(api: Api) -> None:
    """Of three hosts the first two share a domain, the last two an address; one refuses."""
    for url in ("a.example.org/1", "a.example.org/2", "b.example.org/", "c_d.example.net/"):
        await api.add_feed(f"https://{url}")
    async with api.service.database.write() as session:
        at = (("b.example.org", "203.0.113.7"), ("c_d.example.net", "203.0.113.7"))
        await learn_addresses(session, at)
        said = Answer(host="a.example.org", status=429, quota_s=600)
        await note_answers(session, [said], by=1)
        await session.execute(text("UPDATE hosts SET free_at = 0"))


@on_both
async def test_every_host_is_listed_with_its_slots_and_its_feeds(api: Api):
    await some_hosts(api)
    a, b, c = (await listed(api)).data
    assert (a.host, a.domain, a.address, a.feeds) == ("a.example.org", "example.org", None, 2)
    assert (b.host, b.domain, b.address, b.feeds) == (
        "b.example.org",
        "example.org",
        "203.0.113.7",
        1,
    )
    assert (c.host, c.domain, c.address, c.feeds) == (
        "c_d.example.net",
        "example.net",
        "203.0.113.7",
        1,
    )
    assert (a.backs_off, a.refusals, b.backs_off) == (True, 1, False)
    assert a.reason is not None
    assert "backs off until" in a.reason
    assert a.free_at > b.free_at, "not before the end of its back-off"


@on_both
async def test_hosts_are_found_by_name_and_by_how_they_stand(api: Api):
    await some_hosts(api)
    assert await names(api, q="EXAMPLE.org") == ["a.example.org", "b.example.org"]
    assert await names(api, q="c_d") == ["c_d.example.net"]
    assert await names(api, q="%") == []
    assert await names(api, backs_off=True) == ["a.example.org"]
    assert await names(api, backs_off=False) == ["b.example.org", "c_d.example.net"]
    assert await names(api, busy=True) == []
    async with api.service.database.write() as session:
        assert await take_host(session, "b.example.org", "somebody", 60)
    assert await names(api, busy=True) == ["a.example.org", "b.example.org", "c_d.example.net"]
    assert await names(api, busy=False) == []


async def test_a_list_of_hosts_goes_on_where_it_ended(api: Api):
    await some_hosts(api)
    first = await listed(api, limit=2)
    assert first.page.has_more
    rest = await listed(api, limit=2, cursor=first.page.next_cursor)
    assert [host.host for host in rest.data] == ["c_d.example.net"]
    assert not rest.page.has_more
    answer = await api.admin.get(HOSTS, params={"q": "b", "cursor": first.page.next_cursor})
    assert answer.status_code == 400


async def test_a_feed_says_whether_it_is_asked_with_credentials_and_not_which(
    api: Api, monkeypatch: Any
):
    feed_id = await api.add_feed("https://wire.example/")
    path = f"/v1/admin/feeds/{feed_id}"
    assert (await api.admin.get(path)).json()["data"]["has_credentials"] is False
    asked = {"kind": "bearer", "variable": "COPYDESK_FEED_WIRE"}
    monkeypatch.setenv("COPYDESK_FEED_WIRE", "tide-table-9911")
    assert (await api.admin.put(f"{path}/credentials", json=asked)).status_code == 200
    shown = await api.admin.get(path)
    assert shown.json()["data"]["has_credentials"] is True
    assert "COPYDESK_FEED_WIRE" not in shown.text
    assert "tide-table" not in shown.text
