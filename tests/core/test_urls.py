"""One spelling for one page: which differences between addresses do not count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.urls import (
    MAX_URL_CHARS,
    TRACKING_NAMES,
    TRACKING_PREFIXES,
    absolute_url,
    canonical_url,
    host_of,
    registrable_domain,
    without_credentials,
)

PAGE = "https://news.example/2024/03/ferry"


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        (PAGE, PAGE),
        ("HTTPS://News.EXAMPLE:443/2024/03/ferry#comments", PAGE),
        ("  https://news.example/2024/./03/x/../ferry\n", PAGE),
        ("https://news.example./2024/03/ferry?", PAGE),
        ("https://reader:secret@news.example/2024/03/ferry", PAGE),
        ("https://news.example/2024/03/ferry%20%0A", PAGE),
        ("https://news.example/2024/03/ferry%E3%80%80", PAGE),
        ("https://news.example/2024/03/ferry?&&", PAGE),
        ("https://news.example", "https://news.example/"),
        ("http://news.example:80/a", "http://news.example/a"),
        ("http://news.example:8080/a", "http://news.example:8080/a"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://新聞.example/記事", "https://xn--efvv70d.example/%E8%A8%98%E4%BA%8B"),
        ("https://news.example/%e8%a8%98", "https://news.example/%E8%A8%98"),
        ("https://news.example/a b?q=c d", "https://news.example/a%20b?q=c%20d"),
        ("https://news.example/a/", "https://news.example/a/"),
        ("https://news.example/#!/story/7", "https://news.example/#!/story/7"),
        ("http://[2001:DB8::1]/a", "http://[2001:db8::1]/a"),
    ],
)
def test_spellings_of_one_address(said: str, canonical: str) -> None:
    assert canonical_url(said) == canonical


@pytest.mark.parametrize(
    "query",
    [
        "utm_source=rss&utm_medium=feed",
        "UTM_Campaign=x",
        "fbclid=1",
        "gclid=1&mc_cid=2",
        "at_medium=RSS&at_campaign=KARANGA",
        "partner=rss&emc=rss",
        "ref=rss",
        "amp",
        "amp=1",
        "outputType=amp",
        "utm_id=3",
    ],
)
def test_tracking_parameters_do_not_tell_pages_apart(query: str) -> None:
    assert canonical_url(f"{PAGE}?{query}") == PAGE
    assert canonical_url(f"{PAGE}?id=7&{query}&b=2") == f"{PAGE}?id=7&b=2"


@pytest.mark.parametrize("query", ["id=7", "b=2&a=1", "ref=main", "source=tokyo", "ampere=1", "p"])
def test_parameters_that_may_choose_the_page_stay_in_order(query: str) -> None:
    assert canonical_url(f"{PAGE}?{query}") == f"{PAGE}?{query}"


def test_every_tracking_parameter_of_the_tables_is_dropped() -> None:
    names = [*TRACKING_NAMES, *(f"{prefix}x" for prefix in TRACKING_PREFIXES)]
    assert {name: canonical_url(f"{PAGE}?{name}=1") for name in names} == dict.fromkeys(names, PAGE)


@pytest.mark.parametrize(
    "amp",
    [
        "https://news-example.cdn.ampproject.org/c/s/news.example/2024/03/ferry",
        "https://news-example.cdn.ampproject.org/v/s/news.example/2024/03/ferry?amp_js_v=0.1",
        "https://www.google.com/amp/s/news.example/2024/03/ferry",
        "https://www.google.co.jp/amp/s/news.example/2024/03/ferry/amp",
        "https://news.example/2024/03/ferry/amp",
        "https://news.example/2024/03/ferry/amp/amp?utm_source=a",
    ],
)
def test_amp_addresses_give_the_page_they_stand_for(amp: str) -> None:
    assert canonical_url(amp) == PAGE


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("https://news.example/a/amp/", "https://news.example/a/"),
        ("https://news.example/a.amp.html?b=1", "https://news.example/a.html?b=1"),
        ("https://x.cdn.ampproject.org/c/news.example/a", "http://news.example/a"),
    ],
)
def test_amp_variants_keep_the_rest(said: str, canonical: str) -> None:
    assert canonical_url(said) == canonical


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/amp",
        "https://news.example/champ",
        "https://news.example/amp/a",
        "https://x.cdn.ampproject.org/robots.txt",
        "https://www.google.com/amp/s/",
    ],
)
def test_what_only_looks_like_amp_stays(url: str) -> None:
    assert canonical_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ferry",
        "/2024/03/ferry",
        "javascript:alert(1)",
        "mailto:desk@news.example",
        "data:text/html,x",
        "ftp://news.example/a",
        "http://",
        "http://exa mple/",
        "https://news.example/\ud800",
        "https://news.example/" + "a" * MAX_URL_CHARS,
        "https://news.example/" + "é" * (MAX_URL_CHARS // 2),
    ],
)
def test_what_is_no_usable_address(url: str) -> None:
    assert canonical_url(url) is None
    assert absolute_url(url, None) is None


def test_relative_addresses_are_resolved() -> None:
    assert canonical_url("../ferry?utm_source=a", "https://news.example/2024/03/x/") == PAGE
    assert canonical_url("ferry", "no base") is None
    assert canonical_url(PAGE, "no base") == PAGE
    assert canonical_url(PAGE, "\ud800") == PAGE
    assert canonical_url("javascript:alert(1)", PAGE) is None


def test_absolute_keeps_what_canonical_drops() -> None:
    base = "https://news.example/2024/"
    assert absolute_url("a.jpg?utm_source=x#y", base) == f"{base}a.jpg?utm_source=x#y"
    assert absolute_url("//cdn.example/a", base) == "https://cdn.example/a"
    assert absolute_url("jav\tascript:alert(1)", base) is None


@pytest.mark.parametrize(
    ("url", "host", "domain"),
    [
        ("https://www.news.example.co.uk/a", "www.news.example.co.uk", "example.co.uk"),
        ("https://desk.github.io/", "desk.github.io", "desk.github.io"),
        ("https://github.io/", "github.io", "github.io"),
        ("http://127.1:8000/", "127.0.0.1", "127.0.0.1"),
        ("http://[2001:DB8::1]:80/", "2001:db8::1", "2001:db8::1"),
        ("http://localhost:8000/", "localhost", "localhost"),
        ("https://新聞.jp./", "xn--efvv70d.jp", "xn--efvv70d.jp"),
    ],
)
def test_hosts_and_who_registered_them(url: str, host: str, domain: str) -> None:
    assert host_of(url) == host
    assert registrable_domain(url) == domain
    assert registrable_domain(host) == domain


def test_no_host_no_domain() -> None:
    assert host_of("mailto:a@b.example") is None
    assert host_of("https://./") is None
    assert registrable_domain("") is None
    assert registrable_domain("no host") is None


addresses = st.builds(
    "https://{}/{}{}{}".format,
    st.sampled_from(
        ["news.example", "a.cdn.ampproject.org", "www.google.com", "U:p@B.example:443"]
    ),
    st.lists(
        st.sampled_from(
            ["amp", "s", "c", "b.example", "x.amp.html", ".amp", "%20", "%e3%80%80", "/"]
        )
        | st.text(max_size=5)
    ).map("/".join),
    st.lists(
        st.sampled_from(["?", "utm_a=1", "amp", "a=%20", "%0a", "b"]) | st.text(max_size=4)
    ).map(lambda parts: "?" + "&".join(parts)),
    st.sampled_from(["", "#a", "#!b", "#!c%20 "]),
)


@given(addresses | st.text())
def test_canonical_is_a_fixed_point(url: str) -> None:
    canonical = canonical_url(url)
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert absolute_url(canonical, None) == canonical


@given(st.text(), st.none() | st.text())
def test_no_string_makes_it_raise(url: str, base: str | None) -> None:
    canonical_url(url, base)
    absolute_url(url, base)
    host_of(url)
    registrable_domain(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://reader:secret@news.example/feed?a=b@c", "https://news.example/feed?a=b@c"),
        ("https://reader@news.example:8443/", "https://news.example:8443/"),
        ("HTTPS://a:p@ss:word@news.example", "HTTPS://news.example"),
        (r"http:\\reader:secret@news.example/", "http://news.example/"),
        ("http:reader:secret@news.example/", "http://news.example/"),
        ("https://news.example/@reader", "https://news.example/@reader"),
        ("https://news.example?to=a@b.example", "https://news.example?to=a@b.example"),
        ("mailto:desk@news.example", "mailto:desk@news.example"),
        ("", ""),
    ],
)
def test_credentials_are_left_out_of_an_address(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
