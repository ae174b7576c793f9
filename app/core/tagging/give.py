"""The tags that a story gets by its words: people and organizations first, then places, topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from app.core.story import Story, Tag, TagBy
from app.core.tag import MAX_TAGS
from app.core.tagging.gazetteer import place_named
from app.core.tagging.names import find_names
from app.core.tagging.places import find_places
from app.core.tagging.topics import find_topics
from app.core.tagging.types import Found, Span, Taggable
from app.core.types import Category

PLACE: Final = "place"


def with_tags(story: Story, categories: tuple[Category, ...], source_country: str | None) -> Story:
    """The story with what it is about behind the tags that it has already; at most MAX_TAGS."""
    taggable = Taggable(
        title=story.title,
        text=story.text,
        language=story.language,
        categories=categories,
        source_country=source_country,
    )
    said = (_known(tag, story.language) for tag in story.tags)
    tags = {tag.qcode: tag for tag in (*said, *_of_dateline(story))}
    for found in _found(taggable):
        tag = _tag(found, taggable)
        tags.setdefault(tag.qcode, tag)
    return replace(story, tags=tuple(tags.values())[:MAX_TAGS])


def _known(tag: Tag, language: str | None) -> Tag:
    """A publisher's place under the code that the gazetteer has for it."""
    if tag.scheme != PLACE:
        return tag
    place = place_named(tag.name, language or "en") or place_named(tag.name)
    return tag if place is None else replace(tag, code=place.code, name=place.name)


def _of_dateline(story: Story) -> Iterator[Tag]:
    """Where a story is from: its dateline is not part of its text."""
    said = story.dateline.place if story.dateline else None
    place = (place_named(said, story.language or "en") or place_named(said)) if said else None
    if place is not None:
        yield Tag(scheme=PLACE, code=place.code, name=place.name, by=TagBy.GAZETTEER, matched=said)


def _found(story: Taggable) -> Iterator[Found]:
    names = find_names(story)
    places = find_places(story, names.taken, [person.name for person in names.people])
    yield from _by_score([*names.people, *names.organizations, *places])
    yield from find_topics(story)


def _by_score(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=lambda each: -each.score)


def _tag(found: Found, story: Taggable) -> Tag:
    first = found.spans[0] if found.spans else None
    return Tag(
        scheme=found.scheme,
        code=found.code,
        name=found.name,
        by=found.by,
        matched=None if first is None else _words(first, story),
        score=round(found.score, 3),
        inferred=found.inferred,
        span=first,
        mentions=len(found.spans),
    )


def _words(span: Span, story: Taggable) -> str:
    text = story.title if span.field == "title" else story.text
    return text[span.start : span.end]
