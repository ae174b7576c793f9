"""Tags over HTTP: found by any of their names, shown with what is known of them, edited."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.schemas_tags import TagAnswer, TagEditAnswer, TagEditList, TagList
from app.ingest.renew import Renewer
from tests.api.conftest import Api, InProcess
from tests.api.publisher import Publisher
from tests.databases import on_both

ADMIN = "/v1/admin/tags"
KYOTO = "place:kyoto"


def days_ago(days: int) -> str:
    at = datetime.now(UTC) - timedelta(days=days, minutes=5)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def feed(*stories: tuple[int, tuple[str, ...]]) -> str:
    """Stories so many days old, with categories."""
    entries = "".join(
        f"<entry><id>urn:x:{n}</id><title>Story number {n}</title>"
        f'<link href="https://harbour.example/{n}"/><published>{days_ago(age)}</published>'
        + "".join(f'<category term="{term}"/>' for term in terms)
        + f"<content>Words of story {n}.</content></entry>"
        for n, (age, terms) in enumerate(stories)
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Harbour News</title>'
        f"<id>urn:x:harbour</id>{entries}</feed>"
    )


FERRIES, FERRY_NEWS, MEDTOP = "category:ferries", "category:ferry-news", "medtop:20000065"
STORIES = [
    (0, ("Ferries", "World", "medtop:20000065")),
    (3, ("Ferries", "World")),
    (20, ("Ferry news",)),
    (50, ("Ferries",)),
]


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    harbour.pages["/feed"] = feed(*STORIES)
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    return api


async def listed(api: Api, **asked: Any) -> dict[str, int]:
    answer = await api.get("/v1/tags", **asked)
    assert answer.status_code == 200, answer.text
    tags = TagList.model_validate_json(answer.content).data
    assert {tag.relation for tag in tags} <= {"eq"}
    return {tag.tag: tag.stories for tag in tags}


async def one(api: Api, tag: str) -> dict[str, Any]:
    answer = await api.reader.get(f"/v1/tags/{quote(tag, safe='')}")
    assert answer.status_code == 200, answer.text
    TagAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def edit(api: Api, tag: str, action: str, **asked: Any) -> dict[str, Any]:
    path = f"{ADMIN}/{quote(tag, safe='')}:{action}"
    answer = await api.admin.post(path, json=asked) if asked else await api.admin.post(path)
    assert answer.status_code == 200, answer.text
    TagEditAnswer.model_validate_json(answer.content)
    data: dict[str, Any] = answer.json()["data"]
    return data


async def renew(api: Api) -> None:
    while await Renewer(api.service.database, InProcess()).renew_marked():
        pass


async def test_counts_over_a_window(stocked: Api) -> None:
    expected = {
        "24h": {FERRIES: 1, "category:world": 1},
        "7d": {FERRIES: 2, "category:world": 2},
        "30d": {FERRIES: 2, "category:world": 2, FERRY_NEWS: 1},
        "all": {FERRIES: 3, "category:world": 2, FERRY_NEWS: 1},
    }
    for window, counts in expected.items():
        found = await listed(stocked, window=window, scheme="category")
        assert {tag: n for tag, n in found.items() if tag in counts} == counts
        assert await listed(stocked, window=window, prefix="fer") == {
            tag: n for tag, n in counts.items() if "fer" in tag
        }
    between = {"published_after": days_ago(30), "published_before": days_ago(10)}
    assert await listed(stocked, prefix="fer", **between) == {FERRY_NEWS: 1}
    both = await stocked.get("/v1/tags", window="7d", **between)
    assert (both.status_code, both.json()["errors"][0]["parameter"]) == (400, "window")


@on_both
async def test_found_by_a_name_in_any_language(stocked: Api) -> None:
    for prefix in ("civil unr", "Unruh", "内乱", "DISTURB", "20000065"):
        assert await listed(stocked, prefix=prefix) == {MEDTOP: 1}
    assert await listed(stocked, prefix="内乱", scheme="category") == {}


@on_both
async def test_pages_go_on_where_they_ended_though_stories_come_in(
    stocked: Api, harbour: Publisher
) -> None:
    first = (await stocked.get("/v1/tags", prefix="fer", window="all", limit=1)).json()
    assert [tag["tag"] for tag in first["data"]] == [FERRIES]
    second = (await stocked.reader.get(first["links"]["next"])).json()
    assert [tag["tag"] for tag in second["data"]] == [FERRY_NEWS]
    other = await stocked.get("/v1/tags", prefix="wor", cursor=first["page"]["next_cursor"])
    assert other.status_code == 400


async def test_one_tag_with_all_that_is_known_of_it(stocked: Api) -> None:
    found = await one(stocked, FERRIES)
    assert (found["tag"], found["name"], found["names"]) == (FERRIES, "Ferries", {})
    counts = {window: n["count"] for window, n in found["stories"].items()}
    assert counts == {"24h": 1, "7d": 2, "30d": 2, "all": 3}
    assert found["given_by"] == [{"by": "publisher", "stories": 3}]
    related = {tag["tag"]: tag["stories"] for tag in found["related"]}
    assert related["category:world"] == 2
    assert related[MEDTOP] == 1
    assert not any(tag.startswith("lang:") for tag in related)
    assert sum(bucket["count"] for bucket in found["timeline"]) == 2
    assert found["looked_at"] == 3
    assert (found["blocked"], found["merged_from"], found["edited_at"]) == (False, [], None)


async def test_one_of_the_vocabulary_that_no_story_has(stocked: Api) -> None:
    kyoto = await one(stocked, KYOTO)
    assert kyoto["names"]["ja"] == "京都"
    assert [(tag["tag"], tag["name"]) for tag in kyoto["parents"]] == [("place:jp", "Japan")]
    assert kyoto["stories"]["all"] == {"count": 0, "relation": "eq"}
    japan = await one(stocked, "place:JP")
    assert "place:tokyo" in [tag["tag"] for tag in japan["children"]]
    unrest = await one(stocked, MEDTOP)
    assert [tag["tag"] for tag in unrest["parents"]] == ["medtop:16000000"]
    assert unrest["stories"]["all"]["count"] == 1


@pytest.mark.parametrize(
    "tag", ["category:nothing-of-it", "medtop:99999999", "ferries", ":", "a:", ":b", "category:\0"]
)
async def test_what_there_is_not_is_said_with_the_next_step(api: Api, tag: str) -> None:
    answer = await api.reader.get(f"/v1/tags/{quote(tag, safe='')}")
    assert answer.status_code in {400, 404}, answer.text
    assert "prefix" in answer.json()["detail"] or "scheme:code" in answer.json()["detail"]


@on_both
async def test_a_code_that_is_too_long_is_not_taken_for_another(
    api: Api, harbour: Publisher
) -> None:
    long = "x" * 128
    harbour.pages["/feed"] = feed((0, (long,)))
    await api.poll(harbour.url())
    assert (await one(api, f"category:{long}"))["stories"]["all"]["count"] == 1
    for more in (1, 10_000):
        answer = await api.reader.get(f"/v1/tags/category:{long}{'x' * more}")
        assert answer.status_code in {400, 404}
        refused = await api.admin.post(f"{ADMIN}/category:{long}{'x' * more}:block")
        assert refused.status_code == 400


@on_both
async def test_a_tag_in_another_script(api: Api, harbour: Publisher) -> None:
    harbour.pages["/feed"] = feed((0, ("経済：市場", "C++ / C#")))
    await api.poll(harbour.url())
    assert (await one(api, "category:経済-市場"))["name"] == "経済：市場"
    assert (await one(api, "category:経済：市場"))["tag"] == "category:経済-市場"
    await edit(api, "category:経済-市場", "block")
    await renew(api)
    found = await one(api, "category:経済-市場")
    assert (found["blocked"], found["stories"]["all"]["count"]) == (True, 0)


async def test_a_blocked_tag_is_given_no_more(stocked: Api) -> None:
    said = await edit(stocked, FERRIES, "block")
    assert (said["blocked"], said["merged_into"]) == (True, None)
    assert said["at"] is not None
    await renew(stocked)
    assert FERRIES not in await listed(stocked)
    assert await stocked.titles(tag=FERRIES) == []
    changes = await stocked.data("/v1/changes")
    assert [change["type"] for change in changes].count("story.retagged") == 3
    assert (await edit(stocked, FERRIES, "unblock"))["at"] is None
    await renew(stocked)
    assert (await listed(stocked, prefix="ferr"))[FERRIES] == 3


async def test_a_merged_tag_is_answered_as_the_other(stocked: Api) -> None:
    await edit(stocked, FERRY_NEWS, "merge", into="Category:Ferries")
    every = await stocked.titles(tag=FERRIES)
    await renew(stocked)
    assert len(await stocked.titles(tag=FERRIES)) == len(every) + 1 == 4
    for asked in (
        {"tag": FERRY_NEWS},
        {"tag_any": FERRY_NEWS},
        {"tag_exact": FERRY_NEWS},
        {"q": f'tag:"{FERRY_NEWS}"'},
    ):
        assert len(await stocked.titles(**asked)) == 4, asked
        explained = await stocked.data("/v1/stories:explain", **asked)
        assert explained["total"] == 4
    assert len(await stocked.titles(tag_none=FERRY_NEWS)) == 0
    for path in ("/v1/stories.atom", "/v1/stories.ndjson", "/v1/stories.csv"):
        streamed = await stocked.get(path, tag=FERRY_NEWS)
        assert streamed.text.count("Story number") >= 4, path
    answer = await stocked.reader.get(f"/v1/tags/{FERRY_NEWS}")
    assert answer.json()["data"]["tag"] == FERRIES
    assert answer.json()["data"]["merged_from"] == [FERRY_NEWS]
    assert answer.headers["content-location"] == "/v1/tags/category%3Aferries"
    await edit(stocked, FERRY_NEWS, "unmerge")
    await renew(stocked)
    assert len(await stocked.titles(tag=FERRY_NEWS)) == 1
    assert (await one(stocked, FERRY_NEWS))["tag"] == FERRY_NEWS


@on_both
async def test_a_tag_under_another_name(stocked: Api) -> None:
    await edit(stocked, FERRIES, "rename", name=" Boats & ports ")
    await renew(stocked)
    found = await one(stocked, FERRIES)
    assert (found["name"], found["renamed"]) == ("Boats & ports", True)
    assert await listed(stocked, prefix="boats &") == {FERRIES: 3}
    stories = await stocked.data("/v1/stories", tag=FERRIES)
    names = {tag["name"] for story in stories for tag in story["tags"] if tag["tag"] == FERRIES}
    assert names == {"Boats & ports"}
    answer = await stocked.admin.post(f"{ADMIN}/{FERRIES}:rename", json={"name": None})
    assert answer.json()["data"]["at"] is None
    await renew(stocked)
    assert (await one(stocked, FERRIES))["name"] == "Ferries"


@on_both
async def test_what_is_edited_is_listed_page_by_page(stocked: Api) -> None:
    await edit(stocked, FERRIES, "block")
    await edit(stocked, FERRY_NEWS, "merge", into="label:boats")
    await edit(stocked, "label:boats", "rename", name="Boats")

    async def edited(**asked: Any) -> list[str]:
        found, path = [], f"{ADMIN}?edited=true&limit=1"
        path += "".join(f"&{name}={value}" for name, value in asked.items())
        while path:
            answer = await stocked.admin.get(path)
            found += [e.tag for e in TagEditList.model_validate_json(answer.content).data]
            path = answer.json()["links"]["next"]
        return found

    assert await edited() == [FERRIES, FERRY_NEWS, "label:boats"]
    assert await edited(kind="blocked") == [FERRIES]
    assert await edited(kind="merged") == [FERRY_NEWS]
    assert await edited(kind="renamed") == ["label:boats"]
    assert (await one(stocked, "label:boats"))["name"] == "Boats"


@pytest.mark.parametrize(
    ("tag", "action", "asked", "status"),
    [
        (FERRIES, "merge", {"into": FERRIES}, 409),
        (FERRIES, "merge", {"into": "agency:ap"}, 409),
        (FERRIES, "merge", {"into": "lang:en"}, 409),
        (FERRIES, "merge", {"into": "nothing"}, 400),
        (FERRIES, "merge", {"into": "x:" + "y" * 1500}, 400),
        (FERRIES, "merge", {"into": "x:" + "y" * 10_000}, 400),
        (FERRIES, "merge", {}, 400),
        (FERRIES, "merge", {"into": None}, 400),
        (FERRIES, "rename", {"name": ""}, 400),
        (FERRIES, "rename", {"name": "a\nb"}, 400),
        (FERRIES, "rename", {"name": "n" * 300}, 400),
        (FERRIES, "rename", {}, 400),
        ("lang:en", "block", None, 409),
        ("nothing", "block", None, 400),
        (FERRIES, "burn", None, 404),
    ],
)
async def test_what_cannot_be_done(
    api: Api, tag: str, action: str, asked: dict[str, Any] | None, status: int
) -> None:
    answer = await api.admin.post(f"{ADMIN}/{quote(tag, safe='')}:{action}", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await api.admin.get(ADMIN)).json()["data"] == []


async def test_only_administrators_edit(api: Api) -> None:
    for action in ("block", "unblock", "rename", "merge", "unmerge"):
        assert (await api.reader.post(f"{ADMIN}/{FERRIES}:{action}")).status_code == 401
    assert (await api.get(ADMIN)).status_code == 401


async def test_any_tag_is_answered(api: Api) -> None:
    """Odd ones as well: never a fault of ours."""

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.text(max_size=40).map(lambda code: f"category:{code}") | st.text(max_size=40))
    def odd(tag: str) -> None:
        tags.append(quote(tag, safe="", errors="replace"))

    tags: list[str] = []
    odd()
    for tag in tags:
        assert (await api.reader.get(f"/v1/tags/{tag}")).status_code < 500
        assert (await api.admin.post(f"{ADMIN}/{tag}:block")).status_code < 500
        assert (await api.admin.post(f"{ADMIN}/{tag}:unblock")).status_code < 500
