"""Facets and timelines over HTTP, and how coverage is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.api.insights import coverage_shape
from app.api.replies import encode
from app.api.schemas_insights import CoverageOut, FacetAnswer, TimelineAnswer
from app.core.search.search import Search
from app.store.coverage import coverage
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

NOW = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)
FERRY = Item(
    title="Ferry service resumes",
    text="The ferry crossed at dawn.",
    day=3,
    categories=("World News", "Transport"),
)
BRIDGE = Item(title="Bridge closed", text="No ferry today.", day=5, categories=("World News",))
TOKYO = Item(
    title="東京港で新しい岸壁が完成", text="東京港の新しい岸壁が完成し、船が着いた。", day=9
)
FACETS = "/v1/stories/facets"
TIMELINE = "/v1/stories/timeline"


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    """Three stories, and a clock that stands still at NOW."""
    harbour.pages["/feed"] = atom(FERRY, BRIDGE, TOKYO)
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    api.app.state.deps = replace(api.app.state.deps, clock=lambda: NOW)
    return api


@on_both
async def test_facets(stocked: Api):
    answer = await stocked.get(FACETS, facet=["tag:category", "lang", "country"], facet_limit=1)
    FacetAnswer.model_validate_json(answer.content)
    assert answer.json() == {
        "data": {
            "facets": [
                {
                    "facet": "tag:category",
                    "values": [{"value": "category:world-news", "name": "World News", "count": 2}],
                    "other": 1,
                },
                {
                    "facet": "lang",
                    "values": [{"value": "en", "name": None, "count": 2}],
                    "other": 1,
                },
                {"facet": "country", "values": [], "other": 0},
            ]
        },
        "meta": {"counted": 3, "total": 3, "total_relation": "eq"},
    }


@on_both
async def test_facets_of_a_search(stocked: Api):
    (found,) = (await stocked.data(FACETS, facet="tag:CATEGORY", q="dawn"))["facets"]
    assert found["facet"] == "tag:CATEGORY"
    assert [value["value"] for value in found["values"]] == [
        "category:transport",
        "category:world-news",
    ]
    twice = await stocked.data(FACETS, facet=["source", "source"], tag="category:transport")
    assert [facet["values"][0]["count"] for facet in twice["facets"]] == [1]


async def test_what_facets_cannot_be_asked(stocked: Api):
    for asked in (
        {},
        {"facet": "none"},
        {"facet": "source:1"},
        {"facet": "tag:"},
        {"facet": "tag:-"},
        {"facet": ""},
        {"facet": ["lang"] * 11},
        {"facet": "lang", "facet_limit": 0},
        {"facet": "lang", "facet_limit": 101},
        {"facet": "lang", "limit": 3},
        {"facet": "lang", "sort": "-updated"},
        {"facet": "lang", "sort": "relevance", "q": "ferry"},
        {"facet": "lang", "q": "("},
    ):
        answer = await stocked.get(FACETS, **asked)
        assert answer.status_code == 400, asked
        assert answer.json()["errors"][0]["detail"]
    refused = await stocked.get(FACETS, facet="tags")
    assert refused.json()["errors"][0]["parameter"] == "facet"
    assert "tag:SCHEME" in refused.json()["detail"]


async def test_a_timeline(stocked: Api):
    answer = await stocked.get(
        TIMELINE, q="ferry", interval="day", published_after="2026-11-03T06:00:00Z"
    )
    read = TimelineAnswer.model_validate_json(answer.content)
    buckets = read.data.buckets
    assert [bucket.start.day for bucket in buckets] == list(range(3, 11))
    assert [bucket.count for bucket in buckets] == [1, 0, 1, 0, 0, 0, 0, 0]
    assert [bucket.total for bucket in buckets] == [1, 0, 1, 0, 0, 0, 1, 0]
    ratios = [1.0, None, 1.0, None, None, None, 0.0, None]
    assert [bucket.ratio for bucket in buckets] == ratios
    assert [n for n, bucket in enumerate(buckets) if bucket.partial] == [0, 7]
    assert answer.json()["data"]["buckets"][0]["start"] == "2026-11-03T06:00:00Z"
    assert answer.json()["meta"] == {
        "from": "2026-11-03T06:00:00Z",
        "to": "2026-11-10T06:30:00Z",
        "interval": "day",
        "tz": "UTC",
        "count": 2,
        "total": 3,
    }


async def test_a_timeline_in_another_zone(stocked: Api):
    answer = await stocked.get(TIMELINE, interval="hour", tz="Asia/Kathmandu")
    found = answer.json()["data"]["buckets"]
    assert len(found) == 49
    assert found[0]["start"] == "2026-11-08T12:15:00+05:45"
    assert found[1]["start"] == "2026-11-08T13:00:00+05:45"
    assert [bucket["start"] for bucket in found if bucket["count"]] == ["2026-11-09T11:00:00+05:45"]


async def test_a_timeline_by_default(stocked: Api):
    by_day = (await stocked.data(TIMELINE))["buckets"]
    assert (len(by_day), by_day[0]["start"]) == (32, "2026-10-10T06:30:00Z")
    by_week = (await stocked.data(TIMELINE, interval="week"))["buckets"]
    assert (len(by_week), by_week[-1]["start"]) == (27, "2026-11-09T00:00:00Z")
    nothing = await stocked.data(TIMELINE, published_after="2096-01-01T00:00:00Z")
    assert nothing["buckets"] == []


async def test_what_timelines_cannot_be_asked(stocked: Api):
    for parameter, value in {
        "tz": "Europe/Atlantis",
        "interval": "month",
        "published_after": "yesterday",
        "facet": "lang",
        "sort": "-updated",
    }.items():
        answer = await stocked.get(TIMELINE, **{parameter: value})
        assert answer.status_code == 400, parameter
        assert answer.json()["errors"][0]["parameter"] == parameter
    for name in (
        "",
        "../../etc/passwd",
        "Europe",
        "/etc/localtime",
        "x" * 65,
        "\0",
        "localtime",
        "Factory",
    ):
        assert (await stocked.get(TIMELINE, tz=name)).status_code == 400, name
    long = await stocked.get(TIMELINE, interval="hour", published_after="2026-01-01T00:00:00Z")
    assert long.status_code == 400
    assert "interval=day" in long.json()["detail"]


async def test_both_need_a_key_where_reading_does(locked: Api):
    for path in (f"{FACETS}?facet=lang", TIMELINE):
        assert (await locked.reader.get(path)).status_code == 401


async def test_both_are_answered_by_304_when_nothing_has_changed(stocked: Api):
    for path in (f"{FACETS}?facet=lang", TIMELINE):
        etag = (await stocked.reader.get(path)).headers["etag"]
        again = await stocked.reader.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    value=st.text(max_size=40) | st.sampled_from(["tag:", "Asia/", "hour"]),
    at=st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
)
@example(value="tag:ﬃ", at="9999-12-31T23:59:59.999999Z")
@example(value="tag:%", at="0001-01-01T00:00:00Z")
@on_both
async def test_any_value_is_taken_or_refused(stocked: Api, value: str, at: str):
    asked: list[tuple[str, dict[str, str]]] = [
        (FACETS, {"facet": value}),
        (FACETS, {"facet": "lang", "published_before": at}),
        (TIMELINE, {"tz": value}),
        (TIMELINE, {"interval": value}),
        (TIMELINE, {"published_after": at, "interval": "week", "tz": "Asia/Kathmandu"}),
        (TIMELINE, {"published_before": at, "q": "ferry", "tz": "America/St_Johns"}),
    ]
    for path, parameters in asked:
        answer = await stocked.get(path, **parameters)
        assert answer.status_code in (200, 400), (path, parameters, answer.text)


@on_both
async def test_how_coverage_is_told(stocked: Api):
    now = datetime.now(UTC) + timedelta(seconds=5)  # the ledger has the times of the real clock
    async with stocked.service.database.read() as session:
        found = await coverage(session, Search(), now=now)
    told = encode(coverage_shape(found))
    CoverageOut.model_validate_json(told)
    shape = coverage_shape(found)
    assert (shape["feeds"], shape["with_gaps"], shape["gaps_total"]) == (1, 1, 1)
    (gap,) = shape["gaps"]
    assert gap | {"from": None, "to": None} == {
        "feed_id": "1",
        "title": "Harbour News",
        "source": {
            "id": "1",
            "name": "Harbour News",
            "domain": "harbour.example",
            "country": None,
        },
        "from": None,
        "to": None,
        "reason": "not_yet_added",
        "failure": None,
    }
    assert gap["from"] == shape["from"] < gap["to"] < shape["to"] == now
