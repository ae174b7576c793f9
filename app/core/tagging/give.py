"""The tags that a story gets by its words: people and organizations first, then places, topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from app.core.story import Story, Tag, TagBy
from app.core.tag import MAX_TAGS, fold_code
from app.core.tagging.gazetteer import gazetteer, place_named
from app.core.tagging.model import in_use, with_model
from app.core.tagging.name_words import known_organizations
from app.core.tagging.names import find_names
from app.core.tagging.places import INFERRED, find_places
from app.core.tagging.topic_sections import Sections
from app.core.tagging.topics import find_topics
from app.core.tagging.types import Found, Span, Taggable
from app.core.types import Category

FOUND_ROOM: Final = 24
"""Of MAX_TAGS, kept for what a story says itself, however many categories its publisher gives."""

MEDTOP: Final = "medtop"
ORG: Final = "org"
PERSON: Final = "person"
PLACE: Final = "place"
_ANY_LANGUAGE: Final = "en"  # places themselves are the same in all


def with_tags(
    story: Story,
    categories: tuple[Category, ...],
    source_country: str | None,
    own_sections: Sections | None = None,
) -> Story:
    """The story with what it is about behind the tags that it has already; at most MAX_TAGS.

    `own_sections` are an operator's words for the source's categories.
    """
    taggable = Taggable(
        title=story.title,
        text=story.text,
        language=story.language,
        categories=categories,
        source_country=source_country,
    )
    tags: dict[str, Tag] = {}
    for tag in (*(_known(tag, story.language) for tag in story.tags), *_of_dateline(story)):
        tags.setdefault(tag.qcode, tag)
    bearers = _bearers(tags.values())
    found: dict[str, Tag] = {}
    for each in _found(taggable, own_sections):
        tag = _tag(each, taggable)
        if tag.qcode not in tags and not (tag.scheme == PERSON and tag.name in bearers):
            found.setdefault(tag.qcode, tag)
    for tag in _countries(tags.values()):
        if tag.qcode not in tags:
            found.setdefault(tag.qcode, tag)
    said = list(tags.values())[: MAX_TAGS - min(FOUND_ROOM, len(found))]
    given = _most_important(list(found.values()), MAX_TAGS - len(said))
    return replace(story, tags=(*said, *given))


def _bearers(said: Iterable[Tag]) -> frozenset[str]:
    """The family names of people whom the publisher names in full: texts may name them by it."""
    named = [tag.name.split() for tag in said if tag.scheme == PERSON]
    return frozenset(words[-1] for words in named if len(words) > 1)


def _most_important(tags: Sequence[Tag], room: int) -> list[Tag]:
    """As many as there is room for, in their order. Topics first, and the countries of cities,
    by which stories are searched; broader topics last, since searches imply them.
    """
    if len(tags) <= room:
        return list(tags)
    ranked = sorted(range(len(tags)), key=lambda at: (_rank(tags[at]), -tags[at].score))
    return [tags[at] for at in sorted(ranked[:room])]


def _rank(tag: Tag) -> int:
    if tag.scheme == MEDTOP:
        return 2 if tag.inferred else 0
    return 0 if tag.inferred else 1


def _known(tag: Tag, language: str | None) -> Tag:
    """A publisher's place under the code that the gazetteer has for it, and an organization's
    under that of its English name.
    """
    if tag.scheme == ORG and (name := known_organizations().get(tag.name)) is not None:
        return replace(tag, code=fold_code(name) or tag.code, name=name)
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


def _countries(said: Iterable[Tag]) -> Iterator[Tag]:
    """Those of cities and states that are no words of the text, as of those that are."""
    places = gazetteer(_ANY_LANGUAGE).places
    for tag in said:
        place = places.get(tag.code) if tag.scheme == PLACE else None
        if place is not None and place.country is not None:
            yield Tag(
                scheme=PLACE,
                code=place.country,
                name=places[place.country].name,
                by=TagBy.GAZETTEER,
                score=INFERRED,
                inferred=True,
            )


def _found(story: Taggable, own_sections: Sections | None) -> Iterator[Found]:
    names = with_model(find_names(story), story, in_use())
    places = find_places(story, names.taken, [person.name for person in names.people])
    yield from _by_score([*names.people, *names.organizations, *places])
    yield from find_topics(story, own_sections)


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
