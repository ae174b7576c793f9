"""One ninjs item → our Entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.core.parse.fields import absolute, position, sealed, text_of, unique
from app.core.parse.ninjs_fields import Item, first, name_of, objects
from app.core.parse.ninjs_media import files_of, page_of, picture_of
from app.core.parse.nitf import read_article
from app.core.parse.prepare import prepare
from app.core.parse.tree import NoTree, read_tree
from app.core.parse.wire import pub_status, topic_name, topic_of
from app.core.types import Category, Entry, Markup, Place

_OF_MAKERS: Final = ("writer", "creditline", "credit")
"""Roles of descriptions that say who made the item, not what it is about."""


def read_item(item: Item, document: str) -> Entry:
    uri = text_of(item.get("uri"))
    url = page_of(item, document) or (absolute(uri, document) if uri and "://" in uri else None)
    title, summary, content = _headline(item), _summary(item), _content(item)
    people = list(objects(item, "people", "person"))
    return sealed(
        Entry(
            raw_hash=0,
            guid=uri,
            url=url,
            title=Markup(value=title, html=False) if title else None,
            summary=summary,
            content=content,
            authors=_authors(item, people),
            published_raw=first(item, "firstcreated", "contentcreated", "versioncreated"),
            updated_raw=first(item, "versioncreated", "contentmodified"),
            categories=tuple(_categories(item)),
            enclosures=tuple(files_of(item, document)),
            image_url=picture_of(item, document),
            language=text_of(item.get("language")),
            base_url=url or document,
            embargo_raw=text_of(item.get("embargoed")),
            pub_status=pub_status(item.get("pubstatus")),
            dateline=text_of(item.get("dateline")),
            located=text_of(item.get("located")),
            credits=tuple(_credits(item)),
            publisher=first(item, "source", "provider", "copyrightholder"),
            editor_note=text_of(item.get("ednote")),
            places=tuple(_places(item)),
            people=tuple(_category(p) for p in people if name_of(p) and not _is_creator(p)),
            organisations=tuple(
                _category(o)
                for o in objects(item, "organisations", "organizations", "organisation")
                if name_of(o)
            ),
        )
    )


# --- words --------------------------------------------------------------------------------------


def _headline(item: Item) -> str | None:
    """The one that calls itself main, else the first; 1.x has one and variants named after it."""
    listed = list(objects(item, "headlines"))
    main = [h for h in listed if h.get("role") in ("main", None)] or listed
    said = (text_of(headline.get("value")) for headline in main)
    return next(filter(None, said), None) or first(item, "headline", "title", "name")


def _summary(item: Item) -> Markup | None:
    """A text that describes the item; a picture's caption if there is nothing else."""
    listed = [
        (described, text)
        for described in objects(item, "descriptions")
        if described.get("role") not in _OF_MAKERS and (text := text_of(described.get("value")))
    ]
    listed.sort(key=lambda one: one[0].get("role") == "caption")
    for described, text in listed:
        return Markup(value=text, html=_is_html(described))
    if text := first(item, "description_xhtml", "description_html"):
        return Markup(value=text)
    text = first(item, "description_text", "description_summary", "description_caption")
    return Markup(value=text, html=False) if text else None


def _bodies(item: Item) -> list[Markup]:
    found = [
        Markup(value=text, html=True)
        for name in ("body_xhtml", "body_html")
        if (text := text_of(item.get(name)))
    ]
    if text := text_of(item.get("body_text")):
        found.append(Markup(value=text, html=False))
    found += [
        _nitf(text) or Markup(value=text, html=_is_html(body))
        for body in objects(item, "bodies")
        if (text := text_of(body.get("value")))
    ]
    return found


def has_text(item: Item) -> bool:
    return bool(_bodies(item))


def _content(item: Item) -> Markup | None:
    """Of the same text HTML says more: the longest HTML, else the longest plain text."""
    return max(_bodies(item), key=lambda b: (b.html, len(b.value)), default=None)


def _nitf(text: str) -> Markup | None:
    """The text of a body that is an NITF document."""
    if "<nitf" not in text[:2000] and "<body.content" not in text:
        return None
    prepared, _ = prepare(text)
    tree = read_tree(prepared)
    return None if isinstance(tree, NoTree) else Markup(value=read_article(tree.root).content)


def _is_html(said: Item) -> bool:
    kind = str(said.get("contenttype") or said.get("role") or "").lower()
    return "html" in kind


# --- who and what -------------------------------------------------------------------------------


def _authors(item: Item, people: Sequence[Item]) -> tuple[str, ...]:
    lines = [text_of(line.get("value") or line.get("name")) for line in objects(item, "bylines")]
    lines += [first(item, "byline", "by")]
    said = [line for line in lines if line]
    return unique(said or [name for p in people if _is_creator(p) and (name := name_of(p))])


def _is_creator(person: Item) -> bool:
    return str(person.get("rel")).lower() in ("creator", "author", "writer")


def _credits(item: Item) -> Iterator[str]:
    sources = list(objects(item, "infosources", "infosource"))
    sources.sort(key=lambda source: source.get("role") != "originator")
    lines = (d for d in objects(item, "descriptions") if d.get("role") == "creditline")
    said = [first(item, "creditline"), *(text_of(line.get("value")) for line in lines)]
    said += [*(name_of(source) for source in sources)]
    yield from unique([name for name in said if name])


def _categories(item: Item) -> Iterator[Category]:
    for subject in objects(item, "subjects", "subject"):
        category = _category(subject)
        if label := category.label or topic_name(category.term):
            yield replace(category, label=label)
    for genre in objects(item, "genres", "genre"):
        if name_of(genre):
            yield Category(term=name_of(genre) or "", scheme="genre")
    keywords = item.get("keywords")
    for keyword in keywords if isinstance(keywords, list) else ():
        if word := text_of(keyword):
            yield Category(term=word)
    if slugline := text_of(item.get("slugline")):
        yield Category(term=slugline, scheme="slugline")


def _category(named: Item) -> Category:
    """A concept: its address, its QCode, or its code in its scheme, with its name."""
    code, scheme = first(named, "uri", "qcode"), text_of(named.get("scheme"))
    if code is None and (own := first(named, "code", "literal")):
        iptc = own.isdecimal() and len(own) == len("00000000") and scheme is None
        code = topic_of(own) if iptc else own
    return Category(term=code or name_of(named) or "", scheme=scheme, label=name_of(named))


def _places(item: Item) -> Iterator[Place]:
    for place in objects(item, "places", "place"):
        latitude, longitude = _position(place)
        if name_of(place) or latitude is not None:
            yield Place(
                name=name_of(place),
                code=first(place, "uri", "qcode", "code"),
                latitude=latitude,
                longitude=longitude,
            )


def _position(place: Item) -> tuple[float, float] | tuple[None, None]:
    """GeoJSON's order is longitude, latitude (RFC 7946 §3.1.1)."""
    shape = place.get("geojson") or place.get("geometry_geojson")
    pair = shape.get("coordinates") if isinstance(shape, dict) else None
    longitude, latitude = (*(pair if isinstance(pair, list) else ()), None, None)[:2]
    return position(latitude, longitude)
