"""What the readers of XML and JSON feeds share: absolute addresses, small numbers, the raw hash."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from app.core.hashing import hash64
from app.core.text import title_text
from app.core.types import Entry, Markup

_MAX_DIGITS = 18  # what fits a BIGINT
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f\ud800-\udfff]")
_NOT_OF_A_URL = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")  # tabs and breaks: URL Standard §4.4


def absolute(url: object, base: str) -> str | None:
    """An http(s) address, resolved against `base`; None for everything else."""
    if not isinstance(url, str):
        return None
    url = _NOT_OF_A_URL.sub("", url).strip()
    try:
        joined = urljoin(base, url) if url else ""
        parts = urlsplit(joined)
    except ValueError:  # "http://[not-an-address"
        return None
    return joined if parts.scheme in ("http", "https") and parts.netloc else None


def count(value: object) -> int | None:
    """A number of bytes, pixels …: a whole one, not negative."""
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    digits = text.removesuffix(".0")
    return int(digits) if digits.isdecimal() and len(digits) <= _MAX_DIGITS else None


def position(latitude: object, longitude: object) -> tuple[float, float] | tuple[None, None]:
    """Degrees north and east, given as numbers or in words; None for both if one is none."""
    north, east = _degrees(latitude, 90), _degrees(longitude, 180)
    return (None, None) if north is None or east is None else (north, east)


def _degrees(said: object, limit: int) -> float | None:
    try:
        degrees = float(said) if isinstance(said, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return None
    return degrees if abs(degrees) <= limit else None


def text_of(value: object) -> str | None:
    """A string with something in it, stripped.

    Control characters but white space, and lone surrogates, are left out: they say nothing, and
    no database would take them all.
    """
    if not isinstance(value, str):
        return None
    return (value if value.isprintable() else _UNSTORABLE.sub("", value)).strip() or None


def feed_title(value: object, *, html: bool = True) -> str | None:
    """A feed's own name as plain text: it names the source, and is no story's to normalize."""
    text = text_of(value)
    return title_text(Markup(value=text, html=html)) or None if text else None


def unique(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def sealed(draft: Entry) -> Entry:
    """The entry with the hash of everything else that it says."""
    parts: list[str | None] = [
        draft.guid,
        draft.url,
        draft.published_raw,
        draft.updated_raw,
        draft.image_url,
        draft.language,
        draft.base_url,
    ]
    for markup in (draft.title, draft.summary, draft.content):
        parts += (None, None) if markup is None else (markup.value, "h" if markup.html else "t")
    parts += (str(len(draft.authors)), *draft.authors, str(len(draft.categories)))
    for category in draft.categories:
        parts += (category.term, category.scheme, category.label)
    for enclosure in draft.enclosures:
        parts += (enclosure.url, enclosure.type, str(enclosure.length))
    return replace(draft, raw_hash=hash64(*parts, *_of_the_wire(draft)))


def _of_the_wire(draft: Entry) -> Iterator[str | None]:
    """What few entries have; nothing for all others, whose hashes stay as they were without it."""
    for name in ("pub_status", "embargo_raw", "dateline", "located", "publisher", "editor_note"):
        if said := getattr(draft, name):
            yield from (name, said)
    if draft.credits:
        yield from ("credits", *draft.credits)
    for place in draft.places:
        where = f"{place.latitude} {place.longitude}"
        yield from ("place", place.name, place.code, where)
    for name, those in (("person", draft.people), ("organisation", draft.organisations)):
        for named in those:
            yield from (name, named.term, named.scheme, named.label)
