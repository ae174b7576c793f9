"""Every file of the shared feeds, served over loopback, polled by the real service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from app.process import Service, open_service, utc_now
from app.settings import load_settings
from app.store.feeds import NewFeed, add_feed
from app.store.ledger import Fetch, list_fetches
from tests.feed_files import declared_type, reference
from tests.ingest import servers

HOSTS = 200


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What polling one file came to, and how many entries feedparser finds in it."""

    name: str
    fetch: Fetch | None
    reference: int


def content_type(path: Path, body: bytes) -> str:
    """As the file itself says in a comment, else as its name does."""
    by_name = "application/json" if path.suffix == ".json" else "application/xml"
    return declared_type(body) or by_name


def entries_found_by_feedparser(path: Path) -> int:
    body = path.read_bytes()
    return len(reference(body, content_type(path, body)))


async def poll_all(folder: Path, paths: list[Path], database_url: str) -> list[Outcome]:
    """Poll each file once, as a feed of its own, and read what the ledger says."""
    settings = load_settings(
        database_url=database_url,
        allow_private_networks="127.0.0.0/8",
        host_gap_s=0,
        log_level="error",
    )
    async with _serving(folder) as port, open_service(settings, polls=True) as service:
        names = {}
        async with service.database.write() as session:
            for n, path in enumerate(paths):
                name = path.relative_to(folder).as_posix()
                url = f"http://{_host(n)}:{port}/{quote(name)}"
                new = NewFeed(url=url, host=_host(n), domain=f"{n}.example")
                names[await add_feed(session, new, utc_now())] = (name, path)
        await service.poller.run_once()
        rows = await _ledger(service)
    return [
        Outcome(
            name=name,
            fetch=rows.get(feed_id),
            reference=await asyncio.to_thread(entries_found_by_feedparser, path),
        )
        for feed_id, (name, path) in names.items()
    ]


@asynccontextmanager
async def _serving(folder: Path) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = folder / unquote(head.split(b" ")[1].decode()).lstrip("/")
            body = path.read_bytes()
            writer.write(servers.answer(200, body, (("Content-Type", content_type(path, body)),)))
            await writer.drain()
        finally:
            writer.close()

    first = await asyncio.start_server(answer, _host(0), 0)
    port: int = first.sockets[0].getsockname()[1]
    rest = await asyncio.start_server(answer, [_host(n) for n in range(1, HOSTS)], port)
    try:
        yield port
    finally:
        first.close()
        rest.close()


async def _ledger(service: Service) -> dict[int, Fetch]:
    rows: dict[int, Fetch] = {}
    before_id: int | None = None
    async with service.database.read() as session:
        while page := await list_fetches(session, before_id=before_id, limit=1000):
            for fetch in page:
                assert fetch.feed_id not in rows, "each feed is polled once"
                assert fetch.row.next_poll.reasons
                rows[fetch.feed_id] = fetch
            before_id = page[-1].id
    return rows


def _host(n: int) -> str:
    """One of a few hundred loopback addresses, so that politeness does not queue all files."""
    return f"127.2.0.{n % HOSTS + 1}"
