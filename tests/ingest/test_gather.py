"""An index of site maps, polled: what is asked for, what is read, and what stays when it fails."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest

from app.core.gather import plan_visits
from app.core.parse.document import parse
from app.core.parse.gathered import MEDIA_TYPE, Gathered, Part, pack, unpack
from app.core.parse.sitemap import SiteMap
from app.core.poll import LedgerRow
from app.core.schedule import Outcome
from app.core.types import (
    Failure,
    Fetched,
    FetchFailed,
    FetchPolicy,
    ParsedFeed,
    ParseFailed,
    ServerHints,
    Validators,
)
from app.ingest.gather import Gatherer
from app.ingest.offload import OffloadFailed
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.models import revisions, stories
from tests.ingest import servers
from tests.ingest.test_poller import Desk

SITEMAP = "application/xml"


def news(*numbers: int, word: str = "reopens") -> bytes:
    pages = "".join(
        f"<url><loc>https://n.example/{n}</loc><news:news><news:title>Pier {n} {word}</news:title>"
        f"<news:publication_date>2026-11-23T08:{n:02}:00Z</news:publication_date>"
        "<news:publication><news:name>Coast Courier</news:name><news:language>en</news:language>"
        "</news:publication></news:news></url>"
        for n in numbers
    )
    return (
        "<urlset xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>" + pages + "</urlset>"
    ).encode()


PLAIN = b"<urlset><url><loc>https://n.example/about</loc></url></urlset>"


@dataclass
class Site:
    """A site on loopback: its index and its site maps, and which were asked for."""

    maps: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # path: (lastmod, body)
    server: servers.Server | None = None
    broken: set[str] = field(default_factory=set)
    foreign: str = ""

    def index(self) -> bytes:
        named = "".join(
            f"<sitemap><loc>{path}</loc>{f'<lastmod>{when}</lastmod>' if when else ''}</sitemap>"
            for path, (when, _) in self.maps.items()
        )
        return f"<sitemapindex>{named}{self.foreign}</sitemapindex>".encode()

    def answer(self, request: servers.Request) -> bytes:
        path = request.target
        body = self.index() if path == "/index.xml" else self.maps[path][1]
        if path in self.broken:
            return servers.answer(503, b"")
        etag = f'"{hash(body)}"'
        if request.header("If-None-Match") == etag.encode():
            return servers.answer(304, b"", (("ETag", etag),))
        kind = "application/octet-stream" if path.endswith(".gz") else SITEMAP
        return servers.answer(200, body, (("ETag", etag), ("Content-Type", kind)))

    def asked(self) -> list[str]:
        """The paths that were asked for since the last call, in order."""
        assert self.server is not None
        paths = [request.target for request in self.server.requests]
        self.server.requests.clear()
        return paths


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    loopback = AddressPolicy(allow=(ip_network("127.0.0.0/8"),))
    async with HttpClients(loopback, shards=1, http2=False) as clients:
        yield Desk(database, clients)


async def poll(desk: Desk) -> LedgerRow:
    return (await desk.poll()).row


@asynccontextmanager
async def site(desk: Desk, **maps: tuple[str, bytes]) -> AsyncIterator[Site]:
    made = Site({f"/{name.replace('_', '.')}": said for name, said in maps.items()})
    async with servers.serve(made.answer) as server:
        made.server = server
        await desk.add(server.url("/index.xml"))
        yield made


async def test_two_site_maps_one_of_them_gzipped_are_read_once(desk: Desk) -> None:
    async with site(
        desk,
        a_xml=("2026-11-23T09:00:00Z", news(1, 2)),
        b_xml_gz=("2026-11-23T10:00:00Z", gzip.compress(news(3))),
    ) as its:
        first = await poll(desk)
        assert (first.outcome, first.entries, first.new, first.notes) == (Outcome.NEW, 3, 3, ())
        assert its.asked() == ["/index.xml", "/b.xml.gz", "/a.xml"]
        second = await poll(desk)
        assert (second.outcome, second.new) == (Outcome.NOT_MODIFIED, 0)
        assert its.asked() == ["/index.xml"]
        its.maps["/a.xml"] = ("2026-11-23T11:00:00Z", news(1, 2, 4))
        third = await poll(desk)
        assert (third.outcome, third.entries, third.new, third.changed) == (Outcome.NEW, 4, 1, 0)
        assert its.asked() == ["/index.xml", "/a.xml"]
    assert await desk.count(stories, revisions) == [4, 0]


@pytest.mark.parametrize("when", ["", "2026-11-23"])
async def test_one_that_is_not_dated_to_the_minute_is_asked_for_with_conditions(
    desk: Desk, when: str
) -> None:
    async with site(desk, a_xml=(when, news(1))) as its:
        await poll(desk)
        its.asked()
        assert (await poll(desk)).outcome is Outcome.SAME_BODY
        assert its.asked() == ["/index.xml", "/a.xml"]
        its.maps["/a.xml"] = (when, news(1, 2))
        assert (await poll(desk)).new == 1


async def test_one_that_fails_is_a_note_and_keeps_its_stories(desk: Desk) -> None:
    async with site(
        desk, a_xml=("2026-11-23T09:00:00Z", news(1)), b_xml=("2026-11-23T08:00:00Z", news(2))
    ) as its:
        await poll(desk)
        its.maps["/a.xml"] = ("2026-11-23T10:00:00Z", news(1, 3))
        its.maps["/b.xml"] = ("2026-11-23T10:00:00Z", news(2, 4))
        its.broken.add("/a.xml")
        got = await poll(desk)
        assert (got.outcome, got.entries, got.new) == (Outcome.NEW, 3, 1)
        assert "/a.xml: http_server" in got.notes[0]
        its.asked()
        its.broken.clear()
        assert (await poll(desk)).new == 1
        assert its.asked() == ["/index.xml", "/a.xml"]


async def test_one_without_news_is_asked_for_once(desk: Desk) -> None:
    async with site(
        desk, news_xml=("2026-11-23T09:00:00Z", news(1)), pages_xml=("2026-11-23T10:00:00Z", PLAIN)
    ) as its:
        assert (await poll(desk)).new == 1
        assert its.asked() == ["/index.xml", "/news.xml", "/pages.xml"]
        its.maps["/pages.xml"] = ("2026-11-23T12:00:00Z", PLAIN)
        assert (await poll(desk)).outcome is Outcome.SAME_BODY
        assert its.asked() == ["/index.xml"]


async def test_an_index_without_news_fails_and_says_so(desk: Desk) -> None:
    async with site(desk, pages_xml=("2026-11-23T10:00:00Z", PLAIN)):
        got = await poll(desk)
    assert got.failure is Failure.NOT_A_FEED
    assert "none of which has news" in (got.detail or "")


async def test_the_failure_is_the_poll_s_if_there_is_nothing_else(desk: Desk) -> None:
    async with site(desk, a_xml=("2026-11-23T09:00:00Z", news(1))) as its:
        its.broken.add("/a.xml")
        assert (await poll(desk)).failure is Failure.HTTP_SERVER


async def test_other_hosts_are_left_alone(desk: Desk) -> None:
    async with site(desk, a_xml=("2026-11-23T09:00:00Z", news(1))) as its:
        its.foreign = "<sitemap><loc>http://127.0.0.2:9/x.xml</loc></sitemap>"
        got = await poll(desk)
        assert got.notes == ("1 site maps on other hosts skipped",)
        assert its.asked() == ["/index.xml", "/a.xml"]


async def test_many_are_read_over_several_polls(desk: Desk) -> None:
    maps = {f"m{n}_xml": (f"2026-11-23T{n:02}:00:00Z", news(n)) for n in range(23)}
    async with site(desk, **maps) as its:
        found = [(await poll(desk)).new for _ in range(4)]
        assert found == [10, 10, 3, 0]
        asked = its.asked()
        assert sorted(asked) == sorted(["/index.xml"] * 4 + [f"/m{n}.xml" for n in range(23)])
        assert asked[1:3] == ["/m22.xml", "/m21.xml"], "the newest first"


async def test_undated_ones_all_have_their_turn(desk: Desk) -> None:
    async with site(desk, **{f"m{n}_xml": ("", news(n)) for n in range(30)}) as its:
        for _ in range(6):
            await poll(desk)
        assert {f"/m{n}.xml" for n in range(30)} <= set(its.asked())


async def test_a_gzip_within_a_gzip_is_not_opened(desk: Desk) -> None:
    bomb = gzip.compress(gzip.compress(bytes(40_000_000)))
    async with site(
        desk, a_xml=("2026-11-23T09:00:00Z", news(1)), b_xml_gz=("2026-11-23T09:00:00Z", bomb)
    ):
        got = await poll(desk)
    assert (got.new, got.failure) == (1, None)


async def test_a_gzipped_site_map_inflates_within_the_limit(desk: Desk) -> None:
    bomb = servers.gzip_of_zeros(40_000_000)
    async with site(
        desk, a_xml=("2026-11-23T09:00:00Z", news(1)), b_xml_gz=("2026-11-23T09:00:00Z", bomb)
    ):
        got = await poll(desk)
    assert got.new == 1
    assert "/b.xml.gz: too_large" in got.notes[0]


class TestBody:
    PARTS = (
        Part(url="https://n.example/a", body=b"<urlset/>", content_type="text/xml", changed="c"),
        Part(
            url="https://n.example/b",
            body=b"\n\xff\n",
            validators=Validators(etag=b'"\xe9"', last_modified=b"m"),
            note="not there",
            waited=2,
        ),
        Part(url="https://n.example/c", news=False),
    )

    def test_comes_back_as_it_was(self) -> None:
        gathered = Gathered(index=Part(url="https://n.example/"), parts=self.PARTS, notes=("n",))
        assert unpack(pack(gathered)) == gathered

    @pytest.mark.parametrize(
        "body",
        [b"", b"<rss/>", b"{}\n", b'{"parts":[],"notes":[]}\n', b'{"parts":[{}],"notes":[]}\n',
         b'{"parts":3,"notes":[]}\n', b"[]\n", b'{"parts":[{"url":"u","length":"x","news":1}]}'],
    )  # fmt: skip
    def test_of_somebody_else_is_not_read(self, body: bytes) -> None:
        assert unpack(body) is None


async def test_nothing_is_asked_for_when_the_deadline_is_near(desk: Desk) -> None:
    named = "<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>"
    async with servers.serve(news(1)) as server:
        index = Fetched(
            url=server.url("/index.xml"),
            status=200,
            body=named.encode(),
            content_type=SITEMAP,
            validators=Validators(etag=b'"1"'),
            hints=ServerHints(),
            elapsed_ms=4500,
        )
        gatherer = Gatherer(
            clients=desk.clients,
            offload=desk.offload,
            policy=FetchPolicy(deadline_s=5),
            gap_s=0,
        )
        got = await gatherer.run(index, None)
        assert server.requests == []
    assert isinstance(got, Fetched)
    gathered = unpack(got.body)
    assert gathered is not None
    assert gathered.notes == ("1 site maps wait for the next poll",)
    assert gathered.parts == (Part(url=server.url("/a.xml"), waited=1),)
    assert got.validators == Validators(), "an index that stays as it is would hide what waits"


class TestReading:
    INDEX = Part(url="https://n.example/index.xml")

    def read(self, *parts: Part, max_entries: int = 100) -> ParsedFeed:
        result = parse(
            pack(Gathered(index=self.INDEX, parts=parts, notes=("of all",))),
            content_type=MEDIA_TYPE,
            url="https://n.example/index.xml",
            max_entries=max_entries,
        )
        assert isinstance(result, ParsedFeed)
        return result

    def test_the_cap_is_of_all_together(self) -> None:
        parts = [Part(url=f"https://n.example/{n}", body=news(n, n + 1)) for n in (1, 3)]
        got = self.read(*parts, max_entries=3)
        assert (len(got.entries), got.dropped) == (3, 1)
        assert (got.format, got.title, got.language) == ("news_sitemap", "Coast Courier", "en")

    def test_one_that_cannot_be_read_is_a_note(self) -> None:
        broken = Part(url="https://n.example/b", body=b"<urlset><url></urlset>")
        got = self.read(Part(url="https://n.example/a", body=news(1)), broken)
        assert len(got.entries) == 1
        assert got.notes[0] == "of all"
        assert got.notes[1].startswith("https://n.example/b: a site map that is not well-formed")

    def test_a_body_that_calls_itself_gathered_and_is_not(self) -> None:
        got = parse(b"<rss/>", content_type=MEDIA_TYPE, url="https://n.example/")
        assert isinstance(got, ParseFailed)


def test_of_very_many_the_newest_are_looked_at() -> None:
    named = [
        SiteMap(url=f"https://n.example/{n}", changed=f"2026-01-01T{n // 60:02}:{n % 60:02}Z")
        for n in range(600)
    ]
    plan = plan_visits(named, (), frozenset({"n.example"}))
    assert len(plan.visits) == 500
    assert plan.visits[0].site_map == named[-1]
    assert plan.notes == (
        "100 site maps left out, the oldest of the index",
        "490 site maps wait for the next poll",
    )


def index_of(*paths: str, server: servers.Server) -> Fetched:
    named = "".join(f"<sitemap><loc>{path}</loc></sitemap>" for path in paths)
    return Fetched(
        url=server.url("/index.xml"),
        status=200,
        body=f"<sitemapindex>{named}</sitemapindex>".encode(),
        content_type=SITEMAP,
        validators=Validators(etag=b'"1"'),
        hints=ServerHints(),
    )


async def test_what_does_not_fit_into_a_body_is_left_out(desk: Desk) -> None:
    policy = FetchPolicy(deadline_s=5, max_body_bytes=len(news(1)) + 10)
    async with servers.serve(servers.answer(200, news(1))) as server:
        gatherer = Gatherer(clients=desk.clients, offload=desk.offload, policy=policy, gap_s=0)
        got = await gatherer.run(index_of("/a.xml", "/b.xml", server=server), None)
    assert isinstance(got, Fetched)
    gathered = unpack(got.body)
    assert gathered is not None
    assert [part.url for part in gathered.parts] == [server.url("/a.xml")]
    assert gathered.notes == ("1 site maps left out: see COPYDESK_MAX_BODY_BYTES",)


async def test_an_index_that_costs_a_worker_its_life_is_a_failure(desk: Desk) -> None:
    class Dying:
        async def run(self, *_args: object) -> OffloadFailed:
            return OffloadFailed(kind=Failure.PARSE_CRASHED, detail="it died")

    async with servers.serve(servers.answer(200, news(1))) as server:
        gatherer = Gatherer(clients=desk.clients, offload=Dying(), policy=FetchPolicy(), gap_s=0)
        got = await gatherer.run(index_of("/a.xml", server=server), None)
    assert isinstance(got, FetchFailed)
    assert (got.kind, got.detail) == (Failure.PARSE_CRASHED, "it died")
