"""Fetch one page, as its host and its robots.txt allow, and tell its story by it.

Hop by hop: every host that a page leads to is asked for its robots.txt, under a slot of its own.
No transaction is open across the network or heavy work.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urljoin, urlsplit

from app.core.hashing import hash64
from app.core.page.job import ClaimedPage, NoPage, PageResult, Stop, Told, verdict_of
from app.core.page.robots import product_token
from app.core.page.tell import tell_by_page
from app.core.page.types import PageRefused
from app.core.refusal import REFUSALS, Answer
from app.core.types import Barred, Failure, Fetched, FetchFailed, FetchPolicy, NotModified
from app.core.urls import host_of
from app.ingest.entrance import Entrance, Lease, answers_of
from app.ingest.fetch import FetchRequest, fetch
from app.ingest.offload import Offload, OffloadFailed
from app.ingest.robots import REDIRECTED_TOO_OFTEN, RobotsCache, RobotsRead, robots_of
from app.net import HttpClients
from app.store.engine import Database
from app.store.hosts import learn_addresses, leave
from app.store.page_leases import holder_of
from app.store.pages import PageApplied, apply_page
from app.store.refusals import note_answers
from app.work.leased import Overslept

ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
MAX_PAGE_BYTES: Final = 8 * 1024 * 1024
MAX_ROBOTS_WIRE_BYTES: Final = 2 * 1024 * 1024
MAX_HOPS: Final = 5
BAD_REQUEST: Final = 400  # from here on a status is the server's refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePipeline:
    """What fetching pages needs."""

    database: Database
    clients: HttpClients
    offload: Offload
    fetch_policy: FetchPolicy
    robots: RobotsCache
    host_gap_s: float
    lease_s: float
    requests_per_hour: int | None = None  # of all processes together
    max_crawl_delay_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDone:
    """One page: what came of it, and whether that was written."""

    page: ClaimedPage
    result: PageResult
    outcome: str
    applied: PageApplied
    elapsed_ms: int


async def tell_page(page: ClaimedPage, pipeline: PagePipeline) -> PageDone:
    """Fetch a claimed page and apply what came of it; raises Overslept where it is too late."""
    started = time.monotonic()
    fetched = await _Visit(page, pipeline, started).run()
    result = fetched if isinstance(fetched, NoPage) else await _tell(page, fetched, pipeline)
    return await apply_result(page, result, pipeline, started)


async def apply_result(
    page: ClaimedPage, result: PageResult, pipeline: PagePipeline, started: float
) -> PageDone:
    elapsed_s = time.monotonic() - started
    now = page.claimed_at + timedelta(seconds=elapsed_s)
    verdict = verdict_of(result, page.attempts, now, _jitter(page.story_id))
    async with pipeline.database.write() as session:
        applied = await apply_page(session, page, result, verdict, now)
    return PageDone(
        page=page,
        result=result,
        outcome=verdict.outcome,
        applied=applied,
        elapsed_ms=round(elapsed_s * 1000),
    )


async def _tell(page: ClaimedPage, fetched: Fetched, pipeline: PagePipeline) -> PageResult:
    told = await pipeline.offload.run(
        tell_by_page,
        page.making,
        fetched.body,
        content_type=fetched.content_type,
        url=fetched.url,
    )
    match told:
        case Told():
            return told
        case PageRefused():
            return NoPage(kind=told.kind, detail=told.detail, status=fetched.status)
        case OffloadFailed():
            return NoPage(kind=told.kind, detail=told.detail, status=fetched.status)


class _Visit:
    """The requests that one page takes; each host is left as soon as there is no more to ask."""

    def __init__(self, page: ClaimedPage, pipeline: PagePipeline, started: float) -> None:
        self._page = page
        self._pipeline = pipeline
        self._policy = replace(
            pipeline.fetch_policy,
            max_redirects=0,  # each hop is looked at here
            max_body_bytes=min(MAX_PAGE_BYTES, pipeline.fetch_policy.max_body_bytes),
            max_wire_bytes=min(MAX_PAGE_BYTES, pipeline.fetch_policy.max_wire_bytes),
        )
        self._agent = product_token(pipeline.fetch_policy.user_agent)
        self._entrance = Entrance(
            pipeline.database,
            Lease(holder=holder_of(page), seconds=pipeline.lease_s),
            host=page.host,
            per_hour=pipeline.requests_per_hour,
        )
        self._delays: dict[str, float] = {}
        self._refusals: list[Answer] = []
        self._dialled: dict[str, str] = {}
        self._paid = True  # the first request, by the claim
        self._awake_at = started

    async def run(self) -> Fetched | NoPage:
        try:
            return await self._follow(self._page.url)
        finally:
            await self._leave()

    async def _follow(self, url: str) -> Fetched | NoPage:
        visited = {url}
        for _ in range(MAX_HOPS + 1):
            if (refused := await self._allowed(url)) is not None:
                return refused
            answer = await self._get(url, self._policy)
            following = _redirect(answer)
            if following is None:
                return _page_of(answer)
            if following in visited:
                break
            visited.add(following)
            url = following
        return NoPage(kind=Failure.REDIRECT, detail=f"more than {MAX_HOPS} redirects, or a circle")

    async def _allowed(self, url: str) -> NoPage | None:
        """What forbids to fetch an address now; None for nothing."""
        if (barred := await self._entrance.admit(url)) is not None:
            return _not_now(barred)
        robots = await self._robots(url)
        if isinstance(robots, NoPage):
            return robots
        host = host_of(url) or ""
        delay_s = min(robots.crawl_delay_s or 0.0, self._pipeline.max_crawl_delay_s)
        self._delays[host] = max(self._delays.get(host, 0.0), delay_s)
        if not robots.allows(url):
            return NoPage(kind=Stop.ROBOTS, detail=f"robots.txt of {host} disallows {url}")
        return None

    async def _robots(self, url: str) -> RobotsRead:
        """What the origin asks of us; its robots.txt may redirect, even elsewhere."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if (known := self._pipeline.robots.get(origin)) is not None:
            return known
        policy = replace(
            self._policy,
            max_wire_bytes=min(MAX_ROBOTS_WIRE_BYTES, self._policy.max_wire_bytes),
            max_body_bytes=MAX_ROBOTS_WIRE_BYTES,
        )
        at = f"{origin}/robots.txt"
        for hop in range(REDIRECTED_TOO_OFTEN + 1):
            answer = await self._get(at, policy)
            following = _redirect(answer)
            if following is None or hop == REDIRECTED_TOO_OFTEN:
                break
            if (barred := await self._entrance.admit(following)) is not None:
                return _not_now(barred)
            at = following
        read = robots_of(answer, self._agent)
        self._pipeline.robots.put(origin, read)
        return read

    async def _get(self, url: str, policy: FetchPolicy) -> Fetched | FetchFailed | NotModified:
        if not self._paid:
            await self._entrance.charge()
        self._paid = False
        if time.monotonic() - self._awake_at > self._pipeline.lease_s / 2:
            raise Overslept
        request = FetchRequest(url=url, accept=ACCEPT)
        answer = await fetch(request, self._pipeline.clients, policy)
        self._awake_at = time.monotonic()
        # A page that is given says nothing of the feeds of its host.
        self._refusals += [said for said in answers_of(answer) if said.status in REFUSALS]
        self._dialled |= dict(answer.dialled)
        return answer

    async def _leave(self) -> None:
        async with self._pipeline.database.write() as session:
            await note_answers(session, self._refusals, -self._page.story_id)
            gap_s = self._pipeline.host_gap_s
            await learn_addresses(session, tuple(self._dialled.items()), gap_s=gap_s)
            await leave(session, holder_of(self._page), gap_s=gap_s, gaps=self._delays)


def _redirect(answer: Fetched | FetchFailed | NotModified) -> str | None:
    """Where an answer leads; None where it leads nowhere."""
    if isinstance(answer, FetchFailed) and answer.kind is Failure.REDIRECT and answer.redirects:
        return urljoin(answer.url, answer.redirects[-1].url).partition("#")[0]
    return None


def _page_of(answer: Fetched | FetchFailed | NotModified) -> Fetched | NoPage:
    match answer:
        case Fetched():
            return answer
        case FetchFailed():
            said = answer.status is not None and answer.status >= BAD_REQUEST
            return NoPage(  # the fetch's own words for a status are about feeds
                kind=answer.kind,
                detail=f"status {answer.status}" if said else answer.detail,
                status=answer.status,
                retry_after_s=answer.hints.retry_after_s,
            )
        case NotModified():  # which nobody asked for
            return NoPage(kind=Failure.HTTP_UNEXPECTED, detail="304 without a condition")


def _not_now(barred: Barred) -> NoPage:
    return NoPage(kind=Stop.BUSY, detail=barred.detail, retry_after_s=barred.hints.retry_after_s)


def _jitter(story_id: int) -> float:
    return (hash64("page", str(story_id)) & 0xFFFF) / 0x10000
