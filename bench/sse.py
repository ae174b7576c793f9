"""How late a story is with clients that follow the stream of events: `make bench-sse`.

One real server with its poller, and as many clients as are asked for in a process of their own.
Every round a story is published and polled; measured is the time from the poll's end, which the
server's log tells, to each client's having the event, and what it costs the server in memory, in
processor time and in readings of the log.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from app.net import AsyncClient, plain_client

RESULTS: Final = Path(__file__).parent / "results"
KEY: Final = "a key for this measurement"
OPEN_FILES: Final = 8_192
AT_ONCE: Final = 50
"""Clients that connect at a time, as a crowd does that comes again after a restart."""

PATIENCE_S: Final = 120
LINE_BYTES: Final = 1 << 20
ENTRY: Final = b'data: {"seq":'


# --- the clients, in a process of their own ---------------------------------------------------


async def listen(port: int, clients: int) -> None:
    """Follow the stream so many times over; for each story print when each client had it."""
    gate = asyncio.Semaphore(AT_ONCE)
    had: dict[int, list[float]] = {}
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_follow(port, gate, had, clients))


async def _follow(
    port: int, gate: asyncio.Semaphore, had: dict[int, list[float]], clients: int
) -> None:
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LINE_BYTES)
        writer.write(b"GET /v1/changes/stream HTTP/1.1\r\nHost: desk.example\r\n\r\n")
        while not (await reader.readline()).startswith(b"retry:"):
            if reader.at_eof():
                raise ConnectionError("the server has taken no client")
    async for line in reader:
        if line.startswith(ENTRY):
            times = had.setdefault(int(line[len(ENTRY) : line.index(b",")]), [])
            times.append(time.time())
            if len(times) == clients:
                sys.stdout.write(json.dumps(times) + "\n")
                sys.stdout.flush()


# --- the server and who publishes -------------------------------------------------------------


@dataclass
class Publisher:
    """A feed of so many stories."""

    stories: int = 1

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        items = "".join(
            f"<item><title>The ferry's crossing number {n}</title><guid>crossing-{n}</guid>"
            f"<link>https://harbour.example/{n}</link><description>It left on time, with "
            f"{n} on board, and was over in an hour.</description></item>"
            for n in range(self.stories)
        )
        body = f"<rss version='2.0'><channel><title>Harbour</title>{items}</channel></rss>".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running `copydesk serve`, and where it logs."""

    pid: int
    port: int
    log: Path

    def resident_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def processor_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def polled_at(self) -> float:
        """When the last poll had been written."""
        polls = [line for line in self.log.read_text().splitlines() if '"feed_polled"' in line]
        return datetime.fromisoformat(json.loads(polls[-1])["timestamp"]).timestamp()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    log = folder / "log"
    given = {
        "database_url": f"sqlite:///{folder / 'desk.db'}",
        "admin_key": KEY,
        "allow_private_networks": "127.0.0.0/8",
        "host_gap_s": "0",
        "parse_workers": "1",
        "parse_timeout_s": "60",
        "log_format": "json",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "serve", "--port", "0"),
        stdout=log.open("wb"),
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {f"COPYDESK_{name.upper()}": value for name, value in given.items()},
    )
    try:

        async def announced() -> re.Match[str] | None:
            return re.search(r"Copydesk serves on http://127\.0\.0\.1:(\d+)", log.read_text())

        found = await until(announced)
        yield Server(pid=process.pid, port=int(found[1]), log=log)
    finally:
        process.kill()
        await process.wait()


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what `holds` gives
    """What `holds` gives once it gives anything."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await holds()):  # noqa: ASYNC110 - others' state, which tells nobody
            await asyncio.sleep(0.05)
    return found


async def metric(client: AsyncClient, name: str) -> float:
    told = (await client.get("/metrics")).text
    return float(
        next(line for line in told.splitlines() if line.startswith(f"{name} "))[len(name) :]
    )


# --- the measurement --------------------------------------------------------------------------


async def measure(clients: int, rounds: int) -> dict[str, Any]:
    harbour = Publisher()
    site = await asyncio.start_server(harbour.answer, "127.0.0.1", 0)
    feed = f"http://127.0.0.1:{site.sockets[0].getsockname()[1]}/feed"
    with TemporaryDirectory() as folder:
        async with (
            serving(Path(folder)) as server,
            plain_client(f"http://127.0.0.1:{server.port}", timeout_s=PATIENCE_S) as client,
        ):
            client.headers["Authorization"] = f"Bearer {KEY}"
            asked = {"url": feed, "probe": False}
            (await client.post("/v1/admin/feeds", json=asked)).raise_for_status()
            await poll(client)
            rss = {"before": server.resident_mb()}
            async with crowd(server.port, clients) as told:
                begun = time.perf_counter()

                async def all_listen() -> bool:
                    return await metric(client, "copydesk_listeners") == clients

                await until(all_listen)
                connected_s = time.perf_counter() - begun
                rss["with_clients"] = server.resident_mb()
                readings = await metric(client, "copydesk_log_readings_total")
                spent = server.processor_s()
                delays: list[float] = []
                for _ in range(rounds):
                    harbour.stories += 1
                    await poll(client)
                    async with asyncio.timeout(PATIENCE_S):
                        times = json.loads(await told.readline())
                    at = server.polled_at()
                    delays += [had - at for had in times]
                spent = server.processor_s() - spent
                readings = await metric(client, "copydesk_log_readings_total") - readings
            rss["after"] = server.resident_mb()
    site.close()
    return {
        "clients": clients,
        "rounds": rounds,
        "events": len(delays),
        "connected_s": round(connected_s, 1),
        "delay_ms": figures(delays),
        "processor_ms_a_story": round(spent * 1000 / rounds),
        "log_readings_a_story": readings / rounds,
        "resident_mb": {when: round(mb, 1) for when, mb in rss.items()},
        "kb_a_client": round((rss["with_clients"] - rss["before"]) * 1024 / clients, 1),
        "load": round(os.getloadavg()[0], 1),
    }


async def poll(client: AsyncClient) -> None:
    (await client.post("/v1/admin/feeds/1:refresh?wait=true")).raise_for_status()


@asynccontextmanager
async def crowd(port: int, clients: int) -> AsyncIterator[asyncio.StreamReader]:
    """The clients, and what they print."""
    words = ("--listen", str(port), "--clients", str(clients))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.sse", *words),
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    try:
        if process.stdout is not None:
            yield process.stdout
    finally:
        process.kill()
        await process.wait()


def figures(seconds: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(seconds, n=100, method="inclusive")
    shown = {"p50": median(seconds), "p95": cuts[94], "p99": cuts[98], "most": max(seconds)}
    return {name: round(value * 1000, 1) for name, value in shown.items()}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clients", type=int, default=1_000)
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--listen", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))
    if given.listen is not None:
        asyncio.run(listen(given.listen, given.clients))
        return 0
    measured = asyncio.run(measure(given.clients, given.rounds))
    RESULTS.mkdir(exist_ok=True)
    written = json.dumps(measured, indent=1) + "\n"
    (RESULTS / "sse.json").write_text(written)
    sys.stdout.write(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
