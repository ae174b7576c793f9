"""Hundreds of hosts on loopback that publish by a script, misbehave by a seed, and take notes.

Each host is an address of 127.0.0.0/8, all on one port. Of every request is noted when it came and
when it was over by this process's clock: answered, or given up by whoever sent it.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from tests.chaos import faults
from tests.chaos.faults import RETRY_AFTER, Fault, Planned
from tests.chaos.network import is_made_up, made_up_address
from tests.chaos.script import Desk
from tests.ingest import servers


@dataclass(slots=True)
class Seen:
    """One request, its times in seconds since 1970."""

    feed: int
    host: str
    at: str  # the address it was asked at
    poller: str
    start: float
    end: float = 0.0  # 0 while it is under way
    status: int = 0  # 0: no answer
    fault: Fault | None = None
    step: int = 0  # of the document that was sent whole
    not_before: float = 0.0  # when it may be asked again
    left: bool = False  # its client did not wait for the end, which is noted when that was heard
    hop: bool = False  # the request that a redirect asked for


@dataclass
class Publisher:
    """`misbehaving` is the share of requests that go wrong; `liars` are feeds that answer 304 to
    whoever has a validator of theirs, while `honest` is false."""

    desks: list[Desk]
    hosts: list[str]  # by feed
    seed: int
    misbehaving: float = 0.0
    honest: bool = True
    liars: frozenset[int] = frozenset()
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    last: dict[int, Seen] = field(default_factory=dict)  # by feed
    held: dict[int, asyncio.Event] = field(default_factory=dict)  # feeds whose answers wait
    _desk_of: dict[int, Desk] = field(default_factory=dict)
    _planned: dict[int, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    _refusing: dict[str, float] = field(default_factory=dict)  # host → until when
    _chance: dict[int, Random] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._desk_of = {feed: desk for desk in self.desks for feed in desk.feeds}
        self._chance = {feed: Random(f"{self.seed}/feed/{feed}") for feed in self._desk_of}

    def url(self, feed: int) -> str:
        return f"http://{self.hosts[feed]}:{self.port}/feed/{feed}"

    def desk(self, feed: int) -> Desk:
        return self._desk_of[feed]

    def under_way(self, poller: str) -> int:
        """Requests of a poller that wait for their answers."""
        return sum(1 for seen in self.last.values() if seen.poller == poller and not seen.end)

    # --- one connection ---------------------------------------------------------------------

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at = writer.get_extra_info("sockname")[0]
        early = b""  # of the next request, which came before the answer was seen to be out
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                request = servers.Request(early + await reader.readuntil(b"\r\n\r\n"))
                with self._noted(request, at) as seen:
                    stays, early = await self._answered(request, seen, reader, writer)
                if not stays:
                    break
        writer.close()

    @contextmanager
    def _noted(self, request: servers.Request, at: str) -> Iterator[Seen]:
        feed = int(request.target.split("/")[2])
        before = self.last.get(feed)
        seen = Seen(
            feed=feed,
            host=(request.header("Host") or b"").decode().partition(":")[0],
            at=at,
            poller=(request.header("User-Agent") or b"").decode(),
            start=time.time(),
            hop=request.target.startswith("/moved/") and before is not None,
        )
        self.seen.append(seen)
        self.last[feed] = seen
        try:
            yield seen
        finally:
            seen.end = time.time()

    async def _answered(
        self,
        request: servers.Request,
        seen: Seen,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> tuple[bool, bytes]:
        """Send what there is to send; whether the connection stays open, and what came meanwhile.

        A client that leaves ends its request there and then.
        """
        sending = asyncio.ensure_future(self._send(request, seen, writer))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not sending.done() and leaving.result() == b"":
                seen.left = True
                return False, b""
            stays = await sending
            return stays, leaving.result() if leaving.done() else b""
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(
        self, request: servers.Request, seen: Seen, writer: asyncio.StreamWriter
    ) -> bool:
        if (event := self.held.get(seen.feed)) is not None:
            await event.wait()
        plan = None if seen.hop else self._refused(seen.host) or self._plan(seen.feed)
        desk = self.desk(seen.feed)
        if plan is None:
            writer.write(self._document(request, seen, desk))
            await writer.drain()
            return True
        seen.fault = plan.fault
        chance = self._chance[seen.feed]
        answer = faults.simple_answer(plan, desk.document, self._location(plan, seen), chance)
        if plan.fault in RETRY_AFTER:
            answer, seen.not_before = faults.not_now(plan, time.time())
            if plan.whole_host:
                self._refusing[seen.host] = seen.not_before
        if answer is not None:
            seen.status = int(answer[9:12])
            writer.write(answer)
            await writer.drain()
            return True
        step = desk.step
        async for piece in faults.pieces(plan, desk.document, asyncio.sleep):
            if piece is servers.RESET:
                servers._reset(writer)
                return False
            seen.status = 200
            writer.write(piece)
            await writer.drain()
        seen.step = step if plan.fault is Fault.DRIP else 0
        return False

    def _location(self, plan: Planned, seen: Seen) -> str:
        """Where a redirect leads: to the same host or to another feed's."""
        if plan.fault is Fault.CIRCLE:
            return f"/feed/{seen.feed}"
        if not plan.elsewhere:
            return f"/moved/{seen.feed}"
        other = self.hosts[(seen.feed * 7 + 13) % len(self.hosts)]
        return f"http://{other}:{self.port}/moved/{seen.feed}"

    def _refused(self, host: str) -> Planned | None:
        """The answer of a host that has had enough of everybody for a while."""
        if self.honest or (left_s := self._refusing.get(host, 0.0) - time.time()) <= 0:
            return None
        return Planned(Fault.TOO_MANY, retry_after_s=1 + int(left_s))

    def _plan(self, feed: int) -> Planned | None:
        """What goes wrong with the next request of a feed, by its own seed."""
        if self.honest:
            return None
        if self._planned[feed]:
            return self._planned[feed].pop()
        chance = self._chance[feed]
        if chance.random() >= self.misbehaving:
            return None
        plan = faults.planned(chance)
        self._planned[feed] = [plan] * (plan.times - 1)
        return plan

    def _document(self, request: servers.Request, seen: Seen, desk: Desk) -> bytes:
        lies = seen.feed in self.liars and not self.honest
        tag = f'"{desk.n}-{"same" if lies else desk.step}"'
        headers = (("ETag", tag), ("Content-Type", "application/rss+xml"))
        if (request.header("If-None-Match") or b"").decode() == tag:
            seen.status = 304
            return f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode()
        seen.status, seen.step = 200, desk.step
        return servers.answer(200, desk.document, headers)


@asynccontextmanager
async def published(publisher: Publisher) -> AsyncIterator[Publisher]:
    """Serve until the block ends, on a free port that all hosts share."""
    hosts = sorted({made_up_address(h) if is_made_up(h) else h for h in publisher.hosts})
    first = await asyncio.start_server(publisher.connected, hosts[0], 0)
    publisher.port = first.sockets[0].getsockname()[1]
    rest = []
    if hosts[1:]:
        rest = [
            await asyncio.start_server(publisher.connected, hosts[1:], publisher.port, backlog=64)
        ]
    try:
        yield publisher
    finally:
        for server in (first, *rest):
            server.close()
