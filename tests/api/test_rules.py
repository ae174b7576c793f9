"""Operators' rules over HTTP: saved, tried, followed through, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from app.api.schemas_rules import BackfillAnswer, RuleAnswer, RuleList, TriedAnswer
from app.ingest.renew import Renewer
from tests.api.conftest import Api, InProcess
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

PATH = "/v1/admin/tag-rules"
FERRY, PILOTS, LAMP = "Ferry sails with empty decks", "Pilots refuse night work", "Lamp goes dark"
ITEMS = [
    Item(title=FERRY, text="Nobody had bought a ticket.", day=1, categories=("Transport",)),
    Item(title=PILOTS, text="Their union wants two men on every bridge.", day=2),
    Item(title=LAMP, text="A fuse blew at four in the morning.", day=3),
]
LABEL = {"add": [{"tag": "label:port", "name": "Port"}]}


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    """Three stories, LAMP the newest."""
    harbour.pages["/feed"] = atom(*ITEMS)
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    return api


async def add(api: Api, query: str, actions: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    asked = {"name": query, "query": query, "actions": actions, **given}
    answer = await api.admin.post(PATH, json=asked)
    assert answer.status_code == 201, answer.text
    RuleAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def change(api: Api, rule_id: str, **asked: Any) -> dict[str, Any]:
    read = await api.admin.get(f"{PATH}/{rule_id}")
    answer = await api.admin.patch(
        f"{PATH}/{rule_id}", json=asked, headers={"If-Match": read.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = RuleAnswer.model_validate_json(answer.content).model_dump()["data"]
    return data


async def renew(api: Api) -> int:
    """As a polling process does until nothing is left; how many stories were done."""
    renewer, done = Renewer(api.service.database, InProcess()), 0
    while found := await renewer.renew_marked():
        done += found
    return done


async def names(api: Api) -> list[str]:
    return [rule["name"] for rule in (await api.admin.get(PATH)).json()["data"]]


async def log(api: Api, after: int = 0) -> list[tuple[str, str]]:
    changes = await api.data("/v1/changes", after=after)
    return [(change["type"], change["story_id"]) for change in changes]


async def ids(api: Api) -> dict[str, str]:
    return {story["title"]: story["id"] for story in await api.data("/v1/stories")}


async def test_a_rule_is_kept_listed_and_deleted(api: Api) -> None:
    rule = await add(
        api,
        "ferry OR pilots",
        {
            "add": [{"tag": "LABEL:North Harbour"}, {"tag": "medtop:20000065"}],
            "remove": ["place:JO", "place:jo"],
            "language": "nb-NO",
            "agency": "Reuters",
        },
    )
    assert rule["actions"] == {
        "add": [
            {"tag": "label:north-harbour", "name": "north harbour"},
            {"tag": "medtop:20000065", "name": rule["actions"]["add"][1]["name"]},
        ],
        "remove": ["place:jo"],
        "visibility": None,
        "language": "no",
        "agency": "reuters",
    }
    assert (rule["position"], rule["enabled"]) == (1, True)
    listed = await api.admin.get(PATH)
    assert RuleList.model_validate(listed.json()).data[0].id == rule["id"]
    assert (await api.admin.get(f"{PATH}/{rule['id']}")).json()["data"] == rule
    assert (await api.admin.delete(f"{PATH}/{rule['id']}")).status_code == 204
    assert (await api.admin.get(f"{PATH}/{rule['id']}")).status_code == 404
    assert (await api.admin.delete(f"{PATH}/{rule['id']}")).status_code == 404


@on_both
async def test_rules_have_an_order_without_gaps(api: Api) -> None:
    made = {name: await add(api, name, LABEL) for name in ("one", "two", "three")}
    made["four"] = await add(api, "four", LABEL, position=2)
    assert await names(api) == ["one", "four", "two", "three"]
    await change(api, made["three"]["id"], position=1)
    assert await names(api) == ["three", "one", "four", "two"]
    await change(api, made["three"]["id"], position=3)
    assert await names(api) == ["one", "four", "three", "two"]
    await change(api, made["one"]["id"], position=None)
    assert await names(api) == ["four", "three", "two", "one"]
    await change(api, made["four"]["id"], position=99)
    assert await names(api) == ["three", "two", "one", "four"]
    await api.admin.delete(f"{PATH}/{made['two']['id']}")
    found = (await api.admin.get(PATH)).json()["data"]
    assert [(rule["name"], rule["position"]) for rule in found] == [
        ("three", 1),
        ("one", 2),
        ("four", 3),
    ]
    paged: list[str] = []
    page: str | None = f"{PATH}?limit=1"
    while page:
        answer = (await api.admin.get(page)).json()
        paged += [rule["name"] for rule in answer["data"]]
        page = answer["links"]["next"]
    assert paged == ["three", "one", "four"]


@on_both
async def test_no_change_is_lost(api: Api) -> None:
    rule = await add(api, "ferry", LABEL)
    path = f"{PATH}/{rule['id']}"
    assert (await api.admin.patch(path, json={"enabled": False})).status_code == 428
    etag = (await api.admin.get(path)).headers["etag"]
    other = await add(api, "pilots", LABEL, position=1)
    first = await api.admin.patch(path, json={"name": "A"}, headers={"If-Match": etag})
    assert first.status_code == 200, "that it was moved by another does not matter"
    assert first.json()["data"]["position"] == 2
    second = await api.admin.patch(path, json={"name": "B"}, headers={"If-Match": etag})
    assert second.status_code == 412
    again = await api.admin.patch(
        path, json={"name": "B"}, headers={"If-Match": first.headers["etag"]}
    )
    assert again.json()["data"]["name"] == "B"
    assert (await api.admin.get(f"{PATH}/{other['id']}")).json()["data"]["position"] == 1
    gone = await api.admin.patch(f"{PATH}/99", json={"name": "B"}, headers={"If-Match": "*"})
    assert gone.status_code == 404


RULE = {"name": "x", "query": "ferry", "actions": LABEL}


@pytest.mark.parametrize(
    ("asked", "pointer", "position"),
    [
        ({**RULE, "query": 'ferry "harbour'}, "/query", 6),
        ({**RULE, "query": "ferry AND"}, "/query", 9),
        ({**RULE, "query": "ferry colour:red"}, "/query", 6),
        ({**RULE, "query": "ferry lang:klingon"}, "/query", 11),
        ({**RULE, "query": "-- !"}, "/query", 0),
        ({**RULE, "query": "x" * 501}, "/query", None),
        ({**RULE, "name": " "}, "/name", None),
        ({**RULE, "name": "x" * 201}, "/name", None),
        ({**RULE, "position": 0}, "/position", None),
        ({**RULE, "actions": {}}, "/actions", None),
        ({**RULE, "actions": {"add": [], "remove": []}}, "/actions", None),
        ({**RULE, "actions": {"remove": ["port"]}}, "/actions/remove/0", None),
        ({**RULE, "actions": {"remove": ["label:a", "colour:red"]}}, "/actions/remove/1", None),
        ({**RULE, "actions": {"add": [{"tag": "lang:en"}]}}, "/actions/add/0/tag", None),
        ({**RULE, "actions": {"add": [{"tag": "agency:ap"}]}}, "/actions/add/0/tag", None),
        ({**RULE, "actions": {"add": [{"tag": "medtop:99999999"}]}}, "/actions/add/0/tag", None),
        ({**RULE, "actions": {**LABEL, "remove": ["label:PORT"]}}, "/actions", None),
        ({**RULE, "actions": {"language": "klingon"}}, "/actions/language", None),
        ({**RULE, "actions": {"agency": "nobody"}}, "/actions/agency", None),
        ({**RULE, "actions": {"visibility": "hide"}}, "/actions/visibility", None),
        ({**RULE, "actions": {"colour": "red"}}, "/actions/colour", None),
        (
            {**RULE, "actions": {"remove": [f"label:{n}" for n in range(101)]}},
            "/actions/remove",
            None,
        ),
        (
            {**RULE, "actions": {**LABEL, "remove": [f"label:{n}" for n in range(100)]}},
            "/actions",
            None,
        ),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_with_the_place_of_the_fault(
    api: Api, asked: dict[str, Any], pointer: str, position: int | None
) -> None:
    answer = await api.admin.post(PATH, json=asked)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault.get("position")) == (pointer, position)
    assert await names(api) == []
    if "name" in pointer or "position" in pointer:
        return
    tried = {name: asked[name] for name in ("query", "actions")}
    answer = await api.admin.post(f"{PATH}:try", json=tried)
    assert answer.json()["errors"] == [fault], "and the same where it is tried"


async def test_what_is_changed_is_checked_too(api: Api) -> None:
    rule = await add(api, "ferry", LABEL)
    path = f"{PATH}/{rule['id']}"
    for asked in ({"query": "(ferry"}, {"actions": {}}, {"name": None}, {"query": None}):
        answer = await api.admin.patch(path, json=asked, headers={"If-Match": "*"})
        assert answer.status_code == 400, asked
    assert (await api.admin.get(path)).json()["data"] == rule


async def test_there_are_only_so_many_rules(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.rules.MAX_RULES", 2)
    for query in ("ferry", "pilots"):
        await add(api, query, LABEL)
    answer = await api.admin.post(PATH, json=RULE)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("there are 2 rules")


async def test_rules_are_for_administrators(api: Api) -> None:
    assert (await api.reader.get(PATH)).status_code == 401
    assert (await api.reader.post(PATH, json={"colour": "red"})).status_code == 401
    for path in (f"{PATH}:try", f"{PATH}:backfill"):
        assert (await api.reader.post(path, json={})).status_code == 401


@on_both
async def test_a_rule_is_tried_on_stored_stories(stocked: Api) -> None:
    before = await log(stocked)
    asked = {
        "query": "ferry OR (union bridge)",
        "actions": {
            "add": [{"tag": "label:port"}],
            "remove": ["category:transport"],
            "language": "nb",
            "visibility": "drop",
        },
    }
    answer = await stocked.admin.post(f"{PATH}:try", json=asked)
    assert answer.status_code == 200, answer.text
    tried = TriedAnswer.model_validate_json(answer.content).data
    assert (tried.total, tried.total_relation, tried.needs_words) == (2, "eq", True)
    assert tried.search_ms > 0
    pilots, ferry = tried.stories
    assert (pilots.title, ferry.title) == (PILOTS, FERRY), "newest first"
    assert (ferry.add, ferry.remove) == (["label:port"], ["category:transport"])
    assert (pilots.add, pilots.remove) == (["label:port"], [])
    assert (ferry.dropped, ferry.language, ferry.agency) == (True, "no", None)
    assert (await names(stocked), await renew(stocked), await log(stocked)) == ([], 0, before)
    everywhere = {"name": "As it is saved", "query": "-ferry", "actions": {"visibility": "drop"}}
    answer = await stocked.admin.post(f"{PATH}:try", json=everywhere)
    tried = TriedAnswer.model_validate_json(answer.content).data
    assert (tried.total, tried.needs_words) == (2, False)


async def test_a_rule_gives_and_takes_tags_and_gives_them_back(stocked: Api) -> None:
    rule = await add(stocked, "ferry", {**LABEL, "remove": ["category:transport"]}, name="Ferries")
    assert await stocked.titles(tag="label:port") == [], "not before stories are brought up"
    assert await renew(stocked) == 1
    assert await stocked.titles(tag="label:port") == [FERRY]
    assert await stocked.titles(tag="category:transport") == []
    (given,) = [
        tag
        for tag in (await stocked.data("/v1/stories", q="ferry"))[0]["tags"]
        if tag["scheme"] == "label"
    ]
    assert (given["by"], given["rule"], given["name"]) == ("rule", rule["id"], "Port")
    ferry = (await ids(stocked))[FERRY]
    assert (await log(stocked))[3:] == [("story.retagged", ferry)]
    await change(stocked, rule["id"], enabled=False)
    assert await renew(stocked) == 1
    assert await stocked.titles(tag="label:port") == []
    assert await stocked.titles(tag="category:transport") == [FERRY]
    await change(stocked, rule["id"], enabled=True, query="pilots")
    await renew(stocked)
    assert await stocked.titles(tag="label:port") == [PILOTS]
    await change(stocked, rule["id"], query="lamp")
    assert await renew(stocked) == 2, "what matched before, and what does now"
    assert await stocked.titles(tag="label:port") == [LAMP]
    await stocked.admin.delete(f"{PATH}/{rule['id']}")
    await renew(stocked)
    assert await stocked.titles(tag="label:port") == []
    assert (await stocked.data("/v1/stories/" + ferry))["revision"] == 1


@on_both
async def test_a_story_that_is_dropped_is_nowhere_and_comes_back(
    stocked: Api, harbour: Publisher
) -> None:
    story = (await ids(stocked))[FERRY]
    before = await stocked.data(f"/v1/stories/{story}")
    rule = await add(stocked, "ferry", {"visibility": "drop", **LABEL})
    await renew(stocked)
    assert await stocked.titles() == [LAMP, PILOTS]
    assert await stocked.titles(q="ferry") == []
    assert await stocked.data("/v1/tags", scheme="label") == []
    for path in (f"/v1/stories/{story}", f"/v1/stories/{story}/revisions"):
        assert (await stocked.get(path)).status_code == 404, path
    changes = await stocked.data("/v1/changes", after=3)
    assert [(c["type"], c["story_id"], c["story"]) for c in changes] == [
        ("story.dropped", story, None)
    ]
    await change(stocked, rule["id"], actions=LABEL)
    await renew(stocked)
    assert (await log(stocked))[4:] == [("story.restored", story)]
    assert await stocked.titles(tag="label:port") == [FERRY]
    await change(stocked, rule["id"], enabled=False)
    await renew(stocked)
    assert await stocked.data(f"/v1/stories/{story}") == before


@on_both
async def test_a_story_may_come_dropped_and_keep_others_company(
    api: Api, harbour: Publisher
) -> None:
    """One that is dropped from the start is in no log, list or cluster; an update may bring it."""
    long = " ".join(f"The crew of boat {n} counted {n} nets on the quay." for n in range(30))
    await add(api, "title:pilots", {"visibility": "drop"})
    items = [Item(title=FERRY, text=long), Item(title=PILOTS, text=long), Item(title=LAMP)]
    harbour.pages["/feed"] = atom(*items)
    feed = await api.poll(harbour.url(), site_url="https://harbour.example/")
    assert sorted(await api.titles()) == [FERRY, LAMP]
    assert [kind for kind, _ in await log(api)] == ["story.created"] * 2
    assert {story["cluster_id"] for story in await api.data("/v1/stories")} == {None}
    renamed = Item(title="Union refuses night work", text=long, link=linked(PILOTS))
    harbour.pages["/feed"] = atom(items[0], renamed, items[2])
    await api.refresh(feed)
    assert sorted(await api.titles()) == [FERRY, LAMP, renamed.title]
    assert [kind for kind, _ in await log(api)][2] == "story.restored"
    assert await renew(api) == 0


def linked(title: str) -> str:
    """The link that an Item of this title has by itself."""
    _, _, rest = Item(title=title).xml().partition("<id>")
    return rest.partition("</id>")[0]


@on_both
async def test_language_and_agency_are_set_and_what_follows_from_them(stocked: Api) -> None:
    rule = await add(stocked, "ferry", {"language": "de", "agency": "ap"})
    await renew(stocked)
    (story,) = await stocked.data("/v1/stories", lang="de")
    assert (story["title"], story["language"], story["agency"]["code"]) == (FERRY, "de", "ap")
    origin = {tag["tag"] for tag in story["tags"] if tag["scheme"] in ("lang", "agency")}
    assert origin == {"lang:de", "agency:ap"}
    assert await stocked.titles(agency="ap") == [FERRY]
    assert FERRY not in await stocked.titles(lang="en")
    counted = await stocked.data("/v1/stories/facets", facet=["lang", "agency"])
    found = {(v["value"], v["count"]) for facet in counted["facets"] for v in facet["values"]}
    assert found == {("en", 2), ("de", 1), ("ap", 1)}
    await stocked.admin.delete(f"{PATH}/{rule['id']}")
    await renew(stocked)
    assert await stocked.titles(lang="de") == await stocked.titles(agency="ap") == []
    assert FERRY in await stocked.titles(lang="en")


@on_both
async def test_a_backfill_can_be_stopped_and_taken_up(stocked: Api) -> None:
    async def progress() -> dict[str, Any]:
        answer = await stocked.admin.get(f"{PATH}:backfill")
        return BackfillAnswer.model_validate_json(answer.content).model_dump()["data"]

    before = await progress()
    assert (before["total"], before["done"], before["left"], before["paused"]) == (3, 3, 0, False)
    answer = await stocked.admin.post(f"{PATH}:backfill", json={"paused": True})
    assert answer.json()["data"]["paused"] is True
    await add(stocked, "ferry -lang:de", LABEL)
    assert await renew(stocked) == 0, "it is paused"
    found = await progress()
    assert (found["version"], found["done"], found["left"]) == (before["version"] + 1, 2, 1)
    await stocked.admin.post(f"{PATH}:backfill", json={"paused": False})
    assert await renew(stocked) == 1
    assert (await progress())["left"] == 0
    assert await stocked.titles(tag="label:port") == [FERRY]


async def test_what_changes_no_story_has_none_made_again(stocked: Api) -> None:
    rule = await add(stocked, "ferry", LABEL, enabled=False)
    assert await renew(stocked) == 0
    await change(stocked, rule["id"], query="pilots")
    assert await renew(stocked) == 0
    await change(stocked, rule["id"], enabled=True)
    assert await renew(stocked) == 1
    await change(stocked, rule["id"], name="The pilots' union")
    await add(stocked, "lamp", LABEL, enabled=False, position=1)
    assert await renew(stocked) == 0


@pytest.mark.parametrize(
    ("query", "concerned"),
    [
        ("ferries", 1),
        ("ferry OR pilots", 2),
        ("ferry -night tag:category:transport", 1),
        ("lamp OR lang:en", 3),
        ("-ferry", 3),
        ("domain:harbour.example ferry", 1),
        ("domain:elsewhere.example", 0),
        ("agency:kyodo", 3),
    ],
)
async def test_only_stories_that_a_rule_can_concern_are_made_again(
    stocked: Api, query: str, concerned: int
) -> None:
    await add(stocked, query, LABEL)
    assert await renew(stocked) == concerned


async def test_a_rule_of_words_reaches_stories_that_another_has_dropped_or_translated(
    stocked: Api,
) -> None:
    dropping = await add(stocked, "ferry", {"visibility": "drop"})
    assert await renew(stocked) == 1
    await add(stocked, "tickets", LABEL)
    assert await renew(stocked) == 1, "it is not in the index"
    await add(stocked, "pilots", {"language": "de"})
    await renew(stocked)
    await add(stocked, "bridges", LABEL)
    assert await renew(stocked) == 3, "its words are indexed as German ones"
    assert await stocked.titles(tag="label:port") == [PILOTS]
    await stocked.admin.delete(f"{PATH}/{dropping['id']}")
    await renew(stocked)
    assert await stocked.titles(tag="label:port") == [PILOTS, FERRY]
