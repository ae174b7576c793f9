"""Searching over HTTP: relevance, highlights, every filter, and why a story is found."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import pytest

from app.api import reindex as reindex_api
from app.api import story_pages
from app.api.schemas_explain import ExplainAnswer
from app.api.schemas_lists import StoryList
from app.core.search import analyze
from app.store import reindex as reindex_store
from app.store import relevance
from app.store import search as search_store
from app.store.engine import ReadSession
from app.store.reindex import StoredStory
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FERRIES = Item(
    title="Ferries return to the harbour",
    text="A ferry crossed at dawn. The harbour master counted 1,200 passengers & <cars>.",
    day=3,
    categories=("World News", "Transport"),
)
MISSILE = Item(
    title="Missiles seen over the bay",
    text="One missile was seen. The Trans-Pacific cable was not hit, the ferry office said.",
    day=5,
    categories=("World News",),
)
TOKYO = Item(
    title="東京都知事がG7サミットへ", text="東京都知事がミサイル発射を受け、会談した。", day=9
)
Q = "ferries -(title:東京 OR missil*)"
ALL = [TOKYO.title, MISSILE.title, FERRIES.title]


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    harbour.pages["/feed"] = atom(FERRIES, MISSILE, TOKYO)
    await api.poll(harbour.url(), site_url="https://harbour.example/", country="NO")
    return api


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("ferries", [MISSILE.title, FERRIES.title]),
        ('"ferries"', [FERRIES.title]),
        ("title:ferry", [FERRIES.title]),
        ("body:missiles", [MISSILE.title]),
        ("1200", [FERRIES.title]),
        ("transpacific", [MISSILE.title]),
        ("trans-pacific", [MISSILE.title]),
        ("miss*", [MISSILE.title]),
        ('"ferry master"~5', [FERRIES.title]),
        ('"ferry master"~4', []),
        ("ミサイル", [TOKYO.title]),
        ("ﾐｻｲﾙ", [TOKYO.title]),
        ("サミット", [TOKYO.title]),
        ("G7", [TOKYO.title]),
        ("京", [TOKYO.title]),
        ("lang:en -tag:category:transport", [MISSILE.title]),
        ("domain:harbour.example country:no", ALL),
    ],
)
@on_both
async def test_q(stocked: Api, q: str, titles: list[str]):
    assert await stocked.titles(q=q) == titles


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"tag": "category:world-news,-category:transport"}, [MISSILE.title]),
        ({"tag": "category:transport|lang:ja"}, [TOKYO.title, FERRIES.title]),
        ({"tag_exact": "category:Transport"}, [FERRIES.title]),
        ({"not_lang": "ja"}, [MISSILE.title, FERRIES.title]),
        ({"country": "NO", "lang": "ja"}, [TOKYO.title]),
        ({"not_country": "no"}, []),
        ({"domain": "harbour.example"}, ALL),
        ({"not_domain": "example"}, ALL),
        ({"not_source": "harbour.example"}, []),
        ({"agency": "kyodo"}, []),
        ({"not_agency": "Kyodo News"}, ALL),
        ({"not_author": "nobody"}, ALL),
        ({"q": "ferries", "search_in": "title"}, [FERRIES.title]),
        ({"q": "missile", "search_in": "body"}, [MISSILE.title]),
        ({"q": "ferry", "search_in": "title,body"}, [MISSILE.title, FERRIES.title]),
        ({"ingested_before": "2026-11-01T00:00:00Z"}, []),
        ({"ingested_after": "2020-01-01T00:00:00Z"}, ALL),
        ({"updated_before": "2026-11-04T00:00:00Z"}, [FERRIES.title]),
        ({"updated_before": "2026-11-04 01:00:00.5 01:00"}, [FERRIES.title]),
        ({"updated_before": "2026-11-04t00:00:00z"}, [FERRIES.title]),
        ({"updated_after": "2026-11-04T00:00:00Z", "lang": "en"}, [MISSILE.title]),
        ({"updated_after": "2026-11-04T00:00:00Z", "updated_before": "2026-11-01T00:00:00Z"}, []),
    ],
)
@on_both
async def test_filters(stocked: Api, asked: dict[str, str], titles: list[str]):
    assert await stocked.titles(**asked) == titles


@pytest.mark.parametrize(
    "time",
    ["2026-W45-3T00:00:00Z", "20261104T000000Z", "2026-11-04T00Z", "2026-11-04x00:00:00Z",
     "2026-11-04T00:00:00,5Z", "2026-11-04T00:00:00", "2026-11-31T00:00:00Z",
     "٢٠26-11-04T00:00:00Z"],
)  # fmt: skip
async def test_times_are_rfc_3339_and_nothing_else(stocked: Api, time: str):
    refused = await stocked.get("/v1/stories", updated_before=time)
    assert refused.status_code == 400
    assert "no RFC 3339 time" in refused.json()["detail"]


@on_both
async def test_the_best_comes_first(stocked: Api, monkeypatch: pytest.MonkeyPatch):
    answer = await stocked.get("/v1/stories", q="ferry", sort="relevance")
    assert [story["title"] for story in answer.json()["data"]] == [FERRIES.title, MISSILE.title]
    assert answer.json()["meta"]["candidates"] is None
    monkeypatch.setattr(relevance, "CANDIDATES", 1)
    answer = await stocked.get("/v1/stories", q="ferry", sort="relevance")
    assert [story["title"] for story in answer.json()["data"]] == [MISSILE.title]
    assert answer.json()["meta"] == {"total": 2, "total_relation": "eq", "candidates": 1}


async def test_relevance_needs_words(stocked: Api):
    refused = await stocked.get("/v1/stories", sort="relevance")
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["parameter"] == "sort"


async def test_a_list_may_be_one_value_with_commas(stocked: Api):
    (story,) = (
        await stocked.get("/v1/stories", q="ferries", include="body, highlights", limit=1)
    ).json()["data"]
    assert {"text", "highlights"} < story.keys()


async def test_searches_of_too_many_filters_are_refused(stocked: Api):
    def tags(count: int) -> list[str]:
        return ["|".join(f"category:x{n}-{m}" for m in range(50)) for n in range(count)]

    assert (await stocked.get("/v1/stories", tag=tags(10))).status_code == 200
    refused = await stocked.get("/v1/stories", tag=[*tags(10), "lang:en"])
    assert refused.status_code == 400
    assert "501 words and filters" in refused.json()["detail"]


async def test_highlights_say_where(stocked: Api):
    answer = await stocked.get("/v1/stories", q="ferries passenger", include="highlights")
    StoryList.model_validate_json(answer.content)
    [story] = answer.json()["data"]
    assert story["highlights"] == {
        "title": "<mark>Ferries</mark> return to the harbour",
        "passage": "A <mark>ferry</mark> crossed at dawn. The harbour master counted 1,200 "
        "<mark>passengers</mark> &amp; &lt;cars&gt;.",
    }
    assert "text" not in story
    [bare] = await stocked.data("/v1/stories", tag="category:transport", include="highlights")
    assert bare["highlights"]["title"] is None
    assert bare["highlights"]["passage"].startswith("A ferry crossed")


async def explained(api: Api, **asked: Any) -> dict[str, Any]:
    answer = await api.get("/v1/stories:explain", **asked)
    assert answer.status_code == 200, answer.text
    ExplainAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_a_search_is_taken_apart(stocked: Api):
    found = await explained(stocked, q=Q, tag="category:world-news")
    assert found["q"] == Q
    assert (found["total"], found["total_relation"], found["story"]) == (1, "eq", None)
    ferries, without, tag = found["tree"]["parts"]
    assert ferries["words"] == "ferries"
    assert ferries["terms"] == ["ferries"]
    assert "·ferri·en" in ferries["forms"]
    assert (ferries["total"], ferries["holds"]) == (2, None)
    assert without["operator"] == "not"
    assert [part["words"] for part in without["parts"][0]["parts"]] == ["title:東京", "missil*"]
    assert (tag["filter"], tag["total"]) == ('tag:"category:world-news"', 2)


@on_both
async def test_why_a_story_is_found_or_not(stocked: Api):
    stories = {s["title"]: s["id"] for s in await stocked.data("/v1/stories")}
    asked = {"q": "ferry -missile", "published_after": "2026-11-02T00:00:00Z"}
    hit = await explained(stocked, story=stories[FERRIES.title], **asked)
    assert hit["story"] == {"id": stories[FERRIES.title], "matches": True}
    miss = await explained(stocked, story=stories[MISSILE.title], **asked)
    assert miss["story"]["matches"] is False
    assert [part["holds"] for part in miss["tree"]["parts"]] == [True, False]
    after = "2026-11-04T00:00:00Z"
    late = await explained(stocked, story=stories[FERRIES.title], updated_after=after)
    assert late["tree"] is None
    assert [(time["time"], time["holds"]) for time in late["times"]] == [("updated", False)]
    assert late["story"]["matches"] is False
    assert (await stocked.get("/v1/stories:explain", story="9")).status_code == 404
    many = [f"place:{n}" for n in range(50)]
    refused = await stocked.get("/v1/stories:explain", tag=many, tag_any=many, tag_none=many)
    assert refused.status_code == 400


@on_both
async def test_every_story_is_indexed_anew_while_the_service_serves(
    stocked: Api, monkeypatch: pytest.MonkeyPatch
):
    """Another analyzer's version makes all of them outdated; batches bring them up to date."""
    for module in (reindex_store, search_store):
        monkeypatch.setattr(module, "ANALYZER_VERSION", analyze.ANALYZER_VERSION + 1)
    assert await outdated(stocked) == 3
    first = await reindex(stocked, limit=2)
    assert (first["indexed"], first["outdated"]) == (2, 1)
    assert await stocked.titles(q="ferries") == [MISSILE.title, FERRIES.title]
    second = await reindex(stocked, limit=2, before=first["next"])
    assert second == {"indexed": 1, "next": None, "outdated": 0}
    assert await stocked.titles(q="ferries") == [MISSILE.title, FERRIES.title]
    assert await outdated(stocked) == 0
    assert (await reindex(stocked))["indexed"] == 0


@on_both
async def test_a_source_that_moves_while_its_stories_are_indexed(
    stocked: Api, monkeypatch: pytest.MonkeyPatch
):
    """What was read before it moved is not written as if it were of now."""
    read = reindex_api.outdated_stories

    async def read_and_move(session: ReadSession, **asked: Any) -> list[StoredStory]:
        stale = await read(session, **asked)
        await move(stocked, "SE")
        return stale

    await move(stocked, "DK")
    with monkeypatch.context() as moving:
        moving.setattr(reindex_api, "outdated_stories", read_and_move)
        assert (await reindex(stocked))["indexed"] == 0
    assert await outdated(stocked) == 3
    assert (await reindex(stocked))["indexed"] == 3
    assert await stocked.titles(country="se") == ALL


async def move(api: Api, country: str) -> None:
    [feed] = (await api.admin.get("/v1/admin/feeds")).json()["data"]
    path = f"/v1/admin/feeds/{feed['id']}"
    tag = (await api.admin.get(path)).headers["ETag"]
    moved = await api.admin.patch(path, json={"country": country}, headers={"If-Match": tag})
    assert moved.status_code == 200


async def test_a_source_that_moves_is_indexed_anew(stocked: Api):
    await move(stocked, "SE")
    assert await outdated(stocked) == 3
    await reindex(stocked)
    assert await stocked.titles(country="SE") == ALL
    assert await stocked.titles(country="NO") == []
    assert await outdated(stocked) == 0


async def outdated(api: Api) -> int:
    status = (await api.admin.get("/v1/admin/status")).json()["data"]
    return int(status["index"]["outdated"])


async def reindex(api: Api, **asked: Any) -> dict[str, Any]:
    answer = await api.admin.post("/v1/admin/reindex", params=asked)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_coverage_says_how_far_the_answer_can_be_trusted(stocked: Api):
    answer = await stocked.get("/v1/stories", q="ferries", include="coverage")
    StoryList.model_validate_json(answer.content)
    coverage = answer.json()["meta"]["coverage"]
    assert (coverage["feeds"], coverage["healthy"], coverage["with_gaps"]) == (1, 0, 1)
    assert [gap["reason"] for gap in coverage["gaps"]] == ["not_yet_added"]
    elsewhere = await stocked.get("/v1/stories", not_lang="en", source="9", include="coverage")
    assert elsewhere.json()["meta"]["coverage"]["feeds"] == 0
    assert "coverage" not in (await stocked.get("/v1/stories")).json()["meta"]
    for suffix in (".atom", ".ndjson", ".feed.json"):
        refused = await stocked.get(f"/v1/stories{suffix}", include="coverage")
        assert refused.status_code == 400, suffix
        assert refused.json()["errors"][0]["parameter"] == "include"


@pytest.mark.parametrize(
    ("module", "work", "asked"),
    [
        (story_pages, "highlights_shape", {"include": "highlights"}),
        (relevance, "score", {"sort": "relevance"}),
    ],
)
@on_both
async def test_others_are_answered_while_stories_are_marked_and_ranked(
    stocked: Api,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    work: str,
    asked: dict[str, str],
):
    """The work waits for another request to be answered: on the event loop it would for ever."""
    loop, done = asyncio.get_running_loop(), getattr(module, work)

    def waiting(*args: Any, **named: Any) -> Any:
        other = asyncio.run_coroutine_threadsafe(stocked.get("/healthz"), loop)
        assert other.result(timeout=5).status_code == 200
        return done(*args, **named)

    monkeypatch.setattr(module, work, waiting)
    answer = await stocked.get("/v1/stories", q="ferry", **asked)
    assert answer.status_code == 200
    assert len(answer.json()["data"]) == 2
