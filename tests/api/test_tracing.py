"""Traces by OpenTelemetry's own SDK, and ids in the log of all that is done."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import get_contextvars, merge_contextvars

from app import tracing
from app.ingest.page_loop import Pages
from app.ingest.websub import Requests
from app.settings import SettingsError, load_settings
from app.work.jobs import Jobs
from tests.api.conftest import Api, on_sqlite, running
from tests.api.publisher import Item, Publisher, atom
from tests.api.test_webhooks import add, push, receiver
from tests.conftest import ROOT
from tests.ingest import servers

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Where spans go."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.trace_into(provider)
    yield exporter
    tracing.trace_into(None)
    provider.shutdown()


def by_name(spans: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in spans.get_finished_spans()}


@on_sqlite
async def test_a_poll_is_a_span_with_its_steps_inside(
    api: Api, harbour: Publisher, spans: InMemorySpanExporter
):
    harbour.pages["/feed"] = atom(Item(title="One"), Item(title="Two"))
    feed = int(await api.add_feed(harbour.url()))
    spans.clear()
    await api.service.poller.run_once()
    found = by_name(spans)
    poll = found["polls"]
    assert poll.parent is None
    assert poll.attributes == {"feed_id": feed}
    steps = ["fetch", "parse", "plan", "apply"]
    names = [span.name for span in spans.get_finished_spans()]
    assert [name for name in names if name != "claim"] == [*steps, "polls"]
    assert found["claim"].attributes == {"of": "polls", "claimed": 0}
    assert all(found[step].parent.span_id == poll.context.span_id for step in steps)
    assert found["fetch"].attributes["status"] == 200
    assert found["apply"].attributes == {"applied": "applied", "new": 2, "changed": 0}
    harbour.pages["/feed"] = "<html>no feed</html>"
    spans.clear()
    await api.refresh(str(feed))
    assert "polls" in by_name(spans)


@on_sqlite
async def test_a_request_goes_on_where_the_trace_of_its_caller_ends(
    api: Api, spans: InMemorySpanExporter
):
    with structlog.testing.capture_logs([merge_contextvars, tracing.trace_ids]) as events:
        answer = await api.reader.get("/v1/sources?limit=3", headers={"traceparent": CALLER})
    request = by_name(spans)["GET /v1/sources"]
    assert f"{request.context.trace_id:032x}" == CALLER.split("-")[1]
    assert request.attributes == {
        "request_id": answer.headers["x-request-id"],
        "http.request.method": "GET",
        "http.route": "/v1/sources",
        "http.response.status_code": 200,
    }
    [event] = [event for event in events if event["event"] == "request"]
    assert event["trace_id"] == CALLER.split("-")[1]
    assert event["span_id"] == f"{request.context.span_id:016x}"
    await api.get("/nowhere")
    assert by_name(spans)["GET none"].parent is None


@on_sqlite
async def test_without_a_listener_there_is_nothing(api: Api):
    with structlog.testing.capture_logs([tracing.trace_ids]) as events:
        await api.get("/v1/sources")
    assert all("trace_id" not in event for event in events)
    assert tracing.span("one") is tracing.span("two")


def test_no_module_imports_what_only_the_extra_has():
    """But in functions, which run once somebody has asked for traces."""
    for path in (ROOT / "app").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "opentelemetry" not in ast.unparse(node), path


@on_sqlite
async def test_spans_are_sent_to_a_collector(migrated_url: str):
    taken: list[bytes] = []

    def take(request: servers.Request) -> bytes:
        taken.append(request.body)
        return servers.answer(200, b"")

    async with servers.serve(take) as collector:
        async with running(migrated_url, read_auth="open", otlp_endpoint=collector.url("")) as api:
            assert (await api.get("/v1/sources")).status_code == 200
        assert not tracing.is_tracing()
    sent = [ExportTraceServiceRequest.FromString(body) for body in taken]
    names = [
        span.name
        for each in sent
        for resource in each.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert "GET /v1/sources" in names


def test_an_extra_that_is_missing_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COPYDESK_OTLP_ENDPOINT", "http://127.0.0.1:4318/")
    assert load_settings().otlp_endpoint == "http://127.0.0.1:4318"
    monkeypatch.setattr(tracing.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"requirements/otel\.txt"):
        load_settings()


@on_sqlite
async def test_every_event_of_a_piece_of_work_says_which_it_is(
    api: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
):
    bound: list[dict[str, Any]] = []

    def spy(work: Any) -> None:
        do = work.do

        async def done(item: Any) -> Any:
            bound.append(get_contextvars())
            return await do(item)

        monkeypatch.setattr(work, "do", done)

    spy(api.service.poller._work)
    spy(api.service.pushing.deliverer._work)
    harbour.pages["/feed"] = atom(Item(title="One"))
    async with receiver() as desk:
        hook, _ = await add(api, desk.root)
        feed = await api.add_feed(harbour.url())
        await api.service.poller.run_once()
        await push(api)
    mine = [{n: value for n, value in each.items() if n != "request_id"} for each in bound]
    assert mine == [{"feed_id": int(feed)}, {"webhook_id": int(hook)}]
    assert get_contextvars().keys() <= {"request_id"}


def test_pages_subscriptions_and_jobs_are_named_too():
    page = SimpleNamespace(story_id=7, feed_id=3)
    assert Pages.named(None, page) == {"story_id": 7, "feed_id": 3}
    assert Requests.named(None, SimpleNamespace(id=5)) == {"subscription_id": 5}
    assert Jobs.named(None, SimpleNamespace(id=9)) == {"job_id": 9}
