"""NDJSON and CSV: all that matches, as it is read, whole or visibly broken."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import Any

import httpx
import pytest

from app.api import story_pages
from app.api.formats import csv_rows
from app.api.listing import Listing
from app.api.parameters import SearchRequest
from app.core.search.search import Search
from app.store.find import Page, Place
from tests.api.conftest import Api
from tests.api.loopback import served
from tests.api.publisher import Item, Publisher, atom
from tests.api.stocked import FERRY, QUAY, SUM, stock
from tests.api.test_problems import check_problem
from tests.databases import on_both

STREAMS = [".ndjson", ".csv"]


@pytest.fixture
async def many(api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Seven stories, read three at a time."""
    harbour.pages["/feed"] = atom(*(Item(title=f"Ferry {n}", day=n) for n in range(1, 8)))
    await api.poll(harbour.url())
    monkeypatch.setattr(story_pages, "STREAM_PAGE", 3)
    return api


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.content.endswith(b"\n") or not answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


def rows(answer: httpx.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text, newline="")))


async def test_ndjson_has_every_story_as_json_has_it(many: Api):
    for asked in ({}, {"include": "body"}, {"sort": "-updated", "q": "ferry"}):
        answer = await many.get("/v1/stories.ndjson", **asked)
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert lines(answer) == await many.data("/v1/stories", limit=100, **asked)
    assert len(lines(await many.get("/v1/stories.ndjson"))) == 7


async def test_csv_has_every_story_in_a_row(many: Api):
    answer = await many.get("/v1/stories.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *stories = rows(answer)
    assert answer.text.count("\r\n") == answer.text.count("\n") == 8
    listed = await many.data("/v1/stories")
    assert header == list(listed[0])
    assert [row[0] for row in stories] == [story["id"] for story in listed]
    assert rows(await many.get("/v1/stories.csv", q="zeppelin")) == [header]


async def test_csv_cells(api: Api, harbour: Publisher):
    await stock(api, harbour)
    header, *found = rows(await api.get("/v1/stories.csv", include="body"))
    stories = {row[header.index("title")]: dict(zip(header, row, strict=True)) for row in found}
    assert stories.keys() == {QUAY, f"'{SUM}", FERRY}
    ferry = stories[FERRY]
    full = (await api.data("/v1/stories", q="ferry", include="body"))[0]
    assert ferry["authors"] == "Ada Quay; Bo Pier"
    assert ferry["tags"] == " ".join(tag["tag"] for tag in full["tags"])
    assert ferry["source"] == "harbour.example"
    assert ferry["agency"] == full["agency"]["name"]
    assert ferry["dateline"] == full["dateline"]["text"]
    assert ferry["published_at"] == "2026-11-03T06:00:00Z"
    assert ferry["enclosures"].split()[0] == "https://harbour.example/ferry.mp3"
    assert ferry["text"] == full["text"]
    assert json.loads(ferry["blocks"]) == full["blocks"]
    assert ferry["cluster_id"] == ""


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(begin: str):
    story = {"title": f"{begin}cmd|' /C calc'!A0", "authors": [{"name": f"{begin}A1"}]}
    written = csv_rows.write([story], ["title", "authors"]).decode()
    [row] = csv.reader(io.StringIO(written, newline=""))
    assert row == [f"'{story['title']}", f"'{begin}A1"]


@pytest.mark.parametrize("suffix", STREAMS)
@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        ({"limit": 5}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"q": "ferry", "sort": "relevance"}, "sort"),
    ],
)
async def test_what_only_a_page_has_is_refused(
    many: Api, suffix: str, asked: dict[str, Any], parameter: str
):
    answer = await many.get(f"/v1/stories{suffix}", **asked)
    said = check_problem(answer, 400, "invalid_request")
    assert said.errors[0].parameter == parameter
    assert ".json" in said.errors[0].detail


@on_both
async def test_no_session_is_held_between_stretches(many: Api):
    asked = SearchRequest(search=Search(), bound_to="")
    listing = Listing(
        asked=asked, limit=None, cursor=None, include=frozenset(), fields=None, collapse=False
    )
    deps = many.app.state.deps
    pool = many.service.database.reader.sync_engine.pool
    async with many.service.database.read() as session:
        first, after = await story_pages.read_stretch(
            session, listing, after=None, now=deps.clock()
        )
    titles = [story["title"] for story in first]
    rest = story_pages.further_stretches(deps, listing, after=after, now=deps.clock())
    async for stories in rest:
        assert pool.checkedout() == 0
        assert len(stories) <= 3
        titles += [story["title"] for story in stories]
    assert titles == [f"Ferry {n}" for n in range(7, 0, -1)]


@on_both
async def test_more_streams_at_once_than_there_are_connections(many: Api):
    """A stream that needed two of them would wait for one that others wait with."""
    pool = many.service.database.reader.sync_engine.pool
    async with asyncio.timeout(20):
        answers = await asyncio.gather(
            *(many.get("/v1/stories.ndjson") for _ in range(3 * pool.size()))
        )
    assert {len(lines(answer)) for answer in answers} == {7}


def breaking_at(call: int, error: Exception) -> Any:
    """`find_stories` that raises when it is called for this time."""
    real, calls = story_pages.find_stories, 0

    async def find(*given: Any, **named: Any) -> Page:
        nonlocal calls
        calls += 1
        if calls == call:
            raise error
        return await real(*given, **named)

    return find


async def read_into(got: list[bytes], reader: httpx.AsyncClient, url: str) -> None:
    async with reader.stream("GET", url) as answer:
        assert answer.status_code == 200
        async for chunk in answer.aiter_bytes():
            got.append(chunk)


@pytest.mark.parametrize("suffix", STREAMS)
async def test_a_fault_midway_breaks_the_connection_off(
    many: Api, suffix: str, monkeypatch: pytest.MonkeyPatch
):
    async with served(many) as address, httpx.AsyncClient() as reader:
        whole = await reader.get(f"{address}/v1/stories{suffix}")
        assert whole.status_code == 200
        monkeypatch.setattr(story_pages, "find_stories", breaking_at(3, OSError("disk")))
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            await read_into(got, reader, f"{address}/v1/stories{suffix}")
        assert whole.content.startswith(b"".join(got))


async def test_a_fault_at_the_beginning_is_a_problem(many: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(story_pages, "find_stories", breaking_at(1, OSError("disk")))
    check_problem(await many.get("/v1/stories.ndjson"), 503, "unavailable")


@pytest.mark.parametrize("suffix", STREAMS)
async def test_it_stops_when_nobody_reads(many: Api, suffix: str, monkeypatch: pytest.MonkeyPatch):
    """The list has no end here: only the caller's leaving can end the answer."""
    real = story_pages.find_stories

    async def endless(*given: Any, **named: Any) -> Page:
        page = await real(*given, **{**named, "after": None})
        return Page(ids=page.ids, following=Place(value=0, id=1))

    monkeypatch.setattr(story_pages, "find_stories", endless)
    left = asyncio.Event()
    chunks = 0

    async def receive() -> dict[str, Any]:
        if not left.is_set():
            await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal chunks
        chunks += message["type"] == "http.response.body"
        if chunks == 2:
            left.set()

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/v1/stories{suffix}",
        "raw_path": f"/v1/stories{suffix}".encode(),
        "query_string": b"",
        "headers": [(b"host", b"copydesk.test")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    async with asyncio.timeout(20):
        await many.app(scope, receive, send)
    assert chunks >= 2
    assert many.service.database.reader.sync_engine.pool.checkedout() == 0


@pytest.mark.parametrize("suffix", STREAMS)
async def test_an_unchanged_result_costs_nothing(
    many: Api, harbour: Publisher, suffix: str, monkeypatch: pytest.MonkeyPatch
):
    path = f"/v1/stories{suffix}"
    etag = (await many.get(path)).headers["etag"]
    assert etag.startswith('W/"')
    others = {
        (await many.get(path, **asked)).headers["etag"]
        for asked in ({"q": "ferry"}, {"fields": "title"}, {"include": "body"})
    }
    assert len(others | {etag}) == 4
    with monkeypatch.context() as patched:
        patched.setattr(story_pages, "find_stories", breaking_at(1, AssertionError("was read")))
        again = await many.reader.get(path, headers={"If-None-Match": etag})
        assert again.status_code == 304
        assert again.headers["etag"] == etag
        head = await many.reader.head(path)
        assert (head.status_code, head.headers["etag"], head.content) == (200, etag, b"")
    feed = (await many.admin.get("/v1/admin/feeds")).json()["data"][0]["id"]
    moved = await many.admin.patch(
        f"/v1/admin/feeds/{feed}", json={"country": "NO"}, headers={"If-Match": "*"}
    )
    assert moved.status_code == 200, moved.text
    moved = await many.reader.get(path, headers={"If-None-Match": etag})
    assert moved.status_code == 200
    etag = moved.headers["etag"]
    harbour.pages["/more"] = atom(Item(title="Bridge", day=9))
    await many.poll(harbour.url("/more"))
    newer = await many.reader.get(path, headers={"If-None-Match": etag})
    assert newer.status_code == 200
    assert "Bridge" in newer.text


@pytest.mark.parametrize("suffix", STREAMS)
async def test_a_stream_that_broke_off_is_taken_up_after_its_last_line(many: Api, suffix: str):
    whole = (await many.get(f"/v1/stories{suffix}")).text.splitlines()
    ids = [story["id"] for story in await many.data("/v1/stories", limit=100)]
    rest = (await many.get(f"/v1/stories{suffix}", after_id=ids[3])).text.splitlines()
    assert [line for line in rest if line != whole[0]][-3:] == whole[-3:]
    assert len(rest) == 3 + (suffix == ".csv")
    at_the_end = await many.get(f"/v1/stories{suffix}", after_id=ids[-1])
    assert len(at_the_end.text.splitlines()) == (suffix == ".csv")


async def test_only_what_holds_all_goes_on_after_a_story(many: Api):
    for path, asked in (
        ("/v1/stories", {"after_id": "1"}),
        ("/v1/stories.atom", {"after_id": "1"}),
        ("/v1/stories.ndjson", {"after_id": "1", "sort": "-updated"}),
        ("/v1/stories.ndjson", {"after_id": "x"}),
    ):
        refused = await many.get(path, **asked)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["parameter"] == "after_id"


async def test_a_stream_is_gzipped_for_who_takes_it_and_read_as_it_comes(many: Api):
    async with served(many) as root, httpx.AsyncClient(base_url=root) as client:
        plain = await client.get("/v1/stories.ndjson", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        packed = await client.get("/v1/stories.ndjson", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        assert packed.content == plain.content
        refused = await client.get("/v1/stories.ndjson", headers={"Accept-Encoding": "gzip;q=0"})
        assert "content-encoding" not in refused.headers


async def test_the_log_as_lines_is_the_log_and_is_taken_up_by_seq(many: Api):
    log = await many.data("/v1/changes", limit=100)
    assert lines(await many.get("/v1/changes.ndjson")) == log
    assert lines(await many.get("/v1/changes.ndjson", after=5)) == log[5:]
    found = lines(await many.get("/v1/changes.ndjson", q="ferry 3", include="body"))
    assert [change["story"]["title"] for change in found] == ["Ferry 3"]
    assert found[0]["story"]["text"]
    first = await many.get("/v1/changes.ndjson")
    again = await many.reader.get(
        "/v1/changes.ndjson", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
