"""feedparser's item → our Entry.

Plain or HTML is what the feed says where the format lets it (Atom's `type`). RSS does not:
descriptions are HTML there; a title is plain unless it holds a closing tag or a character
reference after XML has been read, and no tag that is not HTML's (feedparser's rule). So
"Tom &amp; Jerry" and "5 &lt; 6" are plain, "AT&amp;amp;T" and "&lt;i&gt;Ulysses&lt;/i&gt;" HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.core.parse.extensions import (
    credits_of,
    excerpt_of,
    keywords_of,
    organisations_of,
    people_of,
    places_of,
    publisher_of,
)
from app.core.parse.fields import absolute, count, sealed, text_of, unique
from app.core.types import Category, Enclosure, Entry, Markup

Found: TypeAlias = dict[str, Any]
"""What feedparser made of an element, as a plain dict.

Its own kind of dict tries other names for what is absent, warns over dates, and is ten times
slower at it.
"""

_HTML = ("text/html", "application/xhtml+xml")
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an entry takes from its feed."""

    url: str  # of the document
    site_url: str | None
    atom: bool
    authors: tuple[str, ...] = ()  # of the feed, which Atom gives to entries that name none


def read_entry(item: Found, feed: Surroundings) -> Entry:
    found = dict(item)
    base = _declared_base(found, feed.url)
    link_base = base or (feed.url if feed.atom else feed.site_url or feed.url)
    url = _link(found, link_base)
    content = _content(found)
    draft = Entry(
        raw_hash=0,
        guid=text_of(found.get("id")) or text_of(found.get("dc_identifier")),
        url=url,
        title=_named(found, "title"),
        summary=_summary(found, content),
        content=content,
        authors=read_authors(found, atom=feed.atom) or _source_authors(found) or feed.authors,
        published_raw=_text(found, "published", "created", "prism_publicationdate"),
        updated_raw=_text(found, "updated", "prism_modificationdate"),
        categories=_categories(found),
        enclosures=_enclosures(found, link_base),
        image_url=_image(found, link_base),
        language=_language(found),
        base_url=base or (feed.url if feed.atom else url or link_base),
        credits=credits_of(found),
        publisher=publisher_of(found),
        places=places_of(found),
        people=people_of(found),
        organisations=organisations_of(found),
    )
    return sealed(draft)


def _text(found: Found, *names: str) -> str | None:
    """The first of the elements that says something."""
    said = (text_of(found.get(name)) for name in names)
    return next(filter(None, said), None)


def _summary(found: Found, content: Markup | None) -> Markup | None:
    """The entry's own; a picture's caption only if there is no other text."""
    if own := _named(found, "summary"):
        return own
    if excerpt := excerpt_of(found):
        return Markup(value=excerpt)
    return None if content else _named(found, "info")


def _source_authors(found: Found) -> tuple[str, ...]:
    """Of the feed that an Atom entry was taken from (RFC 4287 §4.2.11)."""
    source = found.get("source")
    return read_authors(dict(source), atom=True) if isinstance(source, dict) else ()


def links(found: Found, rel: str) -> Iterator[Found]:
    for link in map(dict, found.get("links", ())):
        if link.get("rel") == rel and text_of(link.get("href")):
            yield link


def read_authors(found: Found, *, atom: bool) -> tuple[str, ...]:
    """Names, else addresses; RSS gives one author as it stands there: "a@b.example (A and B)"."""
    people = [dict(person) for person in found.get("authors", ()) if person]
    raw = text_of(found.get("author"))
    if raw and not atom and len(people) <= 1:
        return (raw,)
    names = [text_of(person.get("name")) or text_of(person.get("email")) for person in people]
    return unique([name for name in names if name])


def _declared_base(found: Found, document: str) -> str | None:
    """xml:base, from the innermost piece of text that has one."""
    for detail in _details(found):
        if base := text_of(detail.get("base")):
            return absolute(base, document)
    return None


def _details(found: Found) -> Iterator[Found]:
    """What is known of the content, the summary and the title."""
    yield from map(dict, found.get("content", ()))
    for name in ("summary_detail", "title_detail"):
        if name in found:
            yield dict(found[name])


def _link(found: Found, base: str) -> str | None:
    """The story's page: its address before a click counter, an alternate, or a guid that is one."""
    if original := absolute(found.get("feedburner_origlink"), base):
        return original
    alternates = [
        (link.get("type", "text/html") not in _HTML, address)
        for link in links(found, "alternate")
        if (address := absolute(link["href"], base))
    ]
    if alternates:
        return min(alternates, key=lambda link: link[0])[1]
    permalink = text_of(found.get("id")) if found.get("guidislink") else None
    is_address = permalink is not None and permalink.lower().startswith(
        ("http://", "https://", "/")
    )
    return absolute(permalink, base) if is_address else None


def _named(found: Found, name: str) -> Markup | None:
    """A piece of text; without its detail it is feedparser's copy of another one."""
    detail = found.get(f"{name}_detail")
    return _markup(found.get(name), dict(detail)) if detail else None


def _markup(value: object, detail: Found) -> Markup | None:
    text = text_of(value)
    return Markup(value=text, html=detail.get("type", "text/html") in _HTML) if text else None


def _content(found: Found) -> Markup | None:
    """The longest text: some feeds give an excerpt as HTML and the whole as plain text."""
    texts = [
        markup
        for detail in map(dict, found.get("content", ()))
        if detail.get("type", "text/html") in (*_HTML, "text/plain")
        and (markup := _markup(detail.get("value"), detail))
    ]
    return max(texts, key=lambda markup: len(markup.value), default=None)


def _categories(found: Found) -> tuple[Category, ...]:
    said: dict[Category, None] = {}
    for tag in map(dict, found.get("tags", ())):
        term = text_of(tag.get("term")) or text_of(tag.get("label"))
        if term:
            scheme, label = text_of(tag.get("scheme")), text_of(tag.get("label"))
            said[Category(term=term, scheme=scheme, label=label)] = None
    said.update(dict.fromkeys(keywords_of(found)))
    return tuple(said)


def _enclosures(found: Found, base: str) -> tuple[Enclosure, ...]:
    """RSS and Atom enclosures, and Media RSS's sound and films; one for each address."""
    said: dict[str, Enclosure] = {}
    for link in links(found, "enclosure"):
        if url := absolute(link["href"], base):
            length = count(link.get("length"))
            said.setdefault(url, Enclosure(url=url, type=text_of(link.get("type")), length=length))
    for media in found.get("media_content", ()):
        url = absolute(media.get("url"), base)
        if url and _kind(media) in ("audio", "video"):
            length = count(media.get("filesize"))
            said.setdefault(url, Enclosure(url=url, type=text_of(media.get("type")), length=length))
    return tuple(said.values())


def _image(found: Found, base: str) -> str | None:
    """The widest Media RSS picture, else the widest thumbnail, else the item's own image."""
    pictures = [media for media in found.get("media_content", ()) if _kind(media) == "image"]
    for candidates in (pictures, found.get("media_thumbnail", ())):
        sized = [
            (count(media.get("width")) or 0, url)
            for media in candidates
            if (url := absolute(media.get("url"), base))
        ]
        if sized:
            return max(sized, key=lambda picture: picture[0])[1]
    image = found.get("image")
    return absolute(image.get("href"), base) if isinstance(image, dict) else None


def _kind(media: Found) -> str | None:
    """What a media:content is: "image", "audio", "video" …; by medium, type or ending."""
    said = media.get("medium") or str(media.get("type") or "").partition("/")[0]
    if said:
        return str(said).lower()
    path = str(media.get("url") or "").partition("?")[0].lower()
    return "image" if path.endswith(_IMAGES) else None


def _language(found: Found) -> str | None:
    if own := text_of(found.get("language")):
        return own
    for detail in _details(found):
        if language := text_of(detail.get("language")):
            return language
    return None
