"""Pages over real HTTP: one request at a time on a host, hop by hop, whatever the servers do."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import text

from app.core.page.job import ClaimedPage
from app.core.types import Failure, FetchPolicy
from app.ingest.fulltext import PageDone, PagePipeline
from app.ingest.offload import OffloadFailed
from app.ingest.page_loop import PageLoop, PageLoopPolicy
from app.ingest.pipeline import Pipeline
from app.ingest.poller import Poller, PollerPolicy
from app.ingest.robots import RobotsCache
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.page_leases import claim_pages
from app.store.pages import StoryPage, ask_again, read_page_of
from tests.api.conftest import InProcess
from tests.api.publisher import Item, atom
from tests.article_pages import LEDE, article
from tests.ingest import servers
from tests.plans import NOW


@dataclass
class Site:
    """Answers on several loopback addresses at one port, and counts who is there at once."""

    pages: dict[str, bytes] = field(default_factory=dict)  # by path
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)  # address, path
    at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_at_once: int = 0
    accepts: list[bytes] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)  # while clear, answers wait
    waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def moved(self, path: str, to: str) -> None:
        self.pages[path] = servers.answer(302, b"", (("Location", to),))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        try:
            while True:
                request = servers.Request(await reader.readuntil(b"\r\n\r\n"))
                self.asked.append((host, request.target))
                self.accepts.append(request.header("accept") or b"")
                self.at_once[host] += 1
                self.most_at_once = max(self.most_at_once, self.at_once[host])
                self.waiting.set()
                await self.held.wait()
                await asyncio.sleep(0)
                writer.write(self.pages.get(request.target, servers.answer(404, b"")))
                await writer.drain()
                self.at_once[host] -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            self.at_once[host] = 0
        finally:
            writer.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    made.held.set()
    first = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = first.sockets[0].getsockname()[1]
    rest = await asyncio.start_server(made.answer, ["127.0.0.2", "127.0.0.3"], made.port)
    yield made
    first.close()
    rest.close()


@dataclass
class Desk:
    database: Database
    clients: HttpClients
    robots: RobotsCache
    offload: Any = field(default_factory=InProcess)
    done: list[PageDone] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)  # one is done
    clock_s: list[float] = field(default_factory=lambda: [0.0])

    def loop(self, **given: Any) -> PageLoop:
        pipeline = PagePipeline(
            database=self.database,
            clients=self.clients,
            offload=self.offload,
            fetch_policy=FetchPolicy(deadline_s=given.pop("deadline_s", 5)),
            robots=self.robots,
            host_gap_s=given.pop("host_gap_s", 0),
            lease_s=given.pop("lease_s", 30),
            max_crawl_delay_s=60,
        )
        return PageLoop(pipeline, PageLoopPolicy(**{"drain_s": 5.0} | given), self._note)

    def _note(self, done: PageDone) -> None:
        self.done.append(done)
        self.told.set()

    def poller(self) -> Poller:
        pipeline = Pipeline(
            database=self.database,
            clients=self.clients,
            offload=self.offload,
            fetch_policy=FetchPolicy(deadline_s=5),
            max_entries=100,
            host_gap_s=0,
        )
        return Poller(pipeline, PollerPolicy(owner="here"))

    async def feed(self, site: Site, *paths: str, at: str = "/feed", domain: str = "n") -> None:
        """A feed with a story for each path, polled: their pages are due."""
        items = [
            Item(title=f"Ferry sails again: part {path}", text=LEDE[:90], link=url_of(site, path))
            for path in paths
        ]
        site.pages[at] = servers.answer(200, atom(*items, title=at).encode())
        async with self.database.write() as session:
            new = NewFeed(
                url=site.url(at), host="127.0.0.1", domain=f"{domain}.example", full_text=True
            )
            await add_feed(session, new, NOW)
        await self.poller().run_once()
        site.asked.clear()

    async def while_fetching(self, site: Site, change: str) -> None:
        """Fetch the page that is due; in the middle of it somebody changes the database."""
        site.held.clear()
        site.waiting.clear()
        fetching = asyncio.create_task(self.loop().run_once())
        await site.waiting.wait()
        async with self.database.write() as session:
            await session.execute(text(change))
        site.held.set()
        await fetching

    async def pages(self) -> list[StoryPage]:
        async with self.database.read() as session:
            ids = (await session.execute(text("SELECT story_id FROM pages"))).scalars().all()
            found = [await read_page_of(session, story_id) for story_id in ids]
        return sorted(found, key=lambda page: page.url)

    async def outcomes(self) -> list[str | None]:
        return [page.outcome for page in await self.pages()]

    async def claim(self, lease_s: float = 30) -> list[ClaimedPage]:
        async with self.database.write() as session:
            return await claim_pages(session, limit=9, lease_s=lease_s)

    async def scalar(self, query: str) -> Any:
        async with self.database.read() as session:
            return (await session.execute(text(query))).scalar_one()


def url_of(site: Site, path: str) -> str:
    return path if path.startswith("http") else site.url(path)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with opened(database) as made:
        yield made


@asynccontextmanager
async def opened(database: Database) -> AsyncIterator[Desk]:
    loopback = AddressPolicy(allow=(ip_network("127.0.0.0/30"),))
    clock_s = [0.0]
    async with HttpClients(loopback, shards=1, http2=False) as clients:
        robots = RobotsCache(lambda: clock_s[0])
        yield Desk(database, clients, robots, clock_s=clock_s)


PAGE = servers.answer(200, article().encode(), (("Content-Type", "text/html"),))


async def test_pages_of_a_host_are_asked_for_one_after_the_other(desk: Desk, site: Site):
    site.pages |= {f"/{n}": PAGE for n in range(5)}
    await desk.feed(site, *[f"/{n}" for n in range(5)])
    assert await desk.loop().run_once() == 5
    assert await desk.outcomes() == ["kept_page"] * 5
    assert site.most_at_once == 1
    assert len(site.asked) == 6  # and robots.txt once
    assert all(accept.startswith(b"text/html") for accept in site.accepts[1:])


async def test_polls_and_pages_share_the_slot_of_a_host(desk: Desk, site: Site):
    site.pages |= {f"/{n}": PAGE for n in range(4)}
    await desk.feed(site, *[f"/{n}" for n in range(4)])
    for n in range(4):
        site.pages[f"/more{n}"] = servers.answer(200, atom(Item(title=f"More {n}")).encode())
        async with desk.database.write() as session:
            new = NewFeed(url=site.url(f"/more{n}"), host="127.0.0.1", domain="m.example")
            await add_feed(session, new, NOW)
    site.most_at_once = 0
    fetched, polled, others = await asyncio.gather(
        desk.loop().run_once(), desk.poller().run_once(), desk.loop().run_once()
    )
    assert (fetched + others, polled) == (4, 4)
    assert site.most_at_once == 1
    assert await desk.outcomes() == ["kept_page"] * 4


async def test_a_host_is_left_alone_for_its_gap_and_its_crawl_delay(desk: Desk, site: Site):
    site.pages |= {"/1": PAGE, "/2": PAGE}
    site.pages["/robots.txt"] = servers.answer(200, b"User-agent: copydesk\nCrawl-delay: 40\n")
    await desk.feed(site, "/1", "/2")
    loop = desk.loop(host_gap_s=1)
    fetching = asyncio.create_task(loop.run_once())
    await desk.told.wait()
    loop.stop()
    await fetching
    free_at = await desk.scalar("SELECT free_at FROM hosts WHERE host = '127.0.0.1'")
    wait_ms = free_at - await desk.scalar(
        "SELECT fetched_at FROM pages WHERE fetched_at IS NOT NULL"
    )
    assert 39_000 < wait_ms < 41_000
    assert await desk.claim() == []


async def test_a_host_that_refuses_two_pages_is_left_alone(desk: Desk, site: Site):
    refused = servers.answer(429, b"", (("Retry-After", "3600"),))
    site.pages |= dict.fromkeys(("/1", "/2", "/3"), refused)
    await desk.feed(site, "/1", "/2", "/3")
    assert await desk.loop().run_once() == 2, "and it does not wait for the third"
    assert [path for _, path in site.asked].count("/robots.txt") == 1
    assert len(site.asked) == 3
    assert await desk.claim() == []
    reason = await desk.scalar("SELECT refusal FROM hosts WHERE host = '127.0.0.1'")
    assert reason == "two feeds or pages were refused (429)"


async def test_a_redirect_to_another_host_is_followed_as_that_hosts_robots_allow(
    desk: Desk, site: Site
):
    site.moved("/a", site.url("/b", "127.0.0.2"))
    site.pages["/b"] = PAGE
    await desk.feed(site, "/a")
    await desk.loop().run_once()
    assert await desk.outcomes() == ["kept_page"]
    assert site.asked == [
        ("127.0.0.1", "/robots.txt"),
        ("127.0.0.1", "/a"),
        ("127.0.0.2", "/robots.txt"),
        ("127.0.0.2", "/b"),
    ]
    assert await desk.scalar("SELECT count(*) FROM hosts WHERE holder IS NOT NULL") == 0


async def test_a_redirect_into_what_robots_disallow_is_not_followed(desk: Desk, site: Site):
    site.moved("/a", "/private/a")
    site.pages["/private/a"] = PAGE
    site.pages["/robots.txt"] = servers.answer(200, b"User-agent: *\nDisallow: /private\n")
    await desk.feed(site, "/a")
    await desk.loop().run_once()
    assert await desk.outcomes() == ["robots"]
    assert ("127.0.0.1", "/private/a") not in site.asked


async def test_a_redirect_to_a_private_address_reaches_nothing(desk: Desk, site: Site):
    async with servers.serve(PAGE, host="127.0.0.77") as canary:
        site.moved("/a", canary.url("/a"))
        await desk.feed(site, "/a")
        await desk.loop().run_once()
        assert await desk.outcomes() == ["blocked"]
        assert canary.connections == 0


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/", "http://127.0.0.99:1/", "http://[::1]/"]
)
async def test_a_page_at_a_private_address_is_not_asked_for(desk: Desk, site: Site, address: str):
    await desk.feed(site, address)
    await desk.loop().run_once()
    assert await desk.outcomes() == ["blocked"]


async def test_robots_txt_may_be_elsewhere(desk: Desk, site: Site):
    site.moved("/robots.txt", site.url("/rules", "127.0.0.2"))
    site.pages |= {"/a": PAGE, "/rules": servers.answer(200, b"User-agent: *\nDisallow: /a\n")}
    await desk.feed(site, "/a")
    await desk.loop().run_once()
    assert await desk.outcomes() == ["robots"]
    assert site.asked == [("127.0.0.1", "/robots.txt"), ("127.0.0.2", "/rules")]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (servers.answer(404, b""), "kept_page"),
        (servers.answer(410, b""), "kept_page"),
        (servers.answer(200, b""), "kept_page"),
        (servers.answer(302, b"", (("Location", "/robots.txt"),)), "kept_page"),
        (servers.answer(500, b""), "robots_away"),
        (servers.answer(429, b""), "robots_away"),
        (b"nonsense\r\n\r\n", "robots_away"),
    ],
)
async def test_what_an_answer_for_robots_txt_means(
    desk: Desk, site: Site, answer: bytes, outcome: str
):
    site.pages |= {"/a": PAGE, "/robots.txt": answer}
    await desk.feed(site, "/a")
    await desk.loop().run_once()
    assert await desk.outcomes() == [outcome]
    assert (("127.0.0.1", "/a") in site.asked) is (outcome == "kept_page")


async def test_robots_txt_is_asked_for_again_after_a_day(desk: Desk, site: Site):
    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    for seconds, times in ((0, 1), (23 * 3600, 1), (25 * 3600, 2)):
        desk.clock_s[0] = seconds
        async with desk.database.write() as session:
            await ask_again(session, (await desk.pages())[0].story_id)
        await desk.loop().run_once()
        assert site.asked.count(("127.0.0.1", "/robots.txt")) == times


async def test_circles_and_long_ways_end(desk: Desk, site: Site):
    site.moved("/a", "/b")
    site.moved("/b", "/a")
    for n in range(9):
        site.moved(f"/long{n}", f"/long{n + 1}")
    await desk.feed(site, "/a", "/long0")
    await desk.loop().run_once()
    assert await desk.outcomes() == ["redirect", "redirect"]
    assert len(site.asked) < 12


async def test_a_host_that_stays_busy_puts_the_page_off(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("app.ingest.entrance.WAIT_S", 0.0)
    site.moved("/a", site.url("/b", "127.0.0.2"))
    await desk.feed(site, "/a")
    async with desk.database.write() as session:
        await session.execute(
            text(
                "INSERT INTO hosts (host, free_at, busy_until, holder) VALUES "
                "('127.0.0.2', 0, 9999999999999, '77:1')"
            )
        )
    await desk.loop().run_once()
    (page,) = await desk.pages()
    assert (page.state, page.outcome, page.attempts) == ("due", "busy", 0)
    assert await desk.scalar("SELECT holder FROM hosts WHERE host = '127.0.0.2'") == "77:1"


async def test_a_slow_page_is_left_and_tried_again_later(desk: Desk, site: Site):
    await desk.feed(site, "/a")
    site.pages["/robots.txt"] = servers.answer(200, b"")
    site.pages["/a"] = servers.head(200, ("Content-Type", "text/html"))  # and then nothing
    await desk.loop(deadline_s=0.2).run_once()
    (page,) = await desk.pages()
    assert (page.state, page.outcome) == ("due", "timeout")


async def test_a_worker_that_dies_over_a_page_is_on_record(desk: Desk, site: Site):
    class Dying(InProcess):
        async def run(self, *_given: Any, **_named: Any) -> Any:
            return OffloadFailed(kind=Failure.PARSE_CRASHED, detail="the worker process ended")

    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    desk.offload = Dying()
    await desk.loop().run_once()
    (page,) = await desk.pages()
    assert (page.state, page.outcome, page.attempts) == ("due", "parse_crashed", 1)


async def test_a_fault_of_ours_is_on_record(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
):
    class Broken(InProcess):
        async def run(self, *_given: Any, **_named: Any) -> Any:
            raise ZeroDivisionError

    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    desk.offload = Broken()
    await desk.loop().run_once()
    (page,) = await desk.pages()
    assert (page.state, page.outcome) == ("due", "internal")
    assert "ZeroDivisionError" in (page.detail or "")


async def test_whoever_stops_in_mid_fetch_gives_the_page_back(desk: Desk, site: Site):
    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    site.held.clear()
    site.waiting.clear()
    loop = desk.loop(drain_s=0.05)
    running = asyncio.create_task(loop.run())
    await site.waiting.wait()
    loop.stop()
    await running
    site.held.set()
    (again,) = await desk.claim()
    assert again.attempts == 1


async def test_after_a_lease_ran_out_the_first_holder_writes_nothing(desk: Desk, site: Site):
    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    site.held.clear()
    site.waiting.clear()
    late = asyncio.create_task(desk.loop().run_once())
    await site.waiting.wait()
    async with desk.database.write() as session:
        await session.execute(text("UPDATE pages SET lease_until = 0"))
        await session.execute(text("UPDATE hosts SET busy_until = 0"))
    (theirs,) = await desk.claim(lease_s=0)
    site.held.set()
    await desk.told.wait()
    assert desk.done[0].applied == "lease_lost"
    assert await desk.scalar("SELECT max(revision) FROM stories") == 1
    await late
    assert theirs.lease_token == 2
    assert await desk.outcomes() == ["kept_page"]  # by the third claim
    assert await desk.scalar("SELECT max(revision) FROM stories") == 2


async def test_fetches_that_keep_ending_without_a_result_are_given_up(desk: Desk, site: Site):
    await desk.feed(site, "/a")
    for _ in range(4):
        assert len(await desk.claim(lease_s=0)) == 1
        async with desk.database.write() as session:
            await session.execute(text("UPDATE hosts SET busy_until = 0"))
    assert await desk.claim() == []
    (page,) = await desk.pages()
    assert (page.state, page.outcome) == ("failed", "abandoned")


async def test_a_page_asked_for_anew_takes_the_lease_from_whoever_fetches_it(
    desk: Desk, site: Site
):
    await desk.feed(site, "/a")
    (first,) = await desk.claim()
    async with desk.database.write() as session:
        await ask_again(session, first.story_id)
        await session.execute(text("UPDATE hosts SET busy_until = 0"))
    (second,) = await desk.claim()
    assert second.lease_token > first.lease_token


async def test_what_a_page_says_of_a_story_that_changed_meanwhile_is_not_written(
    desk: Desk, site: Site
):
    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    await desk.while_fetching(site, "UPDATE stories SET revision = 2")
    assert desk.done[0].applied == "stale"
    (page,) = await desk.pages()
    assert (page.state, page.attempts, page.kept) == ("due", 0, None)
    assert await desk.claim() == [], "not at once: whoever changes it may not be done"


async def test_a_story_that_was_withdrawn_meanwhile_is_left_without_its_page(
    desk: Desk, site: Site
):
    site.pages["/a"] = PAGE
    await desk.feed(site, "/a")
    await desk.while_fetching(site, "UPDATE stories SET status = 'killed'")
    assert desk.done[0].applied == "stale"
    assert await desk.pages() == []


async def test_polls_and_pages_that_change_the_same_stories_at_once(desk: Desk, site: Site):
    """Titles change with every poll while the pages of the same stories are fetched and applied:
    whoever is late writes nothing, and in the end every story has both.
    """
    site.pages |= {f"/{n}": PAGE for n in range(4)}
    await desk.feed(site, *[f"/{n}" for n in range(4)])
    for n in range(6):
        items = [
            Item(
                title=f"Ferry sails again: part {k}, note {n}",
                text=LEDE[:90],
                link=site.url(f"/{k}"),
            )
            for k in range(4)
        ]
        site.pages["/feed"] = servers.answer(200, atom(*items, title="/feed").encode())
        async with desk.database.write() as session:
            await session.execute(text("UPDATE feeds SET next_poll_at = 0"))
        await asyncio.gather(
            desk.poller().run_once(), desk.loop().run_once(), desk.loop().run_once()
        )
    await desk.loop().run_once()
    assert await desk.outcomes() == ["kept_page"] * 4
    assert {done.applied for done in desk.done} <= {"applied", "lease_lost", "stale"}
    assert "internal" not in {done.outcome for done in desk.done}
    assert await desk.scalar("SELECT count(*) FROM stories WHERE title LIKE '%note 5'") == 4
    assert await desk.scalar("SELECT min(word_count) FROM stories") > 100
    assert await desk.scalar("SELECT count(*) FROM feeds WHERE failure IS NOT NULL") == 0
    assert site.most_at_once == 1
