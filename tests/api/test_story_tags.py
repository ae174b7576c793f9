"""The tags of one story by hand, over HTTP: they stay, whatever becomes of the story."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.api.schemas_tags import HandTagsAnswer
from app.ingest.renew import Renewer
from app.store.changes import ChangeType, read_changes
from tests.api.conftest import Api, InProcess
from tests.api.publisher import Item, Publisher, atom

FERRY = Item(title="Ferry sails", text="Nobody had a ticket.", day=1, categories=("Transport",))
LAMP = Item(title="Lamp goes dark", text="A fuse blew at four.", day=2)
PORT, TRANSPORT = "label:port", "category:transport"


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    harbour.pages["/feed"] = atom(FERRY, LAMP)
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    return api


async def ferry(api: Api) -> str:
    (found,) = await api.data("/v1/stories", q="title:ferry")
    return str(found["id"])


def path(story_id: str, qcode: str | None = None) -> str:
    tags = f"/v1/admin/stories/{story_id}/tags"
    return tags if qcode is None else f"{tags}/{qcode}"


async def edited(api: Api, method: str, where: str, **given: Any) -> dict[str, Any]:
    answer = await api.admin.request(method, where, **given)
    assert answer.status_code == 200, answer.text
    HandTagsAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


def codes(data: dict[str, Any]) -> dict[str, str]:
    return {tag["tag"]: tag["by"] for tag in data["tags"]}


async def told(api: Api) -> list[ChangeType]:
    async with api.service.database.read() as session:
        return [change.type for change in await read_changes(session, 0, 100)]


async def renew(api: Api) -> None:
    while await Renewer(api.service.database, InProcess()).renew_marked():
        pass


async def test_a_given_tag_is_on_the_story_at_once_and_told(stocked: Api) -> None:
    story, before = await ferry(stocked), await told(stocked)
    data = await edited(stocked, "PUT", path(story, PORT), json={"name": "The port"})
    assert codes(data)[PORT] == "operator"
    assert [(e["tag"], e["given"], e["name"]) for e in data["edits"]] == [(PORT, True, "The port")]
    (found,) = await stocked.data("/v1/stories", tag=PORT)
    (tag,) = (tag for tag in found["tags"] if tag["tag"] == PORT)
    assert (tag["by"], tag["name"], tag["score"], tag["inferred"]) == (
        "operator",
        "The port",
        1.0,
        False,
    )
    assert (await told(stocked))[len(before) :] == [ChangeType.RETAGGED]
    assert (await edited(stocked, "GET", path(story))) == data


async def test_the_same_again_writes_nothing(stocked: Api) -> None:
    story = await ferry(stocked)
    first = await edited(stocked, "PUT", path(story, PORT))
    before = await told(stocked)
    assert await edited(stocked, "PUT", path(story, PORT)) == first
    assert await told(stocked) == before


async def test_a_tag_taken_away_stays_away_and_comes_back_when_that_is_undone(
    stocked: Api,
) -> None:
    story = await ferry(stocked)
    assert TRANSPORT not in codes(await edited(stocked, "DELETE", path(story, TRANSPORT)))
    assert await stocked.data("/v1/stories", tag=TRANSPORT) == []
    data = await edited(stocked, "POST", path(story, f"{TRANSPORT}:reset"))
    assert (codes(data)[TRANSPORT], data["edits"]) == ("publisher", [])
    await edited(stocked, "PUT", path(story, PORT))
    await edited(stocked, "DELETE", path(story, TRANSPORT))
    data = await edited(stocked, "DELETE", path(story))
    assert (PORT in codes(data), TRANSPORT in codes(data)) == (False, True)
    assert data["edits"] == []


async def test_it_survives_rules_renewals_and_corrections(stocked: Api, harbour: Publisher) -> None:
    story = await ferry(stocked)
    await edited(stocked, "PUT", path(story, PORT))
    await edited(stocked, "DELETE", path(story, TRANSPORT))
    rule = {
        "name": "r",
        "query": "ferry",
        "actions": {"add": [{"tag": TRANSPORT}], "remove": [PORT]},
    }
    assert (await stocked.admin.post("/v1/admin/tag-rules", json=rule)).status_code == 201
    await renew(stocked)
    (kept,) = await stocked.data("/v1/stories", tag=PORT)
    assert TRANSPORT not in {tag["tag"] for tag in kept["tags"]}
    harbour.pages["/feed"] = atom(replace(FERRY, text="A hundred had a ticket."), LAMP)
    (feed,) = (await stocked.admin.get("/v1/admin/feeds")).json()["data"]
    assert (await stocked.refresh(feed["id"]))["failure"] is None
    (kept,) = await stocked.data("/v1/stories", tag=PORT, q="hundred")
    assert kept["revision"] == 2
    assert TRANSPORT not in {tag["tag"] for tag in kept["tags"]}


async def test_a_blocked_tag_cannot_be_had_by_hand_and_comes_with_the_block_gone(
    stocked: Api,
) -> None:
    story = await ferry(stocked)
    await stocked.admin.post(f"/v1/admin/tags/{PORT}:block")
    data = await edited(stocked, "PUT", path(story, PORT))
    assert (PORT in codes(data), data["edits"][0]["given"]) == (False, True)
    await stocked.admin.post(f"/v1/admin/tags/{PORT}:unblock")
    await renew(stocked)
    assert len(await stocked.data("/v1/stories", tag=PORT)) == 1


async def test_a_name_is_what_it_is_called_elsewhere(stocked: Api) -> None:
    story = await ferry(stocked)
    data = await edited(stocked, "PUT", path(story, "place:jp"))
    (tag,) = (tag for tag in data["tags"] if tag["tag"] == "place:jp")
    assert tag["name"] == "Japan"


@pytest.mark.parametrize(
    ("qcode", "status", "said"),
    [
        ("lang:en", 400, "a rule sets"),
        ("agency:ap", 400, "a rule sets"),
        ("nonsense", 400, "no tag"),
        ("odd:thing", 400, "no scheme"),
        ("medtop:99999999", 400, "no media topic"),
    ],
)
async def test_what_is_no_tag_to_give_is_refused(
    stocked: Api, qcode: str, status: int, said: str
) -> None:
    answer = await stocked.admin.put(path(await ferry(stocked), qcode))
    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert (error["parameter"], said in error["detail"]) == ("qcode", True)


async def test_a_story_that_is_not_there_or_has_nothing_to_be_made_from(stocked: Api) -> None:
    assert (await stocked.admin.put(path("1", PORT))).status_code == 404
    assert (await stocked.admin.get(path("1"))).status_code == 404
    story = await ferry(stocked)
    async with stocked.service.database.write() as session:
        await session.execute(text("DELETE FROM entries"))
    answer = await stocked.admin.put(path(story, PORT))
    assert (answer.status_code, "not kept" in answer.json()["detail"]) == (409, True)


async def test_no_more_edits_than_there_may_be(stocked: Api, monkeypatch) -> None:
    monkeypatch.setattr("app.store.retag.MAX_EDITS", 1)
    story = await ferry(stocked)
    await edited(stocked, "PUT", path(story, PORT))
    assert (await stocked.admin.put(path(story, "label:quay"))).status_code == 409
    await edited(stocked, "DELETE", path(story, PORT))


async def test_a_story_that_changes_meanwhile_is_read_again(stocked: Api, monkeypatch) -> None:
    story = await ferry(stocked)
    real, calls = stocked.app.state.deps.make_again, []

    async def late(making):
        calls.append(making)
        if len(calls) == 1:
            stocked.app.state.deps = deps
            await edited(stocked, "PUT", path(story, "label:quay"))
            stocked.app.state.deps = slow
        return await real(making)

    deps = stocked.app.state.deps
    slow = stocked.app.state.deps = replace(deps, make_again=late)
    data = await edited(stocked, "PUT", path(story, PORT))
    stocked.app.state.deps = deps
    assert {PORT, "label:quay"} <= codes(data).keys()
    assert len(calls) == 2
