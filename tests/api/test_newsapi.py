"""NewsAPI v2's dialect: keys, lists, leniencies and every error, as its clients know them."""

from __future__ import annotations

from typing import Any

import pytest

from app.api import newsapi
from app.api.newsapi_faults import PREFIXES
from tests.api.conftest import Api
from tests.api.publisher import Publisher
from tests.api.stocked import FEED, FERRY, QUAY, SUM, stock
from tests.databases import on_both

PATHS = ("everything?q=a", "top-headlines?q=a", "sources", "top-headlines/sources")
LONG = "The quay holds. " * 30


@pytest.fixture
async def desk(api: Api, harbour: Publisher) -> Api:
    return await stock(api, harbour)


async def asked(api: Api, path: str, status: int = 200, **params: Any) -> Any:
    answer = await api.get(f"/v2/{path}", **params)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


async def titles(api: Api, path: str = "everything", **params: Any) -> list[str]:
    found = await asked(api, path, **params)
    assert found["status"] == "ok"
    return [article["title"] for article in found["articles"]]


async def refused(api: Api, path: str, status: int, **params: Any) -> str:
    fault = await asked(api, path, status, **params)
    assert fault.keys() == {"status", "code", "message"}
    assert fault["status"] == "error"
    assert fault["message"]
    return str(fault["code"])


@on_both
async def test_articles_and_sources_have_what_newsapis_have(api: Api, harbour: Publisher):
    await stock(api, harbour)
    harbour.pages["/feed"] = FEED.replace("Nothing more, nothing less.", LONG)
    await api.refresh("1")
    found = await asked(api, "everything", q="ferry")
    assert found == {
        "status": "ok",
        "totalResults": 1,
        "articles": [
            {
                "source": {"id": "harbour.example", "name": "Harbour News"},
                "author": "Ada Quay, Bo Pier",
                "title": FERRY,
                "description": "The ferry is back.",
                "url": "https://harbour.example/ferry?a=1&b=2",
                "urlToImage": "https://harbour.example/ferry.jpg",
                "publishedAt": "2026-11-03T06:00:00Z",
                "content": "The ferry crossed & came back.\n\n"
                "Minister Jane Roe and the OECD waited with umbrellas in Oslo.",
            }
        ],
    }
    [long] = (await asked(api, "everything", q="quay", language="en"))["articles"]
    assert long["content"] == f"{LONG[:200]}… [+{len(LONG.strip()) - 200} chars]"
    assert (await asked(api, "sources"))["sources"] == [
        {
            "id": "harbour.example",
            "name": "Harbour News",
            "description": "Harbour News",
            "url": "https://harbour.example/",
            "category": "general",
            "language": "en",
            "country": "",
        }
    ]
    assert await titles(api, q="東京港") == [QUAY]


async def test_lists_are_filtered_ordered_and_paged(desk: Api):
    assert await titles(desk, domains="harbour.example") == [QUAY, SUM, FERRY]
    assert await titles(desk, sources="harbour.example", language="en") == [SUM, FERRY]
    assert await titles(desk, domains="harbour.example", excludeDomains="harbour.example") == []
    assert await titles(desk, qintitle="ferry OR port") == [SUM, FERRY]
    assert await titles(desk, q="umbrellas", searchIn="title") == []
    assert await titles(desk, q="ferry port -umbrellas") == []
    days = {"domains": "harbour.example", "from": "2026-11-05", "to": "2026-11-05"}
    assert await titles(desk, **days) == [SUM]
    assert await titles(desk, domains="harbour.example", pageSize=2, page=2) == [FERRY]
    assert await titles(desk, q="port OR ferry", sortBy="relevancy", pageSize=1, page=2) != []
    assert await titles(desk, "top-headlines", language="ja") == [QUAY]
    assert await titles(desk, "top-headlines", category="general", language="en") == [SUM]
    assert await titles(desk, "top-headlines", category="business") == [FERRY]
    assert await titles(desk, "top-headlines", category="sports") == []
    for params in ({"pageSize": 1, "page": 9}, {"pageSize": 0}):
        found = await asked(desk, "everything", domains="harbour.example", **params)
        assert (found["totalResults"], found["articles"]) == (3, [])


async def test_what_newsapi_takes_leniently_is_taken(desk: Api):
    everything = {"DOMAINS": "harbour.example"}
    for odd in ({"sortBy": "loudest"}, {"from": "lately"}, {"_": "17"}, {"q": ""}):
        assert len(await titles(desk, **everything, **odd)) == 3
    for nothing in ({"language": "xx"}, {"language": "klingon"}):
        found = await asked(desk, "everything", **everything, **nothing)
        assert (found["totalResults"], found["articles"]) == (0, [])
    assert await titles(desk, "top-headlines", country="nowhere") == []
    with_type = {"Content-Type": "Application/JSON"}
    answer = await desk.reader.get("/v2/everything?q=ferry", headers=with_type)
    assert answer.json()["totalResults"] == 1


async def test_sources_are_filtered(desk: Api):
    async def ids(**params: str) -> list[str]:
        return [one["id"] for one in (await asked(desk, "sources", **params))["sources"]]

    assert await ids(language="en", category="general") == ["harbour.example"]
    for none in ({"language": "ja"}, {"category": "health"}, {"country": "jp"}, {"country": "x"}):
        assert await ids(**none) == []


async def test_a_source_is_told_by_its_stories(api: Api, harbour: Publisher):
    actions = {"add": [{"tag": "medtop:15000000", "name": "sport"}]}
    rule = {"name": "games", "query": "ferry OR port", "actions": actions}
    made = await api.admin.post("/v1/admin/tag-rules", json=rule)
    assert made.status_code == 201, made.text
    harbour.pages["/feed"] = FEED
    await api.poll(harbour.url(), site_url="https://harbour.example/", country="JP")
    [told] = (await asked(api, "sources", category="sports", country="jp"))["sources"]
    assert (told["category"], told["country"], told["language"]) == ("sports", "jp", "en")
    assert await titles(api, "top-headlines", category="sports") == [SUM, FERRY]
    assert await titles(api, "top-headlines", category="general", country="JP") == [QUAY]


async def test_every_form_of_the_key(locked: Api):
    right, wrong = (await locked.key())["key"], "cdk_wrong"
    for headers, parameter in (
        ({"Authorization": "KEY"}, ""),
        ({"Authorization": "Bearer KEY"}, ""),
        ({"X-Api-Key": "KEY"}, ""),
        ({"X-Api-Key": "KEY", "Authorization": "Basic bm86Ym9keQ=="}, ""),
        ({}, "&apiKey=KEY"),
        ({}, "&APIKEY=KEY"),
    ):
        for key, status in ((right, 200), (wrong, 401)):
            sent = {name: value.replace("KEY", key) for name, value in headers.items()}
            url = f"/v2/everything?q=a{parameter.replace('=KEY', f'={key}')}"
            answer = await locked.reader.get(url, headers=sent)
            assert answer.status_code == status, (url, headers, answer.text)
            if status == 401:
                assert answer.json()["code"] == "apiKeyInvalid"


async def test_every_path_of_the_dialect_needs_a_key(locked: Api):
    key = {"X-Api-Key": (await locked.key())["key"]}
    for prefix in PREFIXES:
        for path in PATHS:
            missing = await locked.reader.get(f"{prefix}/{path}")
            assert (missing.status_code, missing.json()["code"]) == (401, "apiKeyMissing")
            answer = await locked.reader.get(f"{prefix}/{path}", headers=key)
            assert answer.status_code == 200


async def test_every_error_row(desk: Api):
    everything = {
        "parametersMissing": {},
        "parameterInvalid": {"q": "a", "pageSize": "many"},
        "queryMalformed": {"q": "(ferry"},
        "queryTooLong": {"q": "a" * 501},
        "sourcesTooMany": {"sources": ",".join(f"s{n}" for n in range(21))},
        "sourceDoesNotExist": {"sources": "harbour.example,bbc-news"},
    }
    for code, params in everything.items():
        assert await refused(desk, "everything", 400, **params) == code
    mixed = {"sources": "harbour.example", "country": "jp"}
    assert await refused(desk, "top-headlines", 400, **mixed) == "parametersIncompatible"
    beyond = {"q": "a", "page": 101}
    assert await refused(desk, "everything", 426, **beyond) == "maximumResultsReached"
    assert await refused(desk, "nothing", 404) == "notFound"
    wrong = await desk.reader.post("/v2/everything", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (405, "methodNotAllowed")
    for path in ("/v2", "/https://newsapi.org/v1/articles"):
        answer = await desk.reader.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "notFound")
    assert (await desk.reader.get("/v2x")).json()["type"] == "urn:copydesk:problem:not_found"


async def test_what_breaks_inside_is_told_in_the_dialect(
    desk: Api, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_given: object) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(newsapi, "load_articles", broken)
    assert await refused(desk, "everything", 500, q="ferry") == "unexpectedError"


async def test_there_is_no_304_and_nothing_to_ask_for_one_by(desk: Api):
    answer = await desk.reader.get("/v2/everything?q=ferry", headers={"If-None-Match": "*"})
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
