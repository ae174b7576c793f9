"""Many feeds on loopback, each on an address of its own, and processes of the real command."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.ingest import servers

ROOT = Path(__file__).parent.parent.parent
STORIES_EACH = 3


def address(n: int) -> str:
    """The loopback address of feed n: one host each, so that politeness does not queue them."""
    return f"127.1.{n // 250}.{n % 250 + 1}"


@dataclass
class Fleet:
    """Feeds 0…count-1; every round each of them has one new story and one corrected one."""

    count: int
    port: int = 0
    round: int = 0
    asked: Counter[int] = field(default_factory=Counter)  # requests of this round, by feed
    in_flight: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_at_once: int = 0
    held: asyncio.Event = field(default_factory=asyncio.Event)  # while clear, answers wait

    def url(self, n: int) -> str:
        return f"http://{address(n)}:{self.port}/feed"

    def next_round(self) -> None:
        self.round += 1
        self.asked.clear()

    def document(self, n: int) -> bytes:
        items = []
        for k in range(STORIES_EACH + self.round):
            link = f"https://site{n}.example/story/{k}"
            corrected = f" Correction {self.round}." if k == 0 and self.round else ""
            items.append(
                f"<item><title>Story {k} of feed {n}</title><link>{link}</link><guid>{link}</guid>"
                f"<pubDate>Mon, 23 Nov 2026 06:{k:02}:00 GMT</pubDate>"
                f"<description>Word number {k} of feed {n}.{corrected}</description></item>"
            )
        return (
            f"<rss version='2.0'><channel><title>Feed {n}</title>"
            f"<link>https://site{n}.example/</link>{''.join(items)}</channel></rss>"
        ).encode()

    @property
    def stories(self) -> int:
        return self.count * (STORIES_EACH + self.round)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        third, fourth = host.split(".")[2:]
        n = int(third) * 250 + int(fourth) - 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.asked[n] += 1
                self.in_flight[host] += 1
                self.most_at_once = max(self.most_at_once, self.in_flight[host])
                await self.held.wait()
                writer.write(servers.answer(200, self.document(n)))
                await writer.drain()
                self.in_flight[host] -= 1
        self.in_flight[host] = 0
        writer.close()


@asynccontextmanager
async def fleet(count: int) -> AsyncIterator[Fleet]:
    made = Fleet(count)
    made.held.set()
    hosts = [address(n) for n in range(count)]
    first = await asyncio.start_server(made.answer, hosts[0], 0)
    made.port = first.sockets[0].getsockname()[1]
    rest = await asyncio.start_server(made.answer, hosts[1:], made.port, backlog=64)
    try:
        yield made
    finally:
        first.close()
        rest.close()


@dataclass
class Command:
    """A running `copydesk`, and the lines it has printed."""

    process: asyncio.subprocess.Process
    out: Path

    def text(self) -> str:
        return self.out.read_text()

    def kill(self) -> None:
        self.process.kill()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    async def stop(self) -> int:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), 40)


@asynccontextmanager
async def running(
    folder: Path, *arguments: str, module: str = "app", of: Path = ROOT, **settings: str
) -> AsyncIterator[Command]:
    """The real command in a process of its own, with these settings; killed at the end.

    `of` is the folder whose code it runs.
    """
    out = folder / f"{'-'.join(arguments)}-{os.urandom(3).hex()}.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COPYDESK_")}
    environment |= {f"COPYDESK_{name.upper()}": value for name, value in settings.items()}
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdout=log,
            stderr=log,
            cwd=of,
            env=environment,
        )
    command = Command(process, out)
    try:
        yield command
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
