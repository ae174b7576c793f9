"""A story's tags: QCodes `scheme:code`, each with who said so and the words it rests on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from app.core.story import Agency, Tag, TagBy
from app.core.text import clean_text
from app.core.topics import topic
from app.core.types import Category, Place

MAX_TAGS = 64
MAX_CODE_CHARS = 128
MAX_NAME_CHARS = 256

_NOT_CODE = re.compile(r"[^\w]+")
_MEDIA_TOPIC = re.compile(
    r"(?:\bmedtop:|\bcv\.iptc\.org/newscodes/mediatopic/)([0-9]{8})(?![0-9])", re.IGNORECASE
)
_MEDIA_TOPICS = re.compile(r"\bcv\.iptc\.org/newscodes/mediatopic\b", re.IGNORECASE)
_TOPIC_CODE = re.compile(r"(?<![0-9])([0-9]{8})(?![0-9])")


def tag_story(
    *,
    categories: Sequence[Category],
    agency: Agency | None,
    language: str | None,
    places: Sequence[Place] = (),
    people: Sequence[Category] = (),
    organisations: Sequence[Category] = (),
) -> tuple[Tag, ...]:
    """Agency, language, then the publisher's categories, places, people and organisations, each
    in its order; at most MAX_TAGS.
    """
    said = _tags(categories, agency, language)
    places_said = ((place.name, place.code) for place in places)
    named = (
        _named("place", places_said),
        _named("person", ((one.label, one.term) for one in people)),
        _named("org", ((one.label, one.term) for one in organisations)),
    )
    tags: dict[str, Tag] = {}
    for tag in chain(said, *named):
        tags.setdefault(tag.qcode, tag)
    return tuple(tags.values())[:MAX_TAGS]


def fold_code(words: str) -> str | None:
    """Words as a code: NFKC, case folded, letters and digits of any script joined by hyphens.

    None where no letter or digit is left. fold_code(fold_code(x)) == fold_code(x).
    """
    folded = unicodedata.normalize("NFKC", clean_text(words)).casefold()
    folded = unicodedata.normalize("NFKC", folded).replace("_", " ")
    code = _NOT_CODE.sub("-", folded).strip("-")
    return code[:MAX_CODE_CHARS].rstrip("-") or None


def fold_name(name: str) -> str:
    """A name as it is looked for: NFKC, case folded, otherwise as it is."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


ORIGIN_SCHEMES: Final = frozenset({"agency", "lang"})


def tag_origin(agency: Agency | None, language: str | None) -> Iterator[Tag]:
    """The tags that say where a story comes from: ORIGIN_SCHEMES."""
    if agency is not None:
        yield Tag(scheme="agency", code=agency.code, name=agency.name, by=TagBy.RULE, inferred=True)
    if language is not None:
        yield Tag(scheme="lang", code=language, name=language, by=TagBy.RULE, inferred=True)


def _tags(
    categories: Sequence[Category], agency: Agency | None, language: str | None
) -> Iterator[Tag]:
    yield from tag_origin(agency, language)
    for category in categories:
        yield from _media_topic(category)
        name = clean_text(category.label or category.term)[:MAX_NAME_CHARS]
        code = fold_code(name)
        if code is not None:
            matched = clean_text(category.term)[:MAX_NAME_CHARS]
            yield Tag(scheme="category", code=code, name=name, by=TagBy.PUBLISHER, matched=matched)


def _named(scheme: str, said: Iterable[tuple[str | None, str | None]]) -> Iterator[Tag]:
    """What the publisher says by name that a story is about; its own codes are no codes here."""
    for raw, own in said:
        name = clean_text(raw or "")[:MAX_NAME_CHARS]
        code = fold_code(name)
        if code is not None:
            matched = clean_text(own or "")[:MAX_NAME_CHARS] or name
            yield Tag(scheme=scheme, code=code, name=name, by=TagBy.PUBLISHER, matched=matched)


def _media_topic(category: Category) -> Iterator[Tag]:
    """The IPTC media topic that a category names by its code, as NewsML-G2 and ninjs write it:
    `medtop:20000065`, the topic's address, or the code alone in the scheme of that address.

    A code newer than our edition is taken too, under the publisher's label.
    """
    scheme = category.scheme or ""
    found = _MEDIA_TOPIC.search(category.term) or (
        _MEDIA_TOPICS.search(scheme)
        and (_TOPIC_CODE.search(category.term) or _MEDIA_TOPIC.search(scheme))
    )
    if not found:
        return
    known = topic(found[1])
    label = clean_text(category.label or "")[:MAX_NAME_CHARS]
    yield Tag(
        scheme="medtop",
        code=found[1],
        name=known.name if known else label or found[1],
        by=TagBy.PUBLISHER,
        matched=clean_text(category.term)[:MAX_NAME_CHARS],
    )
