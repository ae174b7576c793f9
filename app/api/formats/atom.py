"""Atom (RFC 4287), a page of a paged feed (RFC 5005 §3)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from app.api.formats.markup import ATOM, XML_LANG, add, document
from app.api.formats.page import (
    STORIES_PATH,
    PageFormat,
    Shape,
    StoryPage,
    media_type_of,
    rfc3339,
    source_link,
    source_name,
    story_urn,
    tag_scheme,
)
from app.api.replies import JSON

MEDIA_TYPE: Final = "application/atom+xml"
_A: Final = f"{{{ATOM}}}"


def write(page: StoryPage) -> bytes:
    """The page as a feed; its id is that of the search, so all pages are one feed."""
    feed = etree.fromstring(f'<feed xmlns="{ATOM}"/>')
    add(feed, f"{_A}id", page.search_id)
    add(feed, f"{_A}title", page.title)
    add(feed, f"{_A}updated", rfc3339(page.updated_at))
    _link(feed, "self", page.absolute(page.self_link), MEDIA_TYPE)
    _link(feed, "first", page.absolute(page.first_link), MEDIA_TYPE)
    if page.next_link is not None:
        _link(feed, "next", page.absolute(page.next_link), MEDIA_TYPE)
    _link(feed, "alternate", page.absolute(page.json_link), JSON)
    add(feed, f"{_A}generator", "Copydesk")
    for story in page.stories:
        _entry(feed, story, page)
    return document(feed)


def _entry(feed: etree._Element, story: Shape, page: StoryPage) -> None:
    entry = add(feed, f"{_A}entry")
    if story["language"]:
        entry.set(XML_LANG, story["language"])
    add(entry, f"{_A}id", story_urn(story))
    add(entry, f"{_A}title", story["title"])
    add(entry, f"{_A}published", rfc3339(story["published_at"]))
    add(entry, f"{_A}updated", rfc3339(story["updated_at"]))
    for name in [author["name"] for author in story["authors"]] or [source_name(story)]:
        add(add(entry, f"{_A}author"), f"{_A}name", name)
    _links(entry, story, page)
    for tag in story["tags"]:
        add(
            entry,
            f"{_A}category",
            term=tag["tag"],
            scheme=tag_scheme(tag["scheme"]),
            label=tag["name"],
        )
    if story["summary"]:
        add(entry, f"{_A}summary", story["summary"])
    _content(entry, story)
    source = add(entry, f"{_A}source")
    add(source, f"{_A}id", f"urn:copydesk:source:{story['source']['id']}")
    add(source, f"{_A}title", source_name(story))
    _link(source, "self", page.absolute(source_link(story, ".atom")), MEDIA_TYPE)


def _links(entry: etree._Element, story: Shape, page: StoryPage) -> None:
    """To the story at its publisher's, or here if it has no address; and to its files."""
    here = page.absolute(f"{STORIES_PATH}/{story['id']}")
    if story["url"]:
        _link(entry, "alternate", story["url"], "text/html")
        _link(entry, "related", here, JSON)
    else:
        _link(entry, "alternate", here, JSON)
    for enclosure in story["enclosures"]:
        add(
            entry,
            f"{_A}link",
            rel="enclosure",
            href=enclosure["url"],
            type=media_type_of(enclosure["url"], enclosure["type"]),
            length=_length(enclosure["length"]),
        )


def _content(entry: etree._Element, story: Shape) -> None:
    if story.get("html"):
        add(entry, f"{_A}content", story["html"], type="html")
    elif story.get("text"):
        add(entry, f"{_A}content", story["text"], type="text")


def _link(parent: etree._Element, rel: str, href: str, media_type: str) -> None:
    add(parent, f"{_A}link", rel=rel, href=href, type=media_type)


def _length(length: int | None) -> str | None:
    return None if length is None else str(length)


ATOM_FEED: Final = PageFormat(media_type=MEDIA_TYPE, suffix=".atom", write=write)
