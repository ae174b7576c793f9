"""A site's feeds are found, by its pages and the usual places; politely, and guarded."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from sqlalchemy import select

from app.core.discovery import Discovered, main_feed
from app.core.page.types import FoundBy
from app.core.types import FetchPolicy
from app.errors import Unreachable
from app.ingest.discover import DiscoveryPolicy, discover
from app.ingest.pipeline import Pipeline
from app.net import AddressPolicy, HttpClients
from app.store.engine import Database
from app.store.hosts import take_host
from app.store.models import hosts
from tests.api.conftest import InProcess
from tests.databases import on_sqlite
from tests.ingest import servers
from tests.ingest.test_net_ssrf import HOSTS, NEVER, canaries, dialled, inside, reached

__all__ = ["dialled"]

OUTSIDE = "127.77.0.1"


def rss(*titles: str, name: str = "Harbour News", date: str | None = None) -> str:
    day = f"<pubDate>{date}</pubDate>" if date else ""
    items = "".join(
        f"<item><title>{t}</title><link>https://harbour.example/{t}</link>{day}</item>"
        for t in titles
    )
    return f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>"


def atom(*titles: str) -> str:
    entries = "".join(
        f"<entry><title>{t}</title><id>{t}</id><link href='https://harbour.example/{t}'/></entry>"
        for t in titles
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>H</title>{entries}</feed>"


def sitemap(*titles: str) -> str:
    urls = "".join(
        f"<url><loc>https://harbour.example/{t}</loc><n:news><n:title>{t}</n:title>"
        "<n:publication_date>2026-11-20</n:publication_date></n:news></url>"
        for t in titles
    )
    return (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'
    )


def link(href: str, title: str = "") -> str:
    return f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{href}">'


def page(*parts: str) -> str:
    return f"<!DOCTYPE html><html><head><title>Harbour</title>{''.join(parts)}</head></html>"


@dataclass
class Site:
    pages: dict[str, str | bytes] = field(default_factory=dict)
    server: servers.Server | None = None
    in_flight: int = 0
    most_in_flight: int = 0

    def answer(self, request: servers.Request) -> AsyncIterator[object]:
        async def slowly() -> AsyncIterator[object]:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            await asyncio.sleep(0)
            said = self.pages.get(request.target, servers.answer(404, b"nothing here"))
            yield said if isinstance(said, bytes) else servers.answer(200, said.encode())
            self.in_flight -= 1

        return slowly()

    @property
    def asked(self) -> list[str]:
        assert self.server is not None
        return [request.target for request in self.server.requests]


@dataclass
class Finder:
    pipeline: Pipeline
    site: Site

    async def find(self, path: str = "/", **policy: float) -> Discovered:
        assert self.site.server is not None
        given = DiscoveryPolicy(**policy)
        return await discover(self.site.server.url(path), self.pipeline, given)

    async def paths(self, path: str = "/", **policy: float) -> list[str]:
        found = await self.find(path, **policy)
        assert self.site.server is not None
        return [feed.url.removeprefix(self.site.server.url("")) for feed in found.feeds]


def pipeline_over(database: Database, clients: HttpClients, gap_s: float = 0) -> Pipeline:
    return Pipeline(
        database=database,
        clients=clients,
        offload=InProcess(),
        fetch_policy=FetchPolicy(deadline_s=5),
        max_entries=100,
        host_gap_s=gap_s,
    )


@pytest.fixture
async def finder(database: Database) -> AsyncIterator[Finder]:
    site = Site()
    allow = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    async with servers.serve(site.answer) as server, HttpClients(allow, shards=1) as clients:
        site.server = server
        yield Finder(pipeline=pipeline_over(database, clients), site=site)


async def test_a_feed_is_what_was_asked_for_and_costs_one_request(finder: Finder):
    finder.site.pages["/rss.xml"] = rss("a", "b")
    found = await finder.find("/rss.xml")
    (feed,) = found.feeds
    assert (feed.found_by, feed.format, feed.entries) == (FoundBy.ADDRESS, "rss20", 2)
    assert finder.site.asked == ["/rss.xml"]


async def test_what_a_page_names_is_tried_and_described(finder: Finder):
    date = "Fri, 20 Nov 2026 06:00:00 GMT"
    finder.site.pages |= {
        "/": page(link("/rss.xml", "All"), link("/gone.xml"), link("/page")),
        "/rss.xml": rss("a", "b", date=date),
        "/page": page(),
    }
    found = await finder.find()
    (feed,) = found.feeds
    assert (feed.found_by, feed.title, feed.entries) == (FoundBy.LINK, "Harbour News", 2)
    assert feed.newest_at is not None
    assert feed.newest_at.isoformat() == "2026-11-20T06:00:00+00:00"
    assert main_feed(found.feeds) is feed
    assert finder.site.asked == ["/", "/robots.txt", "/rss.xml", "/gone.xml", "/page"]
    assert found.requests == len(finder.site.asked)


async def test_the_main_feed_is_first_and_the_comments_are_last(finder: Finder):
    finder.site.pages |= {
        "/": page(
            link("/comments/feed", "Comments"), link("/dead.xml"), link("/empty.xml"), link("/all")
        ),
        "/comments/feed": rss("x", "y"),
        "/dead.xml": rss("d", date="Mon, 20 Nov 2017 06:00:00 GMT"),
        "/empty.xml": rss(),
        "/all": rss("a", "b", date="Fri, 20 Nov 2026 06:00:00 GMT"),
    }
    assert await finder.paths() == ["/all", "/dead.xml", "/empty.xml", "/comments/feed"]


async def test_the_same_feed_in_two_formats_is_one(finder: Finder):
    finder.site.pages |= {
        "/": page(link("/rss.xml"), link("/atom.xml"), link("/sport.xml"), link("/moved.xml")),
        "/rss.xml": rss("a", "b", "c", "d", "e"),
        "/atom.xml": atom("a", "b", "c", "d", "e"),
        "/sport.xml": rss("a", "b"),  # a part of the main feed is a feed of its own
        "/moved.xml": servers.answer(301, b"", (("Location", "/rss.xml"),)),
    }
    found = await finder.find()
    assert [feed.url.rpartition("/")[2] for feed in found.feeds] == ["rss.xml", "sport.xml"]
    assert main_feed(found.feeds) is None


async def test_a_page_behind_a_link_may_list_the_feeds(finder: Finder):
    finder.site.pages |= {
        "/": page('<body><a href="/rss">Our RSS feeds</a>'),
        "/rss": page('<body><a href="/rss/world.xml">World</a><a href="/rss">Here</a>'),
        "/rss/world.xml": rss("a"),
    }
    assert await finder.paths() == ["/rss/world.xml"]


@pytest.mark.parametrize("path", ["/feed", "/rss.xml", "/atom.xml", "/index.xml"])
async def test_the_usual_places_are_tried_where_nothing_is_named(finder: Finder, path: str):
    finder.site.pages |= {"/": page(), path: rss("a")}
    found = await finder.find()
    assert [feed.found_by for feed in found.feeds] == [FoundBy.COMMON_PATH]
    assert finder.site.asked[-1] == path  # and no further


async def test_comments_alone_are_no_feed_of_the_site(finder: Finder):
    finder.site.pages |= {
        "/": page(link("/comments/feed", "Comments")),
        "/comments/feed": rss("x"),
        "/rss.xml": rss("a"),
    }
    assert await finder.paths() == ["/rss.xml", "/comments/feed"]


async def test_no_place_is_guessed_that_robots_are_kept_from(finder: Finder):
    finder.site.pages |= {
        "/": page(),
        "/robots.txt": "User-agent: *\nDisallow: /feed\n",
        "/feed": rss("a"),
        "/rss.xml": rss("b"),
    }
    assert await finder.paths() == ["/rss.xml"]
    assert "/feed" not in finder.site.asked
    finder.site.pages["/robots.txt"] = servers.answer(503)
    finder.site.server.requests.clear()
    assert await finder.paths() == []
    assert finder.site.asked == ["/", "/robots.txt"]


async def test_news_site_maps_of_robots_txt_are_found(finder: Finder):
    finder.site.pages |= {
        "/": page(),
        "/robots.txt": "Sitemap: /all.xml\nsitemap: /news.xml\n",
        "/news.xml": sitemap("a", "b"),
        "/all.xml": "<urlset><url><loc>https://harbour.example/a</loc></url></urlset>",
    }
    found = await finder.find()
    (feed,) = found.feeds
    assert (feed.found_by, feed.format, feed.entries) == (FoundBy.SITEMAP, "news_sitemap", 2)
    assert main_feed(found.feeds) is feed


async def test_beside_a_feed_a_site_map_is_another_choice_and_not_the_main_one(finder: Finder):
    finder.site.pages |= {
        "/": page(link("/rss.xml")),
        "/robots.txt": "Sitemap: /all.xml\nSitemap: /news.xml\n",
        "/rss.xml": rss("a"),
        "/news.xml": sitemap("a", "b", "c", "d"),
    }
    found = await finder.find()
    assert [feed.found_by for feed in found.feeds] == [FoundBy.LINK, FoundBy.SITEMAP]
    assert main_feed(found.feeds) is found.feeds[0]
    assert "/all.xml" not in finder.site.asked


async def test_an_index_of_news_site_maps_is_found_as_a_whole(finder: Finder):
    finder.site.pages |= {
        "/": page(),
        "/robots.txt": "Sitemap: /index.xml?news\nSitemap: /news-index.xml\n",
        "/news-index.xml": "<sitemapindex><sitemap><loc>/pages.xml</loc></sitemap>"
        "<sitemap><loc>/news-20.xml</loc></sitemap></sitemapindex>",
        "/news-20.xml": sitemap("a", "b"),
    }
    assert await finder.paths() == ["/news-index.xml"]


async def test_a_redirect_for_a_while_is_not_gone_along(finder: Finder):
    finder.site.pages |= {
        "/": page(link("/today"), link("/old")),
        "/today": servers.answer(302, b"", (("Location", "/20.xml"),)),
        "/20.xml": rss("a"),
        "/old": servers.answer(301, b"", (("Location", "/new.xml"),)),
        "/new.xml": rss("b", "c"),
    }
    assert await finder.paths() == ["/today", "/new.xml"]


async def test_a_site_that_does_not_answer_says_so(finder: Finder):
    with pytest.raises(Unreachable, match=r"http://127.*/ could not be fetched \(not_found\)"):
        await finder.find()
    url = finder.site.server.url("/").replace("http://", "http://harbour:tide-7731@")
    with pytest.raises(Unreachable) as refused:
        await discover(url, finder.pipeline)
    assert "tide-7731" not in refused.value.detail


# --- politeness -----------------------------------------------------------------------------------


async def test_one_request_at_a_time_and_a_gap_between_them(database: Database):
    site = Site(pages={"/": page(link("/a.xml"), link("/b.xml")), "/a.xml": rss("a")})
    allow = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def noting(request: servers.Request) -> AsyncIterator[object]:
        times.append(loop.time())
        return site.answer(request)

    async with servers.serve(noting) as server, HttpClients(allow, shards=1) as clients:
        await discover(server.url("/"), pipeline_over(database, clients, gap_s=0.15))
    assert len(times) == 4
    assert min(b - a for a, b in pairwise(times)) >= 0.15
    assert site.most_in_flight == 1


async def test_two_searches_of_a_site_take_turns(finder: Finder):
    finder.site.pages |= {"/": page(link("/a.xml"), link("/b.xml")), "/a.xml": rss("a")}
    await asyncio.gather(finder.find(), finder.find())
    assert finder.site.most_in_flight == 1
    assert len(finder.site.asked) == 8


async def test_a_host_that_is_polled_is_waited_for(finder: Finder, monkeypatch):
    monkeypatch.setattr("app.ingest.entrance.WAIT_S", 0.0)
    async with finder.pipeline.database.write() as session:
        assert await take_host(session, "127.0.0.1", "7:1", 60.0) is True
    with pytest.raises(Unreachable, match="asked for something else"):
        await finder.find()
    assert finder.site.asked == []


async def test_every_host_is_left_with_its_gap_whatever_happens(finder: Finder):
    finder.site.pages["/"] = page(link("/a.xml"))
    await finder.find()
    with pytest.raises(Unreachable):
        await finder.find("/nothing")
    async with finder.pipeline.database.read() as session:
        rows = (await session.execute(select(hosts.c.busy_until, hosts.c.holder))).all()
    assert rows
    assert {tuple(row) for row in rows} == {(None, None)}


async def test_requests_and_time_are_bounded(finder: Finder):
    finder.site.pages["/"] = page(*(link(f"/{n}.xml") for n in range(100)))
    found = await finder.find(max_requests=5)
    assert (len(finder.site.asked), found.complete) == (5, False)
    finder.site.server.requests.clear()
    every = await finder.find()
    assert len(finder.site.asked) <= DiscoveryPolicy().max_requests
    assert every.requests == len(finder.site.asked)


async def test_a_server_that_never_ends_is_left_at_the_deadline(database: Database):
    async def drip() -> AsyncIterator[object]:
        yield servers.head(200, ("Content-Type", "text/html"))
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    allow = AddressPolicy(allow=(ipaddress.ip_network("127.0.0.0/8"),))
    async with servers.serve(lambda _: drip()) as server, HttpClients(allow, shards=1) as clients:
        started = asyncio.get_running_loop().time()
        with pytest.raises(Unreachable, match="timeout"):
            await discover(
                server.url("/"), pipeline_over(database, clients), DiscoveryPolicy(deadline_s=1.2)
            )
        assert asyncio.get_running_loop().time() - started < 3


# --- hostile --------------------------------------------------------------------------------------


HOSTILE = {
    "names itself": page(link("/"), '<a href="/">RSS</a>', link("")),
    "100,000 links": page(*(link(f"/{n}") for n in range(100_000))),
    "ten megabytes": page(link("/a.xml"), "<p>" + "x" * 10_000_000),
    "no end": "<html>" + "<div>" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_page_costs_a_bounded_number_of_requests(finder: Finder, name: str):
    finder.site.pages["/"] = HOSTILE[name]
    await finder.find()
    assert len(finder.site.asked) == len(set(finder.site.asked))
    assert len(finder.site.asked) <= DiscoveryPolicy().max_requests


async def test_pages_that_name_each_other_end(finder: Finder):
    finder.site.pages |= {
        "/": page('<a href="/rss">RSS</a>'),
        "/rss": page('<a href="/feed">RSS</a>'),
        "/feed": page('<a href="/rss">RSS</a><a href="/">RSS</a>'),
    }
    assert await finder.paths() == []
    assert len(finder.site.asked) == len(set(finder.site.asked))


def by_link(*urls: str) -> dict[str, str]:
    return {"/": page(*(link(url.replace('"', "%22")) for url in urls))}


def by_base(url: str) -> dict[str, str]:
    return {"/": page(f'<base href="{url}">', link("rss.xml"))}


def by_sitemap(*urls: str) -> dict[str, str]:
    return {"/": page(), "/robots.txt": "".join(f"Sitemap: {url}\n" for url in urls)}


def by_index(url: str) -> dict[str, str]:
    index = f"<sitemapindex><sitemap><loc>{url}news</loc></sitemap></sitemapindex>"
    return {"/": page(), "/robots.txt": "Sitemap: /news.xml\n", "/news.xml": index}


@on_sqlite
@pytest.mark.parametrize(
    ("way", "at_once", "every"),
    [(by_link, 10, 1), (by_sitemap, 10, 1), (by_base, 1, 6), (by_index, 1, 6)],
)
async def test_no_address_that_a_site_names_leads_inside(
    database: Database, way: Callable, at_once: int, every: int, dialled: list[str]
):
    policy = AddressPolicy(allow=(ipaddress.ip_network(f"{OUTSIDE}/32"),))
    site = Site()
    async with (
        canaries() as inner,
        servers.serve(site.answer, host=OUTSIDE) as server,
        HttpClients(policy, shards=1, resolver=inside) as clients,
    ):
        site.server = server
        port = inner[0].port
        urls = [f"http://{host}:{port}/" for host in HOSTS]
        urls = [*urls, *(url.format(port=port) for url in NEVER)][::every]
        finder = Finder(pipeline=pipeline_over(database, clients), site=site)
        for start in range(0, len(urls), at_once):
            robots = {"/robots.txt": "User-agent: *\nDisallow: /\n"}
            site.pages = robots | way(*urls[start : start + at_once])
            found = await finder.find(max_sitemaps=at_once)
            assert (found.feeds, found.complete) == ((), True)
        assert set(dialled) <= {OUTSIDE}
        assert reached(inner) == 0


@asynccontextmanager
async def unguarded() -> AsyncIterator[HttpClients]:
    every = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    async with HttpClients(AddressPolicy(allow=every), shards=1, resolver=inside) as clients:
        yield clients


@on_sqlite
@pytest.mark.parametrize("way", [by_link, by_sitemap, by_base])
async def test_without_the_guard_it_would(database: Database, way: Callable):
    site = Site()
    async with (
        canaries() as inner,
        servers.serve(site.answer, host=OUTSIDE) as server,
        unguarded() as clients,
    ):
        site.server = server
        finder = Finder(pipeline=pipeline_over(database, clients), site=site)
        site.pages = way(f"http://2130706433:{inner[0].port}/")
        assert (await finder.find()).feeds
        assert reached(inner) > 0
