"""Which of the feeds that were found is the main one, and which are one and the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.discovery import (
    COMMON_PATHS,
    LONG_DEAD,
    MAX_SITEMAPS,
    FoundFeed,
    common_addresses,
    folded,
    look,
    main_feed,
    says_news,
    sitemaps_of,
)
from app.core.page.types import FoundBy

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ROOT = "https://harbour.example"


def feed(path: str, *entries: int, **given: object) -> FoundFeed:
    made = FoundFeed(
        url=f"{ROOT}{path}",
        found_by=FoundBy.LINK,
        format="rss20",
        entries=len(entries),
        newest_at=NOW,
        compared=frozenset(entries),
    )
    return replace(made, **given)


MAIN = feed("/all", *range(10))


@pytest.mark.parametrize(
    "other",
    [
        replace(MAIN, title="again"),
        feed("/feed", *range(10)),
        feed("/feed", *range(9)),
        feed("/feed", 70, 71, self_url=f"{ROOT}/all"),
        replace(feed("/feed", 70), self_url=None, url=f"{ROOT}/all"),
    ],
)
def test_the_same_feed_is_told_once(other: FoundFeed):
    assert folded([MAIN, other]) == (MAIN,)
    assert len(folded([other, MAIN])) == 1


@pytest.mark.parametrize(
    "other",
    [
        feed("/sport", 0, 1, 2),  # a part of it
        feed("/feed", *range(5, 15)),
        feed("/empty"),
        feed("/feed", 70, 71, self_url=f"{ROOT}/other"),
    ],
)
def test_another_feed_is_told_as_well(other: FoundFeed):
    assert folded([MAIN, other]) == (MAIN, other)


def test_feeds_of_one_entry_are_not_taken_for_the_same():
    one, two = feed("/a", 1), feed("/b", 1)
    assert folded([one, two]) == (one, two)


def test_two_that_name_one_address_as_their_own_are_one():
    one, two = (feed(path, n, self_url=f"{ROOT}/own") for n, path in enumerate(("/a", "/b")))
    assert folded([one, two]) == (one,)


def test_comments_site_maps_dead_and_empty_ones_come_last():
    comments = feed("/comments", 1, 2, comments=True)
    sitemap = feed("/news.xml", 3, 4, found_by=FoundBy.SITEMAP)
    dead = feed("/dead", 5, 6, newest_at=NOW - LONG_DEAD - timedelta(days=1))
    undated = feed("/undated", 7, 8, newest_at=None)
    empty = feed("/empty")
    mixed = [comments, sitemap, dead, empty, undated, MAIN]
    assert [f.url for f in folded(mixed)] == [
        f.url for f in (MAIN, empty, dead, undated, sitemap, comments)
    ]


def test_where_no_feed_has_dates_none_is_dead():
    first, second = feed("/a", 1, 2, newest_at=None), feed("/b", 3, 4, newest_at=None)
    assert folded([first, second]) == (first, second)


def test_there_is_a_main_feed_where_there_is_no_choice():
    comments = feed("/comments", 1, comments=True)
    sitemap = feed("/news.xml", 2, found_by=FoundBy.SITEMAP)
    assert main_feed([]) is None
    assert main_feed([comments]) is None
    assert main_feed([MAIN, sitemap, comments]) is MAIN
    assert main_feed([sitemap, comments]) is sitemap
    assert main_feed([MAIN, feed("/sport", 1)]) is None


def test_site_maps_of_robots_txt():
    robots = (
        b"User-agent: *\nSitemap: https://harbour.example/all.xml\n"
        b"  SITEMAP : /news.xml \nSitemap: /all.xml\nSitemap:\nSitemap: file:///etc/passwd\n"
        b"# Sitemap: /no.xml\nNot-a-sitemap: /no.xml\nSitemap: https://news.example/x.xml"
    )
    assert sitemaps_of(robots, f"{ROOT}/robots.txt") == (
        f"{ROOT}/news.xml",
        f"{ROOT}/all.xml",
        "https://news.example/x.xml",
    )
    many = b"\n".join(b"Sitemap: /%d.xml" % n for n in range(100_000))
    assert len(sitemaps_of(many, ROOT)) == MAX_SITEMAPS


def test_a_site_map_is_of_news_by_its_path_alone():
    assert says_news(f"{ROOT}/News-sitemap.xml")
    assert not says_news("https://news.example/sitemap.xml")


def test_usual_places_are_at_the_root_of_the_pages_site():
    found = common_addresses(f"{ROOT}/about/us?x=1")
    assert found[0] == f"{ROOT}/feed"
    assert len(set(found)) == len(COMMON_PATHS)


def test_what_is_neither_feed_nor_page_tells_nothing():
    for body in (b"", b"\x89PNG", b'{"a": 1}', b"<x/>"):
        looked = look(body, content_type=None, url=ROOT, max_entries=10)
        assert (looked.feed, looked.links) == (None, ())
