"""The tags that a story gets by its words: people and organizations first, then places, topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.core.story import Story, Tag
from app.core.tag import MAX_TAGS
from app.core.tagging.names import find_names
from app.core.tagging.places import find_places
from app.core.tagging.topics import find_topics
from app.core.tagging.types import Found, Span, Taggable
from app.core.types import Category


def with_tags(story: Story, categories: tuple[Category, ...], source_country: str | None) -> Story:
    """The story with what it is about behind the tags that it has already; at most MAX_TAGS."""
    taggable = Taggable(
        title=story.title,
        text=story.text,
        language=story.language,
        categories=categories,
        source_country=source_country,
    )
    tags = {tag.qcode: tag for tag in story.tags}
    for found in _found(taggable):
        tag = _tag(found, taggable)
        tags.setdefault(tag.qcode, tag)
    return replace(story, tags=tuple(tags.values())[:MAX_TAGS])


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
