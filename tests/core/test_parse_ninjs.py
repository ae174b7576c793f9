"""ninjs of three generations: the same item reads the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.parse.document import parse
from app.core.types import (
    Category,
    Enclosure,
    Entry,
    Failure,
    Markup,
    ParsedFeed,
    ParseFailed,
    ParseResult,
    Place,
)

URL = "https://wire.example/latest.json"

TOPICS = "http://cv.iptc.org/newscodes/mediatopic/"

ONE: dict[str, Any] = {
    "uri": "urn:wire.example:ferry",
    "type": "text",
    "version": "3",
    "versioncreated": "2026-11-03T12:00:00Z",
    "firstcreated": "2026-11-03T10:00:00Z",
    "pubstatus": "usable",
    "language": "en",
    "headline": "Ferry in Arvik is out of service",
    "byline": "Ada Lund",
    "located": "Arvik",
    "ednote": "Adds quote",
    "description_text": "It stays at its pier.",
    "body_text": "The ferry stayed in Arvik.",
    "body_xhtml": "<p>The ferry stayed in Arvik.</p>",
    "infosource": [{"name": "Coast Press"}],
    "subject": [{"code": "20000350", "name": "central bank"}],
    "place": [
        {"name": "Arvik", "geometry_geojson": {"type": "Point", "coordinates": [5.25, 60.5]}}
    ],
    "person": [{"name": "Mia Berg", "rel": "about"}],
    "organisation": [{"name": "Arvik Ferries"}],
    "slugline": "Ferry-Arvik",
    "renditions": {"main": {"href": "/f.jpg", "mimetype": "image/jpeg", "width": 400}},
}
TWO: dict[str, Any] = {
    **{k: ONE[k] for k in ("uri", "type", "version", "versioncreated", "firstcreated", "pubstatus",
                           "language", "located", "ednote", "slugline")},
    "by": "Ada Lund",
    "headlines": [{"role": "short", "value": "Ferry"},
                  {"role": "main", "value": "Ferry in Arvik is out of service"}],
    "descriptions": [{"role": "creditline", "value": "CPW"},
                     {"role": "summary", "value": "It stays at its pier."}],
    "bodies": [{"contenttype": "text/plain", "value": "The ferry stayed in Arvik, we know."},
               {"contenttype": "text/html", "value": "<p>The ferry stayed in Arvik.</p>"}],
    "infosources": [{"name": "Wire", "role": "distributor"},
                    {"name": "Coast Press", "role": "originator"}],
    "subjects": [{"uri": f"{TOPICS}20000350", "name": "central bank"}],
    "places": [{"name": "Arvik", "geojson": {"type": "Point", "coordinates": [5.25, 60.5]}}],
    "people": [{"name": "Mia Berg", "rel": "about"}],
    "organisations": [{"name": "Arvik Ferries"}],
    "associations": [{"name": "photo", "uri": "urn:p", "type": "picture", "renditions": [
        {"href": "https://img.wire.example/small.jpg", "contenttype": "image/jpeg", "width": 90},
        {"href": "/f.jpg", "contenttype": "image/jpeg", "width": 400}]}],
}  # fmt: skip
CAPITALS = {
    "versioncreated": "versionCreated", "firstcreated": "firstCreated", "pubstatus": "pubStatus",
    "contenttype": "contentType", "infosources": "infoSources", "ednote": "edNote",
}  # fmt: skip


def with_capitals(said: Any) -> Any:
    """3.x is 2.x with capitals within its names."""
    if isinstance(said, dict):
        return {CAPITALS.get(name, name): with_capitals(value) for name, value in said.items()}
    return [with_capitals(one) for one in said] if isinstance(said, list) else said


THREE = {"standard": {"name": "ninjs", "version": "3.1"}, **with_capitals(TWO)}


def read(document: object) -> ParseResult:
    return parse(json.dumps(document).encode(), content_type="application/json", url=URL)


def feed(document: object) -> ParsedFeed:
    result = read(document)
    assert isinstance(result, ParsedFeed), result
    assert result.format == "ninjs"
    return result


def entry(document: object) -> Entry:
    (only,) = feed(document).entries
    return only


@pytest.mark.parametrize("document", [ONE, TWO, THREE], ids=["1.x", "2.x", "3.x"])
def test_every_generation(document: dict[str, Any]) -> None:
    got = entry(document)
    assert (got.guid, got.url) == ("urn:wire.example:ferry", None)
    assert got.title == Markup(value="Ferry in Arvik is out of service", html=False)
    assert got.summary == Markup(value="It stays at its pier.", html=False)
    assert got.content == Markup(value="<p>The ferry stayed in Arvik.</p>")
    assert got.authors == ("Ada Lund",)
    assert (got.published_raw, got.updated_raw) == ("2026-11-03T10:00:00Z", "2026-11-03T12:00:00Z")
    assert (got.language, got.located, got.editor_note) == ("en", "Arvik", "Adds quote")
    assert "Coast Press" in got.credits[:2]
    assert got.places == (Place(name="Arvik", latitude=60.5, longitude=5.25),)
    assert got.people == (Category(term="Mia Berg", label="Mia Berg"),)
    assert got.organisations == (Category(term="Arvik Ferries", label="Arvik Ferries"),)
    assert got.image_url == "https://wire.example/f.jpg"
    topic, slugline = got.categories
    assert topic.term.endswith("20000350")
    assert topic.label == "central bank"
    assert slugline == Category(term="Ferry-Arvik", scheme="slugline")


@pytest.mark.parametrize(
    "document", [[ONE, {**ONE, "uri": "urn:b"}], {"items": [ONE, {**ONE, "uri": "urn:b"}]},
                 {"type": "composite", "uri": "urn:l", "versionCreated": "2026-11-03T12:00:00Z",
                  "associations": [ONE, {**ONE, "uri": "urn:b"}]},
                 {"data": [{**ONE, "version": "2"}, {**ONE, "uri": "urn:b"}, ONE]}],
    ids=["list", "items", "composite", "versions"],
)  # fmt: skip
def test_several_items(document: object) -> None:
    got = feed(document)
    assert [e.guid for e in got.entries] == ["urn:wire.example:ferry", "urn:b"]


def test_the_last_version_of_an_item_is_taken() -> None:
    got = feed([{**ONE, "version": "10", "headline": "Tenth"}, {**ONE, "version": "9"}])
    assert [e.title and e.title.value for e in got.entries] == ["Tenth"]
    assert got.notes == ("1 older versions skipped",)


@pytest.mark.parametrize(
    ("said", "status"),
    [("usable", None), ("canceled", "canceled"), ("withheld", "withheld"), (None, None), (3, None)],
)
def test_what_may_be_published(said: object, status: str | None) -> None:
    assert entry({**ONE, "pubstatus": said}).pub_status == status


def test_an_embargo() -> None:
    assert entry({**ONE, "embargoed": "2026-11-05T06:00:00Z"}).embargo_raw == "2026-11-05T06:00:00Z"


def test_a_page_that_an_item_names_is_its_address() -> None:
    page = [{"role": "publisher", "value": "https://coast.example/ferry"}]
    assert entry({**THREE, "altIds": page}).url == "https://coast.example/ferry"
    assert entry({**ONE, "uri": "https://coast.example/i/1"}).url == "https://coast.example/i/1"


def test_people_who_made_it_are_its_authors_and_not_its_subject() -> None:
    got = entry(
        {
            "uri": "urn:a",
            "headline": "A",
            "people": [{"name": "Ada Lund", "rel": "creator"}, {"name": "Mia Berg"}],
        }
    )
    assert got.authors == ("Ada Lund",)
    assert [person.label for person in got.people] == ["Mia Berg"]


def test_a_body_in_nitf() -> None:
    body = "<body><body.content><p>It stops.</p></body.content></body>"
    nitf = f"<?xml version='1.0'?><nitf>{body}</nitf>"
    got = entry({"uri": "u", "headline": "A", "bodies": [{"role": "nitf", "value": nitf}]})
    assert got.content == Markup(value="<p>It stops.</p>")


def test_films_and_sound() -> None:
    film = {"href": "/f.mp4", "contentType": "video/mp4", "sizeInBytes": 9}
    got = entry({**THREE, "renditions": [film]})
    assert got.enclosures == (
        Enclosure(url="https://wire.example/f.mp4", type="video/mp4", length=9),
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"headlines": "x", "headline": ["y"], "bodies": {"value": 3}, "subjects": [1, None, {}],
         "places": [{"geojson": {"coordinates": ["a", 1]}}], "people": "x", "associations": 4,
         "renditions": [None, {"href": 5}], "version": {}, "altIds": "x", "by": 7},
    ],
)  # fmt: skip
def test_odd_values_are_no_reason_to_raise(odd: dict[str, Any]) -> None:
    got = entry({**ONE, **odd, "title": "Ferry"})
    assert got.title == Markup(value="Ferry", html=False)


@pytest.mark.parametrize(
    "document",
    [
        {"uri": "urn:a", "type": "event", "headline": "Meeting"},
        {"standard": {"name": "ninjs"}, "uri": "urn:a", "type": "text"},
        [{"uri": "urn:a", "pubstatus": "usable"}],
    ],
)
def test_items_that_tell_no_story_are_refused(document: object) -> None:
    got = read(document)
    assert isinstance(got, ParseFailed)
    assert (got.kind, "no stories" in got.detail) == (Failure.NOT_A_FEED, True)


def test_a_truncated_document_is_told_from_one_that_is_no_json() -> None:
    got = parse(json.dumps([ONE]).encode()[:-50], content_type=None, url=URL)
    assert isinstance(got, ParseFailed)
    assert got.kind is Failure.TRUNCATED


def test_a_json_feed_stays_a_json_feed() -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [{"id": "1", "uri": "urn:a", "headline": "x", "title": "Ferry"}],
    }
    got = read(document)
    assert isinstance(got, ParsedFeed)
    assert got.format == "json11"


def test_items_without_words_are_skipped_beside_others() -> None:
    got = feed([ONE, {"uri": "urn:b", "pubstatus": "usable"}])
    assert got.notes == ("1 items without headline and text skipped",)


def test_keywords_and_genres() -> None:
    got = entry(
        {
            **ONE,
            "keywords": ["pier", "", 3],
            "genres": [{"name": "Current"}, {}],
            "subject": [{"literal": "20000350"}, {"code": "own:1"}],
        }
    )
    assert got.categories == (
        Category(term="medtop:20000350", label="central bank"),
        Category(term="Current", scheme="genre"),
        Category(term="pier"),
        Category(term="Ferry-Arvik", scheme="slugline"),
    )


def test_a_description_in_html_and_places_without_a_name() -> None:
    got = entry(
        {
            "uri": "urn:a",
            "headline": "A",
            "description_html": "<p>It stops.</p>",
            "altids": [{"role": "other", "value": "1"}],
            "places": [{}, {"geojson": {"coordinates": [5, 60]}}],
        }
    )
    assert got.summary == Markup(value="<p>It stops.</p>")
    assert got.places == (Place(latitude=60.0, longitude=5.0),)
