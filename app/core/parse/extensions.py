"""What entries say in other vocabularies than their feed's: Dublin Core, PRISM, Media RSS, GeoRSS,
W3C Geo, WordPress; as feedparser names it.

Numbers of comments, views and shares (slash:comments, thr:total, media:statistics) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from app.core.parse.fields import position, text_of, unique
from app.core.types import Category, Place

_SEPARATORS: Final = re.compile(r"[,;，、]")


def credits_of(found: dict[str, Any]) -> tuple[str, ...]:
    """Whom an entry was taken from: the source of RSS and Atom, Dublin Core's."""
    source = found.get("source")
    title = text_of(source.get("title")) if isinstance(source, dict) else None
    named = [title, text_of(found.get("dc_source"))]
    return unique([name for name in named if name and "://" not in name])


def publisher_of(found: dict[str, Any]) -> str | None:
    return text_of(found.get("publisher")) or text_of(found.get("prism_publicationname"))


def excerpt_of(found: dict[str, Any]) -> str | None:
    """A summary that is not called one: WordPress's excerpt, PRISM's teaser."""
    return text_of(found.get("excerpt_encoded")) or text_of(found.get("prism_teaser"))


def keywords_of(found: dict[str, Any]) -> Iterator[Category]:
    for name in ("media_keywords", "prism_keyword"):
        for word in _SEPARATORS.split(text_of(found.get(name)) or ""):
            if term := text_of(word):
                yield Category(term=term)
    if section := text_of(found.get("prism_section")):
        yield Category(term=section)


def people_of(found: dict[str, Any]) -> tuple[Category, ...]:
    return _named(found, "prism_person")


def organisations_of(found: dict[str, Any]) -> tuple[Category, ...]:
    return _named(found, "prism_organization")


def _named(found: dict[str, Any], name: str) -> tuple[Category, ...]:
    said = text_of(found.get(name))
    return (Category(term=said, label=said),) if said else ()


def places_of(found: dict[str, Any]) -> tuple[Place, ...]:
    """A point with its name, and places by name alone."""
    latitude, longitude = _point(found)
    name = text_of(found.get("georss_featurename"))
    here = Place(name=name, latitude=latitude, longitude=longitude)
    named = [text_of(found.get(key)) for key in ("prism_location", "dcterms_spatial")]
    others = tuple(Place(name=said) for said in unique([n for n in named if n and n != name]))
    return (here, *others) if name or latitude is not None else others


def _point(found: dict[str, Any]) -> tuple[float | None, float | None]:
    """Degrees north and east; only points are places, of lines and areas the middle is none."""
    where = found.get("where")
    if isinstance(where, dict) and where.get("type") == "Point":
        longitude, latitude = (*where.get("coordinates", ()), None, None)[:2]
    else:
        latitude, longitude = found.get("geo_lat"), found.get("geo_long")
    return position(latitude, longitude)
