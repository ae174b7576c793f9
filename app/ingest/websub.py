"""Asks WebSub hubs for what they are to push, and to push no more (W3C Recommendation, §5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

import structlog

from app.core.refusal import Answer
from app.core.types import ServerHints
from app.core.websub import LEASE_S, retry_after_s
from app.ingest.answers import hints
from app.ingest.entrance import Entrance, Lease
from app.net import HttpClients, Response, Target, Timeout, failure_of, one_line
from app.store.engine import Database, ReadSession, WriteSession
from app.store.hub_requests import (
    ClaimedSubscription,
    claim_requests,
    give_back_request,
    holder_of_request,
    keep_request,
    next_request_at,
    request_accepted,
    request_dropped,
    request_failed,
)
from app.store.refusals import note_answers
from app.store.subscriptions import GIVEN_UP
from app.work.leased import IDLE_S, LeasedLoop, LeasedPolicy

log = structlog.get_logger()

CALLBACK_PATH: Final = "/websub/"
CONCURRENCY: Final = 4
LEASE_OF_REQUEST_S: Final = 60.0
DEADLINE_S: Final = 20.0
DRAIN_S: Final = 10.0
MAX_REDIRECTS: Final = 3
EXCERPT_BYTES: Final = 512
_ACCEPTED: Final = range(200, 300)
_REPEATED_AT: Final = frozenset({307, 308})
"""Redirects after which the same request is made again (RFC 9110 §15.4); others are failures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hubs:
    """What asking hubs needs; `public_url` is where they reach this service."""

    database: Database
    clients: HttpClients
    public_url: str
    user_agent: str
    host_gap_s: float
    requests_per_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a hub has said to a request; `detail` is None where it has taken it."""

    answer: Answer
    detail: str | None


class Subscriber(LeasedLoop[ClaimedSubscription, bool]):
    """The loop around the requests to hubs that are due."""

    def __init__(self, hubs: Hubs) -> None:
        policy = LeasedPolicy(
            name="subscriptions",
            concurrency=CONCURRENCY,
            lease_s=LEASE_OF_REQUEST_S,
            drain_s=DRAIN_S,
            busy_s=IDLE_S,
        )
        super().__init__(Requests(hubs), hubs.database, policy)


class Requests:
    """The requests to hubs that are due, as work that is done under leases."""

    def __init__(self, hubs: Hubs) -> None:
        self._hubs = hubs

    async def next_due(self, session: ReadSession) -> datetime | None:
        return await next_request_at(session)

    async def claim(self, session: WriteSession, limit: int) -> Sequence[ClaimedSubscription]:
        return await claim_requests(
            session,
            limit=limit,
            lease_s=LEASE_OF_REQUEST_S,
            callback=self._hubs.public_url + CALLBACK_PATH,
        )

    async def renew(self, session: WriteSession, item: ClaimedSubscription) -> None:
        await keep_request(session, item, LEASE_OF_REQUEST_S)

    async def give_back(self, session: WriteSession, item: ClaimedSubscription) -> None:
        await give_back_request(session, item)

    async def do(self, item: ClaimedSubscription) -> bool:
        """Whether the hub has taken it; one that nothing is left to be said to is dropped."""
        if not item.subscribe and (not item.requested or item.failures >= GIVEN_UP):
            async with self._hubs.database.write() as session:
                await request_dropped(session, item, gap_s=0)
            return True
        asked = await _ask(item, self._hubs)
        async with self._hubs.database.write() as session:
            await _record(session, item, asked, self._hubs.host_gap_s)
        return asked.detail is None

    def named(self, item: ClaimedSubscription) -> Mapping[str, int]:
        return {"subscription_id": item.id}

    async def broke(self, item: ClaimedSubscription, error: Exception, _started: float) -> bool:
        log.error("subscription_broke", hub=item.hub_url, exc_info=error)
        detail = f"a fault inside the service ({type(error).__name__}): see the log"
        asked = Asked(answer=Answer(host=item.hub_host), detail=detail)
        async with self._hubs.database.write() as session:
            await _record(session, item, asked, self._hubs.host_gap_s)
        return False


async def _record(
    session: WriteSession, item: ClaimedSubscription, asked: Asked, gap_s: float
) -> None:
    again_s = retry_after_s(item.failures + 1, asked.answer.retry_after_s)
    if asked.detail is None:
        await request_accepted(session, item, gap_s=gap_s, again_s=again_s)
    else:
        log.warning("hub_refused", hub=item.hub_url, topic=item.topic_url, detail=asked.detail)
        await request_failed(session, item, asked.detail, gap_s=gap_s, again_s=again_s)
    await note_answers(session, [asked.answer], -item.id)


async def _ask(item: ClaimedSubscription, hubs: Hubs) -> Asked:
    """One request with its redirects; nothing is raised but CancelledError."""
    answer = Answer(host=item.hub_host)
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _post(item, hubs)
    except TimeoutError:
        detail = f"the hub has not answered in {DEADLINE_S:g} s"
    except Exception as error:  # noqa: BLE001 - the edge: whatever a hub provokes is a value
        detail = failure_of(error)[1]
    return Asked(answer=answer, detail=detail)


async def _post(item: ClaimedSubscription, hubs: Hubs) -> Asked:
    lease = Lease(holder=holder_of_request(item), seconds=LEASE_OF_REQUEST_S)
    entrance = Entrance(hubs.database, lease, host=item.hub_host, per_hour=hubs.requests_per_hour)
    target = hubs.clients.target(item.hub_url)
    for _ in range(MAX_REDIRECTS + 1):
        async with _Answered(item, hubs, target) as answered:
            if answered.location is None:
                return await answered.read()
            following = hubs.clients.target(answered.location, base=target.url)
        if target.url.startswith("https:") and not following.url.startswith("https:"):
            return _refused(target.host, "the hub redirects from https to http: not followed")
        barred = await entrance.enter(following.url)
        if barred is not None:
            return _refused(target.host, barred.detail, barred.hints)
        target = following
    return _refused(target.host, f"more than {MAX_REDIRECTS} redirects of the hub")


def _refused(host: str, detail: str, said: ServerHints | None = None) -> Asked:
    waits = None if said is None else said.retry_after_s
    return Asked(answer=Answer(host=host, retry_after_s=waits), detail=detail)


class _Answered:
    """A hub's answer, its body unread and closed at the end of the block."""

    def __init__(self, item: ClaimedSubscription, hubs: Hubs, target: Target) -> None:
        self._item = item
        self._hubs = hubs
        self._target = target

    async def __aenter__(self) -> Self:
        client = self._hubs.clients.client_for(self._target.host)
        request = client.build_request(
            "POST",
            self._target.url,
            data=_form(self._item),
            headers={"User-Agent": self._hubs.user_agent, "Accept": "*/*"},
            timeout=Timeout(None, connect=DEADLINE_S / 2),
        )
        self._response: Response = await client.send(request, stream=True)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Its connection is of no more use: what is left of the body may be of any length."""
        await self._response.aclose()

    @property
    def location(self) -> str | None:
        """Where to make the same request again; None where this is the answer."""
        if self._response.status_code not in _REPEATED_AT:
            return None
        return self._response.headers.get("location") or None

    async def read(self) -> Asked:
        status, said = self._response.status_code, hints(self._response.headers.raw, _now())
        answer = Answer(
            host=self._target.host,
            status=status,
            retry_after_s=said.retry_after_s,
            quota_s=said.quota_s,
        )
        if status in _ACCEPTED:
            return Asked(answer=answer, detail=None)
        excerpt = b""
        async for piece in self._response.aiter_raw():
            excerpt += piece
            if len(excerpt) >= EXCERPT_BYTES:
                break
        words = one_line(excerpt[:EXCERPT_BYTES].decode("utf-8", "replace"))
        return Asked(answer=answer, detail=one_line(f"the hub answers {status}: {words}"))


def _now() -> datetime:
    return datetime.now(UTC)


def _form(item: ClaimedSubscription) -> dict[str, str]:
    """§5.1; the secret is renewed by nothing, for pushes may be under way."""
    form = {
        "hub.mode": "subscribe" if item.subscribe else "unsubscribe",
        "hub.topic": item.topic_url,
        "hub.callback": item.callback_url,
    }
    if item.subscribe:
        form |= {"hub.lease_seconds": str(LEASE_S), "hub.secret": item.secret}
    return form
