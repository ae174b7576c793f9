"""Feeds for operators: add, look, change, pause, poll now, delete; the ledger; status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from sqlalchemy import update

from app.api.schemas_admin import (
    AddedFeed,
    FetchAnswer,
    FetchList,
)
from app.api.schemas_feed_list import FeedList
from app.api.schemas_hosts import FeedAnswer
from app.api.schemas_status import StatusAnswer
from app.store.feeds import Health
from app.store.models import feeds
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both
from tests.ingest.servers import answer as scripted
from tests.ingest.servers import serve

FEEDS = "/v1/admin/feeds"
PAGE = "<!doctype html><html><head><title>Harbour</title></head><body>Welcome</body></html>"


async def test_a_new_feed_is_tried_and_what_was_found_is_told(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(*(Item(title=f"Lamp {n} <lit> & warm") for n in range(5)))
    made = await api.admin.post(FEEDS, json={"url": f" {harbour.url()}#top "})
    assert made.status_code == 201, made.text
    added = AddedFeed.model_validate_json(made.content)
    assert made.headers["location"] == f"{FEEDS}/{added.data.id}"
    assert added.data.url == harbour.url()
    assert added.data.title == "Harbour News"
    assert added.data.language == "en"
    assert added.data.health.value == "new"
    assert added.data.next_poll_reasons == ["added, due at once"]
    assert added.found is not None
    assert (added.found.format, added.found.entries) == ("atom10", 5)
    assert added.found.titles == [f"Lamp {n} <lit> & warm" for n in range(3)]
    got = (await api.admin.get(made.headers["location"])).json()["data"]
    assert got.pop("host")["host"] == "127.0.0.1"
    assert got.pop("has_credentials") is False
    assert got == made.json()["data"]


async def test_a_feed_that_is_there_is_not_added_nor_tried_again(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom()
    feed = await api.poll(harbour.url())
    asked = len(harbour.asked)
    for url in (harbour.url(), f"{harbour.url()}#again"):
        answer = await api.admin.post(FEEDS, json={"url": url})
        assert answer.status_code == 409
        assert f"feed {feed}" in answer.json()["detail"]
    assert len(harbour.asked) == asked


async def test_an_address_without_a_feed_is_refused_saying_why(api: Api, harbour: Publisher):
    harbour.pages |= {
        "/page": scripted(200, PAGE.encode(), (("Content-Type", "text/html"),)),
        "/broken": scripted(500, b"oops"),
        "/empty": scripted(200, b""),
    }
    expected = {
        harbour.url("/page"): "html_page",
        harbour.url("/broken"): "http_server",
        harbour.url("/empty"): "empty",
        harbour.url("/none"): "not_found",
        "http://127.0.0.1:1/": "blocked",
        "http://10.0.0.1/feed": "blocked",
    }
    for url, why in expected.items():
        answer = await api.admin.post(FEEDS, json={"url": url})
        assert answer.status_code == 422, (url, answer.text)
        code = "is_a_page" if why == "html_page" else "feed_unreachable"
        assert answer.json()["code"] == code
        assert f"({why})" in answer.json()["detail"]
    assert (await api.admin.get(FEEDS)).json()["data"] == []


async def test_the_password_in_an_address_on_record_is_used_and_not_told(
    api: Api, harbour: Publisher
):
    """As addresses were kept before feeds had credentials."""
    harbour.pages["/feed"] = atom()
    feed_id = await api.add_feed(harbour.url())
    async with api.service.database.write() as session:
        address = harbour.url().replace("://", "://reader:secret@")
        await session.execute(update(feeds).values(url=address))
    with structlog.testing.capture_logs() as logged:
        assert (await api.refresh(feed_id))["failure"] is None
    assert [e["url"] for e in logged if e["event"] == "feed_polled"] == [harbour.url()]
    assert "secret" not in repr(logged)
    for path in (FEEDS, f"{FEEDS}/{feed_id}", f"{FEEDS}.opml"):
        assert "secret" not in (await api.admin.get(path)).text


REFUSED: list[tuple[dict[str, object], str]] = [
    ({"url": "news.example"}, "/url"),
    ({"url": "ftp://news.example/"}, "/url"),
    ({"url": "file:///etc/passwd"}, "/url"),
    ({"url": "javascript:alert(1)"}, "/url"),
    ({"url": "http://"}, "/url"),
    ({"url": ""}, "/url"),
    ({}, "/url"),
    ({"site_url": "javascript:alert(1)"}, "/site_url"),
    ({"language": "klingon"}, "/language"),
    ({"language": ""}, "/language"),
    ({"country": "UK"}, "/country"),
    ({"country": "JPN"}, "/country"),
    ({"country": ""}, "/country"),
    ({"title": ""}, "/title"),
    ({"title": "a\0b"}, "/title"),
    ({"title": "x" * 501}, "/title"),
    ({"min_interval_s": 0}, "/min_interval_s"),
    ({"min_interval_s": 600, "max_interval_s": 300}, "/min_interval_s"),
    ({"max_interval_s": 10**12}, "/max_interval_s"),
    ({"state": "paused"}, "/state"),
    ({"source_id": 1}, "/source_id"),
    ({"id": "7"}, "/id"),
    ({"lease_owner": "me"}, "/lease_owner"),
    ({"etag": "x"}, "/etag"),
]


async def test_what_may_not_be_set_of_a_new_feed(api: Api):
    for given, pointer in REFUSED:
        body = {"url": "https://news.example/rss", "probe": False} | given if given else {}
        answer = await api.admin.post(FEEDS, json=body)
        assert answer.status_code == 400, given
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await api.admin.get(FEEDS)).json()["data"] == []


@on_both
async def test_feeds_are_listed_with_health_page_by_page(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"))
    good = await api.poll(harbour.url())
    failing = await api.add_feed(harbour.url("/gone"))
    assert (await api.refresh(failing))["failure"] == "not_found"
    paused = await api.add_feed("https://news.example/rss")
    await api.admin.post(f"{FEEDS}/{paused}:pause")
    new = await api.add_feed("https://other.example/rss")

    async def ids(**asked: object) -> list[str]:
        answer = await api.admin.get(FEEDS, params=asked)  # type: ignore[arg-type]
        return [feed.id for feed in FeedList.model_validate_json(answer.content).data]

    assert await ids() == [good, failing, paused, new]
    by_health = {health: await ids(health=health) for health in ("ok", "failing", "paused", "new")}
    assert by_health == {"ok": [good], "failing": [failing], "paused": [paused], "new": [new]}
    assert await ids(state="active") == [good, failing, new]
    assert await ids(state="active", health="paused") == []
    page = (await api.admin.get(FEEDS, params={"limit": 3})).json()
    assert page["page"]["has_more"]
    rest = (await api.admin.get(page["links"]["next"])).json()
    assert [feed["id"] for feed in rest["data"]] == [new]
    cursor = page["page"]["next_cursor"]
    for asked in ({"cursor": cursor, "state": "active"}, {"health": "sick"}, {"state": "x"}):
        assert (await api.admin.get(FEEDS, params=asked)).status_code == 400
    shown = FeedAnswer.model_validate_json((await api.admin.get(f"{FEEDS}/{failing}")).content).data
    assert (shown.failures, shown.failure) == (1, "not_found")
    assert shown.last_poll is not None
    assert shown.last_poll.status == 404
    assert shown.next_poll_at > shown.last_poll.at


@on_both
async def test_a_change_needs_the_version_it_was_made_on(api: Api):
    feed = f"{FEEDS}/{await api.add_feed('https://news.example/rss')}"

    async def patch(etag: str | None, **values: object) -> int:
        headers = {} if etag is None else {"If-Match": etag}
        answer = await api.admin.patch(feed, json=values, headers=headers)
        if answer.status_code == 200:
            FeedAnswer.model_validate_json(answer.content)
        return answer.status_code

    etag = (await api.admin.get(feed)).headers["etag"]
    without = await api.admin.patch(feed, json={"title": "Harbour"})
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    changed = await api.admin.patch(feed, json={"title": "Harbour"}, headers={"If-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["data"]["title"] == "Harbour"
    late = await api.admin.patch(feed, json={"title": "Inland"}, headers={"If-Match": etag})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert (await api.admin.get(feed)).json()["data"]["title"] == "Harbour"
    newer = changed.headers["etag"]
    assert (await api.admin.get(feed)).headers["etag"] == newer
    assert await patch(f'"x", {newer}', min_interval_s=600) == 200
    assert await patch("*", max_interval_s=7200) == 200
    assert await patch('"1"', title="x") == 412
    assert await patch("nonsense", title="x") == 412


@on_both
async def test_a_poll_does_not_get_in_the_way_of_a_change(api: Api, harbour: Publisher):
    """What polling writes is no change by an operator; and what operators set it leaves alone."""
    harbour.pages["/feed"] = atom(Item(title="One"), title="Harbour News", lang="en")
    feed = await api.poll(harbour.url())
    etag = (await api.admin.get(f"{FEEDS}/{feed}")).headers["etag"]
    await api.refresh(feed)
    given = {"title": "The Harbour", "language": "ja", "time_zone": "Asia/Tokyo"}
    changed = await api.admin.patch(f"{FEEDS}/{feed}", json=given, headers={"If-Match": etag})
    assert changed.status_code == 200, changed.text
    harbour.pages["/feed"] = atom(Item(title="Two"), title="Harbour News", lang="en")
    await api.refresh(feed)
    after = (await api.admin.get(f"{FEEDS}/{feed}")).json()["data"]
    assert {name: after[name] for name in given} == given


@on_both
async def test_a_change_while_a_poll_is_under_way_is_kept(api: Api):
    asked, go = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[object]:
        asked.set()
        await go.wait()
        yield scripted(200, atom(Item(title="One")).encode())

    async with serve(lambda _request: slowly()) as server:
        feed = await api.add_feed(server.url(), title="Old name", language="en")
        polled = asyncio.create_task(api.refresh(feed))
        await asked.wait()
        given = {"title": "New name", "language": "ja"}
        changed = await api.admin.patch(f"{FEEDS}/{feed}", json=given, headers={"If-Match": '"1"'})
        assert changed.status_code == 200
        go.set()
        assert (await polled)["new"] == 1
    after = (await api.admin.get(f"{FEEDS}/{feed}")).json()["data"]
    assert {name: after[name] for name in given} == given
    assert after["health"] == "ok"


async def test_null_clears_and_what_is_left_out_stays(api: Api):
    url = "https://news.example/rss"
    feed = (
        f"{FEEDS}/{await api.add_feed(url, title='Harbour', language='en-GB', min_interval_s=60)}"
    )
    before = (await api.admin.get(feed)).json()["data"]
    assert before["language"] == "en"
    values = {"language": None, "min_interval_s": None, "time_zone": "Asia/Tokyo"}
    answer = await api.admin.patch(feed, json=values, headers={"If-Match": "*"})
    assert answer.json()["data"] == before | values
    nothing = await api.admin.patch(feed, json={}, headers={"If-Match": "*"})
    assert nothing.json()["data"] == answer.json()["data"]


async def test_a_sources_country_is_its_domains_or_what_an_operator_says(api: Api):
    async def country(feed: str) -> str | None:
        return (await api.admin.get(f"{FEEDS}/{feed}")).json()["data"]["source"]["country"]

    by_domain = await api.add_feed("https://news.example.co.jp/rss")
    generic = await api.add_feed("https://news.example/rss")
    said = await api.add_feed("https://other.example/rss", country="se")
    assert [await country(feed) for feed in (by_domain, generic, said)] == ["JP", None, "SE"]
    again = await api.add_feed("https://news.example.co.jp/sport", country="KR")
    untouched = await api.add_feed("https://news.example.co.jp/culture")
    assert [await country(feed) for feed in (by_domain, again, untouched)] == ["KR", "KR", "KR"]

    async def patch(values: dict[str, object]) -> str | None:
        headers = {"If-Match": (await api.admin.get(f"{FEEDS}/{generic}")).headers["etag"]}
        changed = await api.admin.patch(f"{FEEDS}/{generic}", json=values, headers=headers)
        assert changed.status_code == 200, changed.text
        return changed.json()["data"]["source"]["country"]

    assert await patch({"country": "fr"}) == "FR"
    assert await patch({"title": "News"}) == "FR"
    assert await patch({"country": None}) is None


PATCHES: list[tuple[dict[str, object], str]] = [
    ({"language": "klingon"}, "/language"),
    ({"language": ""}, "/language"),
    ({"title": " "}, "/title"),
    ({"country": "XX"}, "/country"),
    ({"time_zone": "Tokyo"}, "/time_zone"),
    ({"time_zone": "../../etc/passwd"}, "/time_zone"),
    ({"min_interval_s": 90_000, "max_interval_s": 80_000}, "/min_interval_s"),
    ({"max_interval_s": 30}, "/min_interval_s"),
    ({"url": "ftp://other.example/"}, "/url"),
    ({"state": "active"}, "/state"),
    ({"source_id": 2}, "/source_id"),
    ({"version": 9}, "/version"),
    ({"failures": 0}, "/failures"),
    ({"next_poll_at": "2026-01-01T00:00:00Z"}, "/next_poll_at"),
]


async def test_what_may_not_be_set_of_a_feed(api: Api):
    feed = f"{FEEDS}/{await api.add_feed('https://news.example/rss', min_interval_s=60)}"
    before = (await api.admin.get(feed)).json()
    for values, pointer in PATCHES:
        answer = await api.admin.patch(feed, json=values, headers={"If-Match": "*"})
        assert answer.status_code == 400, values
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await api.admin.get(feed)).json() == before


async def test_pause_and_resume(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"))
    feed = f"{FEEDS}/{await api.poll(harbour.url())}"
    paused = (await api.admin.post(f"{feed}:pause")).json()["data"]
    assert (paused["state"], paused["health"]) == ("paused", "paused")
    assert paused["next_poll_reasons"] == ["paused by an operator"]
    refused = await api.admin.post(f"{feed}:refresh")
    assert refused.status_code == 409
    assert "resume it" in refused.json()["detail"]
    once = await api.admin.post(f"{feed}:refresh?wait=true")
    assert once.json()["data"]["outcome"] == "same_body"
    assert (await api.admin.get(feed)).json()["data"]["state"] == "paused"
    resumed = (await api.admin.post(f"{feed}:resume")).json()["data"]
    assert (resumed["state"], resumed["health"]) == ("active", "ok")


async def test_refresh_now_or_with_the_outcome(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"), Item(title="Two"))
    feed = f"{FEEDS}/{await api.add_feed(harbour.url())}"
    asked = await api.admin.post(f"{feed}:refresh")
    assert (asked.status_code, asked.json()) == (202, {"data": None})
    assert asked.headers["location"] == feed
    assert (await api.admin.get(feed)).json()["data"]["next_poll_reasons"] == ["asked for"]
    assert harbour.asked == []
    answer = await api.admin.post(f"{feed}:refresh?wait=true")
    row = FetchAnswer.model_validate_json(answer.content).data
    assert (row.outcome.value, row.entries, row.new, row.status) == ("new", 2, 2, 200)
    assert row.next_poll_reasons
    for method in ("refresh", "refresh?wait=true", "pause", "resume"):
        missing = await api.admin.post(f"{FEEDS}/999:{method}")
        assert missing.status_code == 404, method


async def test_a_deleted_feed_leaves_its_stories(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"))
    feed = await api.poll(harbour.url())
    assert (await api.admin.delete(f"{FEEDS}/{feed}")).status_code == 204
    for path in (f"{FEEDS}/{feed}", f"{FEEDS}/{feed}/fetches"):
        assert (await api.admin.get(path)).status_code == 404
    assert (await api.admin.delete(f"{FEEDS}/{feed}")).status_code == 404
    [story] = await api.data("/v1/stories", include="body")
    assert story["copies"] == []
    assert (await api.data("/v1/changes"))[0]["story"]["title"] == "One"
    again = await api.add_feed(harbour.url())
    assert again != feed
    assert (await api.refresh(again))["new"] == 0
    assert len(await api.titles()) == 1


@on_both
async def test_the_ledger_page_by_page(api: Api, harbour: Publisher):
    harbour.pages |= {"/a": atom(Item(title="One")), "/b": atom(Item(title="Two"))}
    one, two = [await api.poll(harbour.url(path)) for path in ("/a", "/b")]
    for _ in range(3):
        await api.refresh(one)

    async def walk(path: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        while path:
            listed = FetchList.model_validate_json((await api.admin.get(path)).content)
            found += [(row.feed_id, row.outcome.value) for row in listed.data]
            path = listed.links.next or ""
        return found

    same = [(one, "same_body")] * 3
    assert await walk(f"{FEEDS}/{one}/fetches?limit=2") == [*same, (one, "new")]
    assert await walk("/v1/admin/fetches?limit=2") == [*same, (two, "new"), (one, "new")]
    other = (await api.admin.get(f"{FEEDS}/{one}/fetches?limit=1")).json()["page"]["next_cursor"]
    crossed = await api.admin.get(f"{FEEDS}/{two}/fetches", params={"cursor": other})
    assert crossed.status_code == 400


async def test_status_counts_what_happened(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"), Item(title="Two"))
    await api.poll(harbour.url())
    await api.refresh(await api.add_feed(harbour.url("/none")))
    paused = await api.add_feed("https://news.example/rss")
    await api.admin.post(f"{FEEDS}/{paused}:pause")
    await api.add_feed("https://other.example/rss")
    answer = await api.admin.get("/v1/admin/status")
    status = StatusAnswer.model_validate_json(answer.content).data
    assert status.feeds == dict.fromkeys(map(str, Health), 0) | {
        "new": 1,
        "ok": 1,
        "failing": 1,
        "paused": 1,
    }
    assert (status.due, status.leased, status.stories, status.last_seq) == (1, 0, 2, 3)
    assert status.last_hour.polls == {"new": 1, "failed": 1}
    assert status.last_hour.failures == {"not_found": 1}
    assert status.last_hour.new_stories == 2
    assert status.database.engine == api.service.database.dialect
    assert status.database.bytes is not None
    assert status.database.bytes > 10_000
    assert status.database.schema_revision


async def test_a_feed_that_says_much_of_itself_is_polled(api: Api, harbour: Publisher):
    """A publisher chooses these words: none may be too much for a column."""
    harbour.pages["/feed"] = atom(
        Item(title="One", categories=("c" * 3000,)), title="T" * 5000, lang="en-" + "x" * 3000
    )
    feed = await api.poll(harbour.url())
    assert len(await api.titles()) == 1
    probed = await api.admin.post(FEEDS, json={"url": harbour.url("/feed?again")})
    assert probed.status_code == 422  # nothing there
    harbour.pages["/again"] = harbour.pages["/feed"]
    probed = await api.admin.post(FEEDS, json={"url": harbour.url("/again")})
    assert probed.status_code == 201
    assert probed.json()["data"]["language"] == "en"
    assert feed


async def test_a_host_that_refuses_two_feeds_is_told_of_all_of_them(api: Api):
    refused = scripted(429, b"", (("Retry-After", "7200"),))
    async with serve(refused) as server:
        feeds = [await api.add_feed(server.url(f"/{n}")) for n in range(3)]
        for feed in feeds[:2]:
            await api.refresh(feed)
        shown = FeedAnswer.model_validate_json((await api.admin.get(f"{FEEDS}/{feeds[2]}")).content)
        asked = len(server.requests)
        await api.service.poller.run_once()
        assert len(server.requests) == asked, "the third one is due, and waits"
    host = shown.data.host
    assert host is not None
    assert (host.host, host.domain, host.address) == ("127.0.0.1", None, "127.0.0.1")
    assert (host.backs_off, host.busy, host.refusals) == (True, False, 1)
    assert "two feeds were refused (429)" in (host.reason or "")
    assert f"{host.free_at:%H:%M}" in (host.reason or "")
    ledger = (await api.admin.get(f"{FEEDS}/{feeds[1]}/fetches")).json()["data"]
    assert ledger[0]["notes"] == [host.reason]


@pytest.mark.parametrize("number", ["0", "x", "9" * 25])
async def test_what_is_no_id(api: Api, number: str):
    assert (await api.admin.get(f"{FEEDS}/{number}")).status_code == 400


async def test_the_operators_word_on_the_language_wins(api: Api, harbour: Publisher):
    """Characters alone are Chinese or Japanese; the document claims English."""
    harbour.pages["/feed"] = (
        "<rss version='2.0'><channel><title>Harbour</title><language>en</language>"
        "<item><guid>1</guid><title>東京港閉鎖</title></item></channel></rss>"
    )
    await api.poll(harbour.url(), language="ja")
    [story] = await api.data("/v1/stories")
    assert story["language"] == "ja"
