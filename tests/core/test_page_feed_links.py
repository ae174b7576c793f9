"""The feeds that a page names, the main one first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.page.feed_links import MAX_FOUND, feed_links
from app.core.page.types import FeedLink, FoundBy

PAGE = "https://harbour.example/"
RSS = 'type="application/rss+xml"'


def read(markup: str | bytes, url: str = PAGE, content_type: str | None = "text/html"):
    body = markup if isinstance(markup, bytes) else markup.encode()
    return feed_links(body, content_type=content_type, url=url)


def urls(markup: str | bytes, url: str = PAGE) -> list[str]:
    return [link.url for link in read(markup, url)]


def test_a_link_element_is_read_with_its_title():
    page = f'<head><link rel="alternate" {RSS} title=" Harbour\n News " href="/rss.xml"></head>'
    assert read(page) == (
        FeedLink(
            url="https://harbour.example/rss.xml", found_by=FoundBy.LINK, title="Harbour News"
        ),
    )


@pytest.mark.parametrize(
    "element",
    [
        '<link rel="alternate" type="application/atom+xml" href="/f">',
        '<link rel="alternate" type="application/feed+json" href="/f">',
        '<link rel="ALTERNATE" TYPE="Application/RSS+XML; charset=utf-8" href="/f">',
        '<link rel="alternate home" type="application/rdf+xml" href="/f">',
        '<link rel="feed" href="/f">',
        "<LINK REL=alternate TYPE=application/rss+xml HREF=/f>",
        '<link rel="alternate" type="application/rss+xml" href="  /f  ">',
        '<link rel="alternate" type="application/rss+xml" href="https://user:pw@harbour.example/f">',
        '<link rel="alternate" type="application/rss+xml" href="/f#latest">',
    ],
)
@pytest.mark.parametrize("place", ["<head>{}</head>", "<body><p>Words.</p>{}</body>", "{}"])
def test_link_elements_of_every_kind_and_place(element: str, place: str):
    assert urls(f"<html>{place.format(element)}</html>") == ["https://harbour.example/f"]


@pytest.mark.parametrize(
    "element",
    [
        '<link rel="alternate" hreflang="fr" href="/fr/">',
        '<link rel="stylesheet" type="application/rss+xml" href="/f">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed?url=/feed">',
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">',
        '<link rel="alternate" type="text/html" media="handheld" href="/mobile">',
        '<link type="application/rss+xml" href="/f">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="#">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:void(0)">',
        '<link rel="alternate" type="application/rss+xml" href="file:///etc/passwd">',
        '<!-- <link rel="alternate" type="application/rss+xml" href="/f"> -->',
        '<script>"<link rel=alternate type=application/rss+xml href=/f>"</script>',
        '<a href="/feedback">Feedback</a>',
        '<a href="/news/feeding-the-gulls">Feeding the gulls</a>',
        '<a href="https://elsewhere.example/rss.xml">A paper we like: RSS</a>',
        '<a href="/sitemap.xml">Site map</a>',
    ],
)
def test_what_is_no_feed_is_left_out(element: str):
    assert urls(f"<html><body>{element}</body></html>") == []


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="/feed/">Subscribe</a>',
        '<a href="/feed">x</a>',
        '<a href="/rss">x</a>',
        '<a href="/en/rss/news">x</a>',
        '<a href="/news.rss">x</a>',
        '<a href="/atom.xml">x</a>',
        '<a href="/index.xml">x</a>',
        '<a href="/?feed=rss2">x</a>',
        '<a href="/x.aspx?format=rss">x</a>',
        '<a href="/export/news.xml">RSS</a>',
        '<a href="/export/news.xml"><img src="i.png" alt="RSS feed"></a>',
        '<a href="/export" type="application/rss+xml">x</a>',
        '<a href="https://feeds.harbour.example/news">x</a>',
        '<a href="https://feeds.feedburner.com/harbour">x</a>',
        '<area href="/rss.xml">',
    ],
)
def test_links_that_look_like_feeds(anchor: str):
    found = read(f"<html><body>{anchor}</body></html>")
    assert [link.found_by for link in found] == [FoundBy.ANCHOR], found


def test_addresses_are_resolved_against_the_base():
    page = f'<base href="https://cdn.example/x/"><link rel="alternate" {RSS} href="rss.xml">'
    assert urls(page) == ["https://cdn.example/x/rss.xml"]
    odd = f'<base href="javascript:1"><link rel="alternate" {RSS} href="rss.xml">'
    assert urls(odd) == ["https://harbour.example/rss.xml"]


def test_the_main_feed_comes_before_sections_anchors_and_comments():
    page = f"""<link rel="alternate" {RSS} title="Harbour News » Comments" href="/talk/feed/">
    <link rel="alternate" {RSS} href="/comments/feed/">
    <link rel="alternate" {RSS} title="Ferries" href="/tag/ferries/feed/">
    <body><a href="/all/rss.xml">RSS</a></body>
    <link rel="alternate" {RSS} title="Harbour News" href="/feed/">
    <link rel="alternate" type="application/atom+xml" title="Harbour News" href="/feed/atom/">"""
    assert [url.removeprefix(PAGE) for url in urls(page)] == [
        "feed/", "feed/atom/", "all/rss.xml", "tag/ferries/feed/", "talk/feed/", "comments/feed/",
    ]  # fmt: skip
    assert [link.comments for link in read(page)] == [False] * 4 + [True] * 2


def test_of_a_part_of_the_site_its_own_feed_comes_first():
    page = f"""<link rel="alternate" {RSS} href="/feed/">
    <link rel="alternate" {RSS} href="/category/sport/feed/">"""
    asked = "https://harbour.example/category/sport/"
    assert urls(page, asked) == [f"{asked}feed/", "https://harbour.example/feed/"]


def test_each_address_once_and_as_the_surer_of_two():
    page = f'<a href="/feed/">RSS</a><link rel="alternate" {RSS} title="News" href="/feed/">'
    (link,) = read(page)
    assert (link.found_by, link.title) == (FoundBy.LINK, "News")


def test_an_address_in_both_schemes_is_told_as_https():
    page = '<a href="http://harbour.example/rss">RSS</a><a href="/rss">RSS</a>'
    assert urls(page) == ["https://harbour.example/rss"]
    assert urls('<a href="http://harbour.example/rss">RSS</a>') == ["http://harbour.example/rss"]


def test_a_page_that_names_itself_names_nothing():
    assert urls(f'<link rel="alternate" {RSS} href=""><a href="/rss">x</a>', PAGE + "rss") == []
    assert urls(f'<link rel="alternate" {RSS} href="/">') == []


@pytest.mark.parametrize("content_type", ["application/rss+xml", "text/xml", None, "x", "a;b=\0"])
def test_a_page_is_read_whatever_it_is_called(content_type: str | None):
    page = f'<!DOCTYPE html><link rel="alternate" {RSS} href="/f">'
    assert [link.url for link in read(page, content_type=content_type)] == [f"{PAGE}f"]


def test_in_another_charset():
    page = f'<html><link rel="alternate" {RSS} title="港のニュース" href="/f"></html>'
    (link,) = read(page.encode("shift_jis"), content_type="text/html; charset=Shift_JIS")
    assert link.title == "港のニュース"


@pytest.mark.parametrize(
    "body", [b"", b"\0\0", b"%PDF-1.7 ...", b"\xff\xfe\x00", b"<", b"no markup"]
)
def test_what_is_no_page_names_nothing(body: bytes):
    assert feed_links(body, content_type=None, url=PAGE) == ()


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_attribute_is_taken(href: str, title: str):
    quoted = href.replace('"', "&quot;"), title.replace('"', "&quot;")
    page = f'<link rel="alternate" {RSS} href="{quoted[0]}" title="{quoted[1]}">'
    for link in read(page.encode("utf-8", "surrogatepass")):
        assert link.url.startswith(("http://", "https://"))


LARGE = {
    "links": "".join(f'<a href="/{n}/feed/">RSS</a>' for n in range(100_000)),
    "link elements": "".join(f'<link rel="alternate" {RSS} href="/{n}">' for n in range(100_000)),
    "the page itself": f'<link rel="alternate" {RSS} href="/">' * 100_000,
    "one long link": f'<link rel="alternate" {RSS} href="/{"x" * 10_000_000}">',
    "one long title": f'<link rel="alternate" {RSS} title="{" x" * 5_000_000}" href="/f">',
    "deep": "<div>" * 2_000_000 + '<a href="/feed/">RSS</a>',
    "deep inside a link": '<a href="/feed/">' + "<b>" * 2_000_000,
    "words": "<p>A quiet day in the harbour.</p>\n" * 300_000,
    "open tags": "<link " * 1_600_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_ten_megabytes_of_anything_take_seconds_and_bring_few(name: str):
    body = f"<html>{LARGE[name]}</html>".encode()
    started = time.process_time()
    found = feed_links(body, content_type="text/html", url=PAGE)
    assert time.process_time() - started < 8
    assert len(found) <= MAX_FOUND
