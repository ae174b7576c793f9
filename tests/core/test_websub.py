"""WebSub's rules that need no network: who tells, when to ask again, what is signed."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from app.core.types import Fetched, ParsedFeed, ServerHints, Validators
from app.core.websub import (
    LONGEST_LEASE_S,
    UNSAID_LEASE_S,
    NamedHubs,
    lease_of,
    links_of,
    named_hubs,
    next_hub,
    renewal,
    retry_after_s,
    signed,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = "https://news.example/feed"


def fetched(*links: str, url: str = FEED) -> Fetched:
    return Fetched(
        url=url,
        status=200,
        body=b"",
        content_type=None,
        validators=Validators(),
        hints=ServerHints(),
        links=links,
    )


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['<https://hub.example/>; rel="hub"'], [("hub", "https://hub.example/")]),
        (["<https://hub.example/>;rel=hub"], [("hub", "https://hub.example/")]),
        (["<https://hub.example/>;REL = HUB"], [("hub", "https://hub.example/")]),
        (["</hub>; rel=hub"], [("hub", "https://news.example/hub")]),
        (
            ['<https://a.example/x,y;z>; title="a, \\"b\\"; rel=no"; rel="self hub"'],
            [("self", "https://a.example/x,y;z"), ("hub", "https://a.example/x,y;z")],
        ),
        (
            ["<https://a.example/>; rel=hub, <https://b.example/>; rel=hub", "<../f>; rel=self"],
            [
                ("hub", "https://a.example/"),
                ("hub", "https://b.example/"),
                ("self", "https://news.example/f"),
            ],
        ),
        (['<https://a.example/>; rel="hub"; rel="self"'], [("hub", "https://a.example/")]),
        (['<https://a.example/>; rel="hub"; anchor="https://other.example/"'], []),
        (["<javascript:alert(1)>; rel=hub", "<https://a.example/>", "rel=hub", "", "<<"], []),
    ],
)
def test_links_are_read_as_the_rfc_has_them(
    headers: list[str], expected: list[tuple[str, str]]
) -> None:
    assert list(links_of(headers, FEED)) == expected


def test_a_header_without_end_costs_no_time() -> None:
    assert list(links_of(["<https://a.example/>; rel" + "; x" * 20_000, "<" * 60_000], FEED)) == []
    assert len(list(links_of(["<https://a.example/>; rel=hub," * 1000], FEED))) == 64


def test_headers_win_over_the_document() -> None:
    parsed = ParsedFeed(
        format="rss20", hub_urls=("https://document.example/",), self_url="https://d.example/feed"
    )
    headers = fetched("<https://header.example/>; rel=hub", "<https://h.example/feed>; rel=self")
    assert named_hubs(headers, parsed) == NamedHubs(
        hubs=("https://header.example/",), topic_url="https://h.example/feed"
    )
    assert named_hubs(fetched(), parsed) == NamedHubs(
        hubs=("https://document.example/",), topic_url="https://d.example/feed"
    )


def test_a_document_without_its_own_address_is_known_by_where_it_was() -> None:
    parsed = ParsedFeed(format="rss20", hub_urls=("https://u:p@hub.example/",) * 3)
    assert named_hubs(fetched(url="https://u:p@news.example/final"), parsed) == NamedHubs(
        hubs=("https://hub.example/",), topic_url="https://news.example/final"
    )


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
def test_a_signature_holds_for_its_body_and_secret_alone(method: str) -> None:
    digest = hmac.new(b"secret", b"body", getattr(hashlib, method.lower())).hexdigest()
    assert signed(b"body", "secret", f"{method}={digest}")
    assert signed(b"body", "secret", f" {method}={digest.upper()} ")
    assert not signed(b"body!", "secret", f"{method}={digest}")
    assert not signed(b"body", "other", f"{method}={digest}")
    assert not signed(b"body", "secret", f"{method}={digest[:-1]}")
    assert not signed(b"body", "secret", f"{method}=")


@pytest.mark.parametrize(
    "method", ["md5", "sha224", "sha3_256", "new", "shake_128", "", "algorithms_available"]
)
def test_no_other_method_is_taken(method: str) -> None:
    digest = hmac.new(b"secret", b"body", "md5").hexdigest()
    assert not signed(b"body", "secret", f"{method}={digest}")


@pytest.mark.parametrize("header", [None, "", "=", "sha256", "sha256=\u00e9", "\u00e9=1"])
def test_a_header_that_says_nothing_signs_nothing(header: str | None) -> None:
    assert not signed(b"body", "secret", header)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("3600", 3600),
        ("0", 1),
        ("9" * 400, LONGEST_LEASE_S),
        (None, UNSAID_LEASE_S),
        ("-1", UNSAID_LEASE_S),
        ("1e9", UNSAID_LEASE_S),
        ("\u0661", UNSAID_LEASE_S),
    ],
)
def test_leases_have_bounds(said: str | None, seconds: int) -> None:
    assert lease_of(said) == seconds


def test_a_lease_is_renewed_before_its_end_and_a_tiny_one_not_at_once() -> None:
    assert renewal(NOW, 1000) == NOW + timedelta(seconds=800)
    assert renewal(NOW, 1) == NOW + timedelta(seconds=60)


def test_a_failing_hub_is_asked_ever_less_often() -> None:
    assert [retry_after_s(n, None) for n in (1, 2, 3, 9, 99)] == [300, 600, 1200, 76_800, 86_400]
    assert retry_after_s(1, 4000) == 4000
    assert retry_after_s(3, 10) == 1200


def test_the_hub_that_works_is_kept_and_the_next_follows_one_that_does_not() -> None:
    hubs = ("a", "b", "c")
    assert next_hub(hubs, None, given_up=False) == "a"
    assert next_hub(hubs, "b", given_up=False) == "b"
    assert next_hub(hubs, "b", given_up=True) == "c"
    assert next_hub(hubs, "c", given_up=True) == "a"
    assert next_hub(hubs, "gone", given_up=True) == "a"
    assert next_hub(("a",), "a", given_up=True) == "a"
    assert next_hub((), "a", given_up=False) is None
