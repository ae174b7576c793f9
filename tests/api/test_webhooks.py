"""Webhooks, end to end: kept, told in order, signed so that the official library verifies it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from app.api.schemas_webhooks import DeliveryList, SecretWebhookAnswer, WebhookAnswer
from app.core.webhook import MAX_DEAD, RETRIES_S
from app.push.sender import excerpt_of
from app.store.engine import to_ms
from tests.api.conftest import Api
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both
from tests.ingest import servers

HOOKS = "/v1/webhooks"
FERRY = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Harbour",))
LATER = Item(title="Ferry sails", text="The ferry sailed at one.", categories=("Harbour",))
MOVED = Item(title="Ferry sails", text="The ferry sailed at noon.", categories=("Islands",))
BRIDGE = Item(title="Bridge opens", text="The bridge opened to carts.", categories=("Roads",))


@dataclass
class Receiver:
    """Answers with `status`, and keeps what it took with the headers that it came with."""

    status: int = 204
    headers: str = ""
    body: bytes = b""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    refused: int = 0
    root: str = ""

    def answer(self, request: servers.Request) -> bytes:
        if self.status >= 300:
            self.refused += 1
        else:
            lines = request.head.decode().split("\r\n")[1:-2]
            headers = dict(line.split(": ", 1) for line in lines)
            self.taken.append(({n.lower(): value for n, value in headers.items()}, request.body))
        return servers.answer(self.status, self.body)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.taken]

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.taken]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with servers.serve(made.answer) as server:
        made.root = server.url("/hook")
        yield made


@pytest.fixture
async def desk() -> AsyncIterator[Receiver]:
    async with receiver() as started:
        yield started


async def add(api: Api, url: str, **asked: Any) -> tuple[str, str]:
    """Id and secret."""
    made = await api.admin.post(HOOKS, json={"url": url, **asked})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    data = SecretWebhookAnswer.model_validate_json(made.content).data
    return data.id, data.secret


async def push(api: Api) -> None:
    """Turn all of the log into deliveries, and deliver what is due."""
    pushing = api.service.pushing
    while await pushing.matcher.match_some() == 0:
        pass
    await pushing.deliverer.run_once()


async def deliveries(api: Api, hook: str, **asked: Any) -> DeliveryList:
    answer = await api.admin.get(f"{HOOKS}/{hook}/deliveries", params=asked)
    assert answer.status_code == 200, answer.text
    return DeliveryList.model_validate_json(answer.content)


async def hook_of(api: Api, hook: str) -> Any:
    answer = await api.admin.get(f"{HOOKS}/{hook}")
    return WebhookAnswer.model_validate_json(answer.content).data


async def make_due(api: Api, hook: str) -> None:
    """As if the time of the next attempt had come."""
    async with api.service.database.write() as session:
        await session.execute(
            text("UPDATE webhooks SET due_at = 1 WHERE due_at IS NOT NULL AND id = :id"),
            {"id": int(hook)},
        )


async def test_every_change_is_told_once_in_order_and_verified_by_the_official_library(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, secret = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER, BRIDGE)
    await api.refresh(feed)
    await push(api)
    await push(api)
    assert [told["data"]["seq"] for told in desk.told] == [1, 2, 3]
    assert [told["type"] for told in desk.told] == [
        "story.created",
        "story.created",
        "story.updated",
    ]
    for headers, body in desk.taken:
        told = Verifier(secret).verify(body, headers)
        assert told == json.loads(body)
        assert len(body) < 20_000
        assert headers["webhook-id"] == f"msg_{hook}_{told['data']['seq']}"
        assert headers["content-type"] == "application/json"
    first = desk.told[0]["data"]
    story = await api.data(first["link"])
    assert (first["title"], first["story_id"]) == (story["title"], story["id"])
    listed = await deliveries(api, hook)
    assert [one.state.value for one in listed.data] == ["done"] * 3
    assert [[a.status for a in one.attempts] for one in listed.data] == [[204]] * 3


async def test_what_happened_before_it_was_made_is_not_told(
    api: Api, harbour: Publisher, desk: Receiver
):
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await push(api)
    assert [told["data"]["title"] for told in desk.told] == ["Bridge opens"]
    again = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json={"after": 0, "until": 2})
    assert again.json()["data"] == {"due": 2}
    await push(api)
    assert desk.ids == [f"msg_{hook}_2", f"msg_{hook}_1", f"msg_{hook}_2"], "in the log's order"


@on_both
async def test_of_a_search_one_is_told_what_enters_and_what_leaves(
    api: Api, harbour: Publisher, desk: Receiver
):
    search = (
        await api.admin.post(
            "/v1/searches", json={"name": "Harbour", "query": {"tag": ["category:harbour"]}}
        )
    ).json()["data"]["id"]
    made = await api.admin.post(f"/v1/searches/{search}/webhooks", json={"url": desk.root})
    assert made.status_code == 201
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    feed = await api.poll(harbour.url())
    await push(api)
    harbour.pages["/feed"] = atom(MOVED, BRIDGE)
    await api.refresh(feed)
    await push(api)
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await push(api)
    told = [(each["data"]["title"], each["data"]["matches"]) for each in desk.told]
    assert told == [("Ferry sails", True), ("Ferry sails", False), ("Ferry sails", True)]
    assert {each["data"]["search_id"] for each in desk.told} == {search}
    listed = await api.admin.get(f"/v1/searches/{search}/webhooks")
    assert [hook["id"] for hook in listed.json()["data"]] == [made.json()["data"]["id"]]


async def test_a_change_of_the_search_is_followed(api: Api, harbour: Publisher, desk: Receiver):
    kept = await api.admin.post("/v1/searches", json={"name": "x", "query": {"q": "ferry"}})
    search = kept.json()["data"]["id"]
    await add(api, desk.root, search_id=search)
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await push(api)
    changed = await api.admin.patch(
        f"/v1/searches/{search}",
        json={"query": {"q": "bridge"}},
        headers={"If-Match": kept.headers["etag"]},
    )
    assert changed.status_code == 200
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await push(api)
    assert [told["data"]["title"] for told in desk.told] == ["Ferry sails", "Bridge opens"]


async def test_only_some_types(api: Api, harbour: Publisher, desk: Receiver):
    await add(api, desk.root, types=["story.updated"])
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    harbour.pages["/feed"] = atom(LATER)
    await api.refresh(feed)
    await push(api)
    assert [told["type"] for told in desk.told] == ["story.updated"]


@on_both
async def test_a_receiver_that_was_down_gets_everything_in_order_under_the_same_ids(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    desk.status, desk.body = 503, b"out for lunch"
    down = timedelta(0)
    while down < timedelta(minutes=10):  # by the times at which it would be asked again
        await push(api)
        failing = await hook_of(api, hook)
        tried = (await deliveries(api, hook)).data[-1].attempts
        assert len(tried) == desk.refused, "one message at a time"
        down += failing.next_attempt_at - tried[-1].at
        harbour.pages["/feed"] = atom(FERRY, BRIDGE)
        await api.refresh(feed)
        await make_due(api, hook)
    assert failing.failing_since is not None
    desk.status = 200
    await push(api)
    assert desk.ids == [f"msg_{hook}_1", f"msg_{hook}_2"]
    last = (await deliveries(api, hook)).data[-1]
    assert [attempt.status for attempt in last.attempts] == [503, 503, 503, 503, 200]
    assert last.attempts[0].excerpt == "out for lunch"
    mended = await hook_of(api, hook)
    assert mended.failing_since is None
    assert mended.last_success_at is not None


async def test_an_attempt_that_failed_waits_longer_each_time(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    desk.status = 500
    for wait_s in RETRIES_S[:4]:
        await push(api)
        tried = (await deliveries(api, hook)).data[0].attempts[-1].at
        due = (await hook_of(api, hook)).next_attempt_at
        assert timedelta(seconds=wait_s) <= due - tried <= timedelta(seconds=wait_s * 1.2 + 1)
        await make_due(api, hook)


@on_both
async def test_a_slow_receiver_holds_up_nobody_else(api: Api, harbour: Publisher, desk: Receiver):
    answered = asyncio.Event()

    async def slowly(_request: servers.Request) -> AsyncIterator[object]:
        await answered.wait()
        yield servers.answer(200)

    async with servers.serve(slowly) as slow:
        await add(api, slow.url("/hook"))
        await add(api, desk.root)
        harbour.pages["/feed"] = atom(FERRY)
        await api.poll(harbour.url())
        pushing = asyncio.create_task(push(api))
        async with asyncio.timeout(10):
            while not desk.taken:  # noqa: ASYNC110 - the receiver has no Event
                await asyncio.sleep(0.01)
        assert not pushing.done()
        answered.set()
        await pushing


@on_both
async def test_gone_ends_a_webhook_at_once_and_resuming_takes_it_up(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    desk.status = 410
    await push(api)
    ended = await hook_of(api, hook)
    assert (ended.state.value, "410" in ended.reason) == ("disabled", True)
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await push(api)
    assert desk.refused == 1
    desk.status = 200
    assert (await api.admin.post(f"{HOOKS}/{hook}:resume")).status_code == 200
    await push(api)
    assert desk.ids == [f"msg_{hook}_2"], "what was refused is dead, the rest was kept"
    dead = (await deliveries(api, hook, state="dead")).data
    again = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json={"deliveries": [dead[0].id]})
    assert again.json()["data"] == {"due": 1}
    await push(api)
    assert desk.ids == [f"msg_{hook}_2", f"msg_{hook}_1"]


@on_both
async def test_a_message_that_cannot_be_taken_is_given_up_and_the_next_one_is_sent(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url())
    desk.status = 422
    for _ in range(5):
        await push(api)
        await make_due(api, hook)
    desk.status = 200
    await push(api)
    assert desk.ids == [f"msg_{hook}_2"]
    states = [one.state.value for one in (await deliveries(api, hook)).data]
    assert states == ["done", "dead"]


@on_both
async def test_a_receiver_that_takes_nothing_is_told_nothing_more(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(*(Item(title=f"Lamp {n}") for n in range(MAX_DEAD + 2)))
    await api.poll(harbour.url())
    desk.status = 400
    for _ in range(5 * (MAX_DEAD + 2)):
        await push(api)
        await make_due(api, hook)
    ended = await hook_of(api, hook)
    assert ended.state.value == "disabled"
    assert "in a row" in ended.reason
    assert desk.refused == 5 * MAX_DEAD


async def test_a_paused_webhook_holds_messages_back(api: Api, harbour: Publisher, desk: Receiver):
    hook, _ = await add(api, desk.root)
    await api.admin.post(f"{HOOKS}/{hook}:pause")
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    await push(api)
    assert desk.taken == []
    await api.admin.post(f"{HOOKS}/{hook}:resume")
    await push(api)
    assert len(desk.taken) == 1


async def test_one_is_not_due_for_what_another_waits_for(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    other, _ = await add(api, desk.root)
    await api.admin.post(f"{HOOKS}/{other}:pause")
    harbour.pages["/feed"] = atom(FERRY)
    await api.poll(harbour.url())
    async with asyncio.timeout(20):  # else it would be claimed again and again
        await push(api)
    assert (await hook_of(api, hook)).next_attempt_at is None
    assert desk.ids == [f"msg_{hook}_1"]


async def test_while_a_secret_is_rotated_both_verify(api: Api, harbour: Publisher, desk: Receiver):
    hook, old = await add(api, desk.root)
    rotated = await api.admin.post(f"{HOOKS}/{hook}:rotate", json={"overlap_s": 60})
    new = rotated.json()["data"]["secret"]
    harbour.pages["/feed"] = atom(FERRY)
    feed = await api.poll(harbour.url())
    await push(api)
    headers, body = desk.taken[0]
    for secret in (old, new):
        Verifier(secret).verify(body, headers)
    past = to_ms(datetime.now(UTC) - timedelta(seconds=1))
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE webhooks SET old_secret_until = :t"), {"t": past})
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.refresh(feed)
    await push(api)
    headers, body = desk.taken[1]
    Verifier(new).verify(body, headers)
    with pytest.raises(Exception, match="signature"):
        Verifier(old).verify(body, headers)


async def test_a_test_says_what_came_of_it_and_leaves_no_trace(api: Api, desk: Receiver):
    hook, secret = await add(api, desk.root)
    tried = (await api.admin.post(f"{HOOKS}/{hook}:test")).json()["data"]
    assert (tried["status"], tried["failure"]) == (204, None)
    headers, body = desk.taken[0]
    assert Verifier(secret).verify(body, headers)["type"] == "webhook.test"
    assert (await deliveries(api, hook)).data == []
    async with receiver() as leaving:
        nobody, _ = await add(api, leaving.root)
    failed = (await api.admin.post(f"{HOOKS}/{nobody}:test")).json()["data"]
    assert (failed["status"], failed["failure"]) == (None, "connect")


async def test_redirects_are_not_followed_and_private_addresses_not_dialled(
    api: Api, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    desk.status = 302
    tried = (await api.admin.post(f"{HOOKS}/{hook}:test")).json()["data"]
    assert tried["status"] == 302
    inside, _ = await add(api, "http://192.168.7.7/hook")
    refused = (await api.admin.post(f"{HOOKS}/{inside}:test")).json()["data"]
    assert refused["failure"] == "blocked"


@on_both
async def test_webhooks_are_their_owners(api: Api, desk: Receiver):
    keys = [await api.key(scopes=["write"]) for _ in range(2)]
    mine, other = ({"Authorization": f"Bearer {key['key']}"} for key in keys)
    made = await api.reader.post(HOOKS, json={"url": desk.root}, headers=mine)
    path = f"{HOOKS}/{made.json()['data']['id']}"
    assert "secret" not in (await api.reader.get(path, headers=mine)).json()["data"]
    for action in ("", "/deliveries"):
        assert (await api.reader.get(path + action, headers=other)).status_code == 404
    for action in (":pause", ":resume", ":test"):
        assert (await api.reader.post(path + action, headers=other)).status_code == 404
    assert (await api.reader.get(HOOKS)).status_code == 401
    assert (await api.reader.get(HOOKS, headers=other)).json()["data"] == []
    assert (await api.reader.delete(path, headers=other)).status_code == 404
    assert (await api.reader.delete(path, headers=mine)).status_code == 204


@on_both
async def test_what_cannot_be_taken_is_refused(api: Api):
    for asked, pointer in (
        ({"url": "ftp://desk.example"}, "/url"),
        ({"url": "https://desk.example", "secret": "whsec_short"}, "/secret"),
        ({"url": "https://desk.example", "search_id": "x"}, "/search_id"),
        ({"url": "https://desk.example", "types": ["nothing"]}, "/types/0"),
    ):
        refused = await api.admin.post(HOOKS, json=asked)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == pointer
    missing = await api.admin.post(HOOKS, json={"url": "https://desk.example", "search_id": "9"})
    assert missing.status_code == 404
    hook, _ = await add(api, "https://desk.example/hook")
    for body in ({}, {"after": 1}, {"deliveries": ["1"], "after": 0, "until": 1}):
        odd = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json=body)
        assert odd.status_code == 400
    none = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json={"deliveries": ["9"]})
    assert none.status_code == 404
    long = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json={"after": 0, "until": 20_000})
    assert long.status_code == 400


async def test_a_stretch_that_was_trimmed_is_not_told_again_in_part(
    api: Api, harbour: Publisher, desk: Receiver
):
    hook, _ = await add(api, desk.root)
    harbour.pages["/feed"] = atom(FERRY, BRIDGE)
    await api.poll(harbour.url())
    async with api.service.database.write() as session:
        await session.execute(text("UPDATE log_head SET trimmed = 1"))
    gone = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json={"after": 0, "until": 2})
    assert (gone.status_code, gone.json()["code"]) == (410, "log_trimmed")
    whole = await api.admin.post(f"{HOOKS}/{hook}:redeliver", json={"after": 1, "until": 2})
    assert whole.json()["data"] == {"due": 1}


@pytest.mark.parametrize(
    ("beginning", "coding", "shown"),
    [
        (b"out for\nlunch", "", "out for lunch"),
        (b"out", "Identity", "out"),
        (b"\x1f\x8b\x08\0\0", "gzip", "(gzip, not read)"),
        (b"GIF89a\0\0", "", "(binary, not read)"),
        (b"", "gzip", None),
    ],
)
def test_of_an_answer_that_is_no_text_it_is_said_what_it_is(
    beginning: bytes, coding: str, shown: str | None
):
    assert excerpt_of(beginning, coding) == shown
