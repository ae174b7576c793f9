"""JSON Feed 1.0 and 1.1, field by field."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.core.parse.document import parse
from app.core.types import Category, Enclosure, Entry, Failure, Markup, ParsedFeed, ParseFailed

SAMPLES = Path(__file__).parent / "samples"
URL = "https://lock.example/dir/feed.json"
V1, V11 = "https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"


def feed(document: object, *, max_entries: int = 2000) -> ParsedFeed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    result = parse(body, content_type="application/feed+json", url=URL, max_entries=max_entries)
    assert isinstance(result, ParsedFeed), result
    return result


def item(**said: Any) -> Entry:
    (entry,) = feed({"version": V11, "items": [said]}).entries
    return entry


def test_feed() -> None:
    got = feed((SAMPLES / "feed11.json").read_bytes())
    assert (got.format, got.title, got.language) == ("json11", "Lock Gazette", "en-US")
    assert got.site_url == "https://lock.example/"
    assert got.self_url == "https://lock.example/feed.json"
    assert got.hub_urls == ("https://hub.example/",)
    assert (len(got.entries), got.dropped) == (3, 0)
    assert got.notes == ("1 items skipped: not objects",)


def test_entry() -> None:
    got = feed((SAMPLES / "feed11.json").read_bytes()).entries[0]
    assert replace(got, raw_hash=0) == Entry(
        raw_hash=0,
        guid="17",
        url="https://lock.example/17",
        title=Markup(value="Gate & weir", html=False),
        summary=Markup(value="Shut <now>", html=False),
        content=Markup(value="<p>The gate <b>shut</b>.</p>", html=True),
        authors=("G. Writer", "H. Writer"),
        published_raw="2024-03-04T05:06:07-05:00",
        updated_raw="2024-03-05T05:06:07-05:00",
        categories=(Category(term="water"), Category(term="locks")),
        enclosures=(Enclosure(url="https://lock.example/17.mp3", type="audio/mpeg", length=12),),
        image_url="https://lock.example/dir/gate.jpg",
        language="en-GB",
        base_url="https://lock.example/17",
    )


def test_what_the_feed_says_of_its_items() -> None:
    got = feed((SAMPLES / "feed11.json").read_bytes()).entries[1]
    assert got.url == "https://other.example/b"
    assert got.content == Markup(value="Plain <text>", html=False)
    assert got.authors == ("Lock Desk",)


def test_version_1_has_one_author() -> None:
    got = feed({"version": V1, "items": [{"id": "1", "author": {"name": "I. Writer"}}]})
    assert (got.format, got.entries[0].authors) == ("json10", ("I. Writer",))


def test_a_missing_version_is_noted() -> None:
    got = feed({"items": [{"id": "1"}]})
    assert got.format == "json11"
    assert got.notes == ("no JSON Feed version: read as 1.1 by its items",)


def test_cap() -> None:
    got = feed({"version": V11, "items": [{"id": str(n)} for n in range(9)]}, max_entries=4)
    assert ([entry.guid for entry in got.entries], got.dropped) == (list("0123"), 5)


def test_a_banner_will_do_for_an_image() -> None:
    assert item(banner_image="/b.png").image_url == "https://lock.example/b.png"


@pytest.mark.parametrize("wrong", [None, 1, True, "x", [], {}, [1], [[]], [None], {"a": []}])
@pytest.mark.parametrize(
    "name",
    "title url authors author tags attachments content_html date_published image language".split(),
)
def test_values_of_the_wrong_type_are_as_good_as_absent(name: str, wrong: object) -> None:
    if isinstance(wrong, str) and name not in ("authors", "author", "tags", "attachments"):
        return
    assert item(id="1", **{name: wrong}).raw_hash == item(id="1").raw_hash


@pytest.mark.parametrize("wrong", [None, 1, "x", [1], {"url": 1}, [{"type": "WebSub"}]])
@pytest.mark.parametrize("name", ["title", "home_page_url", "feed_url", "hubs", "authors"])
def test_feed_values_of_the_wrong_type(name: str, wrong: object) -> None:
    got = feed({"version": V11, "items": [], name: wrong})
    assert got.entries == ()
    assert got.hub_urls == ()


def test_with_a_mark_and_white_space() -> None:
    body = b"\xef\xbb\xbf \n" + json.dumps({"version": V11, "items": [{"id": "1"}]}).encode()
    assert len(feed(body).entries) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"items": [{"id": "1"}, {"id": ', Failure.TRUNCATED),
        (b'{"items": [{"id": "1"}]', Failure.TRUNCATED),
        (b'{"items": [{"id": "1"}}', Failure.NOT_A_FEED),
        (b'{"items": {}}', Failure.NOT_A_FEED),
        (b"[" * 100_000, Failure.NOT_A_FEED),
        (b"[]", Failure.NOT_A_FEED),
    ],
)
def test_what_is_no_feed(body: bytes, kind: Failure) -> None:
    result = parse(body, content_type=None, url=URL)
    assert isinstance(result, ParseFailed)
    assert result.kind is kind


UNSTORABLE = "\x00\x01\x1b\x7f\udfff\ud800"


def strings(value: object) -> list[str]:
    """Every string there is in a value made of dataclasses and tuples."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        return [s for f in fields(value) for s in strings(getattr(value, f.name))]
    return [s for part in value for s in strings(part)] if isinstance(value, tuple) else []


def test_no_string_holds_what_a_database_refuses() -> None:
    page = f"https://lock.example/a{UNSTORABLE}b"
    said = f"2026{UNSTORABLE}-11"
    one = {
        "id": said,
        "url": page,
        "title": said,
        "summary": said,
        "content_html": said,
        "authors": [{"name": said}],
        "date_published": said,
        "date_modified": said,
        "tags": [said],
        "attachments": [{"url": page, "mime_type": said}],
        "image": page,
        "language": said,
    }
    read = feed(
        {
            "version": V11,
            "title": said,
            "home_page_url": page,
            "feed_url": page,
            "hubs": [{"type": "WebSub", "url": page}],
            "language": said,
            "items": [one, {"id": UNSTORABLE, "title": "Without an id"}],
        }
    )
    assert not [s for s in strings(read) if set(s) & set(UNSTORABLE)]
    assert read.entries[0].guid == read.entries[0].published_raw == "2026-11"
    assert read.site_url == read.self_url == "https://lock.example/ab"
    assert read.hub_urls == ("https://lock.example/ab",)
    assert read.entries[1].guid is None


def test_characters_beyond_the_16_bit_ones() -> None:
    assert item(title="Sails \U0001f600", id="\ud83d").title == Markup(
        value="Sails \U0001f600", html=False
    )
