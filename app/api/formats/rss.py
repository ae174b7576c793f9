"""RSS 2.0 (rssboard.org/rss-specification), with Dublin Core's creators, the whole text as
content:encoded, and Atom's links for the page itself and the next.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import Final

from lxml import etree

from app.api.formats.markup import ATOM, add, document
from app.api.formats.page import (
    STORIES_PATH,
    PageFormat,
    Shape,
    StoryPage,
    media_type_of,
    paragraphs,
    source_link,
    source_name,
    story_urn,
    tag_scheme,
)

MEDIA_TYPE: Final = "application/rss+xml"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
_NAMESPACES: Final = {"atom": ATOM, "dc": _DC, "content": _CONTENT}


def write(page: StoryPage) -> bytes:
    rss = etree.Element("rss", version="2.0", nsmap=_NAMESPACES)
    channel = add(rss, "channel")
    add(channel, "title", page.title)
    add(channel, "link", page.absolute(page.json_link))
    add(channel, "description", f"{page.title}, newest first or best first as asked for")
    add(channel, "lastBuildDate", format_datetime(page.updated_at, usegmt=True))
    add(channel, "generator", "Copydesk")
    _link(channel, "self", page.absolute(page.self_link))
    if page.next_link is not None:
        _link(channel, "next", page.absolute(page.next_link))
    for story in page.stories:
        _item(channel, story, page)
    return document(rss)


def _item(channel: etree._Element, story: Shape, page: StoryPage) -> None:
    item = add(channel, "item")
    add(item, "title", story["title"])
    add(item, "link", story["url"] or page.absolute(f"{STORIES_PATH}/{story['id']}"))
    add(item, "guid", story_urn(story), isPermaLink="false")
    add(item, "pubDate", format_datetime(story["published_at"], usegmt=True))
    for author in story["authors"]:
        add(item, f"{{{_DC}}}creator", author["name"])
    for tag in story["tags"]:
        add(item, "category", tag["tag"], domain=tag_scheme(tag["scheme"]))
    if story["language"]:
        add(item, f"{{{_DC}}}language", story["language"])
    if story["summary"]:
        add(item, "description", story["summary"])
    if story.get("html") or story.get("text"):
        add(item, f"{{{_CONTENT}}}encoded", story["html"] or paragraphs(story["text"]))
    _enclosure(item, story)
    add(item, "source", source_name(story), url=page.absolute(source_link(story, ".rss")))


def _enclosure(item: etree._Element, story: Shape) -> None:
    """The first file: an item has no more than one; its length must be there, 0 if unknown."""
    for enclosure in story["enclosures"][:1]:
        url, length = enclosure["url"], enclosure["length"]
        add(
            item,
            "enclosure",
            url=url,
            length=str(length or 0),
            type=media_type_of(url, enclosure["type"]),
        )


def _link(channel: etree._Element, rel: str, href: str) -> None:
    add(channel, f"{{{ATOM}}}link", rel=rel, href=href, type=MEDIA_TYPE)


RSS_FEED: Final = PageFormat(media_type=MEDIA_TYPE, suffix=".rss", write=write)
