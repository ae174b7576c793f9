"""The starter list: real news feeds of many countries, which `feeds import --starter` offers."""

from __future__ import annotations

import importlib.resources
import xml.etree.ElementTree as ET
from collections import Counter
from urllib.parse import urlsplit

import listparser
import pytest

STARTER = importlib.resources.files("app.core.vocab").joinpath("starter.opml").read_bytes()


def outlines() -> list[tuple[str, dict[str, str]]]:
    """Each feed's attributes with the country it stands under."""
    body = ET.fromstring(STARTER).find("body")  # noqa: S314 - a file of our own
    assert body is not None
    return [(country.attrib["text"], feed.attrib) for country in body for feed in country]


def test_it_is_read_without_complaint_and_in_full():
    read = listparser.parse(STARTER)
    assert not read.bozo
    assert [feed.url for feed in read.feeds] == [feed["xmlUrl"] for _, feed in outlines()]


def test_it_spans_the_world():
    countries = Counter(country for country, _ in outlines())
    languages = Counter(feed["language"].partition("-")[0] for _, feed in outlines())
    assert len(outlines()) >= 40
    assert len(countries) >= 15
    assert len(languages) >= 10
    assert countries["Japan"] >= 5
    assert languages["ja"] >= 3


def test_every_feed_is_named_and_its_address_is_safe_and_its_own():
    addresses = [feed["xmlUrl"] for _, feed in outlines()]
    assert len({address.rstrip("/").casefold() for address in addresses}) == len(addresses)
    for _, feed in outlines():
        assert feed["type"] == "rss"
        assert feed["text"] == feed["title"] != ""
        for address in (feed["xmlUrl"], feed["htmlUrl"]):
            parts = urlsplit(address)
            assert parts.scheme == "https"
            assert "." in (parts.hostname or "")
            assert address == address.strip()


@pytest.mark.parametrize(
    "publisher", ["nhk.or.jp", "asahi.com", "kyodonews.net", "japantimes.co.jp"]
)
def test_japan_is_there(publisher: str):
    hosts = [urlsplit(feed["xmlUrl"]).hostname or "" for c, feed in outlines() if c == "Japan"]
    assert any(host.endswith(publisher) for host in hosts)
