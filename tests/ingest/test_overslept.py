"""A process that stood still asks nobody when it wakes: others may have the work by then."""

from __future__ import annotations

import time
from ipaddress import ip_network
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from app.core.types import FetchFailed, FetchPolicy
from app.ingest import fulltext, pipeline
from app.ingest.fetch import FetchRequest, fetch
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.work.leased import Overslept
from tests.databases import on_sqlite
from tests.ingest import servers
from tests.ingest.test_fulltext import PAGE, Site, opened, site
from tests.ingest.test_poller import Desk, desk, rss

__all__ = ["desk", "site"]

LONG_AGO = -3600.0
LOOPBACK = AddressPolicy(allow=(ip_network("127.0.0.0/30"),))


def stands_still(monkeypatch: pytest.MonkeyPatch, module: object) -> None:
    """The work of `module` begins an hour before it goes on, the first time."""
    skews = [LONG_AGO]

    def monotonic() -> float:
        return time.monotonic() + (skews.pop() if skews else 0.0)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=monotonic))


async def test_the_deadline_counts_from_where_the_work_began() -> None:
    async with servers.serve(servers.answer(200, rss("a"))) as server, opened_clients() as clients:
        begun = time.monotonic() - 10
        request = FetchRequest(url=server.url(), begun=begun)
        with pytest.raises(Overslept):
            await fetch(request, clients, FetchPolicy(deadline_s=5))
        assert server.requests == []
        assert not isinstance(
            await fetch(request, clients, FetchPolicy(deadline_s=60)), FetchFailed
        )


async def test_no_redirect_is_followed_after_the_deadline() -> None:
    """Where a process is frozen while it waits for the slot of the host that it is led to."""
    moved = servers.answer(302, b"", (("Location", "/there"),))
    async with servers.serve(moved) as server, opened_clients() as clients:

        async def enter(_url: str) -> None:
            time.sleep(0.3)  # noqa: ASYNC251 - it is to stand still

        request = FetchRequest(url=server.url(), begun=time.monotonic(), enter=enter)
        failed = await fetch(request, clients, FetchPolicy(deadline_s=0.25))
    assert isinstance(failed, FetchFailed)
    assert failed.kind == "timeout"
    assert len(server.requests) == 1


@on_sqlite
async def test_a_poll_that_is_too_late_is_given_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_still(monkeypatch, pipeline)
    async with servers.serve(servers.answer(200, rss("a"))) as server:
        feed_id = await desk.add(server.url())
        poller = desk.poller()
        assert await poller.poll_now(feed_id, 5) is None
        assert server.requests == []
        async with desk.database.read() as session:
            state = text("SELECT lease_until, attempts, failures FROM feeds")
            assert tuple((await session.execute(state)).one()) == (None, 0, 0)
        assert await poller.run_once() == 1
        assert len(server.requests) == 1


@on_sqlite
async def test_a_poll_of_the_loop_that_is_too_late_is_made_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands_still(monkeypatch, pipeline)
    async with servers.serve(servers.answer(200, rss("a"))) as server:
        await desk.add(server.url())
        assert await desk.poller().run_once() == 2
        assert len(server.requests) == 1
    assert len(desk.polled) == 1


@on_sqlite
async def test_a_page_that_is_too_late_is_given_back(
    database: Database, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as pages:
        site.pages |= {"/a": PAGE}
        await pages.feed(site, "/a")
        stands_still(monkeypatch, fulltext)
        assert await pages.loop().run_once() == 2
        assert await pages.outcomes() == ["kept_page"]
    assert [path for _, path in site.asked] == ["/robots.txt", "/a"]


def opened_clients() -> HttpClients:
    return HttpClients(LOOPBACK, shards=1, http2=False)
