"""Lines that sources repeat, over HTTP: found, listed, taken back, added."""

from __future__ import annotations

from typing import Any

import pytest

from app.api.schemas_boilerplate import BoilerplateRuleAnswer, BoilerplateRuleList
from app.api.schemas_normalize import NormalizeAnswer
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

PATH = "/v1/admin/boilerplate-rules"
FOOTER = "More from the harbour desk"
TEXTS = {
    "Ferry sails with empty decks": "Nobody had bought a ticket when the gates closed.",
    "Pilots refuse night shifts": "Their union wants two men on every bridge.",
    "Lighthouse lamp goes dark": "A fuse blew at four in the morning.",
    "Cranes moved to northern quay": "The oldest of them weighs as much as a church.",
    "Oyster beds closed after storm": "Divers found mud where shells had been.",
}
ITEMS = [
    Item(title=title, text=f"{text}\n\n{FOOTER}", day=day)
    for day, (title, text) in enumerate(TEXTS.items(), 1)
]


@pytest.fixture
async def rule(api: Api, harbour: Publisher) -> dict[str, Any]:
    """The rule that a feed of five stories taught."""
    harbour.pages["/feed"] = atom(*ITEMS)
    await api.poll(harbour.url())
    (found,) = (await api.admin.get(PATH)).json()["data"]
    return dict(found)


async def texts(api: Api) -> dict[str, str]:
    found = await api.data("/v1/stories", include="body")
    return {story["title"]: story["text"] for story in found}


async def renew(api: Api) -> int:
    answer = await api.admin.post("/v1/admin/reprocess")
    return int(answer.json()["data"]["renewed"])


async def decide(api: Api, rule: dict[str, Any], state: str) -> dict[str, Any]:
    answer = await api.admin.patch(f"{PATH}/{rule['id']}", json={"state": state})
    assert answer.status_code == 200, answer.text
    BoilerplateRuleAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


@on_both
async def test_what_was_learned_is_listed(api: Api, rule: dict[str, Any]) -> None:
    assert (rule["place"], rule["text"], rule["stories"]) == ("line", FOOTER, 5)
    assert rule["state"] == "learned"
    assert await texts(api) == TEXTS
    answer = await api.admin.get(PATH, params={"source_id": rule["source_id"], "state": "learned"})
    assert [found.id for found in BoilerplateRuleList.model_validate(answer.json()).data] == [
        rule["id"]
    ]
    one = await api.admin.get(f"{PATH}/{rule['id']}")
    assert one.json()["data"] == rule
    assert (await api.admin.get(PATH, params={"state": "reverted"})).json()["data"] == []


async def test_a_line_is_given_back_and_taken_again(api: Api, rule: dict[str, Any]) -> None:
    reverted = await decide(api, rule, "reverted")
    assert reverted["state"] == "reverted"
    assert await renew(api) == 5
    assert await texts(api) == {title: f"{text}\n\n{FOOTER}" for title, text in TEXTS.items()}
    assert len(await api.data("/v1/stories", q="desk")) == 5
    await decide(api, rule, "set")
    assert await renew(api) == 5
    assert await texts(api) == TEXTS
    assert await api.data("/v1/stories", q="desk") == []


@on_both
async def test_an_operator_adds_a_line(api: Api, rule: dict[str, Any]) -> None:
    asked = {"source_id": rule["source_id"], "text": "A fuse blew at four in the morning."}
    answer = await api.admin.post(PATH, json=asked)
    assert answer.status_code == 201, answer.text
    added = BoilerplateRuleAnswer.model_validate_json(answer.content).data
    assert (added.place, added.state, added.stories) == ("line", "set", 0)
    assert answer.headers["location"] == f"{PATH}/{added.id}"
    assert await renew(api) == 1
    left = (await texts(api))["Lighthouse lamp goes dark"]
    assert left == f"{asked['text']}\n\n{FOOTER}", "nothing would be left, so all of it stays"
    again = await api.admin.post(PATH, json=asked | {"text": "A FUSE blew at 4 in the morning."})
    assert again.status_code == 201, "in other words"
    same = await api.admin.post(PATH, json=asked | {"text": asked["text"].upper()})
    assert same.status_code == 409
    assert f"rule {added.id}" in same.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"source_id": 999, "text": "A line of no source"}, 404, None),
        ({"source_id": 1, "text": " "}, 400, "/text"),
        ({"source_id": 1, "text": "x" * 321}, 400, "/text"),
        ({"source_id": 1, "text": "no end of a sentence", "place": "prefix"}, 400, "/text"),
        ({"source_id": 1, "text": "One. Two. Three. Four. Five. Six.", "place": "suffix"}, 400,
         "/text"),
        ({"source_id": 0, "text": "A line"}, 400, "/source_id"),
        ({"source_id": 1, "text": "A line", "place": "middle"}, 400, "/place"),
        ({"source_id": 1, "text": "A line", "state": "set"}, 400, "/state"),
    ],
)  # fmt: skip
@on_both
async def test_a_line_that_cannot_be_is_refused(
    api: Api, asked: dict[str, Any], status: int, field: str | None
) -> None:
    answer = await api.admin.post(PATH, json=asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    pointers = [error.get("pointer") for error in answer.json().get("errors") or ()]
    assert pointers == ([field] if field else [])


@on_both
async def test_there_is_no_such_rule(api: Api) -> None:
    assert (await api.admin.get(f"{PATH}/4")).status_code == 404
    assert (await api.admin.patch(f"{PATH}/4", json={"state": "set"})).status_code == 404
    assert (await api.admin.patch(f"{PATH}/4", json={"state": "gone"})).status_code == 400
    assert (await api.reader.patch(f"{PATH}/4", json={"state": "set"})).status_code == 401
    assert (await api.reader.get(PATH)).status_code == 401


async def test_rules_are_paged(api: Api, rule: dict[str, Any]) -> None:
    for text in ("Second line of all", "Third line of all"):
        asked = {"source_id": rule["source_id"], "text": text}
        assert (await api.admin.post(PATH, json=asked)).status_code == 201
    found: list[str] = []
    page: str | None = f"{PATH}?limit=1"
    while page:
        answer = (await api.admin.get(page)).json()
        found += [line["text"] for line in answer["data"]]
        page = answer["links"]["next"]
    assert found == [FOOTER, "Second line of all", "Third line of all"]
    cursor = (await api.admin.get(f"{PATH}?limit=1")).json()["page"]["next_cursor"]
    other = await api.admin.get(PATH, params={"cursor": cursor, "state": "set"})
    assert other.status_code == 400, "a cursor is good for its own list"


async def test_a_preview_shows_what_the_document_teaches(api: Api) -> None:
    answer = await api.admin.post(
        "/v1/admin/normalize?limit=1",
        content=atom(*ITEMS),
        headers={"Content-Type": "application/atom+xml"},
    )
    found = NormalizeAnswer.model_validate_json(answer.content).data
    assert [(x.place, x.text, x.stories) for x in found.repeated_lines] == [("line", FOOTER, 5)]
    (story,) = found.stories
    assert (story.blocks[-1].text, story.blocks[-1].rule) == (FOOTER, "repeated-line")
    assert FOOTER not in story.text
