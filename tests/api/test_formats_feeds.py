"""A search is a feed that a reader can subscribe to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from lxml import etree

from app.api import story_pages
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.api.stocked import TITLES, stock

XML = [".atom", ".rss"]
A = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    return await stock(api, harbour)


async def read(api: Api, suffix: str, **params: Any) -> Any:
    answer = await api.get(f"/v1/stories{suffix}", **params)
    assert answer.status_code == 200, answer.text
    found = feedparser.parse(answer.content, response_headers=dict(answer.headers))
    assert not found.bozo, found.get("bozo_exception")
    return found


async def root(api: Api, suffix: str, **params: Any) -> Any:
    answer = await api.get(f"/v1/stories{suffix}", **params)
    assert answer.status_code == 200, answer.text
    return etree.fromstring(answer.content)


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


async def test_atom_has_what_rfc_4287_asks_for(stocked: Api):
    feed = await root(stocked, ".atom")
    for element in (feed, *feed.findall(f"{A}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(A + name)) == 1
            assert element.findtext(A + name)
        assert datetime.fromisoformat(element.findtext(A + "updated")).utcoffset() is not None
    for entry in feed.findall(f"{A}entry"):
        assert [name.text for name in entry.iterfind(f"{A}author/{A}name")]
        assert entry.find(f"{A}link[@rel='alternate']") is not None
    rels = [(link.get("rel"), link.get("href")) for link in feed.findall(f"{A}link")]
    assert ("self", "http://copydesk.test/v1/stories.atom") in rels
    assert len(rels) == len(set(rels))
    # RFC 4287 §4.1.1: no two alternates of one type and language.
    assert [rel for rel, _ in rels].count("alternate") == 1


async def test_atom_says_all_of_a_story(stocked: Api):
    found = await read(stocked, ".atom")
    assert found.version == "atom10"
    assert [entry.title_detail.value for entry in found.entries] == TITLES
    assert found.feed.updated == "2026-11-09T06:00:00Z"
    story = (await stocked.data("/v1/stories", q="ferry"))[0]
    ferry = found.entries[2]
    assert ferry.id == f"urn:copydesk:story:{story['id']}"
    assert ferry.link == story["url"] == "https://harbour.example/ferry?a=1&b=2"
    assert ferry.published == "2026-11-03T06:00:00Z"
    assert ferry.updated == "2026-11-04T07:00:00Z"
    assert [author.name for author in ferry.authors] == ["Ada Quay", "Bo Pier"]
    assert ferry.summary == "The ferry is back."
    assert [(e.href, e.type, e.get("length")) for e in ferry.enclosures] == [
        ("https://harbour.example/ferry.mp3", "audio/mpeg", "2048"),
        ("https://harbour.example/ferry.jpg", "image/jpeg", None),
    ]
    assert ferry.source.title == "Harbour News"
    assert "content" not in ferry
    assert [(t.term, t.label) for t in ferry.tags] == [(t["tag"], t["name"]) for t in story["tags"]]
    assert "category:world-news" in [t.term for t in ferry.tags]
    assert found.entries[1].authors[0].name == "Harbour News"
    langs = [
        entry.get("{http://www.w3.org/XML/1998/namespace}lang")
        for entry in (await root(stocked, ".atom")).findall(f"{A}entry")
    ]
    assert langs == ["ja", "en", "en"]


@pytest.mark.parametrize("suffix", XML)
async def test_the_whole_text_on_request(stocked: Api, suffix: str):
    found = await read(stocked, suffix, include="body", q="ferry")
    full = (await stocked.data("/v1/stories", include="body", q="ferry"))[0]
    content = [part for part in found.entries[0].content if part.type == "text/html"]
    assert re.sub(r"\s+", " ", content[0].value) == re.sub(r"\s+", " ", full["html"])
    assert "umbrellas" in content[0].value


@pytest.mark.parametrize("suffix", XML)
async def test_every_page_is_reached_once_and_belongs_to_one_feed(
    api: Api, harbour: Publisher, suffix: str
):
    items = [Item(title=f"Ferry {n}", day=n) for n in range(1, 8)]
    harbour.pages["/feed"] = atom(*items, Item(title="Bridge", day=9))
    await api.poll(harbour.url())
    link: str | None = f"/v1/stories{suffix}?q=ferry&limit=3"
    titles, ids, pages = [], set(), 0
    while link is not None:
        answer = await api.reader.get(link)
        found = feedparser.parse(answer.content)
        assert not found.bozo
        titles += [entry.title for entry in found.entries]
        ids.add(found.feed.get("id"))
        pages += 1
        rels = {one.rel: path_of(one.href) for one in found.feed.links}
        assert rels["self"] == link
        assert "previous" not in rels
        if suffix == ".atom":
            assert rels["first"] == f"/v1/stories{suffix}?q=ferry&limit=3"
        link = rels.get("next")
        named = answer.links.get("next", {}).get("url")
        assert named == link
    assert titles == [f"Ferry {n}" for n in range(7, 0, -1)]
    assert pages == 3
    assert len(ids) == 1


async def test_the_feed_is_the_search_however_it_is_written(stocked: Api):
    ids = [
        (await read(stocked, ".atom", **asked)).feed.id
        for asked in (
            {"q": "ferry", "lang": "en"},
            {"q": "  ferry ", "lang": "en-GB", "limit": 1, "include": "body"},
            {"q": "bridge", "lang": "en"},
        )
    ]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("urn:copydesk:search:")


@pytest.mark.parametrize("suffix", XML)
async def test_a_search_that_finds_nothing_is_an_empty_feed(stocked: Api, suffix: str):
    found = await read(stocked, suffix, q="zeppelin")
    assert found.entries == []
    assert "zeppelin" in found.feed.title


@pytest.mark.parametrize("suffix", XML)
async def test_a_title_with_control_characters_is_still_a_feed(
    stocked: Api, suffix: str, monkeypatch: pytest.MonkeyPatch
):
    def odd(row: Any) -> dict[str, Any]:
        return {**shape(row), "title": "a\x0b\ufffeb", "url": "https://x.example/\x01"}

    shape = story_pages.story_shape
    monkeypatch.setattr(story_pages, "story_shape", odd)
    found = await read(stocked, suffix)
    assert [entry.title for entry in found.entries] == ["ab"] * 3


async def test_links_lead_to_the_host_that_was_asked(stocked: Api):
    for host, origin in (
        ("news.example:8443", "http://news.example:8443"),
        ("[::1]:80", "http://[::1]:80"),
        ("a.example/evil?", "http://copydesk.test"),
        ("\"'><x", "http://copydesk.test"),
    ):
        answer = await stocked.reader.get("/v1/stories.atom", headers={"Host": host})
        link = etree.fromstring(answer.content).find(f"{A}link[@rel='self']").get("href")
        assert link == f"{origin}/v1/stories.atom", host


async def test_rss_says_all_of_a_story(stocked: Api):
    found = await read(stocked, ".rss")
    assert found.version == "rss20"
    assert [entry.title_detail.value for entry in found.entries] == TITLES
    for name in ("title", "link", "description"):
        assert found.feed[name]
    story = (await stocked.data("/v1/stories", q="ferry"))[0]
    ferry = found.entries[2]
    assert ferry.id == f"urn:copydesk:story:{story['id']}"
    assert not ferry.guidislink
    assert ferry.link == "https://harbour.example/ferry?a=1&b=2"
    assert ferry.published == "Tue, 03 Nov 2026 06:00:00 GMT"
    assert [author.name for author in ferry.authors] == ["Ada Quay", "Bo Pier"]
    assert [(t.scheme, t.term) for t in ferry.tags][-1][1] in {t["tag"] for t in story["tags"]}
    assert {t.term for t in ferry.tags} == {t["tag"] for t in story["tags"]}
    assert ferry.summary == "The ferry is back."
    assert [(e.href, e.type, e.length) for e in ferry.enclosures] == [
        ("https://harbour.example/ferry.mp3", "audio/mpeg", "2048")
    ]
    assert ferry.source.title == "Harbour News"
    source = ferry.source.href.removeprefix("http://copydesk.test")
    listed = feedparser.parse((await stocked.reader.get(source)).content)
    assert [entry.id for entry in listed.entries] == [entry.id for entry in found.entries]


async def test_json_feed_has_what_version_1_1_asks_for(stocked: Api):
    answer = await stocked.get("/v1/stories.feed.json", limit=2)
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert "Copydesk" in feed["title"]
    assert feed["feed_url"] == "http://copydesk.test/v1/stories.feed.json?limit=2"
    following = (await stocked.reader.get(feed["next_url"])).json()
    assert "next_url" not in following
    quay, plain, ferry = [*feed["items"], *following["items"]]
    assert [item["title"] for item in (quay, plain, ferry)] == TITLES
    story = (await stocked.data("/v1/stories", q="ferry"))[0]
    assert ferry["id"] == f"urn:copydesk:story:{story['id']}"
    assert ferry["url"] == "https://harbour.example/ferry?a=1&b=2"
    assert ferry["date_published"] == "2026-11-03T06:00:00Z"
    assert ferry["date_modified"] == "2026-11-04T07:00:00Z"
    assert ferry["authors"] == [{"name": "Ada Quay"}, {"name": "Bo Pier"}]
    assert ferry["content_text"] == ferry["summary"] == "The ferry is back."
    assert ferry["tags"] == [tag["name"] for tag in story["tags"]]
    assert ferry["language"] == "en"
    assert ferry["attachments"] == [
        {
            "url": "https://harbour.example/ferry.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 2048,
        },
        {"url": "https://harbour.example/ferry.jpg", "mime_type": "image/jpeg"},
    ]
    assert ferry["_copydesk"]["tags"] == story["tags"]
    assert ferry["_copydesk"]["agency"] == story["agency"]
    assert ferry["_copydesk"]["dateline"] == story["dateline"]
    for item in (quay, plain):
        assert item["content_text"]
        assert item["authors"] == [{"name": "Harbour News"}]
        assert None not in item.values()


async def test_json_feed_with_the_whole_text(stocked: Api):
    answer = await stocked.get("/v1/stories.feed.json", include="body", q="ferry")
    full = (await stocked.data("/v1/stories", include="body", q="ferry"))[0]
    item = answer.json()["items"][0]
    assert item["content_html"] == full["html"]
    assert item["content_text"] == full["text"]
