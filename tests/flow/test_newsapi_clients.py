"""The clients of NewsAPI, as they are on PyPI and on npm, talk to a running server unchanged."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from newsapi import NewsApiClient, const
from newsapi.newsapi_exception import NewsAPIException
from structlog.testing import capture_logs

from app import process
from app.api import newsapi as routes
from app.cli.server import address_of, bind, server_of
from tests.api.conftest import Api, InProcess, running
from tests.api.publisher import publisher
from tests.api.stocked import FERRY, QUAY, SUM, stock
from tests.conftest import ROOT
from tests.databases import on_sqlite

MODULES = ROOT / ".venv-node" / "node_modules"
SCRIPT = Path(__file__).parent / "newsapi_client" / "ask.js"
SOURCE = "harbour.example"
MANY_SOURCES = ",".join(f"source-{number}" for number in range(21))

pytestmark = [on_sqlite, pytest.mark.timeout(120)]
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "newsapi").is_dir(),
    reason="Node or its client of NewsAPI is missing: install nodejs and npm, make newsapi-client",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A server with three stories; its address, and a key that may read."""

    api: Api
    address: str
    key: str
    slow_key: str  # one request in a minute


@pytest.fixture
async def desk(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(process, "Offload", InProcess)
    with ExitStack() as stack, bind("127.0.0.1", 0) as listening:
        address = address_of(listening)
        async with publisher() as harbour, running(migrated_url, read_auth="required") as api:
            stack.enter_context(capture_logs())  # to print a traceback in colours takes seconds
            await stock(api, harbour)
            server = server_of(api.app)
            serving = asyncio.create_task(server.serve([listening]))
            try:
                yield Desk(
                    api=api,
                    address=address,
                    key=(await api.key())["key"],
                    slow_key=(await api.key(requests_per_minute=1))["key"],
                )
            finally:
                server.stop()
                await serving


@pytest.fixture
def python_client(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Calls a method of the client from PyPI, by its three constants at the server, in a thread."""
    for name, path in (
        ("TOP_HEADLINES_URL", "top-headlines"),
        ("EVERYTHING_URL", "everything"),
        ("SOURCES_URL", "sources"),
    ):
        assert getattr(const, name) == f"https://newsapi.org/v2/{path}"
        monkeypatch.setattr(const, name, f"{desk.address}/v2/{path}")

    async def call(method: str, key: str = desk.key, **params: Any) -> Any:
        return await asyncio.to_thread(getattr(NewsApiClient(key), method), **params)

    return call


def titles(found: Any) -> list[str]:
    assert found["status"] == "ok"
    assert found["totalResults"] >= len(found["articles"])
    return [article["title"] for article in found["articles"]]


async def test_the_client_for_python(desk: Desk, python_client: Callable[..., Any]):
    assert titles(await python_client("get_everything", q="ferry OR port")) == [SUM, FERRY]
    found = await python_client(
        "get_everything",
        qintitle="ferry",
        sources=SOURCE,
        domains=SOURCE,
        exclude_domains="elsewhere.example",
        from_param=datetime(2026, 11, 3, tzinfo=UTC).date(),
        to="2026-11-03T06:00:00",
        language="en",
        sort_by="relevancy",
        page=1,
        page_size=10,
    )
    assert titles(found) == [FERRY]
    assert found["articles"][0]["content"].startswith("The ferry crossed")
    assert titles(await python_client("get_top_headlines")) == [SUM, FERRY]
    assert titles(await python_client("get_top_headlines", sources=SOURCE, language=None)) == [
        QUAY,
        SUM,
        FERRY,
    ]
    headlines = await python_client("get_top_headlines", category="business", country="us")
    assert (headlines["totalResults"], headlines["articles"]) == (0, [])
    sources = await python_client("get_sources", language="en", category="general")
    assert [one["id"] for one in sources["sources"]] == [SOURCE]
    assert titles(await python_client("get_everything", q="ferry", page_size=0)) == []


async def test_the_errors_that_the_client_for_python_tells(
    desk: Desk, python_client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    async def code(method: str = "get_everything", **params: Any) -> str:
        with pytest.raises(NewsAPIException) as raised:
            await python_client(method, **params)
        assert raised.value.get_status() == "error"
        assert raised.value.get_message()
        return str(raised.value.get_code())

    assert await code(key="cdk_wrong", q="a") == "apiKeyInvalid"
    assert await code(key="", q="a") == "apiKeyMissing"
    assert await code() == "parametersMissing"
    assert await code("get_top_headlines", language=None) == "parametersMissing"
    assert await code(domains="no domain") == "parameterInvalid"
    assert await code(q='"ferry') == "queryMalformed"
    assert await code(q="a" * 501) == "queryTooLong"
    assert await code(sources=MANY_SOURCES) == "sourcesTooMany"
    assert await code(sources="bbc-news") == "sourceDoesNotExist"
    assert await code(q="ferry", page=101, page_size=100) == "maximumResultsReached"
    assert titles(await python_client("get_everything", key=desk.slow_key, q="ferry")) == [FERRY]
    assert await code(key=desk.slow_key, q="ferry") == "rateLimited"
    monkeypatch.setattr(routes, "load_articles", None)
    assert await code(q="ferry") == "unexpectedError"


async def node(desk: Desk, *calls: dict[str, Any]) -> list[Any]:
    asking = await asyncio.create_subprocess_exec(
        *("node", SCRIPT, desk.address),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"NODE_PATH": str(MODULES)},
    )
    out, _ = await asking.communicate(json.dumps([{"key": desk.key, **c} for c in calls]).encode())
    assert asking.returncode == 0
    answers: list[Any] = json.loads(out)
    return answers


@needs_node
async def test_the_client_for_node(desk: Desk):
    everything, headlines, sources = "everything", "topHeadlines", "sources"
    period = {"from": "2026-11-03", "to": "2026-11-03"}
    query = {"q": "ferry OR port", "domains": SOURCE, "language": "en", "pageSize": 1, "page": 2}
    answers = await node(
        desk,
        {"call": everything, "params": {**query, "sortBy": "publishedAt"}},
        {"call": everything, "params": {"sources": SOURCE, **period}},
        {"call": everything, "params": {"q": "ferry", "sources": None}},  # sends `sources=`
        {"call": headlines},
        {"call": headlines, "params": {"sources": SOURCE}, "options": {"noCache": True}},
        {"call": sources, "params": {"language": "en"}},
        {
            "call": everything,
            "params": {"q": "ferry"},
            "options": {"showHeaders": True},
            "key": desk.slow_key,
        },
    )
    assert [titles(one) for one in answers[:5]] == [
        [FERRY],
        [FERRY],
        [FERRY],
        [SUM, FERRY],
        [QUAY, SUM, FERRY],
    ]
    assert [one["id"] for one in answers[5]["sources"]] == [SOURCE]
    assert answers[6]["ratelimit"] == '"default";r=0;t=60'


@needs_node
async def test_the_errors_that_the_client_for_node_tells(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    mixed = {"sources": SOURCE, "country": "us"}
    rows: list[tuple[str, dict[str, Any]]] = [
        ("apiKeyInvalid", {"key": "cdk_wrong", "params": {"q": "a"}}),
        ("apiKeyMissing", {"key": " ", "params": {"q": "a"}}),
        ("parametersMissing", {"params": {}}),
        ("parametersIncompatible", {"call": "topHeadlines", "params": mixed}),
        ("parameterInvalid", {"params": {"q": "a", "pageSize": "many"}}),
        ("queryMalformed", {"params": {"q": "(ferry"}}),
        ("queryTooLong", {"params": {"q": "a" * 501}}),
        ("sourcesTooMany", {"params": {"sources": MANY_SOURCES}}),
        ("sourceDoesNotExist", {"params": {"sources": "bbc-news"}}),
        ("maximumResultsReached", {"params": {"q": "a", "page": 101}}),
        ("unexpectedError", {"params": {"q": "ferry"}}),
        ("rateLimited", {"key": desk.slow_key, "params": {"q": "ferry"}}),
    ]  # fmt: skip
    monkeypatch.setattr(routes, "load_articles", None)
    slow = {"call": "everything", "key": desk.slow_key, "params": {"q": "nothing"}}
    answers = await node(desk, slow, *({"call": "everything", **call} for _, call in rows))
    for (code, _), answer in zip(rows, answers[1:], strict=True):
        assert answer["error"] == f"NewsAPIError: {code}", answer
        assert answer["message"]
