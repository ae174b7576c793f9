"""IPTC ninjs 3.1 (iptc.org/standards/ninjs): a story as a text item; a list as a composite item
whose associations are the stories, since the standard has no list of its own.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote

from app.api.formats.page import (
    TAG_SCHEMES,
    OneStory,
    PageFormat,
    Shape,
    StoryFormat,
    StoryPage,
    media_type_of,
    rfc3339,
    source_name,
    story_urn,
)
from app.api.replies import encode

MEDIA_TYPE: Final = "application/vnd.iptc.ninjs+json"
STANDARD: Final = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
}
TAGS_THAT_ARE_NO_SUBJECTS: Final = frozenset({"agency", "lang", "org", "person", "place"})


def write(page: StoryPage) -> bytes:
    """The page; `altIds` with the role `next` leads to the one after it."""
    links = [{"role": "self", "value": page.absolute(page.self_link)}]
    if page.next_link is not None:
        links.append({"role": "next", "value": page.absolute(page.next_link)})
    return encode(
        {
            "standard": STANDARD,
            "uri": page.search_id,
            "type": "composite",
            "title": page.title,
            "versionCreated": rfc3339(page.updated_at),
            "altIds": links,
            "associations": [
                {**item(story), "name": str(story["id"]), "rel": "item"} for story in page.stories
            ],
        }
    )


def write_story(one: OneStory) -> bytes:
    return encode({"standard": STANDARD, **item(one.story)})


def item(story: Shape) -> dict[str, Any]:
    """A story; what the standard has no word for is left out, and what is absent."""
    said = {
        "uri": story_urn(story),
        "type": "text",
        "representationType": "full" if story.get("text") else "partial",
        "version": str(story["revision"]),
        "firstCreated": rfc3339(story["published_at"]),
        "versionCreated": rfc3339(story["updated_at"]),
        "pubStatus": "usable" if story["status"] == "live" else "canceled",
        "language": story["language"],
        "headlines": [{"role": "main", "contentType": "text/plain", "value": story["title"]}],
        "descriptions": _plain(story["summary"]),
        "bodies": _bodies(story),
        "by": ", ".join(author["name"] for author in story["authors"]),
        "people": [
            *({"name": author["name"], "rel": "creator"} for author in story["authors"]),
            *_about(story, "person"),
        ],
        "organisations": _about(story, "org"),
        "located": story["dateline"] and story["dateline"]["place"],
        "infoSources": _sources(story),
        "places": _about(story, "place"),
        "subjects": [
            _subject(tag) for tag in story["tags"] if tag["scheme"] not in TAGS_THAT_ARE_NO_SUBJECTS
        ],
        "renditions": _renditions(story),
        "altIds": [{"role": "publisher", "value": story["url"]}] if story["url"] else None,
    }
    return {name: value for name, value in said.items() if value}


def _plain(text: str | None) -> list[dict[str, str]]:
    return [{"role": "summary", "contentType": "text/plain", "value": text}] if text else []


def _bodies(story: Shape) -> list[dict[str, Any]]:
    text, html = story.get("text"), story.get("html")
    found = []
    if text:
        counts = {"charCount": len(text), "wordCount": story["word_count"]}
        found.append({"contentType": "text/plain", **counts, "value": text})
    if html:
        found.append({"contentType": "text/html", "value": html})
    return found


def _sources(story: Shape) -> list[dict[str, str]]:
    found = [
        {"name": source_name(story), "role": "distributor", "literal": story["source"]["domain"]}
    ]
    if story["agency"]:
        agency = story["agency"]
        found.append(
            {"name": agency["name"], "role": "originator", "literal": f"agency:{agency['code']}"}
        )
    return found


def _about(story: Shape, scheme: str) -> list[dict[str, str]]:
    """Whom or what of a kind the story is about."""
    return [
        {"name": tag["name"], "rel": "about", "literal": tag["tag"]}
        for tag in story["tags"]
        if tag["scheme"] == scheme
    ]


def _subject(tag: dict[str, Any]) -> dict[str, Any]:
    base = TAG_SCHEMES.get(tag["scheme"])
    subject = {
        "name": tag["name"],
        "rel": "about",
        "literal": tag["tag"],
        "creator": tag["by"],
        "confidence": max(0, min(100, round(tag["score"] * 100))),
    }
    return subject if base is None else {"uri": base + quote(tag["code"]), **subject}


def _renditions(story: Shape) -> list[dict[str, Any]]:
    """The story's picture, then its files; those without a whole address are left out."""
    found = []
    if story["image"]:
        found.append(_rendition("image", story["image"], None, None))
    for number, enclosure in enumerate(story["enclosures"], 1):
        name = f"enclosure-{number}"
        found.append(_rendition(name, enclosure["url"], enclosure["type"], enclosure["length"]))
    return [rendition for rendition in found if re.match("https?://", rendition["href"])]


def _rendition(name: str, url: str, said: str | None, length: int | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": name,
        "href": quote(url, safe="%/:=&?~#+!$,;'@()*[]"),
        "contentType": media_type_of(url, said),
    }
    return made if length is None else {**made, "sizeInBytes": length}


NINJS_LIST: Final = PageFormat(media_type=MEDIA_TYPE, suffix=".ninjs", write=write)
NINJS_STORY: Final = StoryFormat(media_type=MEDIA_TYPE, suffix=".ninjs", write=write_story)
