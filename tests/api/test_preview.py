"""The stories of an address before it is a feed."""

from __future__ import annotations

from sqlalchemy import func, select

from app.api.schemas_normalize import PreviewAnswer
from app.store.models import feeds, fetches, stories
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.ingest.servers import answer as scripted

PREVIEW = "/v1/admin/feeds:preview"
PAGE = (
    "<!doctype html><html><head><title>Ferries</title></head><body><article><h1>Ferries</h1>"
    f"<p>{' '.join(f'Ferry number {n} left pier {n} at dawn and came back.' for n in range(40))}"
    "</p>"
    "</article></body></html>"
)


async def test_an_address_is_shown_as_the_stories_that_it_would_be(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(
        Item(title="One", text="OSLO (Reuters) - The ferry is back."), Item(title="Two")
    )
    answer = await api.admin.post(PREVIEW, json={"url": harbour.url(), "limit": 1})
    assert answer.status_code == 200, answer.text
    found = PreviewAnswer.model_validate_json(answer.content)
    assert (found.data.title, found.data.entries) == ("Harbour News", 2)
    (story,) = found.data.stories
    assert (story.title, story.text) == ("One", "The ferry is back.")
    assert story.dateline is not None
    assert found.meta.url == harbour.url()
    assert found.meta.bytes == len(harbour.pages["/feed"])
    assert harbour.asked == ["/feed"]
    async with api.service.database.read() as session:
        for table in (feeds, fetches, stories):
            assert (await session.execute(select(func.count()).select_from(table))).scalar() == 0


async def test_what_an_operator_says_of_it_is_heard(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One", day="2026-11-01T06:00:00")).replace(
        ' xml:lang="en"', ""
    )
    asked = {"url": harbour.url(), "language": "en", "time_zone": "Asia/Tokyo"}
    (story,) = (await api.admin.post(PREVIEW, json=asked)).json()["data"]["stories"]
    assert story["language"] == "en"
    assert story["published_at"].startswith("2026-10-31T21:00:00")


async def test_what_gives_no_stories_is_refused_with_the_next_step(api: Api, harbour: Publisher):
    html = (("Content-Type", "text/html"),)
    harbour.pages |= {
        "/article": scripted(200, PAGE.encode(), html),
        "/page": scripted(200, b"<!doctype html><title>Harbour</title><p>Hello", html),
        "/broken": scripted(500, b"oops"),
    }
    for path, code in (
        ("/article", "is_a_page"),
        ("/page", "not_a_feed"),
        ("/broken", "feed_unreachable"),
    ):
        answer = await api.admin.post(PREVIEW, json={"url": harbour.url(path)})
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    for given in (
        {"url": "ftp://news.example/"},
        {"url": harbour.url(), "language": "klingon"},
        {"url": harbour.url(), "time_zone": "Mars/Olympus"},
        {"url": harbour.url(), "limit": 0},
        {},
    ):
        assert (await api.admin.post(PREVIEW, json=given)).status_code == 400, given
