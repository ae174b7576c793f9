"""Whose a new feed is."""

from __future__ import annotations

import pytest

from app.api.feed_fields import new_feed

OWN = "https://feeds.example.com/rss"


@pytest.mark.parametrize(
    ("url", "given", "declared", "domain", "shown"),
    [
        (OWN, None, None, "example.com", None),
        (OWN, None, "https://www.example.com/", "example.com", "https://www.example.com/"),
        (OWN, None, "https://other.example/", "example.com", "https://other.example/"),
        (OWN, "https://other.example/", None, "other.example", "https://other.example/"),
        (OWN, "https://a.example/", "https://b.example/", "a.example", "https://a.example/"),
        (OWN, None, "/sport", "example.com", "https://feeds.example.com/sport"),
        (OWN, None, "javascript:alert(1)", "example.com", None),
        ("https://feeds.feedburner.com/x", None, "https://n.example/", "n.example",
         "https://n.example/"),
        ("https://feedburner.com.example/x", None, "https://n.example/", "feedburner.com.example",
         "https://n.example/"),
        ("https://feeds.feedburner.com/x", None, None, "feedburner.com", None),
        ("http://127.0.0.1:8000/x", None, "https://n.example/", "n.example", "https://n.example/"),
        ("http://[fd00::1]/x", None, "https://n.example/", "n.example", "https://n.example/"),
        ("http://8.8.8.8/x", None, "https://n.example/", "8.8.8.8", "https://n.example/"),
    ],
)  # fmt: skip
def test_a_document_cannot_make_itself_anothers(
    url: str, given: str | None, declared: str | None, domain: str, shown: str | None
):
    made = new_feed(url, site_url=given, declared_site=declared)
    assert (made.domain, made.site_url) == (domain, shown)
