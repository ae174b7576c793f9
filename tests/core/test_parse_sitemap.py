"""Google News site maps and indexes: what is read of them, and what they are refused for."""

from __future__ import annotations

import pytest

from app.core.parse.document import parse
from app.core.types import (
    Category,
    Enclosure,
    Failure,
    Markup,
    ParsedFeed,
    ParseFailed,
    ParseResult,
)

URL = "https://www.coast.example/sitemaps/news.xml"
SPACES = (
    "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
    "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' "
    "xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'"
)


def read(text: str, *, max_entries: int = 2000) -> ParseResult:
    return parse(text.encode(), content_type="text/xml", url=URL, max_entries=max_entries)


def feed(text: str, *, max_entries: int = 2000) -> ParsedFeed:
    result = read(text, max_entries=max_entries)
    assert isinstance(result, ParsedFeed), result
    return result


def page(number: int, *, news: str = "", rest: str = "", day: int = 1) -> str:
    return (
        f"<url><loc>https://www.coast.example/{number}</loc>{rest}<news:news><news:publication>"
        "<news:name>Coast Courier</news:name><news:language>en</news:language></news:publication>"
        f"<news:publication_date>2026-11-{day:02}T08:00:00Z</news:publication_date>"
        f"<news:title>Pier {number} reopens</news:title>{news}</news:news></url>"
    )


def urlset(*pages: str, spaces: str = SPACES) -> str:
    return f"<?xml version='1.0'?><urlset {spaces}>{''.join(pages)}</urlset>"


def test_reads_all_that_google_defines() -> None:
    got = feed(
        urlset(
            page(
                7,
                news="<news:keywords>harbour, ferries,harbour</news:keywords>"
                "<news:stock_tickers>LSE:PIER, NYSE:SEA</news:stock_tickers>",
                rest="<lastmod>2026-11-02</lastmod><image:image>"
                "<image:loc>https://img.coast.example/7.jpg</image:loc></image:image>",
            )
        )
    )
    assert (got.format, got.title, got.language, got.notes) == (
        "news_sitemap", "Coast Courier", "en", ()
    )  # fmt: skip
    (entry,) = got.entries
    assert entry.url == "https://www.coast.example/7"
    assert entry.title == Markup(value="Pier 7 reopens", html=False)
    assert entry.published_raw == "2026-11-01T08:00:00Z"
    assert entry.updated_raw == "2026-11-02"
    assert entry.language == "en"
    assert entry.image_url == "https://img.coast.example/7.jpg"
    assert entry.publisher == "Coast Courier"
    assert entry.categories == (
        Category(term="harbour"),
        Category(term="ferries"),
        Category(term="LSE:PIER", scheme="stock_tickers"),
        Category(term="NYSE:SEA", scheme="stock_tickers"),
    )


@pytest.mark.parametrize(
    "spaces",
    ["", "xmlns='http://www.google.com/schemas/sitemap/0.84'", "xmlns:news='urn:of-somebody-else'"],
)
def test_namespaces_that_are_wrong_or_missing_are_no_reason_to_refuse(spaces: str) -> None:
    assert [e.url for e in feed(urlset(page(1), spaces=spaces)).entries] == [
        "https://www.coast.example/1"
    ]


def test_addresses_without_news_are_skipped_and_counted() -> None:
    got = feed(urlset("<url><loc>https://www.coast.example/about</loc></url>", page(1)))
    assert len(got.entries) == 1
    assert got.notes == ("1 addresses skipped: without news, or not to be read",)


def test_a_site_map_without_news_is_refused() -> None:
    plain = "<url><loc>https://www.coast.example/about</loc></url>"
    got = read(urlset(plain * 3, spaces=""))
    assert isinstance(got, ParseFailed)
    assert got.kind is Failure.NOT_A_FEED
    assert "site map of 3 addresses, none with news" in got.detail


def test_a_quiet_day_is_an_empty_feed() -> None:
    assert feed(urlset()).entries == ()


def test_the_newest_are_taken_of_more_than_the_cap() -> None:
    pages = [page(n, day=n) for n in (3, 9, 1, 7)]
    got = feed(urlset(*pages), max_entries=2)
    assert [e.url for e in got.entries] == [
        "https://www.coast.example/9",
        "https://www.coast.example/7",
    ]
    assert got.dropped == 2


def test_fifty_thousand_addresses_are_read() -> None:
    got = feed(urlset(*(page(n) for n in range(50_000))))
    assert (len(got.entries), got.dropped) == (2000, 48_000)


def test_a_truncated_one_gives_its_whole_entries() -> None:
    text = urlset(page(1), page(2))
    got = feed(text[: text.index("<news:title>Pier 2") + 15])
    assert [e.url for e in got.entries] == ["https://www.coast.example/1"]
    assert "not well-formed" in got.notes[-1]


def test_entities_are_not_expanded_but_html_ones_are_known() -> None:
    bomb = "<!DOCTYPE urlset [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
    entry = page(1, news="<news:keywords>&b;|&c;|caf&eacute;</news:keywords>")
    (got,) = feed(bomb + urlset(entry).removeprefix("<?xml version='1.0'?>")).entries
    assert [c.term for c in got.categories] == ["&b", "|&c", "|café"]


def test_elements_too_deep_end_the_reading() -> None:
    got = read(urlset(page(1), "<url>" * 5000))
    assert isinstance(got, ParsedFeed)
    assert len(got.entries) == 1
    assert "deep" in got.notes[-1]


@pytest.mark.parametrize("text", ["<urlset", "<urlset><url><loc>https://a.example/</loc>"])
def test_truncated_before_any_news(text: str) -> None:
    got = read(text)
    assert isinstance(got, ParseFailed)
    assert got.kind is Failure.TRUNCATED


def test_an_index_by_itself_says_where_its_news_is() -> None:
    got = feed("<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>")
    assert (got.format, got.entries) == ("sitemap_index", ())
    assert "1 site maps" in got.notes[0]


def test_an_index_of_nothing_is_refused() -> None:
    got = read("<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>")
    assert isinstance(got, ParseFailed)
    assert got.kind is Failure.NOT_A_FEED


def test_films_and_addresses_that_are_none() -> None:
    films = (
        "<video:video><video:content_loc>https://v.coast.example/7.mp4</video:content_loc>"
        "</video:video><video:video><video:content_loc>7.webm</video:content_loc></video:video>"
        "<video:video><video:content_loc>javascript:x</video:content_loc></video:video>"
    )
    (entry,) = feed(urlset(page(7, rest=films), "<url><news:news/></url>")).entries
    assert entry.enclosures == (
        Enclosure(url="https://v.coast.example/7.mp4", type="video/mp4"),
        Enclosure(url="https://www.coast.example/sitemaps/7.webm"),
    )


def test_site_maps_of_an_index_are_counted_once_and_need_an_address() -> None:
    one = "<sitemap><loc>/a.xml</loc></sitemap>"
    got = feed(f"<sitemapindex>{one * 2}<sitemap/></sitemapindex>")
    assert "1 site maps" in got.notes[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [("<urlset><url></urlset>", "not well-formed"), ("<urlset =1/>", "cannot be read")],
)
def test_what_is_no_xml(text: str, said: str) -> None:
    got = read(text)
    assert isinstance(got, ParseFailed)
    assert (got.kind, said in got.detail) == (Failure.NOT_XML, True), got


def test_parameter_entities_are_of_no_account() -> None:
    document = urlset(page(1)).removeprefix("<?xml version='1.0'?>")
    assert len(feed(f"<!DOCTYPE urlset [ %others; ]>{document}").entries) == 1
