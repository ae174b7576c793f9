"""A story that an operator kills is gone whatever its feed tells, until he restores it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from app.api.schemas_kills import StandingAnswer
from app.store.audit import list_audit
from app.store.changes import ChangeType, read_changes
from tests.api.conftest import Api, on_both
from tests.api.publisher import Item, Publisher, atom
from tests.article_pages import article

FERRY = Item(title="Ferry sails", text="Nobody had a ticket.", day=1, categories=("Transport",))
LAMP = Item(title="Lamp goes dark", text="A fuse blew at four.", day=2)
REASON = {"reason": "The publisher rang us up"}


async def stock(api: Api, harbour: Publisher) -> str:
    """The id of a feed of two stories."""
    harbour.pages["/feed"] = atom(FERRY, LAMP)
    return await api.poll(harbour.url(), site_url="https://harbour.example/")


async def ferry(api: Api) -> str:
    (found,) = await api.data("/v1/stories", q="title:ferry")
    return str(found["id"])


async def ask(api: Api, story_id: str, action: str = "", **given: Any) -> dict[str, Any]:
    where = f"/v1/admin/stories/{story_id}{action}"
    answer = await api.admin.request("POST" if action else "GET", where, **given)
    assert answer.status_code == 200, answer.text
    StandingAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def kill(api: Api, story_id: str) -> dict[str, Any]:
    return await ask(api, story_id, ":kill", json=REASON)


async def told(api: Api) -> list[ChangeType]:
    async with api.service.database.read() as session:
        return [change.type for change in await read_changes(session, 0, 100)]


@on_both
async def test_a_killed_story_stays_so_over_polls_and_comes_back_as_it_is_told_by_then(
    api: Api, harbour: Publisher
) -> None:
    feed = await stock(api, harbour)
    story, before = await ferry(api), await told(api)
    shown = await kill(api, story)
    assert (shown["status"], shown["revision"]) == ("killed", 2)
    assert (shown["kill"]["reason"], shown["kill"]["actor"]) == (
        REASON["reason"],
        "COPYDESK_ADMIN_KEY",
    )
    assert (await told(api))[len(before) :] == [ChangeType.KILLED]
    for words in ("Everybody had a ticket.", "Only two had a ticket."):
        harbour.pages["/feed"] = atom(replace(FERRY, text=words), LAMP)
        assert (await api.refresh(feed))["changed"] == 0
    assert await api.titles() == [LAMP.title]
    assert await api.titles(q="ticket") == []
    assert await api.titles(tag="category:transport") == []
    gone = await api.data(f"/v1/stories/{story}")
    assert (gone["status"], gone["text"], gone["blocks"], gone["tags"]) == ("killed", "", [], [])
    assert (await told(api))[len(before) :] == [ChangeType.KILLED]
    back = await ask(api, story, ":restore")
    assert (back["status"], back["revision"], back["kill"]) == ("live", 3, None)
    assert (await told(api))[len(before) :] == [ChangeType.KILLED, ChangeType.RESTORED]
    assert await api.titles(q='"only two"', tag="category:transport") == [FERRY.title]
    kinds = [one["kind"] for one in await api.data(f"/v1/stories/{story}/revisions")]
    assert kinds == ["restored", "killed", "first"]
    harbour.pages["/feed"] = atom(replace(FERRY, text="Seven had a ticket."), LAMP)
    assert (await api.refresh(feed))["changed"] == 1
    assert await api.titles(q='"seven had"') == [FERRY.title]


async def test_what_it_said_stays_among_its_revisions(api: Api, harbour: Publisher) -> None:
    await stock(api, harbour)
    story = await ferry(api)
    await kill(api, story)
    first = await api.data(f"/v1/stories/{story}/revisions/1")
    assert first["text"] == FERRY.text
    assert first["tags"]


async def test_killing_and_restoring_are_on_record_with_who_did_it(
    api: Api, harbour: Publisher
) -> None:
    await stock(api, harbour)
    story = await ferry(api)
    await kill(api, story)
    await ask(api, story, ":restore")
    async with api.service.database.read() as session:
        acts = await list_audit(session, subject=f"story:{story}", limit=10)
    assert [act.action for act in acts] == ["story.restore", "story.kill"]
    assert acts[1].before["status"] == "live"
    assert acts[1].after["kill"]["reason"] == REASON["reason"]


async def test_a_killed_story_leaves_its_cluster_and_its_page_and_gets_them_back(
    api: Api, harbour: Publisher
) -> None:
    words = " ".join(f"harbour{n}" for n in range(40))
    told_here = Item(title="Ferry sails", text=words, link=harbour.url("/a"))
    harbour.pages |= {
        "/feed": atom(told_here),
        "/other": atom(Item(title="Boat goes out", text=words, link=harbour.url("/b"))),
        "/a": article(),
    }
    await api.poll(harbour.url("/other"), site_url="https://other.example/")
    await api.poll(harbour.url(), full_text=True)
    story = await ferry(api)

    async def beside() -> tuple[list[int], int]:
        sizes = [len(one["cluster"]) for one in await api.data("/v1/stories", include="cluster")]
        page = await api.admin.get(f"/v1/admin/stories/{story}/page")
        return sorted(sizes), page.status_code

    before = await beside()
    assert before[1] == 200
    await kill(api, story)
    assert await beside() == ([0], 404)
    await ask(api, story, ":restore")
    assert await beside() == before


@on_both
async def test_what_the_publisher_withdraws_meanwhile_stays_killed_until_he_tells_it_again(
    api: Api, harbour: Publisher
) -> None:
    feed = await stock(api, harbour)
    story, before = await ferry(api), await told(api)
    await kill(api, story)
    harbour.pages["/feed"] = atom(replace(FERRY, text="This story has been withdrawn."), LAMP)
    await api.refresh(feed)
    back = await ask(api, story, ":restore")
    assert (back["status"], back["kill"]) == ("killed", None)
    harbour.pages["/feed"] = atom(FERRY, LAMP)
    await api.refresh(feed)
    assert (await ask(api, story))["status"] == "live"
    assert (await told(api))[len(before) :] == [ChangeType.KILLED, ChangeType.RESTORED]


async def test_what_its_publisher_withdrew_is_killed_for_good_and_told_no_second_time(
    api: Api, harbour: Publisher
) -> None:
    feed = await stock(api, harbour)
    story = await ferry(api)
    harbour.pages["/feed"] = atom(replace(FERRY, text="This story has been withdrawn."), LAMP)
    await api.refresh(feed)
    refused = await api.admin.post(f"/v1/admin/stories/{story}:restore")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    before = await told(api)
    assert (await kill(api, story))["revision"] == 2
    harbour.pages["/feed"] = atom(FERRY, LAMP)
    await api.refresh(feed)
    assert (await ask(api, story))["status"] == "killed"
    assert await told(api) == before
    assert (await ask(api, story, ":restore"))["status"] == "live"


@pytest.mark.parametrize(
    ("action", "given", "status"),
    [(":kill", REASON, 404), (":restore", None, 404), ("", None, 404)],
)
async def test_a_story_that_is_not_there_is_not_found(
    api: Api, action: str, given: dict[str, str] | None, status: int
) -> None:
    method = "POST" if action else "GET"
    answer = await api.admin.request(method, f"/v1/admin/stories/12345{action}", json=given)
    assert answer.status_code == status, answer.text


async def test_a_story_is_killed_once_and_for_a_reason(api: Api, harbour: Publisher) -> None:
    await stock(api, harbour)
    story = await ferry(api)
    where = f"/v1/admin/stories/{story}:kill"
    assert (await api.admin.post(where, json={"reason": "  "})).status_code == 400
    await kill(api, story)
    assert (await api.admin.post(where, json=REASON)).status_code == 409


async def test_a_rules_dropped_story_can_be_killed_and_comes_back_dropped(
    api: Api, harbour: Publisher
) -> None:
    rule = {"name": "No ferries", "query": "ferry", "actions": {"visibility": "drop"}}
    assert (await api.admin.post("/v1/admin/tag-rules", json=rule)).status_code == 201
    await stock(api, harbour)
    async with api.service.database.read() as session:
        found = await session.execute(text("SELECT id FROM stories WHERE status = 'dropped'"))
        story = str(found.scalar_one())
    before = await told(api)
    assert (await kill(api, story))["status"] == "killed"
    assert (await ask(api, story, ":restore"))["status"] == "dropped"
    assert await told(api) == before
