"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.page.robots import MAX_ROBOTS_BYTES, product_token, read_robots

SITE = "https://news.example"


def allows(text: str, path: str, agent: str = "Copydesk") -> bool:
    return read_robots(text.encode(), agent).allows(SITE + path)


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /", "/a", False),
        ("Disallow:", "/a", True),
        ("Allow: /", "/a", True),
        ("Disallow: /a", "/abc", False),
        ("Disallow: /a", "/b/a", True),
        ("Disallow: /a/", "/a", True),
        # The longest match wins, whatever the order; of two as long, the one that allows.
        ("Disallow: /\nAllow: /news", "/news/1", True),
        ("Allow: /news\nDisallow: /news/live", "/news/live/1", False),
        ("Disallow: /page\nAllow: /page", "/page", True),
        ("Disallow: /*.htm\nAllow: /page", "/page.htm", False),
        # Stars and ends.
        ("Disallow: /*.php", "/a/b.php?x=1", False),
        ("Disallow: /*.php$", "/a/b.php?x=1", True),
        ("Disallow: /*.php$", "/a/b.php", False),
        ("Disallow: /a*b*c", "/a1b2c3", False),
        ("Disallow: /a*b*c", "/a1c2b3", True),
        ("Disallow: /a*a$", "/a", True),
        ("Disallow: /a*a$", "/aa", False),
        ("Disallow: /$", "/", False),
        ("Disallow: /$", "/a", True),
        ("Disallow: *", "/a", False),
        ("Disallow: /a?b", "/a?b=1", False),
        # One spelling of what is escaped.
        ("Disallow: /caf%C3%A9", "/café", False),
        ("Disallow: /café", "/caf%c3%a9", False),
        ("Disallow: /%61b", "/ab", False),
        ("Disallow: /a%2Fb", "/a/b", True),
        # Its own file is always to be had.
        ("Disallow: /", "/robots.txt", True),
    ],
)
def test_rules(rules: str, path: str, allowed: bool):
    assert allows(f"User-agent: *\n{rules}\n", path) is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("Disallow: /", True),  # of nobody
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: copydesk\nDisallow: /", False),
        ("user-AGENT : Copydesk/2.0 # us\ndisallow:/", False),
        ("User-agent: other\nUser-agent: copydesk\nDisallow: /", False),
        # Our own group wins over everybody's; both of ours are taken together.
        ("User-agent: *\nDisallow: /\nUser-agent: copydesk\nAllow: /", True),
        ("User-agent: copydesk\nAllow: /b\nUser-agent: copydesk\nDisallow: /", False),
        ("User-agent: copydesk\nCrawl-delay: 5\nUser-agent: other\nDisallow: /", True),
        ("User-agent: copydesks\nDisallow: /", True),
        ("User-agent: 123\nDisallow: /", True),
        ("\ufeffUser-agent: *\rDisallow: /", False),
        ("Sitemap: https://news.example/s.xml\nUser-agent: *\nDisallow: /", False),
        ("nonsense\nUser-agent: *\nnoindex: /b\nDisallow: /", False),
    ],
)
def test_groups(text: str, allowed: bool):
    assert allows(text, "/a") is allowed


@pytest.mark.parametrize(
    ("said", "delay_s"),
    [("5", 5.0), ("0.5", 0.5), ("soon", None), ("-1", None), ("nan", None), ("1e9", 86400.0)],
)
def test_crawl_delay(said: str, delay_s: float | None):
    read = read_robots(f"User-agent: *\nCrawl-delay: {said}".encode(), "Copydesk")
    assert read.crawl_delay_s == delay_s


def test_only_so_many_bytes_are_read():
    padding = b"# nothing\n" * (MAX_ROBOTS_BYTES // 10)
    assert read_robots(padding + b"User-agent: *\nDisallow: /", "Copydesk").allows(SITE + "/a")


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [("Copydesk/0.1 (+https://x.example)", "Copydesk"), ("news-bot", "news-bot"), ("1", "*")],
)
def test_product_token(user_agent: str, token: str):
    assert product_token(user_agent) == token


@given(st.binary(max_size=300), st.text(max_size=50))
def test_nothing_makes_it_raise(body: bytes, path: str):
    robots = read_robots(b"User-agent: *\nDisallow: " + body, "Copydesk")
    assert robots.allows(f"{SITE}/{path.encode('utf-8', 'replace').decode()}") in (True, False)


def test_many_stars_take_no_time():
    pattern = "/" + "a*" * 1000
    assert allows(f"User-agent: *\nDisallow: {pattern}b$", "/" + "a" * 2000)


def test_spaces_within_a_rule_take_no_time():
    text = "User-agent: *\nDisallow: /a" + " " * (MAX_ROBOTS_BYTES - 100) + "b"
    started = time.process_time()
    assert allows(text, "/a")
    assert time.process_time() - started < 5
