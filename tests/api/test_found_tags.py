"""Tags that taggers give: searched for, counted, and in every form that stories are had in."""

from __future__ import annotations

import csv
import io

import pytest

from tests.api.conftest import Api
from tests.api.publisher import Publisher
from tests.api.stocked import FERRY, QUAY, stock


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    return await stock(api, harbour)


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"tag": "person:jane-roe"}, {FERRY}),
        ({"tag": "org:oecd"}, {FERRY}),
        ({"tag": "place:tokyo"}, {FERRY, QUAY}),  # of the dateline, and in Japanese
        ({"tag": "place:jp"}, {FERRY, QUAY}),  # both imply it
        ({"tag_exact": "place:jp"}, {FERRY, QUAY}),
        ({"tag": "place:no,-place:tokyo"}, set()),
        ({"q": "tag:person:jane-roe ferry"}, {FERRY}),
        ({"tag": "person:roe"}, set()),
    ],
)
async def test_what_taggers_find_is_searched_for(
    stocked: Api, asked: dict[str, str], titles: set[str]
):
    assert {one["title"] for one in await stocked.data("/v1/stories", **asked)} == titles


@pytest.mark.parametrize(
    ("facet", "counted"),
    [
        ("tag:person", {"person:jane-roe": 1}),
        ("tag:place", {"place:jp": 2, "place:tokyo": 2, "place:no": 1, "place:oslo": 1}),
    ],
)
async def test_what_taggers_find_is_counted(stocked: Api, facet: str, counted: dict[str, int]):
    (found,) = (await stocked.data("/v1/stories/facets", facet=facet))["facets"]
    assert {one["value"]: one["count"] for one in found["values"]} == counted


async def test_a_csv_row_and_a_feed_have_them(stocked: Api):
    answer = await stocked.get("/v1/stories.csv", fields="title,tags")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    (ferry,) = [row for row in rows if row["title"] == FERRY]
    assert {"person:jane-roe", "org:oecd", "place:jp"} <= set(ferry["tags"].split())
    feed = await stocked.get("/v1/stories.atom", tag="person:jane-roe")
    assert 'term="person:jane-roe"' in feed.text


async def test_a_span_is_of_the_text_that_is_served(stocked: Api):
    (listed,) = await stocked.data("/v1/stories", tag="person:jane-roe")
    story = await stocked.data(f"/v1/stories/{listed['id']}")
    with_spans = [tag for tag in story["tags"] if tag["span"]]
    assert with_spans
    for tag in with_spans:
        text = story["title"] if tag["span"]["in"] == "title" else story["text"]
        assert text[tag["span"]["start"] : tag["span"]["end"]] == tag["matched"]
