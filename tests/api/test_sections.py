"""What a source's categories stand for: said by operators, followed through, shown."""

from __future__ import annotations

from typing import Any

import pytest

from app.api.schemas_sections import SectionsAnswer
from app.ingest.renew import Renewer
from tests.api.conftest import Api, InProcess
from tests.api.publisher import Item, Publisher, atom

HARBOUR = "/v1/admin/sources/harbour.example/sections"
SPORT, POLITICS, WEATHER = "medtop:15000000", "medtop:11000000", "medtop:17000000"
BARE = "Nothing at all was heard."
ITEMS = (
    Item(title="Quiet", text=BARE, day=1, categories=("Decks & Quays",)),
    Item(title="Calm", text=BARE, day=2, categories=("Sport", "Decks & Quays")),
    Item(title="Still", text=BARE, day=3),
)


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    harbour.pages["/feed"] = atom(*ITEMS)
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    harbour.pages["/other"] = atom(
        Item(title="Elsewhere", text=BARE, day=1, categories=("Decks & Quays",))
    )
    await api.poll(harbour.url("/other"), site_url="https://other.example/")
    return api


async def put(api: Api, sections: dict[str, Any], where: str = HARBOUR) -> dict[str, Any]:
    answer = await api.admin.put(where, json={"sections": sections})
    assert answer.status_code == 200, answer.text
    SectionsAnswer.model_validate_json(answer.content)
    while await Renewer(api.service.database, InProcess()).renew_marked():
        pass
    data: dict[str, Any] = answer.json()["data"]
    return data


async def titles(api: Api, tag: str) -> set[str]:
    return {story["title"] for story in await api.data("/v1/stories", tag=tag)}


async def test_a_category_stands_for_what_operators_say_of_its_source_alone(stocked: Api) -> None:
    assert await titles(stocked, WEATHER) == set()
    data = await put(stocked, {"decks and  QUAYS": WEATHER})
    assert data["sections"] == {"decks and  QUAYS": WEATHER}
    assert await titles(stocked, WEATHER) == {"Quiet", "Calm"}
    await put(stocked, {})
    assert await titles(stocked, WEATHER) == set()


async def test_a_category_may_say_nothing(stocked: Api) -> None:
    assert await titles(stocked, SPORT) == {"Calm"}
    await put(stocked, {"Sport": None})
    assert await titles(stocked, SPORT) == set()


async def test_only_the_stories_of_the_source_are_made_again(stocked: Api) -> None:
    answer = await stocked.admin.put(HARBOUR, json={"sections": {"Sport": None}})
    assert answer.status_code == 200
    backfill = (await stocked.admin.get("/v1/admin/tag-rules:backfill")).json()["data"]
    assert (backfill["left"], backfill["total"]) == (3, 4)


async def test_new_stories_are_tagged_so(stocked: Api, harbour: Publisher) -> None:
    await put(stocked, {"Decks & Quays": POLITICS})
    late = Item(title="Late", text=BARE, day=9, categories=("Decks & Quays",))
    harbour.pages["/feed"] = atom(*ITEMS, late)
    (feed,) = [
        feed
        for feed in (await stocked.admin.get("/v1/admin/feeds")).json()["data"]
        if feed["source"]["domain"] == "harbour.example"
    ]
    await stocked.refresh(feed["id"])
    assert await titles(stocked, POLITICS) == {"Quiet", "Calm", "Late"}


async def test_the_categories_seen_most_are_shown_with_what_they_stand_for(stocked: Api) -> None:
    await put(stocked, {"Decks & Quays": POLITICS})
    data = (await stocked.admin.get(HARBOUR)).json()["data"]
    assert data["source"]["domain"] == "harbour.example"
    assert [(s["tag"], s["stories"], s["topic"], s["own"]) for s in data["seen"]] == [
        ("category:decks-quays", 2, POLITICS, True),
        ("category:sport", 1, SPORT, False),
    ]
    by_id = await stocked.admin.get(f"/v1/admin/sources/{data['source']['id']}/sections")
    assert by_id.json()["data"] == data


async def test_a_preview_knows_what_was_said(stocked: Api) -> None:
    await put(stocked, {"Decks & Quays": WEATHER})

    async def previewed(url: str) -> set[str]:
        answer = await stocked.admin.post(
            "/v1/admin/normalize",
            content=atom(ITEMS[0]),
            headers={"Content-Type": "application/atom+xml"},
            params={"url": url},
        )
        (story,) = answer.json()["data"]["stories"]
        return {tag["tag"] for tag in story["tags"]}

    assert WEATHER in await previewed("https://harbour.example/x")
    assert WEATHER not in await previewed("https://nobody.example/x")


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"A": "medtop:99999999"}, "no media topic"),
        ({"A": "place:jp"}, "no media topic"),
        ({"Sport": None, " sport ": SPORT}, "one category"),
        ({"--": SPORT}, "no letter"),
        ({"A": 5}, "string"),
        ({"x" * 200: None}, "120"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    stocked: Api, sections: dict[str, Any], said: str
) -> None:
    answer = await stocked.admin.put(HARBOUR, json={"sections": sections})
    assert answer.status_code == 400, answer.text
    assert said in str(answer.json()["errors"])


@pytest.mark.parametrize("source", ["nobody.example", "999", "9" * 30, "٣"])
async def test_a_source_that_is_not_there(stocked: Api, source: str) -> None:
    assert (await stocked.admin.get(f"/v1/admin/sources/{source}/sections")).status_code == 404
