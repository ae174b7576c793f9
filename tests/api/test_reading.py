"""The rest of what callers read: revisions, copies, the change log, tags, sources; ETags."""

from __future__ import annotations

import pytest

from app.api.schemas import ChangeList, SourceList
from app.api.schemas_revisions import RevisionList
from app.api.schemas_tags import TagList
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FERRY = Item(title="Ferry resumes", text="The ferry crossed at dawn.", day=3)
CORRECTED = Item(title="Ferry resumes", text="The ferry crossed at noon, not at dawn.", day=3)
BRIDGE = Item(
    title="Bridge closed", text="The bridge is closed.", day=5, categories=("World News",)
)


@on_both
async def test_a_correction_is_a_revision_and_the_old_one_is_kept(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    [story] = await api.data("/v1/stories", q="ferry")
    harbour.pages["/feed"] = atom(CORRECTED, BRIDGE)
    assert (await api.refresh(feed))["changed"] == 1
    answer = await api.get(f"/v1/stories/{story['id']}/revisions")
    newer, older = RevisionList.model_validate_json(answer.content).data
    assert (newer.revision, newer.text) == (2, CORRECTED.text)
    assert (older.revision, older.text) == (1, FERRY.text)
    assert older.at < newer.at
    assert older.title == FERRY.title
    now = await api.data(f"/v1/stories/{story['id']}")
    assert now["revision"] == 2
    assert now["published_at"] == story["published_at"]
    assert now["updated_at"] > story["updated_at"]
    assert await api.titles(q="noon") == [FERRY.title]


async def test_a_story_in_two_feeds_of_a_source_has_two_copies(api: Api, harbour: Publisher):
    harbour.pages |= {"/world": atom(FERRY, BRIDGE), "/local": atom(FERRY)}
    feeds = [await api.poll(harbour.url(path)) for path in ("/world", "/local")]
    [story] = await api.data("/v1/stories", q="ferry", include="body")
    assert [copy["feed_id"] for copy in story["copies"]] == feeds
    assert all(copy["first_seen_at"] <= copy["last_seen_at"] for copy in story["copies"])
    assert len(await api.titles()) == 2


@on_both
async def test_the_change_log_is_dense_and_shows_stories_as_they_were(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(CORRECTED, BRIDGE)
    await api.refresh(feed)
    await api.refresh(feed)  # nothing is new: no change
    answer = await api.get("/v1/changes", after=0, include="body")
    log = ChangeList.model_validate_json(answer.content)
    assert [change.seq for change in log.data] == [1, 2, 3]
    assert [change.type.value for change in log.data] == [
        "story.created",
        "story.created",
        "story.updated",
    ]
    assert [change.revision for change in log.data] == [1, 1, 2]
    of_ferry = [change for change in log.data if change.story_id == log.data[2].story_id]
    told = [change.story.text for change in of_ferry if change.story]
    assert told == [FERRY.text, CORRECTED.text]
    assert log.meta.last_seq == 3
    assert (log.page.next_cursor, log.page.has_more) == ("3", False)


async def test_the_change_log_is_read_page_by_page(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(*(Item(title=f"Lamp {n}", day=n) for n in range(1, 6)))
    await api.poll(harbour.url())
    first = await api.get("/v1/changes", limit=2)
    body = first.json()
    assert [change["seq"] for change in body["data"]] == [1, 2]
    assert "text" not in body["data"][0]["story"]
    assert body["page"] == {"next_cursor": "2", "has_more": True, "limit": 2}
    assert first.headers["link"] == '</v1/changes?limit=2&after=2>; rel="next"'
    second = (await api.reader.get(body["links"]["next"])).json()
    assert [change["seq"] for change in second["data"]] == [3, 4]
    assert second["links"]["self"] == body["links"]["next"]
    end = await api.get("/v1/changes", after=5)
    assert end.json()["data"] == []
    assert end.json()["page"] == {"next_cursor": "5", "has_more": False, "limit": 100}
    assert end.json()["links"]["next"] is None
    assert "link" not in end.headers
    for bad in ("-1", "x", "9" * 30):
        refused = await api.get("/v1/changes", after=bad)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameter"] == "after"


async def test_tags_with_counts(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(
        Item(title="First words", categories=("World News", "Économie")),
        Item(title="Second words", categories=("World News", "100%_sure")),
        Item(title="Third words", categories=("World News", "Weather", "経済")),
    )
    await api.poll(harbour.url())
    answer = await api.get("/v1/tags", scheme="category")
    listed = TagList.model_validate_json(answer.content).data
    assert (listed[0].tag, listed[0].name, listed[0].stories) == (
        "category:world-news",
        "World News",
        3,
    )
    assert len(listed) == 5
    every = [tag["tag"] for tag in await api.data("/v1/tags", limit=100)]
    assert {"lang:en", *(tag.tag for tag in listed)} == {
        tag for tag in every if not tag.startswith("medtop:")
    }

    async def beginning(prefix: str) -> list[str]:
        return [tag["name"] for tag in await api.data("/v1/tags", scheme="Category", prefix=prefix)]

    expected = {
        "wo": ["World News"],
        "World N": ["World News"],
        "W": ["World News", "Weather"],
        "É": ["Économie"],
        "éco": ["Économie"],
        "経": ["経済"],
        "%": [],
        "_": [],
        "100%": ["100%_sure"],
        "news": [],
        "'": [],
    }
    assert {prefix: await beginning(prefix) for prefix in expected} == expected


async def test_tags_page_by_page(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(
        *(Item(title=f"Lamp {n}", categories=tuple(f"c{m}" for m in range(n))) for n in range(1, 8))
    )
    await api.poll(harbour.url())
    found, path = [], "/v1/tags?scheme=category&limit=3"
    while path:
        page = (await api.reader.get(path)).json()
        found += [(tag["code"], tag["stories"]) for tag in page["data"]]
        path = page["links"]["next"]
    assert found == [(f"c{n}", 7 - n) for n in range(7)]


@on_both
async def test_cursors_of_the_longest_tags_can_be_followed(api: Api, harbour: Publisher):
    names = tuple(chr(0x20000 + n) * 128 for n in range(3))
    harbour.pages["/feed"] = atom(Item(title="Lamp", categories=names))
    await api.poll(harbour.url())
    found, path = [], "/v1/tags?scheme=category&limit=1"
    while path:
        answer = await api.reader.get(path)
        assert answer.status_code == 200, answer.text
        found += [tag["code"] for tag in answer.json()["data"]]
        path = answer.json()["links"]["next"]
    assert found == list(names)


async def test_sources_page_by_page(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url(), site_url="https://www.example.org/", source_name="Harbour")
    await api.add_feed("https://news.example.com/a.xml")
    await api.add_feed("https://www.example.com/b.xml")
    first = (await api.get("/v1/sources", limit=1)).json()
    second = await api.reader.get(first["links"]["next"])
    [inland] = SourceList.model_validate_json(second.content).data
    [harbours] = first["data"]
    assert (harbours["domain"], harbours["name"]) == ("example.org", "Harbour")
    assert (harbours["feeds"], harbours["stories"]) == (1, 2)
    assert (inland.domain, inland.feeds, inland.stories) == ("example.com", 2, 0)
    assert second.json()["page"]["has_more"] is False


@pytest.mark.parametrize("path", ["/v1/stories", "/v1/stories/{id}", "/v1/changes", "/v1/tags"])
async def test_what_the_caller_has_is_not_sent_again(api: Api, harbour: Publisher, path: str):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    path = path.format(id=(await api.data("/v1/stories"))[0]["id"])
    first = await api.get(path)
    etag = first.headers["etag"]
    assert first.headers["vary"] == "Accept, Authorization"
    for named in (etag, f'"other", W/{etag}', "*"):
        again = await api.reader.get(path, headers={"If-None-Match": named})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == etag
        assert again.headers["vary"] == first.headers["vary"]
    lines = [("If-None-Match", '"x"'), ("If-None-Match", etag)]
    assert (await api.reader.get(path, headers=lines)).status_code == 304
    assert (await api.reader.get(path, headers={"If-None-Match": '"x"'})).status_code == 200
    harbour.pages["/feed"] = atom(CORRECTED, BRIDGE)
    await api.refresh(feed)
    newer = await api.reader.get(path, headers={"If-None-Match": etag})
    assert newer.status_code == 200
    assert newer.headers["etag"] != etag


async def test_head_is_get_without_the_body(api: Api):
    for path in ("/v1/stories", "/healthz", "/v1/stories/1", "/docs"):
        got, head = await api.reader.get(path), await api.reader.head(path)
        assert head.status_code == got.status_code
        assert head.content == b""
        assert head.headers["content-length"] == got.headers["content-length"]
        assert head.headers.get("etag") == got.headers.get("etag")
    refused = await api.reader.delete("/v1/stories")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"
    assert (await api.admin.put("/v1/admin/reindex")).headers["allow"] == "POST"
