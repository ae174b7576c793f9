"""Finding stories: words, tags, sources, languages, times, order, pages."""

from __future__ import annotations

import base64

import pytest

from app.api import story_pages
from app.api.schemas import StoryAnswer
from app.api.schemas_lists import StoryList
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FERRY = Item(
    title="Ferry service resumes in the north harbour",
    text="The ferry crossed again at dawn. Passengers waited with umbrellas.",
    day=3,
    categories=("World News", "Transport"),
)
BRIDGE = Item(
    title="Bridge closed after storm",
    text="No ferry replaces the bridge. The north road stays open, says the port office.",
    day=5,
    categories=("World News", "Weather"),
)
MARKET = Item(
    title="Fish market opens a second hall",
    text="Tuna is sold at dawn.",
    day=7,
    categories=("Trade",),
)
TOKYO = Item(
    title="東京港で新しい岸壁が完成",
    text="東京港の新しい岸壁が完成し、船が着いた。",
    day=9,
    categories=("経済",),
)
ALL = [TOKYO.title, MARKET.title, BRIDGE.title, FERRY.title]


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    """Four stories, newest first in ALL."""
    harbour.pages["/feed"] = atom(FERRY, BRIDGE, MARKET, TOKYO)
    await api.poll(harbour.url(), site_url="https://harbour.example/")
    return api


@on_both
async def test_newest_first_with_everything_a_list_has(stocked: Api):
    answer = await stocked.get("/v1/stories")
    listed = StoryList.model_validate_json(answer.content, strict=False)
    assert [story.title for story in listed.data] == ALL
    assert listed.meta.total == 4
    assert listed.meta.total_relation == "eq"
    assert listed.page.next_cursor is None
    assert not listed.page.has_more
    first = answer.json()["data"][0]
    assert first["published_at"] == "2026-11-09T06:00:00Z"
    assert first["source"]["domain"] == "harbour.example"
    assert first["id"].isdecimal()
    assert not {"published_rule", "text", "blocks", "html", "copies"} & first.keys()


SEARCHES = {
    "ferry": [BRIDGE, FERRY],
    "FERRY": [BRIDGE, FERRY],
    "ferry harbour": [FERRY],
    '"north harbour"': [FERRY],
    '"harbour north"': [],
    "ferry -bridge": [FERRY],
    "ferry NOT bridge": [FERRY],
    "-ferry": [TOKYO, MARKET],
    "tuna OR umbrellas": [MARKET, FERRY],
    "dawn (tuna OR umbrellas) -market": [FERRY],
    "title:ferry": [FERRY],
    "body:bridge": [BRIDGE],
    "title:dawn": [],
    "umbr*": [FERRY],
    "umbr": [],
    "東京": [TOKYO],
    "岸壁が完成": [TOKYO],
    "ferry' OR 1=1 --": [BRIDGE, FERRY],
}


async def test_q(stocked: Api):
    found = {q: await stocked.titles(q=q) for q in SEARCHES}
    assert found == {q: [item.title for item in items] for q, items in SEARCHES.items()}


FILTERS: list[tuple[dict[str, object], list[Item]]] = [
    ({"tag": "category:world-news"}, [BRIDGE, FERRY]),
    ({"tag": "category:World News"}, [BRIDGE, FERRY]),
    ({"tag": " Category:WORLD  news"}, [BRIDGE, FERRY]),
    ({"tag": "category:経済"}, [TOKYO]),
    ({"tag": ["category:world-news", "category:weather"]}, [BRIDGE]),
    ({"tag": ["category:trade", "category:weather"]}, []),
    ({"tag_any": ["category:trade", "category:weather"]}, [MARKET, BRIDGE]),
    ({"tag_none": "category:world-news"}, [TOKYO, MARKET]),
    ({"tag_none": ["category:weather", "category:trade"], "q": "dawn"}, [FERRY]),
    ({"tag": "category:none-such"}, []),
    ({"lang": "ja"}, [TOKYO]),
    ({"lang": "ja-JP"}, [TOKYO]),
    ({"lang": ["ja", "de"]}, [TOKYO]),
    ({"lang": ["ja", "en"], "q": "ferry"}, [BRIDGE, FERRY]),
    ({"source": "harbour.example", "q": "tuna"}, [MARKET]),
    ({"source": "HARBOUR.example", "q": "tuna"}, [MARKET]),
    ({"source": ["none.example", "harbour.example"], "q": "tuna"}, [MARKET]),
    ({"published_after": "2026-11-05T06:00:00Z"}, [TOKYO, MARKET, BRIDGE]),
    ({"published_after": "2026-11-05T06:00:00.001Z"}, [TOKYO, MARKET]),
    ({"published_before": "2026-11-05T06:00:00Z"}, [FERRY]),
    ({"published_after": "2026-11-05T15:00:00+09:00", "q": "ferry"}, [BRIDGE]),
    ({"published_after": "2026-11-06T00:00:00Z", "published_before": "2026-11-01T00:00:00Z"}, []),
    (
        {"published_after": "0001-01-01T00:00:00Z", "published_before": "9999-12-31T23:59:59Z"},
        [TOKYO, MARKET, BRIDGE, FERRY],
    ),
]


async def test_filters(stocked: Api):
    for asked, items in FILTERS:
        assert await stocked.titles(**asked) == [item.title for item in items], asked


@on_both
async def test_source_by_id_and_an_unknown_one(stocked: Api):
    [source] = await stocked.data("/v1/sources")
    assert await stocked.titles(source=source["id"]) == ALL
    for unknown in ("999", "nowhere.example", "9" * 18):
        answer = await stocked.get("/v1/stories", source=unknown)
        assert answer.json()["data"] == []
        assert answer.json()["meta"] == {"total": 0, "total_relation": "eq", "candidates": None}


async def test_a_plus_in_an_offset_may_arrive_as_a_space(stocked: Api):
    answer = await stocked.reader.get(
        "/v1/stories?published_after=2026-11-05T15:00:00.000+09:00&q=ferry"
    )
    assert [story["title"] for story in answer.json()["data"]] == [BRIDGE.title]


@pytest.mark.parametrize("sort", ["-published", "-ingested", "-updated"])
@pytest.mark.parametrize("q", [None, "dawn OR ferry OR 東京"])
@on_both
async def test_orders(api: Api, harbour: Publisher, sort: str, q: str | None):
    """The late feed brings an old story, and the old feed corrects one: each order differs."""
    harbour.pages |= {"/feed": atom(FERRY, BRIDGE), "/late": atom(MARKET, TOKYO)}
    first = await api.poll(harbour.url("/feed"))
    await api.poll(harbour.url("/late"))
    corrected = Item(title=FERRY.title, text="Dawn ferry: a correction.", day=FERRY.day)
    harbour.pages["/feed"] = atom(corrected, BRIDGE)
    await api.refresh(first)
    orders = {
        "-published": ALL,
        "-ingested": [TOKYO.title, MARKET.title, BRIDGE.title, FERRY.title],
        "-updated": [FERRY.title, TOKYO.title, MARKET.title, BRIDGE.title],
    }
    assert await api.titles(sort=sort, **({"q": q} if q else {})) == orders[sort]


@pytest.mark.parametrize("sort", ["-published", "-ingested", "-updated"])
@pytest.mark.parametrize("q", [None, "lamp"])
async def test_a_walk_meets_everything_once_while_stories_come_in(
    api: Api, harbour: Publisher, sort: str, q: str | None
):
    lamps = [Item(title=f"Lamp {n} lit", text=f"The lamp {n} is lit.", day=n) for n in range(1, 12)]
    harbour.pages["/feed"] = atom(*lamps)
    feed = await api.poll(harbour.url())
    seen: list[str] = []
    asked = {"limit": 4, "sort": sort} | ({"q": q} if q else {})
    following = None
    for page in range(3):
        answer = await api.get(
            "/v1/stories", **asked, **({"cursor": following} if following else {})
        )
        body = answer.json()
        seen += [story["title"] for story in body["data"]]
        following = body["page"]["next_cursor"]
        assert body["page"]["has_more"] is (following is not None)
        more = Item(title=f"Lamp {page + 20} lit", text="The lamp is lit.", day=20 + page)
        lamps.append(more)
        harbour.pages["/feed"] = atom(*lamps)
        await api.refresh(feed)
    assert following is None
    assert sorted(seen) == sorted(item.title for item in lamps[:11])


async def test_the_next_page_by_its_link(stocked: Api):
    answer = await stocked.get("/v1/stories", limit=3, q="-nothing", tag_none="category:x")
    link = answer.json()["links"]["next"]
    assert answer.headers["link"] == f'<{link}>; rel="next"'
    assert link.startswith("/v1/stories?")
    second = await stocked.reader.get(link)
    assert [s["title"] for s in second.json()["data"]] == ALL[3:]
    assert second.json()["links"] == {"self": link, "next": None}
    assert "link" not in second.headers


async def test_links_do_not_believe_the_host_header(stocked: Api):
    for host in ("evil.example", "[", "a b/c?d#e"):
        answer = await stocked.reader.get("/v1/stories?limit=1", headers={"Host": host})
        assert answer.status_code == 200
        assert "evil" not in answer.text
        assert answer.json()["links"]["self"] == "/v1/stories?limit=1"
        missing = await stocked.reader.get("/none%3Fsuch", headers={"Host": host})
        assert missing.status_code == 404
        assert missing.json()["instance"] == "/none?such"


async def test_cursors_belong_to_their_filters(stocked: Api):
    page = (await stocked.get("/v1/stories", limit=1, q="ferry")).json()
    cursor = page["page"]["next_cursor"]
    tampered = base64.urlsafe_b64decode(cursor + "==")
    flipped = base64.urlsafe_b64encode(tampered[:-2] + b"9]").decode()
    others = [
        ("/v1/stories", {"q": "dawn"}),
        ("/v1/stories", {"q": "ferry", "sort": "-updated"}),
        ("/v1/stories", {"q": "ferry", "tag": "category:x"}),
        ("/v1/tags", {}),
        ("/v1/sources", {}),
    ]
    asked = [(path, {**given, "cursor": cursor}) for path, given in others]
    asked += [
        ("/v1/stories", {"q": "ferry", "cursor": bad})
        for bad in (flipped, cursor[:-3], "", "é", "AAAA")
    ]
    for path, given in asked:
        answer = await stocked.get(path, **given)
        assert answer.status_code == 400, (path, given)
        assert answer.json()["errors"][0]["parameter"] == "cursor"
        assert "start again without one" in answer.json()["detail"]
    more = await stocked.get("/v1/stories", q="ferry", limit=5, include="body", cursor=cursor)
    assert [s["title"] for s in more.json()["data"]] == [FERRY.title]


async def test_the_total_is_counted_to_a_bound(stocked: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(story_pages, "COUNT_BOUND", 3)
    for q, meta in [("dawn", (2, "eq")), ("-none", (3, "gte"))]:
        found = (await stocked.get("/v1/stories", q=q)).json()["meta"]
        assert (found["total"], found["total_relation"]) == meta
    bare = (await stocked.get("/v1/stories")).json()["meta"]
    assert bare == {"total": 3, "total_relation": "gte", "candidates": None}


async def test_bodies_on_demand_and_on_a_single_story(stocked: Api):
    [story] = await stocked.data("/v1/stories", q="tuna", include="body")
    assert story["text"] == MARKET.text
    assert story["blocks"] == [
        {
            "type": "paragraph",
            "text": MARKET.text,
            "rule": story["blocks"][0]["rule"],
            "start": 0,
            "end": len(MARKET.text),
        }
    ]
    assert story["published_raw"].startswith("2026-11-")
    assert story["published_rule"] == "iso8601"
    [copy] = story["copies"]
    assert copy["feed_id"].isdecimal()
    single = await stocked.get(f"/v1/stories/{story['id']}")
    assert StoryAnswer.model_validate_json(single.content).data.text == MARKET.text
    assert single.json()["data"] == story


REFUSED: list[tuple[dict[str, object], str, str]] = [
    ({"q": 'ferry "north'}, "q", "add another"),
    ({"q": ""}, "q", "write"),
    ({"q": "x" * 501}, "q", "500"),
    ({"source": "'; DROP TABLE stories; --"}, "source", "is no domain"),
    ({"source": "'; DROP TABLE stories; --"}, "source", "is no domain"),
    ({"q": "colour:red"}, "q", "use one of title:"),
    ({"tag": "ferry"}, "tag", "write scheme:code"),
    ({"tag_any": "category:"}, "tag_any", "write scheme:code"),
    ({"tag_none": ":x"}, "tag_none", "write scheme:code"),
    ({"lang": "xx"}, "lang", "write a code such as"),
    ({"published_after": "yesterday"}, "published_after", "write one such as 2026"),
    ({"published_before": "2026-11-01T00:00:00"}, "published_before", "write one such as"),
    ({"published_before": "2026-11-01"}, "published_before", "write one such as"),
    ({"sort": "published"}, "sort", "-published"),
    ({"limit": 0}, "limit", "greater than"),
    ({"limit": 101}, "limit", "less than"),
    ({"limit": "many"}, "limit", "integer"),
    ({"include": "everything"}, "include", "body"),
    ({"page": 2}, "page", "cursor"),
    ({"q": ["a", "b"]}, "q", "send one value"),
    ({"source": "a\0b"}, "source", "NUL"),
    ({"tag": ["a:b"] * 51}, "tag", "50"),
]


@on_both
async def test_what_cannot_be_taken_is_named(api: Api):
    for asked, parameter, says in REFUSED:
        answer = await api.get("/v1/stories", **asked)
        assert answer.status_code == 400, asked
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["errors"][0]["parameter"] == parameter
        assert says in body["errors"][0]["detail"]
        assert body["errors"][0]["detail"] in body["detail"]


async def test_a_search_text_that_cannot_be_read_says_where(api: Api):
    answer = await api.get("/v1/stories", q="ferry (north")
    assert answer.status_code == 400
    assert answer.json()["code"] == "query_invalid"
    assert answer.json()["errors"][0]["position"] == 6


async def test_no_such_story(api: Api):
    for path in ("/v1/stories/12345", "/v1/stories/12345/revisions"):
        answer = await api.get(path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
        assert "GET /v1/stories" in answer.json()["detail"]
    for number in (-1, 1 << 63, "9" * 4400):
        assert (await api.get(f"/v1/stories/{number}")).status_code == 400
