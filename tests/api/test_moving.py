"""A feed that is elsewhere now: what its old address says of it, and how it is moved."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from app.store.models import feed_moves, feeds, hosts
from tests.api.conftest import Api, running
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both
from tests.ingest import servers

FEEDS = "/v1/admin/feeds"
LINK = '<link rel="alternate" type="application/atom+xml" title="{}" href="{}">'
KEY = "a-key-of-these-tests-and-no-other"
ITEMS = (Item(title="Ferry back in service"), Item(title="Tide tables", day=2))


def page(*links: tuple[str, str]) -> bytes:
    named = "".join(LINK.format(*link) for link in links)
    body = f"<!DOCTYPE html><html><head><title>Harbour</title>{named}</head></html>"
    return servers.answer(200, body.encode(), (("Content-Type", "text/html"),))


async def patch(api: Api, feed_id: str, **asked: Any) -> Any:
    read = await api.admin.get(f"{FEEDS}/{feed_id}")
    return await api.admin.patch(
        f"{FEEDS}/{feed_id}", json=asked, headers={"If-Match": read.headers["ETag"]}
    )


async def feed_of(api: Api, feed_id: str) -> Any:
    return (await api.admin.get(f"{FEEDS}/{feed_id}")).json()["data"]


@pytest.fixture
async def sealed(migrated_url: str) -> AsyncIterator[Api]:
    async with running(migrated_url, read_auth="open", secret_key=KEY) as started:
        yield started


async def test_a_page_in_the_place_of_a_feed_names_the_new_address(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(*ITEMS)
    feed_id = await api.poll(harbour.url())
    harbour.pages["/feed"] = page(("Comments", "/comments/feed"), ("News", "/news.atom"))
    asked = len(harbour.asked)
    polled = await api.refresh(feed_id)
    assert polled["failure"] == "html_page"
    step = f"it names the feed {harbour.url('/news.atom')}: copydesk feeds move {feed_id} "
    assert step + harbour.url("/news.atom") in polled["detail"]
    assert len(harbour.asked) == asked + 1  # the page itself told it
    shown = await feed_of(api, feed_id)
    assert shown["alternates"] == [harbour.url("/news.atom")]
    assert shown["failure_detail"] == polled["detail"]
    harbour.pages["/feed"] = atom(*ITEMS, Item(title="Lighthouse open", day=3))
    await api.refresh(feed_id)
    assert (await feed_of(api, feed_id))["alternates"] == []


async def test_another_failure_keeps_what_the_page_has_named(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = page(("News", "/news.atom"))
    feed_id = await api.add_feed(harbour.url())
    await api.refresh(feed_id)
    harbour.pages["/feed"] = servers.answer(503)
    await api.refresh(feed_id)
    assert (await feed_of(api, feed_id))["alternates"] == [harbour.url("/news.atom")]
    harbour.pages["/feed"] = page()
    assert "look on the site for its feed" in (await api.refresh(feed_id))["detail"]
    assert (await feed_of(api, feed_id))["alternates"] == []


@pytest.mark.parametrize(
    ("status", "failure", "step"),
    [
        (410, "gone", "copydesk feeds move {} NEW, or copydesk feeds delete {}; its stories stay"),
        (404, "not_found", "copydesk feeds move {} NEW"),
    ],
)
async def test_what_is_gone_says_what_to_do(
    api: Api, harbour: Publisher, status: int, failure: str, step: str
):
    harbour.pages["/feed"] = servers.answer(status, b"gone")
    feed_id = await api.add_feed(harbour.url())
    polled = await api.refresh(feed_id)
    assert polled["failure"] == failure
    assert polled["detail"].endswith(step.format(feed_id, feed_id))
    shown = await feed_of(api, feed_id)
    assert shown["failure_detail"] == polled["detail"]
    assert shown["health"] == ("gone" if status == 410 else "failing")


@on_both
async def test_a_feed_that_is_moved_keeps_its_stories_and_has_no_doubles(
    api: Api, harbour: Publisher
):
    harbour.pages |= {"/feed": atom(*ITEMS), "/new": atom(*ITEMS, Item(title="New", day=3))}
    feed_id = await api.poll(harbour.url())
    before = {story["title"]: story["id"] for story in await api.data("/v1/stories")}
    moved = await patch(api, feed_id, url=harbour.url("/new"), title="Harbour")
    assert moved.status_code == 200, moved.text
    shown = moved.json()["data"]
    assert (shown["url"], shown["title"]) == (harbour.url("/new"), "Harbour")
    assert shown["next_poll_reasons"] == ["its address was changed, due at once"]
    assert (await api.refresh(feed_id))["new"] == 1
    after = {story["title"]: story["id"] for story in await api.data("/v1/stories")}
    assert after == before | {"New": after["New"]}
    async with api.service.database.read() as session:
        (row,) = (await session.execute(select(feed_moves))).all()
    assert (row.from_url, row.to_url) == (harbour.url(), harbour.url("/new"))
    assert row.why == "moved by an operator"


@on_both
async def test_what_was_learned_of_the_old_address_is_not_sent_to_the_new(
    api: Api, harbour: Publisher
):
    marked = (("ETag", '"7"'),)
    harbour.pages["/feed"] = servers.answer(200, atom(*ITEMS).encode(), marked)
    feed_id = await api.poll(harbour.url())
    heads: list[servers.Request] = []

    def script(request: servers.Request) -> bytes:
        heads.append(request)
        return servers.answer(200, atom(*ITEMS).encode())

    async with servers.serve(script, host="127.0.0.2") as elsewhere:
        assert (await patch(api, feed_id, url=elsewhere.url())).status_code == 200
        await api.refresh(feed_id)
    assert [head.header("If-None-Match") for head in heads] == [None, None]
    async with api.service.database.read() as session:
        assert (await session.execute(select(feeds.c.host))).scalar_one() == "127.0.0.2"
        known = set((await session.execute(select(hosts.c.host))).scalars())
        assert {"127.0.0.1", "127.0.0.2"} <= known


async def test_a_new_address_without_a_feed_is_refused_unless_it_is_not_tried(
    api: Api, harbour: Publisher
):
    harbour.pages |= {"/feed": atom(*ITEMS), "/site": page(("News", "/news.atom"))}
    feed_id = await api.poll(harbour.url())
    refused = await patch(api, feed_id, url=harbour.url("/none"))
    assert (refused.status_code, refused.json()["code"]) == (422, "feed_unreachable")
    refused = await patch(api, feed_id, url=harbour.url("/site"))
    assert (refused.status_code, refused.json()["code"]) == (422, "is_a_page")
    assert refused.json()["errors"][0]["detail"].endswith(harbour.url("/news.atom"))
    assert (await feed_of(api, feed_id))["url"] == harbour.url()
    moved = await patch(api, feed_id, url=harbour.url("/none"), probe=False)
    assert moved.json()["data"]["url"] == harbour.url("/none")


async def test_no_two_feeds_have_one_address(api: Api, harbour: Publisher):
    first, second = [await api.add_feed(harbour.url(path)) for path in ("/a", "/b")]
    refused = await patch(api, second, url=harbour.url("/a"), probe=False)
    assert refused.status_code == 409
    assert f"feed {first}" in refused.json()["detail"]
    assert harbour.asked == []
    same = await patch(api, second, url=harbour.url("/b"))
    assert same.status_code == 200  # it is there already: nothing to try, nothing to move
    assert harbour.asked == []


@on_both
async def test_a_poll_under_way_writes_nothing_once_the_feed_is_moved(api: Api, harbour: Publisher):
    feed_id = await api.add_feed(harbour.url())

    async def moving(request: servers.Request) -> AsyncIterator[object]:
        moved = await patch(api, feed_id, url=harbour.url("/new"), probe=False)
        assert moved.status_code == 200
        yield servers.answer(200, atom(*ITEMS).encode())

    async with servers.serve(moving, host="127.0.0.2") as old:
        await patch(api, feed_id, url=old.url(), probe=False)
        late = await api.admin.post(f"{FEEDS}/{feed_id}:refresh?wait=true")
    assert late.status_code == 503
    assert await api.titles() == []
    async with api.service.database.read() as session:
        held = select(hosts.c.host).where(hosts.c.holder.is_not(None))
        assert (await session.execute(held)).all() == []


@pytest.mark.parametrize(
    "url", ["news.example", "ftp://news.example/", "", "https://a.example/" + "x" * 2000]
)
async def test_an_address_that_is_none_is_refused(api: Api, url: str):
    feed_id = await api.add_feed("https://harbour.example/feed")
    refused = await patch(api, feed_id, url=url)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/url"


# --- credentials in an address --------------------------------------------------------------------


def guarded(request: servers.Request) -> bytes:
    if request.header("Authorization") == b"Basic aGFyYm91cjp0aWRlIDc3MzE=":  # harbour:tide 7731
        return servers.answer(200, atom(*ITEMS).encode())
    return servers.answer(401, b"who is there?")


def with_password(url: str) -> str:
    return url.replace("://", "://harbour:tide%207731@")


async def test_credentials_in_an_address_are_kept_apart_from_it(sealed: Api):
    async with servers.serve(guarded) as server:
        added = await sealed.admin.post(FEEDS, json={"url": with_password(server.url())})
        assert added.status_code == 201, added.text
        feed = added.json()["data"]
        assert feed["url"] == server.url()
        assert "7731" not in added.text
        assert (await sealed.refresh(feed["id"]))["outcome"] == "new"
        shown = await sealed.admin.get(f"{FEEDS}/{feed['id']}/credentials")
        assert shown.json()["data"]["username"] == "harbour"
        again = await sealed.admin.post(FEEDS, json={"url": with_password(server.url())})
        assert again.status_code == 409
    async with sealed.service.database.read() as session:
        assert "7731" not in str((await session.execute(select(feeds))).all())


async def test_a_feed_is_moved_with_new_credentials(sealed: Api):
    async with servers.serve(guarded) as server:
        feed_id = await sealed.add_feed("https://harbour.example/feed")
        refused = await patch(sealed, feed_id, url=server.url())
        assert refused.status_code == 422
        moved = await patch(sealed, feed_id, url=with_password(server.url()))
        assert moved.status_code == 200, moved.text
        assert (await sealed.refresh(feed_id))["outcome"] == "new"
        other = await patch(sealed, feed_id, url=server.url("/other"))
        assert other.status_code == 200  # tried with what it has for this server


async def test_an_import_keeps_them_apart_too(sealed: Api):
    async with servers.serve(guarded) as server:
        outlines = "".join(
            f'<outline type="rss" xmlUrl="{url}"/>'
            for url in (with_password(server.url()), "https://harbour.example/feed")
        )
        body = f"<opml version='2.0'><body>{outlines}</body></opml>"
        answer = await sealed.admin.post(f"{FEEDS}:import", content=body.encode())
        assert answer.json()["meta"]["added"] == 2, answer.text
        assert "7731" not in answer.text
        feed_id = answer.json()["data"][0]["feed_id"]
        assert (await sealed.refresh(feed_id))["outcome"] == "new"
        assert "7731" not in (await sealed.admin.get(f"{FEEDS}.opml")).text


async def test_without_a_key_they_are_refused_with_the_next_step(api: Api, harbour: Publisher):
    url = with_password(harbour.url())
    refused = await api.admin.post(FEEDS, json={"url": url, "probe": False})
    assert refused.status_code == 400
    assert "COPYDESK_SECRET_KEY" in refused.json()["detail"]
    body = f"<opml><body><outline xmlUrl='{url}'/></body></opml>"
    answer = await api.admin.post(f"{FEEDS}:import", content=body.encode())
    (line,) = answer.json()["data"]
    assert (line["status"], line["url"]) == ("refused", harbour.url())
    assert "COPYDESK_SECRET_KEY" in line["detail"]
    for text in (refused.text, answer.text):
        assert "7731" not in text


async def test_setting_credentials_takes_those_out_of_an_address_on_record(sealed: Api):
    async with servers.serve(guarded) as server:
        feed_id = await sealed.add_feed(server.url())
        async with sealed.service.database.write() as session:
            await session.execute(feeds.update().values(url=with_password(server.url())))
        asked = {"kind": "basic", "username": "harbour", "secret": "tide 7731", "over_http": True}
        given = await sealed.admin.put(f"{FEEDS}/{feed_id}/credentials", json=asked)
        assert given.status_code == 200, given.text
        async with sealed.service.database.read() as session:
            assert (await session.execute(select(feeds.c.url))).scalar_one() == server.url()
        assert (await sealed.refresh(feed_id))["outcome"] == "new"


# --- discovery ------------------------------------------------------------------------------------


async def test_the_feeds_of_a_site_are_listed_and_none_is_added(api: Api, harbour: Publisher):
    harbour.pages |= {
        "/": page(("All", "/all.atom"), ("Sport", "/sport.atom"), ("Comments", "/comments/feed")),
        "/all.atom": atom(*ITEMS),
        "/sport.atom": atom(Item(title="Regatta")),
        "/comments/feed": atom(Item(title="First!"), title="Comments"),
    }
    answer = await api.admin.post(f"{FEEDS}:discover", json={"url": harbour.url("/")})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [feed["url"].rpartition("/")[2] for feed in found["data"]] == [
        "all.atom", "sport.atom", "feed",
    ]  # fmt: skip
    first = found["data"][0]
    assert (first["entries"], first["found_by"], first["comments"]) == (2, "link", False)
    assert first["newest_at"] == "2026-11-02T06:00:00Z"
    assert found["meta"]["main"] is None
    assert found["meta"]["complete"] is True
    assert (await api.admin.get(FEEDS)).json()["data"] == []


async def test_where_there_is_one_feed_it_is_the_main_one(api: Api, harbour: Publisher):
    harbour.pages |= {"/": page(("All", "/all.atom")), "/all.atom": atom(*ITEMS)}
    answer = await api.admin.post(f"{FEEDS}:discover", json={"url": harbour.url("/")})
    assert answer.json()["meta"]["main"] == harbour.url("/all.atom")
    gone = await api.admin.post(f"{FEEDS}:discover", json={"url": harbour.url("/none")})
    assert (gone.status_code, gone.json()["code"]) == (422, "feed_unreachable")
    refused = await api.admin.post(f"{FEEDS}:discover", json={"url": "ftp://harbour.example"})
    assert refused.status_code == 400
    assert (await api.reader.post(f"{FEEDS}:discover", json={})).status_code == 401


async def test_adding_a_page_names_its_feeds_and_the_next_step(api: Api, harbour: Publisher):
    harbour.pages["/"] = page(("All", "/all.atom"), ("Sport", "/sport.atom"))
    refused = await api.admin.post(FEEDS, json={"url": harbour.url("/")})
    assert (refused.status_code, refused.json()["code"]) == (422, "is_a_page")
    assert "/v1/admin/feeds:discover" in refused.json()["detail"]
    assert [fault["detail"].rpartition(" ")[2] for fault in refused.json()["errors"]] == [
        harbour.url("/all.atom"),
        harbour.url("/sport.atom"),
    ]
