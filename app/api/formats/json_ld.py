"""A story as a schema.org NewsArticle, in JSON-LD."""

from __future__ import annotations

from typing import Any, Final

from app.api.formats.page import (
    STORIES_PATH,
    OneStory,
    StoryFormat,
    media_type_of,
    rfc3339,
    source_name,
    story_urn,
)
from app.api.replies import encode
from app.core.tag import ORIGIN_SCHEMES

MEDIA_TYPE: Final = "application/ld+json"
TYPES: Final = {"person": "Person", "org": "Organization", "place": "Place"}
"""Of what tags of these schemes name."""


def write(one: OneStory) -> bytes:
    story = one.story
    publisher = {"@type": "Organization", "name": source_name(story)}
    people = [{"@type": "Person", "name": author["name"]} for author in story["authors"]]
    agency = story["agency"]
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": story_urn(story),
        "identifier": story["id"],
        "url": story["url"] or f"{one.origin}{STORIES_PATH}/{story['id']}",
        "headline": story["title"],
        "description": story["summary"],
        "datePublished": rfc3339(story["published_at"]),
        "dateModified": rfc3339(story["updated_at"]),
        "author": people or [publisher],
        "publisher": publisher,
        "creditText": agency and agency["name"],
        "sourceOrganization": agency and {"@type": "NewsMediaOrganization", "name": agency["name"]},
        "dateline": story["dateline"] and story["dateline"]["text"],
        "inLanguage": story["language"],
        "mentions": [
            {"@type": TYPES[tag["scheme"]], "name": tag["name"], "identifier": tag["tag"]}
            for tag in story["tags"]
            if tag["scheme"] in TYPES and not tag["inferred"]
        ],
        "keywords": [tag["name"] for tag in story["tags"] if tag["scheme"] not in ORIGIN_SCHEMES],
        "articleBody": story["text"],
        "wordCount": story["word_count"],
        "image": story["image"],
        "associatedMedia": [_media(enclosure) for enclosure in story["enclosures"]],
    }
    return encode({name: value for name, value in said.items() if value not in (None, [], "")})


def _media(enclosure: dict[str, Any]) -> dict[str, Any]:
    url = enclosure["url"]
    media = {
        "@type": "MediaObject",
        "contentUrl": url,
        "encodingFormat": media_type_of(url, enclosure["type"]),
    }
    length = enclosure["length"]
    return media if length is None else {**media, "contentSize": str(length)}


JSON_LD_STORY: Final = StoryFormat(media_type=MEDIA_TYPE, suffix=".jsonld", write=write)
