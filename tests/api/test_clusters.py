"""Clusters over HTTP: which stories are reprints, one of each, and what words differ."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.api import story_pages
from app.api.formats import LIST_FORMATS
from app.api.schemas_clusters import ClusterList
from app.api.schemas_lists import StoryList
from app.store import collapse, members
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

SITES = ("ash", "birch", "cedar")
SUBJECTS = ("harbour", "council", "railway", "herring")


def words(subject: str, count: int = 60) -> str:
    chance = random.Random(subject)
    made = [f"{subject}{one}{other}" for one in "abcdefghijk" for other in "lmnopqrst"]
    return " ".join(chance.choice(made) for _ in range(count)) + " ferry"


@pytest.fixture
async def reprinted(api: Api, harbour: Publisher) -> Api:
    """Of each site four stories, of which its neighbours reprint some; newest first they are
    cedar's, birch's and ash's of the last subject, and so on down.
    """
    for n, site in enumerate(SITES):
        items = [
            Item(
                title=f"{site} on the {subject}",
                text=words(subject, 60 - n) if n <= k else words(f"{site}{subject}"),
                day=f"2026-11-{10 + k:02}T0{n + 1}:00:00Z",
                link=f"https://{site}.example/{subject}",
                categories=("Sea",) if (n + k) % 2 else ("Land",),
            )
            for k, subject in enumerate(SUBJECTS)
        ]
        harbour.pages[f"/{site}"] = atom(*items, title=site)
        await api.poll(harbour.url(f"/{site}"), site_url=f"https://{site}.example/")
    return api


async def listed(api: Api, **asked: Any) -> list[dict[str, Any]]:
    """The stories of all pages."""
    found: list[dict[str, Any]] = []
    cursor = {}
    while True:
        answer = (await api.get("/v1/stories", **asked, **cursor)).json()
        found += answer["data"]
        if not answer["page"]["has_more"]:
            return found
        cursor = {"cursor": answer["page"]["next_cursor"]}


def first_of_each(stories: list[dict[str, Any]]) -> list[str]:
    """By definition: the ids of those whose cluster was not seen before."""
    seen: set[str] = set()
    first = []
    for story in stories:
        cluster = story["cluster_id"] or story["id"]
        if cluster not in seen:
            first.append(story["id"])
        seen.add(cluster)
    return first


async def test_reprints_have_one_cluster_id_and_others_none(reprinted: Api) -> None:
    stories = await listed(reprinted, limit=100)
    clusters: dict[str | None, list[str]] = {}
    for story in stories:
        clusters.setdefault(story["cluster_id"], []).append(story["id"])
    alone = clusters.pop(None)
    assert len(alone) == 4
    assert sorted(map(len, clusters.values())) == [2, 3, 3]
    assert all(cluster == min(ids, key=int) for cluster, ids in clusters.items())


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"sort": "-ingested"},
        {"sort": "-updated"},
        {"q": "ferry", "sort": "relevance"},
        {"q": "ferry ash OR birch"},
        {"tag": "category:sea"},
        {"source": "2"},
        {"published_before": "2026-11-13T02:30:00Z"},
    ],
)
@on_both
async def test_collapse_shows_the_first_of_each_cluster_that_matches(
    reprinted: Api, asked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all pages: no cluster twice, and none lost."""
    monkeypatch.setattr(collapse, "STRETCH", 2)
    wanted = first_of_each(await listed(reprinted, **asked, limit=100))
    for limit in (1, 2, 100):
        shown = await listed(reprinted, **asked, limit=limit, collapse="cluster")
        assert [story["id"] for story in shown] == wanted
    page = (await reprinted.get("/v1/stories", **asked, collapse="cluster", limit=1)).json()
    assert page["meta"]["total"] == len(wanted)
    assert page["meta"]["total_relation"] == "eq"


async def test_a_count_of_clusters_says_when_it_is_no_count_of_all(
    reprinted: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is one of stories that match: their clusters are fewer."""
    for bound, total, relation in ((12, 7, "eq"), (11, None, "gte")):
        monkeypatch.setattr(story_pages, "COUNT_BOUND", bound)
        meta = (await reprinted.get("/v1/stories", collapse="cluster")).json()["meta"]
        assert meta["total_relation"] == relation
        assert total in (None, meta["total"])


async def test_collapse_holds_in_every_format(reprinted: Api) -> None:
    every = await listed(reprinted, limit=100)
    wanted = set(first_of_each(every))
    for form in LIST_FORMATS:
        text = (await reprinted.get(f"/v1/stories{form.suffix}", collapse="cluster")).text
        assert {s["id"] for s in every if s["title"] in text} == wanted, form.suffix


async def test_a_cursor_of_a_collapsed_list_is_for_no_other(reprinted: Api) -> None:
    page = (await reprinted.get("/v1/stories", collapse="cluster", limit=1)).json()
    answer = await reprinted.get("/v1/stories", cursor=page["page"]["next_cursor"], limit=1)
    assert answer.status_code == 400


async def test_include_cluster_shows_each_story_with_its_reprints(reprinted: Api) -> None:
    answer = await reprinted.get("/v1/stories", include="cluster", limit=100)
    StoryList.model_validate_json(answer.text)
    stories = {story["id"]: story for story in answer.json()["data"]}
    for story in stories.values():
        others = [
            other
            for other in sorted(stories.values(), key=lambda s: s["published_at"])
            if other["cluster_id"] == story["cluster_id"] and other["id"] != story["id"]
        ]
        if story["cluster_id"] is None:
            assert story["cluster"] == []
            continue
        assert [r["id"] for r in story["cluster"]] == [other["id"] for other in others]
        names = ("id", "url", "title", "source", "published_at")
        assert story["cluster"][0] == {name: others[0][name] for name in names}


async def test_reprints_in_csv_are_ids_and_feeds_have_no_place_for_them(reprinted: Api) -> None:
    rows = (await reprinted.get("/v1/stories.csv", include="cluster", fields="id")).text.split()
    assert rows[0] == "id,cluster"
    assert (await reprinted.get("/v1/stories.atom", include="cluster")).status_code == 400


async def test_a_cluster_says_who_was_first_and_which_words_others_have(reprinted: Api) -> None:
    stories = await listed(reprinted, q="cedar herring", limit=1)
    story_id, cluster_id = stories[0]["id"], stories[0]["cluster_id"]
    answer = await reprinted.get(f"/v1/clusters/{story_id}")
    ClusterList.model_validate_json(answer.text)
    found = answer.json()
    assert found["meta"] == {"cluster_id": cluster_id, "size": 3, "first_id": cluster_id}
    first, second, third = found["data"]
    assert [m["source"]["domain"] for m in found["data"]] == [f"{site}.example" for site in SITES]
    assert first["difference"] is None
    assert second["difference"]["title"] == [
        {"kind": "removed", "text": "ash"},
        {"kind": "added", "text": "birch"},
        {"kind": "same", "text": " on the herring"},
    ]
    assert third["difference"]["words_removed"] == 3
    pieces = third["difference"]["text"]
    assert "".join(p["text"] for p in pieces if p["kind"] != "added") == words("herring", 60)


@on_both
async def test_a_cluster_is_paged_and_found_by_any_id_in_it(
    reprinted: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = (await listed(reprinted, q="cedar herring", limit=1))[0]
    whole = (await reprinted.get(f"/v1/clusters/{story['cluster_id']}")).json()["data"]
    paged: list[Any] = []
    link: str | None = f"/v1/clusters/{story['id']}?limit=1"
    while link is not None:
        page = (await reprinted.reader.get(link)).json()
        assert len(page["data"]) == 1
        paged += page["data"]
        link = page["links"]["next"]
    assert paged == whole
    monkeypatch.setattr(members, "MAX_WORDS", 125)  # two stories, but not three
    page = (await reprinted.get(f"/v1/clusters/{story['id']}")).json()
    assert page["data"] == whole[:2]
    assert page["page"]["has_more"]
    rest = (await reprinted.reader.get(page["links"]["next"])).json()
    assert (rest["data"], rest["page"]["has_more"]) == (whole[2:], False)


async def test_a_story_that_stands_alone_is_no_cluster(reprinted: Api) -> None:
    alone = next(s for s in await listed(reprinted, limit=100) if s["cluster_id"] is None)
    answer = await reprinted.get(f"/v1/clusters/{alone['id']}")
    assert answer.status_code == 404
    assert f"GET /v1/stories/{alone['id']}" in answer.json()["detail"]
    assert (await reprinted.get("/v1/clusters/1")).status_code == 404
