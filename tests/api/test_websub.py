"""WebSub from end to end against a scripted hub: asked, verified, pushed, renewed, left."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from app.api import websub
from app.core.websub import LEASE_S
from app.ingest.websub import Hubs, Subscriber
from app.net import AddressPolicy, HttpClients
from tests.api.conftest import Api, running
from tests.api.hubs import Hub, hub_on_loopback
from tests.api.publisher import Item, Publisher, atom
from tests.databases import on_both
from tests.ingest import servers

PUBLIC_URL = "https://desk.example/copydesk"
FERRY = Item(title="Ferry back in service")
BRIDGE = Item(title="Bridge closed for a week", day=2)


@pytest.fixture
async def desk(migrated_url: str) -> AsyncIterator[Api]:
    async with running(migrated_url, read_auth="open", public_url=PUBLIC_URL) as started:
        yield started


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    async with hub_on_loopback() as started:
        yield started


def feed_of(*items: Item, hubs: tuple[str, ...] = (), topic: str = "") -> str:
    links = "".join(f'<link rel="hub" href="{hub}"/>' for hub in hubs)
    links += f'<link rel="self" href="{topic}"/>' if topic else ""
    return atom(*items).replace("</title>", f"</title>{links}", 1)


def subscriber(api: Api, clients: HttpClients | None = None) -> Subscriber:
    pipeline = api.service.pipeline
    return Subscriber(
        Hubs(
            database=pipeline.database,
            clients=clients or pipeline.clients,
            public_url=PUBLIC_URL,
            user_agent="Desk (tests)",
            host_gap_s=0,
        )
    )


async def subscribed(api: Api, harbour: Publisher, hub: Hub) -> tuple[str, dict[str, str]]:
    """A feed whose hub has been asked, and has not verified yet: its id, and the hub's form."""
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(hub.url + "/",), topic=harbour.url())
    feed_id = await api.poll(harbour.url())
    assert await subscriber(api).run_once() == 1
    return feed_id, hub.asked[-1]


def path_of(form: dict[str, str]) -> str:
    """The callback's path behind the proxy of the public address."""
    return urlsplit(form["hub.callback"]).path.removeprefix("/copydesk")


async def ask(api: Api, form: dict[str, str], **said: str) -> httpx.Response:
    """What the hub hears when it verifies what it was asked for, or says something else."""
    asked = {
        "hub.mode": form["hub.mode"],
        "hub.topic": form["hub.topic"],
        "hub.challenge": "a challenge",
        "hub.lease_seconds": "1000",
    }
    asked |= {name.replace("_", ".", 1): value for name, value in said.items()}
    return await api.reader.get(path_of(form), params=asked)


async def verified(api: Api, form: dict[str, str]) -> None:
    answer = await ask(api, form)
    assert (answer.status_code, answer.text) == (200, "a challenge")
    assert answer.headers["content-type"].startswith("text/plain")


async def push(
    api: Api, form: dict[str, str], body: str, *, method: str = "sha256", secret: str | None = None
) -> int:
    key = (form["hub.secret"] if secret is None else secret).encode()
    digest = hmac.new(key, body.encode(), getattr(hashlib, method)).hexdigest()
    headers = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/atom+xml"}
    answer = await api.reader.post(path_of(form), content=body.encode(), headers=headers)
    return answer.status_code


async def state(api: Api, feed_id: str) -> Any:
    answer = await api.admin.get(f"/v1/admin/feeds/{feed_id}")
    return answer.json()["data"]["websub"]


async def run(api: Api, query: str) -> None:
    async with api.service.database.write() as session:
        await session.execute(text(query))


async def number(api: Api, query: str) -> int:
    async with api.service.database.read() as session:
        return int((await session.execute(text(query))).scalar_one())


@on_both
async def test_a_feed_is_subscribed_verified_and_pushed(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    assert form.keys() == {
        "hub.mode",
        "hub.topic",
        "hub.callback",
        "hub.lease_seconds",
        "hub.secret",
    }
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", harbour.url())
    assert form["hub.callback"].startswith(f"{PUBLIC_URL}/websub/")
    assert form["hub.lease_seconds"] == str(LEASE_S)
    assert min(len(form["hub.secret"]), len(path_of(form))) > 40
    assert hub.agents == ["Desk (tests)"]
    assert (await state(desk, feed_id))["state"] == "pending"
    await verified(desk, form)
    assert (await state(desk, feed_id))["state"] == "verified"

    asked = len(harbour.asked)
    assert await push(desk, form, atom(BRIDGE)) == 202
    assert await desk.service.poller.run_once() == 1
    assert len(harbour.asked) == asked, "nobody was asked for what was pushed"
    assert set(await desk.titles()) == {FERRY.title, BRIDGE.title}
    row = (await desk.admin.get(f"/v1/admin/feeds/{feed_id}/fetches")).json()["data"][0]
    assert (row["outcome"], row["status"], row["new"]) == ("new", None, 1)
    assert row["notes"][0] == "pushed by hub"
    stands = await state(desk, feed_id)
    assert stands["proven"]
    assert stands["last_push_at"] is not None
    assert (stands["hub"], stands["topic"], stands["detail"]) == (
        hub.url + "/",
        harbour.url(),
        None,
    )


async def test_the_hub_of_the_headers_goes_before_that_of_the_document(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    body = feed_of(FERRY, hubs=("https://document.example/",)).encode()
    link = f'<{hub.url}/>; rel="hub", <https://topic.example/f>; rel="self"'
    harbour.pages["/feed"] = servers.answer(200, body, headers=(("Link", link),))
    await desk.poll(harbour.url())
    await subscriber(desk).run_once()
    assert [form["hub.topic"] for form in hub.asked] == ["https://topic.example/f"]


async def test_a_hub_may_verify_before_it_answers(desk: Api, harbour: Publisher, hub: Hub) -> None:
    async def at_once(form: dict[str, str]) -> None:
        await verified(desk, form)

    hub.before = at_once
    feed_id, _ = await subscribed(desk, harbour, hub)
    stands = await state(desk, feed_id)
    assert (stands["state"], stands["detail"]) == ("verified", None)
    assert await subscriber(desk).run_once() == 0


@pytest.mark.parametrize(
    "said",
    [
        {"hub_topic": "https://other.example/feed"},
        {"hub_topic": ""},
        {"hub_mode": "unsubscribe"},
        {"hub_mode": "publish"},
        {"hub_mode": ""},
        {"hub_challenge": ""},
    ],
)
async def test_what_was_not_asked_for_is_not_verified(
    said: dict[str, str], desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    answer = await ask(desk, form, **said)
    assert answer.status_code == 404
    assert "a challenge" not in answer.text
    assert (await state(desk, feed_id))["state"] == "pending"


async def test_a_callback_that_nobody_was_told_verifies_and_takes_nothing(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    _, form = await subscribed(desk, harbour, hub)
    for token in ("x", "x" * 5000, "%00", form["hub.callback"].rsplit("/", 1)[1][:-1]):
        stray = form | {"hub.callback": f"{PUBLIC_URL}/websub/{token}"}
        assert (await ask(desk, stray)).status_code == 404
        assert await push(desk, stray, atom(BRIDGE)) == 410
    assert await number(desk, "SELECT count(*) FROM pushes") == 0


async def test_hubs_may_add_parameters_of_their_own(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    _, form = await subscribed(desk, harbour, hub)
    answer = await ask(desk, form, hub_verify_token="", trace="1")
    assert (answer.status_code, answer.text) == (200, "a challenge")


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_signature_of_the_recommendation_is_taken(
    method: str, desk: Api, harbour: Publisher, hub: Hub
) -> None:
    _, form = await subscribed(desk, harbour, hub)
    assert await push(desk, form, atom(BRIDGE), method=method) == 202
    assert await number(desk, "SELECT count(*) FROM pushes") == 1


@on_both
async def test_a_push_that_is_signed_by_somebody_else_is_passed_over_and_counted(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await verified(desk, form)
    assert await push(desk, form, atom(BRIDGE), secret="another") == 202
    assert await push(desk, form, atom(BRIDGE), method="md5") == 202
    assert (await desk.reader.post(path_of(form), content=atom(BRIDGE))).status_code == 202
    assert await number(desk, "SELECT count(*) FROM pushes") == 0
    stands = await state(desk, feed_id)
    assert (stands["ignored"], stands["last_push_at"], stands["proven"]) == (3, None, False)
    metrics = (await desk.get("/metrics")).text
    assert 'copydesk_pushes_total{outcome="ignored"} 3.0' in metrics


async def test_a_push_has_a_greatest_length_and_a_number_at_a_time(
    migrated_url: str, harbour: Publisher, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"read_auth": "open", "public_url": PUBLIC_URL, "max_wire_bytes": 4096}
    async with running(migrated_url, **given) as desk:
        _, form = await subscribed(desk, harbour, hub)
        assert await push(desk, form, "x" * 4097) == 413
        assert await push(desk, form, "x" * 4096) == 202
        assert await push(desk, form | {"hub.callback": "/websub/x"}, "x" * 4097) == 410
        monkeypatch.setattr(websub, "_reading", asyncio.Semaphore(0))
        assert await push(desk, form, atom(BRIDGE)) == 503
    assert hub.asked


async def test_a_push_that_is_no_feed_has_the_feed_polled(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await run(desk, "UPDATE feeds SET last_success_at = 1")
    harbour.pages["/feed"] = feed_of(FERRY, BRIDGE, hubs=(hub.url + "/",), topic=harbour.url())
    for body in ("", "<html><body>Sorry</body></html>"):
        await push(desk, form, body)
    await desk.service.poller.run_once()
    assert BRIDGE.title in await desk.titles()
    feed = (await desk.admin.get(f"/v1/admin/feeds/{feed_id}")).json()["data"]
    assert (feed["failures"], feed["health"]) == (0, "ok")


async def test_a_lease_is_renewed_before_its_end_under_the_same_names(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await verified(desk, form)
    assert await subscriber(desk).run_once() == 0, "not due yet"
    due_s = await number(desk, "SELECT due_at - verified_at FROM subscriptions") / 1000
    lease_s = await number(desk, "SELECT expires_at - verified_at FROM subscriptions") / 1000
    assert (due_s, lease_s) == (800, 1000)
    await run(desk, "UPDATE subscriptions SET due_at = 1")
    assert await subscriber(desk).run_once() == 1
    assert hub.asked[-1] == form
    assert (await state(desk, feed_id))["state"] == "verified", "pushes go on meanwhile"
    await verified(desk, form)
    assert await number(desk, "SELECT failures FROM subscriptions") == 0


async def test_a_feed_that_is_paused_is_unsubscribed_and_one_that_is_resumed_subscribed_again(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await verified(desk, form)
    await desk.admin.post(f"/v1/admin/feeds/{feed_id}:pause")
    assert (await state(desk, feed_id))["state"] == "leaving"
    assert await push(desk, form, atom(BRIDGE)) == 410
    assert await subscriber(desk).run_once() == 1
    leaving = hub.asked[-1]
    assert leaving == {
        "hub.mode": "unsubscribe",
        "hub.topic": form["hub.topic"],
        "hub.callback": form["hub.callback"],
    }
    assert (await ask(desk, form)).status_code == 404, "no new lease"
    await verified(desk, leaving)
    await verified(desk, leaving)  # a hub that has not heard us asks again
    assert (await state(desk, feed_id))["state"] == "left"
    await desk.admin.post(f"/v1/admin/feeds/{feed_id}:resume")
    assert await subscriber(desk).run_once() == 1
    assert hub.asked[-1] == form
    await verified(desk, form)
    assert await push(desk, form, atom(BRIDGE)) == 202


@on_both
async def test_a_feed_that_is_deleted_is_unsubscribed_and_then_forgotten(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await verified(desk, form)
    await desk.admin.delete(f"/v1/admin/feeds/{feed_id}")
    assert await push(desk, form, atom(BRIDGE)) == 410
    assert await subscriber(desk).run_once() == 1
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    await verified(desk, hub.asked[-1])
    assert await subscriber(desk).run_once() == 0
    await run(desk, "UPDATE subscriptions SET due_at = 1, requested_at = NULL")
    assert await subscriber(desk).run_once() == 1
    assert await number(desk, "SELECT count(*) FROM subscriptions") == 0
    assert len(hub.asked) == 2


async def test_a_hub_that_does_not_hear_goodbye_is_told_a_few_times(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, _ = await subscribed(desk, harbour, hub)
    hub.status = 500
    await desk.admin.delete(f"/v1/admin/feeds/{feed_id}")
    for _ in range(8):
        await run(desk, "UPDATE subscriptions SET due_at = 1")
        await subscriber(desk).run_once()
    assert len(hub.asked) == 1 + 5
    assert await number(desk, "SELECT count(*) FROM subscriptions") == 0


@on_both
async def test_a_feed_that_names_another_hub_moves_there(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await verified(desk, form)
    there = hub.url + "/other"
    harbour.pages["/feed"] = feed_of(FERRY, BRIDGE, hubs=(there,), topic=harbour.url())
    await desk.refresh(feed_id)
    assert (await state(desk, feed_id))["hub"] == hub.url + "/", "not at the first word"
    await run(desk, "UPDATE subscriptions SET requested_at = 1")
    harbour.pages["/feed"] = feed_of(BRIDGE, hubs=(there,), topic=harbour.url())
    await desk.refresh(feed_id)
    stands = await state(desk, feed_id)
    assert (stands["hub"], stands["state"]) == (there, "pending")
    assert await subscriber(desk).run_once() == 2
    modes = {(asked["hub.mode"], asked["hub.callback"]) for asked in hub.asked[1:]}
    assert ("unsubscribe", form["hub.callback"]) in modes
    assert {mode for mode, _ in modes} == {"subscribe", "unsubscribe"}
    assert len({callback for _, callback in modes}) == 2
    assert await push(desk, form, atom(BRIDGE)) == 410


async def test_a_refusal_is_on_record_and_asked_about_again_much_later(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, form = await subscribed(desk, harbour, hub)
    await verified(desk, form)
    wrong = await ask(desk, form, hub_mode="denied", hub_topic="https://other.example/")
    assert wrong.status_code == 404
    answer = await ask(desk, form, hub_mode="denied", hub_reason="not\nthis one")
    assert answer.status_code == 200
    stands = await state(desk, feed_id)
    assert (stands["state"], stands["detail"]) == ("denied", "not this one")
    assert stands["expires_at"] is None
    assert await push(desk, form, atom(BRIDGE)) == 410
    assert await subscriber(desk).run_once() == 0
    await run(desk, "UPDATE subscriptions SET due_at = 1")
    assert await subscriber(desk).run_once() == 1
    assert (await state(desk, feed_id))["state"] == "pending"


async def test_of_several_hubs_the_next_is_tried_when_one_does_not_work(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    hubs = (hub.url + "/", hub.url + "/other")
    feed_id, _ = await subscribed(desk, harbour, hub)
    await run(desk, "UPDATE subscriptions SET failures = 5")
    harbour.pages["/feed"] = feed_of(FERRY, BRIDGE, hubs=hubs, topic=harbour.url())
    await desk.refresh(feed_id)
    assert (await state(desk, feed_id))["hub"] == hubs[1]


@pytest.mark.parametrize(
    ("status", "headers", "again_s"),
    [(500, {}, 300), (404, {}, 300), (503, {"Retry-After": "7200"}, 7200), (302, {}, 300)],
)
async def test_a_hub_that_refuses_is_asked_again_later(
    status: int, headers: dict[str, str], again_s: int, desk: Api, harbour: Publisher, hub: Hub
) -> None:
    hub.status, hub.headers, hub.body = status, headers, b"no\x1b[31m such thing"
    feed_id, _ = await subscribed(desk, harbour, hub)
    stands = await state(desk, feed_id)
    assert (stands["state"], stands["detail"]) == (
        "pending",
        f"the hub answers {status}: no [31m such thing",
    )
    waits = await number(desk, "SELECT due_at - requested_at FROM subscriptions")
    assert again_s * 1000 <= waits < again_s * 1000 + 60_000
    assert await subscriber(desk).run_once() == 0


async def test_a_hub_that_verifies_nothing_is_asked_again_later(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    feed_id, _ = await subscribed(desk, harbour, hub)
    assert (await state(desk, feed_id))["detail"] == "asked, and not verified yet"
    assert await subscriber(desk).run_once() == 0
    await run(desk, "UPDATE subscriptions SET due_at = 1")
    assert await subscriber(desk).run_once() == 1
    assert await number(desk, "SELECT failures FROM subscriptions") == 2


async def test_a_redirect_is_followed_with_the_same_request(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(hub.url + "/old",), topic=harbour.url())
    hub.moved_to = "/other"
    await desk.poll(harbour.url())
    await subscriber(desk).run_once()
    assert [form["hub.mode"] for form in hub.asked] == ["subscribe"]


@pytest.mark.parametrize(
    ("to", "detail"),
    [
        ("http://169.254.169.254/latest/", "169.254.169.254"),
        ("http://[::1]:1/", "::1"),
        ("gopher://hub.example/", "http"),
        ("/old", "more than 3 redirects of the hub"),
    ],
)
async def test_a_redirect_leads_nowhere_that_the_guards_forbid(
    to: str, detail: str, desk: Api, harbour: Publisher, hub: Hub
) -> None:
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(hub.url + "/old",), topic=harbour.url())
    hub.moved_to = to
    feed_id = await desk.poll(harbour.url())
    await subscriber(desk).run_once()
    assert hub.asked == []
    assert detail in (await state(desk, feed_id))["detail"]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/hub",
        "http://[::ffff:10.0.0.1]/hub",
        "http://0x7f.1:22/hub",
        "http://hub.example:25/hub",
    ],
)
async def test_no_hub_is_asked_at_an_address_that_the_guards_forbid(
    address: str, desk: Api, harbour: Publisher
) -> None:
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(address,), topic=harbour.url())
    feed_id = await desk.poll(harbour.url())
    async with HttpClients(AddressPolicy()) as clients:
        await subscriber(desk, clients).run_once()
    detail = (await state(desk, feed_id))["detail"]
    assert "not a public address" in detail or "port" in detail


@pytest.mark.parametrize("script", ["slow", "huge", "reset", "rubbish"])
async def test_a_hostile_hub_costs_one_request_and_its_detail(
    script: str, desk: Api, harbour: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def answer(_request: servers.Request) -> AsyncIterator[object]:
        if script == "reset":
            yield servers.RESET
        elif script == "rubbish":
            yield b"\x00\xff" * 1000
        elif script == "slow":
            await never.wait()
        else:
            yield servers.head(500)
            for _ in range(1000):
                yield b"x" * 65_536

    monkeypatch.setattr("app.ingest.websub.DEADLINE_S", 0.5)
    async with servers.serve(answer) as hostile:
        harbour.pages["/feed"] = feed_of(FERRY, hubs=(hostile.url(),), topic=harbour.url())
        feed_id = await desk.poll(harbour.url())
        await subscriber(desk).run_once()
        assert hostile.sent < 16 * 1024 * 1024
    assert (await state(desk, feed_id))["detail"]
    assert await number(desk, "SELECT count(*) FROM hosts WHERE holder IS NOT NULL") == 0


@on_both
async def test_two_processes_ask_a_hub_once(desk: Api, harbour: Publisher, hub: Hub) -> None:
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(hub.url + "/",), topic=harbour.url())
    await desk.poll(harbour.url())
    done = await asyncio.gather(*(subscriber(desk).run_once() for _ in range(3)))
    assert (sum(done), len(hub.asked)) == (1, 1)


@on_both
async def test_a_process_that_dies_with_a_request_is_followed_by_another(
    desk: Api, harbour: Publisher, hub: Hub
) -> None:
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(hub.url + "/",), topic=harbour.url())
    await desk.poll(harbour.url())
    await run(desk, "UPDATE subscriptions SET lease_until = 9000000000000")
    assert await subscriber(desk)._claim() == 0
    await run(desk, "UPDATE subscriptions SET lease_until = 1")
    assert await subscriber(desk).run_once() == 1


async def test_without_a_public_address_no_hub_is_asked(
    api: Api, harbour: Publisher, hub: Hub
) -> None:
    harbour.pages["/feed"] = feed_of(FERRY, hubs=(hub.url + "/",), topic=harbour.url())
    feed_id = await api.poll(harbour.url())
    assert (await state(api, feed_id))["state"] == "pending"
    assert "subscriptions" not in api.service.loops._loops
    assert hub.asked == []


async def test_whole_addresses_are_those_under_which_others_reach_the_service(desk: Api) -> None:
    feed = (await desk.reader.get("/v1/stories.atom", headers={"Host": "inside:8000"})).text
    assert f'href="{PUBLIC_URL}/v1/stories.atom"' in feed
    assert "inside:8000" not in feed
