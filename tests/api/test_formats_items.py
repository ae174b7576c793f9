"""The trade's own forms: ninjs and schema.org."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.api.conftest import Api
from tests.api.publisher import Publisher
from tests.api.stocked import FERRY, QUAY, TITLES, stock

NINJS = Draft202012Validator(
    json.loads((Path(__file__).parent / "ninjs_3_1.schema.json").read_text(encoding="utf-8"))
)


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    return await stock(api, harbour)


def faults(document: Any) -> list[str]:
    return [f"{list(error.path)}: {error.message}" for error in NINJS.iter_errors(document)]


async def ids(api: Api) -> dict[str, str]:
    return {story["title"]: story["id"] for story in await api.data("/v1/stories")}


async def test_every_story_is_valid_ninjs(stocked: Api):
    for title, story_id in (await ids(stocked)).items():
        answer = await stocked.get(f"/v1/stories/{story_id}.ninjs")
        assert answer.headers["content-type"] == "application/vnd.iptc.ninjs+json"
        item = answer.json()
        assert faults(item) == []
        assert item["headlines"][0]["value"] == title
        assert item["representationType"] == "full"
        assert item["bodies"][0]["value"]


async def test_ninjs_says_all_of_a_story(stocked: Api):
    story = await stocked.data(f"/v1/stories/{(await ids(stocked))[FERRY]}")
    item = (await stocked.get(f"/v1/stories/{story['id']}.ninjs")).json()
    assert item["uri"] == f"urn:copydesk:story:{story['id']}"
    assert item["type"] == "text"
    assert item["pubStatus"] == "usable"
    assert item["firstCreated"] == story["published_at"]
    assert item["versionCreated"] == story["updated_at"]
    assert item["by"] == "Ada Quay, Bo Pier"
    assert [(person["name"], person["rel"]) for person in item["people"]] == [
        ("Ada Quay", "creator"),
        ("Bo Pier", "creator"),
        ("Jane Roe", "about"),
    ]
    assert [one["literal"] for one in item["organisations"]] == ["org:oecd"]
    assert "place:oslo" in [place["literal"] for place in item["places"]]
    assert item["descriptions"][0]["value"] == "The ferry is back."
    assert [body["value"] for body in item["bodies"]] == [story["text"], story["html"]]
    assert item["infoSources"][0]["name"] == "Harbour News"
    assert [one["name"] for one in item["infoSources"][1:]] == [story["agency"]["name"]]
    subjects = {subject["literal"].partition(":")[0] for subject in item["subjects"]}
    assert subjects <= {"category", "medtop"}
    assert "category:world-news" in [subject["literal"] for subject in item["subjects"]]
    assert {"https://harbour.example/ferry.mp3"} <= {one["href"] for one in item["renditions"]}
    assert {"role": "publisher", "value": story["url"]} in item["altIds"]


async def test_a_page_of_ninjs_is_one_valid_item(stocked: Api):
    page = (await stocked.get("/v1/stories.ninjs", limit=2)).json()
    assert faults(page) == []
    assert page["type"] == "composite"
    assert [one["headlines"][0]["value"] for one in page["associations"]] == TITLES[:2]
    assert {one["representationType"] for one in page["associations"]} == {"partial"}
    following = {one["role"]: one["value"] for one in page["altIds"]}["next"]
    rest = (await stocked.reader.get(following)).json()
    assert [one["headlines"][0]["value"] for one in rest["associations"]] == TITLES[2:]
    assert rest["uri"] == page["uri"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"uri": "no address"},
        {"uri": "urn:x:1", "type": "story"},
        {"uri": "urn:x:1", "headline": "of ninjs 1"},
        {"uri": "urn:x:1", "versionCreated": "yesterday"},
        {"uri": "urn:x:1", "headlines": [{"role": "main"}]},
        {"uri": "urn:x:1", "subjects": [{"confidence": 101}]},
        {"uri": "urn:x:1", "associations": [{"uri": "urn:x:2"}]},
        {"uri": "urn:x:1", "associations": [{"uri": "urn:x:2", "name": "a", "odd": 1}]},
    ],
)
@pytest.mark.usefixtures("migrated_url")
def test_the_schema_sees_what_is_no_ninjs(broken: dict[str, Any]):
    assert faults(broken)


async def test_a_story_as_a_news_article(stocked: Api):
    story = await stocked.data(f"/v1/stories/{(await ids(stocked))[FERRY]}")
    answer = await stocked.get(f"/v1/stories/{story['id']}.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    article = answer.json()
    assert article["@context"] == "https://schema.org"
    assert article["@type"] == "NewsArticle"
    assert article["headline"] == FERRY
    assert article["datePublished"] == story["published_at"]
    assert article["dateModified"] == story["updated_at"]
    assert [person["name"] for person in article["author"]] == ["Ada Quay", "Bo Pier"]
    assert article["publisher"] == {"@type": "Organization", "name": "Harbour News"}
    assert article["articleBody"] == story["text"]
    assert article["inLanguage"] == "en"
    names = [tag["name"] for tag in story["tags"] if tag["scheme"] not in ("agency", "lang")]
    assert article["keywords"] == names
    assert "en" not in names
    mentioned = [(one["@type"], one["name"], one["identifier"]) for one in article["mentions"]]
    assert ("Person", "Jane Roe", "person:jane-roe") in mentioned
    assert ("Organization", "OECD", "org:oecd") in mentioned
    assert ("Place", "Oslo", "place:oslo") in mentioned
    assert "Norway" not in [name for _, name, _ in mentioned]  # implied, and not mentioned
    assert article["url"] == story["url"]
    assert article["creditText"] == story["agency"]["name"]
    assert article["associatedMedia"][0]["contentUrl"] == "https://harbour.example/ferry.mp3"
    unsigned = await stocked.get(f"/v1/stories/{(await ids(stocked))[QUAY]}.jsonld")
    assert unsigned.json()["author"] == [unsigned.json()["publisher"]]
    assert None not in unsigned.json().values()
