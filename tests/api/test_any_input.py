"""Whatever a caller sends, it is answered or refused: never a fault of ours, on either engine."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.conftest import ADMIN, Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both

quickly = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SYNTAX = st.text(alphabet="ab東ﷺ́\0\"'\\:*()-+<>&|!~^{}[]%_ \t.,;#/😀̈٣²ᵃⅣ　“", max_size=40)
WORDS = st.lists(
    st.sampled_from(
        "ferry OR AND NOT NEAR title: body: facets: rowid -a +b * \" ' ( ) 東 東京 & | ! <-> :* "
        "^ a* '' \\' \\ ; -- /* % _ xabcdefghijklmno".split()
    ),
    max_size=14,
).map(" ".join)
TEXTS = st.one_of(st.text(max_size=60), SYNTAX, WORDS)
RAW = st.binary(max_size=30).map(quote)  # bytes that are no UTF-8 as well


@pytest.fixture
async def stocked(api: Api, harbour: Publisher) -> Api:
    harbour.pages["/feed"] = atom(
        Item(title="Ferry 東京", text="b a ab 東京港 can't ٣", categories=("World News",))
    )
    await api.poll(harbour.url())
    return api


async def taken_or_refused(api: Api, query: str) -> int:
    answer = await api.reader.get(f"/v1/stories?{query}")
    body = answer.json()
    if answer.status_code != 200:
        assert answer.status_code == 400, (query, answer.text)
        assert body["errors"][0]["detail"]
        if body["errors"][0].get("parameter") == "q":
            assert body["errors"][0]["position"] >= 0
    return answer.status_code


@quickly
@given(q=TEXTS)
@example(q="a\0b")
@example(q="x" * 500)
@example(q="東" * 500)
@example(q="x" * 501)
@example(q="(" * 20 + "a OR (b -c) -(d OR -e)" + ")" * 20)
@example(q="-(" * 10 + "a" + ")" * 10)
@example(q="a " * 250)
@example(q="-a " * 166)
@example(q="a OR " * 99 + "a")
@example(q="東 " * 250)
@example(q="(a OR -(b c)) " * 21)
@on_both
async def test_q(stocked: Api, q: str):
    await taken_or_refused(stocked, f"q={quote(q)}")


@quickly
@given(raw=RAW)
@example(raw="%ED%A0%80")  # half a surrogate pair
@on_both
async def test_q_of_any_bytes(stocked: Api, raw: str):
    await taken_or_refused(stocked, f"q={raw}")


@quickly
@given(
    parameter=st.sampled_from(
        "tag tag_any tag_none source lang cursor published_after published_before sort limit "
        "include unknown".split()
    ),
    value=st.one_of(TEXTS, TEXTS.map("category:".__add__)),
)
@example(parameter="source", value="a\0")
@example(parameter="source", value="9" * 18)
@example(parameter="source", value="東京.jp")
@example(parameter="tag", value="a" * 40 + ":" + "b" * 2000)
@example(parameter="limit", value="1" * 5000)
@example(parameter="published_after", value="9999-12-31T23:59:59-14:00")
@example(parameter="published_before", value="0001-01-01T00:00:00+14:00")
@on_both
async def test_every_other_parameter(stocked: Api, parameter: str, value: str):
    await taken_or_refused(stocked, f"{parameter}={quote(value)}")


@on_both
async def test_as_many_filters_as_there_may_be(stocked: Api):
    tags = "&".join(f"{p}=x:{n}" for p in ("tag", "tag_any", "tag_none") for n in range(50))
    others = "&".join(f"source={n}.example&lang=en" for n in range(49))
    q = quote("(a OR -(b c)) " * 21)
    source = (await stocked.data("/v1/sources"))[0]["id"]
    query = f"q={q}&{tags}&{others}&source={source}"
    assert await taken_or_refused(stocked, query) == 200


@quickly
@given(
    path=st.sampled_from(["/v1/tags", "/v1/sources", "/v1/changes", "/v1/admin/feeds"]),
    parameter=st.sampled_from("scheme prefix cursor limit after include state health".split()),
    value=TEXTS,
)
@example(path="/v1/tags", parameter="prefix", value="\0")
@example(path="/v1/tags", parameter="prefix", value="%_/\\")
@example(path="/v1/changes", parameter="after", value=str((1 << 63) - 1))
@on_both
async def test_other_lists(stocked: Api, path: str, parameter: str, value: str):
    answer = await stocked.admin.get(f"{path}?{parameter}={quote(value)}")
    assert answer.status_code in (200, 400, 410), answer.text
    assert answer.status_code != 400 or answer.json()["errors"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from("url probe title site_url language source_name min_interval_s".split())


@quickly
@given(body=st.dictionaries(FIELDS, JSON, max_size=4), url=st.none() | TEXTS)
@example(body={"title": "\ud800"}, url="http://a.example/")
@example(body={"title": "a\0b"}, url="http://b.example/")
@example(body={"site_url": "javascript:alert(1)"}, url="http://c.example/")
@example(body={}, url="http://" + "a." * 300 + "example/")
@example(body={"site_url": "http://" + "a." * 300 + "example/"}, url="http://d.example/")
@example(body={"\ud800/~": 1}, url="http://e.example/")
@example(body={"min_interval_s": float("nan")}, url="http://f.example/")
@on_both
async def test_feeds_of_any_kind(stocked: Api, body: dict[str, object], url: str | None):
    asked = {**body, "probe": False} | ({} if url is None else {"url": url})
    sent = json.dumps(asked).encode()
    answer = await stocked.admin.post(
        "/v1/admin/feeds", content=sent, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (201, 400, 409), answer.text
    assert (await stocked.admin.get("/v1/admin/feeds?limit=100")).status_code == 200


@quickly
@given(body=st.binary(max_size=40), kind=st.sampled_from(["application/json", "text/plain", ""]))
@example(body=b"[" * 100_000, kind="application/json")
@example(body=b'{"min_interval_s": ' + b"1" * 5000 + b"}", kind="application/json")
@example(body=b'{"url": "\xff"}', kind="application/json")
@example(body=b'{"a' * 1000, kind="application/json")
@on_both
async def test_bodies_of_any_bytes(stocked: Api, body: bytes, kind: str):
    for path in ("/v1/admin/feeds", "/v1/admin/keys"):
        answer = await stocked.admin.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["detail"]
    patched = await stocked.admin.patch(
        "/v1/admin/feeds/1", content=body, headers={"Content-Type": kind, "If-Match": "*"}
    )
    assert patched.status_code in (200, 400)


@settings(quickly, max_examples=15)
@given(value=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
@example(value='"' + "1" * 5000 + '-"')
@example(value="²")
async def test_headers_of_any_kind(stocked: Api, value: str):
    sent = value.encode("latin-1")
    key = ADMIN["Authorization"].encode()
    for name in ("If-None-Match", "X-Request-Id", "Content-Type", "Accept", "Host"):
        answer = await stocked.reader.get("/v1/stories", headers=[(name.encode(), sent)])
        refusal = {406} if name == "Accept" else set()
        assert answer.status_code in {200, 304, *refusal}
    refused = await stocked.reader.get("/v1/stories", headers=[(b"Authorization", sent)])
    assert refused.status_code == 401
    patched = await stocked.reader.patch(
        "/v1/admin/feeds/1", json={}, headers=[(b"If-Match", sent), (b"Authorization", key)]
    )
    assert patched.status_code in (200, 412)
