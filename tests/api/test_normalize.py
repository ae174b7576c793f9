"""What would become of a feed: shown, with the rules that decided, and not kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app import process
from app.api.normalize import MAX_DOCUMENT_BYTES
from app.api.schemas_normalize import NormalizeAnswer, NormalizedFeed
from app.core.types import Failure
from app.ingest.offload import Offload, OffloadFailed
from tests.api.conftest import ADMIN, Api, running
from tests.api.publisher import Item, Publisher, atom

PATH = "/v1/admin/normalize"
RSS = """<?xml version="1.0" encoding="windows-1252"?>
<rss version="2.0"><channel><title>Harbour News</title><link>https://harbour.example/</link>
<item><guid>tag:1</guid><link>/2026/ferry?utm_source=rss</link>
<title>Ferry sails again - Harbour News</title><category>World News</category>
<description>&lt;p&gt;HAKODATE, Japan, Nov. 16 (Kyodo) - The ferry – empty – crossed.&lt;/p&gt;
&lt;p&gt;The post Ferry sails again appeared first on Harbour News.&lt;/p&gt;</description>
<pubDate>16 Nov 2026 09:00:00</pubDate></item>
<item><guid>tag:2</guid><title>Pilots on strike - Harbour News</title>
<description>The pilots stay ashore.</description></item>
</channel></rss>"""
HEADERS = {"Content-Type": "application/rss+xml"}


async def seen(api: Api, body: str | bytes = RSS, **parameters: Any) -> NormalizedFeed:
    content = body.encode("windows-1252") if isinstance(body, str) else body
    answer = await api.admin.post(PATH, content=content, headers=HEADERS, params=parameters)
    assert answer.status_code == 200, answer.text
    return NormalizeAnswer.model_validate_json(answer.content).data


async def test_the_document_and_its_stories_are_shown(api: Api):
    found = await seen(api, url="https://harbour.example/rss.xml", time_zone="Asia/Tokyo")
    assert (found.format, found.title, found.entries, found.distinct) == (
        "rss20", "Harbour News", 2, 2
    )  # fmt: skip
    assert found.title_affixes.suffixes == [" - Harbour News"]
    first, second = found.stories
    assert first.title == "Ferry sails again"
    assert first.text == "The ferry – empty – crossed."
    assert first.url == first.identity.url == "https://harbour.example/2026/ferry"
    assert (first.identity.known_by, first.identity.guid) == ("url", "tag:1")
    assert first.published_at.isoformat() == "2026-11-16T00:00:00+00:00"
    assert (first.published_from, first.published_raw) == ("published", "16 Nov 2026 09:00:00")
    assert first.published_rule
    assert (first.agency and first.agency.code) == "kyodo"
    kinds = [block.type for block in first.blocks]
    assert kinds[0] == "dateline"
    assert "boilerplate" in kinds
    assert all(block.rule for block in first.blocks)
    own = [block for block in first.blocks if block.end > block.start]
    assert [first.text[block.start : block.end] for block in own] == [b.text for b in own] != []
    assert {"agency:kyodo", "category:world-news"} <= {tag.tag for tag in first.tags}
    assert (second.identity.known_by, second.published_from) == ("guid", "first_seen")


async def test_a_story_is_shown_as_it_is_once_it_is_stored(api: Api, harbour: Publisher):
    body = atom(
        Item(title="Ferry 東京", text="HAKODATE, Nov. 16 (Kyodo) - The ferry crossed. b < c"),
        Item(title="Lights out", text="The lamp has failed.", categories=("World News",)),
    )
    harbour.pages["/feed"] = body
    await api.poll(harbour.url())
    listed = await api.data("/v1/stories")
    stored = {one["title"]: await api.data(f"/v1/stories/{one['id']}") for one in listed}
    answer = await api.admin.post(PATH, content=body, params={"url": harbour.url()})
    shown = {story["title"]: story for story in answer.json()["data"]["stories"]}
    assert shown.keys() == stored.keys()
    assert len(shown) == 2
    only_here = {"published_raw", "published_rule", "identity"}
    for title, story in shown.items():
        said = {name: value for name, value in story.items() if name not in only_here}
        assert said == {name: stored[title][name] for name in said}


async def test_nothing_is_kept_and_nothing_fetched(api: Api, harbour: Publisher):
    await seen(api, url=harbour.url())
    assert harbour.asked == []
    assert await api.data("/v1/stories") == []
    assert (await api.admin.get("/v1/admin/feeds")).json()["data"] == []
    assert (await api.admin.get("/v1/admin/fetches")).json()["data"] == []


async def test_links_without_an_address_stay_at_a_neutral_one(api: Api):
    body = RSS.replace("<link>https://harbour.example/</link>", "")
    assert (await seen(api, body)).stories[0].url == "https://feed.example/2026/ferry"


async def test_the_content_type_says_how_the_document_is_written(api: Api):
    body = '<rss version="2.0"><channel><item><title>港の船</title></item></channel></rss>'
    headers = {"Content-Type": "text/xml; charset=shift_jis"}
    answer = await api.admin.post(PATH, content=body.encode("shift_jis"), headers=headers)
    assert answer.json()["data"]["stories"][0]["title"] == "港の船"


async def test_limit_and_language(api: Api):
    assert len((await seen(api, limit=1)).stories) == 1
    assert (await seen(api, limit=1)).distinct == 2
    item = "<item><guid>1</guid><title>1917</title></item>"
    body = f'<rss version="2.0"><channel>{item}</channel></rss>'
    assert (await seen(api, body)).stories[0].language is None
    assert (await seen(api, body, language="JA")).stories[0].language == "ja"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("url", "ftp://harbour.example/"),
        ("url", ""),
        ("language", "klingonese"),
        ("time_zone", "Mars/Olympus"),
        ("limit", "0"),
        ("limit", "101"),
        ("feed", "1"),
    ],
)
async def test_a_wrong_parameter_is_named(api: Api, parameter: str, value: str):
    answer = await api.admin.post(PATH, content=RSS.encode(), params={parameter: value})
    assert answer.status_code == 400, answer.text
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]
    assert "pointer" not in answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body><p>Welcome</p></body></html>", "html_page"),
        (b"<opml version='2.0'><body/></opml>", "not_a_feed"),
        (b"only words", "not_xml"),
    ],
)
async def test_what_is_no_feed_is_refused_with_the_reason(api: Api, body: bytes, kind: str):
    answer = await api.admin.post(PATH, content=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "not_a_feed"
    assert f"({kind})" in problem["detail"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (Failure.PARSE_TIMEOUT, 422, "not_a_feed"),
        (Failure.PARSE_CRASHED, 422, "not_a_feed"),
        (Failure.INTERNAL, 503, "unavailable"),
    ],
)
async def test_a_worker_that_gives_nothing_is_told_of(
    api: Api, monkeypatch: pytest.MonkeyPatch, kind: Failure, status: int, code: str
):
    async def fail(*_given: object, **_named: object) -> OffloadFailed:
        return OffloadFailed(kind=kind, detail="it was killed")

    monkeypatch.setattr(api.service.pipeline.offload, "run", fail)
    answer = await api.admin.post(PATH, content=RSS.encode())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "it was killed" in answer.json()["detail"]


async def test_it_is_read_in_a_worker_process(migrated_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(process, "Offload", Offload)
    async with running(migrated_url) as api:
        tasks: list[str] = []
        run = api.service.pipeline.offload.run

        async def watched(work: Any, *given: Any, **named: Any) -> Any:
            tasks.append(work.__name__)
            return await run(work, *given, **named)

        monkeypatch.setattr(api.service.pipeline.offload, "run", watched)
        assert len((await seen(api)).stories) == 2
        assert tasks == ["preview"]


async def test_the_key_is_asked_for_before_the_body_is_read(api: Api):
    taken: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        for part in range(64):
            taken.append(part)
            yield b" " * 1024 * 1024

    reader = await api.key(scopes=["read"])
    for headers, status in (({}, 401), ({"Authorization": f"Bearer {reader['key']}"}, 403)):
        answer = await api.reader.post(PATH, content=endless(), headers=headers)
        assert answer.status_code == status
    assert taken == []
    answer = await api.reader.post(PATH, content=endless(), headers=ADMIN)
    assert answer.status_code == 413
    assert len(taken) == 9  # the first that is too many


async def test_a_document_may_be_larger_than_other_bodies_but_not_endless(api: Api):
    padding = b"<!-- " + b"x" * (2 * 1024 * 1024) + b" -->"
    found = await seen(
        api, RSS.encode("windows-1252").replace(b"<channel>", b"<channel>" + padding)
    )
    assert len(found.stories) == 2
    answer = await api.admin.post(PATH, content=b" " * (MAX_DOCUMENT_BYTES + 1))
    assert answer.status_code == 413
