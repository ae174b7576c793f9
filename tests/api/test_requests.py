"""What is around every request: its id, headers, metrics; and the answers for machines."""

from __future__ import annotations

import re

import pytest
import structlog

from tests.api.conftest import Api, running
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both


async def metric(api: Api, name: str) -> set[str]:
    """The label sets under which a metric has been counted."""
    text = (await api.get("/metrics")).text
    return set(re.findall(rf"^{name}(\{{.*\}}) ", text, re.MULTILINE))


async def test_a_request_keeps_its_id_or_gets_one(api: Api):
    kept = await api.reader.get("/healthz", headers={"X-Request-Id": "trace-1.a_B"})
    assert kept.headers["x-request-id"] == "trace-1.a_B"
    for odd in ("", "a b", "x" * 65, "a\tb", "<script>", "é"):
        made = await api.reader.get("/healthz", headers=[(b"X-Request-Id", odd.encode("latin-1"))])
        assert re.fullmatch("[0-9a-f]{16}", made.headers["x-request-id"])
    ids = {(await api.get("/healthz")).headers["x-request-id"] for _ in range(5)}
    assert len(ids) == 5


async def test_every_answer_is_guarded_against_misreading(api: Api):
    for path in ("/healthz", "/v1/stories", "/none", "/docs", "/metrics", "/v1/admin/feeds"):
        answer = await api.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "server" not in answer.headers


async def test_requests_are_counted_by_route_and_never_by_path(api: Api):
    feed = await api.add_feed("https://news.example/rss")
    for path in ("/v1/stories/1", "/v1/stories/2", "/none/1", "/none/2", "/docs/assets/none.js"):
        await api.get(path)
    await api.admin.get(f"/v1/admin/feeds/{feed}")
    await api.admin.get("/v1/admin/keys")
    for method in ("BREW", "WHEN", "PROPFIND"):
        await api.reader.request(method, "/v1/stories")
        await api.reader.request(method, "/none")
    await api.reader.head("/healthz")
    counted = await metric(api, "copydesk_http_requests_total")
    assert counted == {
        '{method="POST",route="/v1/admin/feeds",status="201"}',
        '{method="GET",route="/v1/stories/{story_id}",status="404"}',
        '{method="GET",route="none",status="404"}',
        '{method="GET",route="/v1/admin/feeds/{feed_id}",status="200"}',
        '{method="GET",route="/v1/admin/keys",status="200"}',
        '{method="other",route="/v1/stories",status="405"}',
        '{method="other",route="none",status="404"}',
        '{method="HEAD",route="/healthz",status="200"}',
    }


async def test_polls_are_counted(api: Api, harbour: Publisher):
    harbour.pages["/feed"] = atom(Item(title="One"))
    await api.poll(harbour.url())
    text = (await api.get("/metrics")).text
    assert 'copydesk_polls_total{outcome="new"} 1.0' in text
    assert 'copydesk_stories_total{change="created"} 1.0' in text


async def test_one_event_for_each_request(api: Api):
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as events:
        await api.reader.get("/v1/stories?q=secret", headers={"X-Request-Id": "mine"})
    [event] = [event for event in events if event["event"] == "request"]
    assert event.pop("ms") >= 0
    assert event == {
        "event": "request",
        "log_level": "info",
        "request_id": "mine",
        "method": "GET",
        "path": "/v1/stories",
        "status": 200,
    }


@on_both
async def test_ready_until_it_is_stopping(api: Api):
    assert (await api.get("/readyz")).json() == {"status": "ready"}
    assert (await api.get("/healthz")).json() == {"status": "alive"}
    api.service.draining.set()
    answer = await api.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers
    assert (await api.get("/healthz")).status_code == 200
    assert (await api.get("/v1/stories")).status_code == 200, "requests under way are answered"


@pytest.mark.parametrize(("auth", "status"), [("open", 200), ("required", 401)])
async def test_metrics_need_a_key_where_reading_does(migrated_url: str, auth: str, status: int):
    async with running(migrated_url, read_auth=auth) as api:
        answer = await api.get("/metrics")
        assert answer.status_code == status
        assert (await api.admin.get("/metrics")).status_code == 200


async def test_metrics_tell_how_many_feeds_are_in_each_state_of_health(api: Api):
    await api.add_feed("https://quay.example/rss")
    told = (await api.get("/metrics")).text
    assert 'copydesk_feeds{health="new"} 1.0' in told
    assert 'copydesk_feeds{health="silent"} 0.0' in told


async def test_metrics_are_told_without_the_database(api: Api, monkeypatch: pytest.MonkeyPatch):
    async def away(session: object) -> dict[str, int]:
        raise TimeoutError

    monkeypatch.setattr("app.api.ops.read_figures", away)
    answer = await api.get("/metrics")
    assert answer.status_code == 200
    assert "copydesk_http_requests_total" in answer.text
    assert "copydesk_feeds{" not in answer.text
    assert "copydesk_database_up 0.0" in answer.text


async def test_a_proxy_in_front_changes_no_link(api: Api):
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    answer = await api.reader.get("/v1/changes?limit=5", headers=forwarded)
    assert answer.json()["links"]["self"] == "/v1/changes?limit=5"


async def test_metrics_tell_how_many_polls_are_under_way(api: Api):
    assert "copydesk_polls_in_flight 0.0" in (await api.get("/metrics")).text
    api.service.poller._in_flight = 2
    assert "copydesk_polls_in_flight 2.0" in (await api.get("/metrics")).text
