"""Lists of feeds: searched, sorted, page by page; and one act on many."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from app.api.schemas_bulk import BulkAnswer
from app.api.schemas_feed_list import FeedList
from app.store.engine import from_ms
from app.store.feed_list import FeedSort
from app.store.models import audit, feeds
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

FEEDS = "/v1/admin/feeds"
TITLES = ("Zinc Daily", "amber Post", None, "Quay 100%", "Quay Times")


async def listed(api: Api, **params: Any) -> FeedList:
    answer = await api.admin.get(FEEDS, params=params)
    assert answer.status_code == 200, answer.text
    return FeedList.model_validate_json(answer.content)


async def some_feeds(api: Api) -> list[str]:
    """Five feeds, of which the third has no title, has failed, and was polled first."""
    ids = [
        await api.add_feed(f"https://paper{n}.example/rss", **({"title": title} if title else {}))
        for n, title in enumerate(TITLES)
    ]
    async with api.service.database.write() as session:
        for feed_id, polled, news, failures in (
            (ids[2], 1_000, None, 3),
            (ids[0], 2_000, 1_500, 0),
            (ids[1], 2_000, 1_900, 0),
        ):
            await session.execute(
                update(feeds)
                .where(feeds.c.id == int(feed_id))
                .values(
                    last_poll_at=from_ms(polled),
                    last_new_at=news and from_ms(news),
                    failures=failures,
                )
            )
    return ids


@on_both
async def test_every_order_goes_on_over_pages_without_loss_and_the_other_way_round(api: Api):
    await some_feeds(api)
    orders: dict[str, list[str]] = {}
    for sort in FeedSort:
        found: list[str] = []
        page = await listed(api, sort=sort.value, limit=2)
        while True:
            found += [feed.id for feed in page.data]
            if page.page.next_cursor is None:
                break
            page = await listed(api, sort=sort.value, limit=2, cursor=page.page.next_cursor)
        orders[sort.value] = found
    for name in ("added", "title", "polled", "next_poll", "news", "failures"):
        assert len(set(orders[name])) == len(TITLES), name
        assert orders[f"-{name}"] == orders[name][::-1], name


@on_both
async def test_feeds_are_sorted_by_what_is_asked_for(api: Api):
    a, b, c, d, e = await some_feeds(api)
    expected = {
        "title": [b, c, d, e, a],  # the third by its address
        "polled": [d, e, c, a, b],
        "-news": [b, a, e, d, c],
        "-failures": [c, e, d, b, a],
    }
    for sort, order in expected.items():
        assert [feed.id for feed in (await listed(api, sort=sort)).data] == order, sort


@on_both
async def test_feeds_are_found_by_words_of_address_title_and_source(api: Api):
    await some_feeds(api)
    await api.add_feed("https://wire.example/x", source_name="Harbour Wire", title="Feed")
    for q, titles in {
        "quay": ["Quay 100%", "Quay Times"],
        "QUAY times": ["Quay Times"],
        "100%": ["Quay 100%"],
        "%": ["Quay 100%"],
        "_": [],
        "PAPER1.example": ["amber Post"],
        "harbour": ["Feed"],
        "quay zinc": [],
        " ": [*TITLES, "Feed"],
    }.items():
        assert [feed.title for feed in (await listed(api, q=q)).data] == titles, q
    assert [f.title for f in (await listed(api, q="quay", state="paused")).data] == []


async def test_a_cursor_is_of_its_own_search_and_order(api: Api):
    await some_feeds(api)
    cursor = (await listed(api, limit=1, sort="title", q="paper")).page.next_cursor
    for other in ({"sort": "-title", "q": "paper"}, {"sort": "title"}, {"q": "paper"}):
        answer = await api.admin.get(FEEDS, params={"limit": 1, "cursor": cursor, **other})
        assert answer.status_code == 400
    answer = await api.admin.get(FEEDS, params={"sort": "colour"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, "sort")


@on_both
async def test_what_the_last_polls_brought_is_shown_on_demand(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"), Item(title="Two"))
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(Item(title="One"), Item(title="Two"), Item(title="Three"))
    await api.refresh(feed)
    other = await api.add_feed(harbour.url("/other"))
    first, second = (await listed(api, include="recent")).data
    assert [(poll.outcome.value, poll.new) for poll in first.recent or ()] == [
        ("new", 2),
        ("new", 1),
    ]
    assert (second.id, second.recent) == (other, [])
    assert (await listed(api)).data[0].recent is None


@on_both
async def test_one_act_on_many_feeds_is_done_with_each_and_on_record(api: Api):
    ids = await some_feeds(api)
    asked = {"action": "pause", "ids": [ids[1], "99999", ids[0], ids[1]]}
    found = await bulk(api, asked)
    assert [(line.feed_id, line.done) for line in found.data] == [
        (ids[1], True),
        ("99999", False),
        (ids[0], True),
    ]
    assert found.data[1].detail == "there is no feed 99999: GET /v1/admin/feeds lists them"
    assert (found.meta.done, found.meta.refused) == (2, 1)
    assert {f.id for f in (await listed(api, state="paused")).data} == set(ids[:2])
    refused = await bulk(api, {"action": "refresh", "ids": ids[:3]})
    assert [line.done for line in refused.data] == [False, False, True]
    assert "resume it" in (refused.data[0].detail or "")
    await bulk(api, {"action": "resume", "ids": ids[:1]})
    await bulk(api, {"action": "delete", "ids": ids[1:4]})
    assert [(f.id, f.state.value) for f in (await listed(api)).data] == [
        (ids[0], "active"),
        (ids[4], "active"),
    ]
    async with api.service.database.read() as session:
        rows = await session.execute(select(audit.c.action, audit.c.subject))
    acts = [tuple(row) for row in rows if row.action != "feed.add"]
    assert acts == [
        ("feed.pause", f"feed:{ids[1]}"),
        ("feed.pause", f"feed:{ids[0]}"),
        ("feed.refresh", f"feed:{ids[2]}"),
        ("feed.resume", f"feed:{ids[0]}"),
        *(("feed.delete", f"feed:{feed_id}") for feed_id in ids[1:4]),
    ]


async def bulk(api: Api, asked: dict[str, Any]) -> BulkAnswer:
    answer = await api.admin.post(f"{FEEDS}:bulk", json=asked)
    assert answer.status_code == 200, answer.text
    return BulkAnswer.model_validate_json(answer.content)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"action": "pause", "ids": []},
        {"action": "explode", "ids": ["1"]},
        {"action": "pause", "ids": ["x"]},
        {"action": "pause", "ids": ["9" * 19]},
        {"action": "pause", "ids": ["1"] * 101},
    ],
)
async def test_what_may_not_be_asked_of_many(api: Api, asked: dict[str, Any]):
    assert (await api.admin.post(f"{FEEDS}:bulk", json=asked)).status_code == 400
