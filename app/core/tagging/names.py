"""The people and organizations that a story names, found without any model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from app.core.tagging.east_asian import read_east_asian
from app.core.tagging.join import Named, join_organizations, join_people, judged
from app.core.tagging.name_mentions import THRESHOLD, Mention, sure
from app.core.tagging.name_words import name_words
from app.core.tagging.orgs import read_organizations
from app.core.tagging.people import read_people
from app.core.tagging.types import Field, Found, Span, Taggable
from app.core.tagging.words import Word, begins_sentence, capitalized, is_shouted, is_title_case

_FIELDS: tuple[Field, ...] = get_args(Field)
_ALONE = 0.45
_BESIDE = 0.35
_LONGEST = 100
_COURTESY = frozenset({"Mr", "Mrs", "Ms", "Dr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """People (scheme `person`) and organizations (`org`), the most prominent first.

    `taken` are the stretches that name them, in order (title first): no place stands there.
    """

    people: tuple[Found, ...]
    organizations: tuple[Found, ...]
    taken: tuple[Span, ...]


def find_names(story: Taggable) -> Names:
    """Whom a story names: what is too unsure is left out, so that silence is no denial.

    A headline in capitals, or with one on each word, tells mostly of whom the text names too.
    Time is linear in the length; the beginning of a very long text is read (words.MAX_CHARS).
    """
    texts: dict[Field, str] = {"title": story.title, "text": story.text}
    people: dict[Field, list[Mention]] = {}
    organizations: dict[Field, list[Mention]] = {}
    left: dict[Field, list[Word]] = {}
    for where, text in texts.items():
        shouted = is_shouted(text)
        words = capitalized(text)
        eastern = read_east_asian(text, story.language)
        found = read_organizations(text, words, shouted=shouted)
        organizations[where] = [*found, *eastern.organizations]
        left[where] = list(_outside(words, found))
        titled = where == "title" and is_title_case(text)
        western = read_people(text, left[where], title_case=titled)
        people[where] = [*western, *eastern.people]
    known = join_people(people)
    _hear_families(texts, known, left)
    _hear_neighbours(story.text, known)
    found_people = judged("person", known, len(story.title))
    found_organizations = judged("org", join_organizations(organizations, texts), len(story.title))
    return Names(
        people=found_people,
        organizations=found_organizations,
        taken=_taken(found_people, found_organizations),
    )


def _outside(words: Sequence[Word], taken: Sequence[Mention]) -> Iterator[Word]:
    """The words that are in no mention; words and mentions are in order.

    What follows a word that was left out follows nothing.
    """
    mentions = iter(taken)
    mention = next(mentions, None)
    left_out = False
    for word in words:
        while mention is not None and mention.end <= word.start:
            mention = next(mentions, None)
        if mention is None or word.start < mention.start or sure(mention.evidence) < THRESHOLD:
            yield word._replace(gap=None) if left_out else word
            left_out = False
        else:
            left_out = True


def _hear_families(
    texts: Mapping[Field, str], people: Sequence[Named], left: Mapping[Field, Sequence[Word]]
) -> None:
    """Give to people the words that are their family names, and trust them the more for it."""
    bearers: dict[str, list[Named]] = {}
    for person in people:
        bearers.setdefault(person.family, []).append(person)
        bearers.setdefault(person.family.upper(), []).append(person)
    taken = {
        (span.field, at)
        for person in people
        for span in person.spans
        for at in range(span.start, min(span.end, span.start + _LONGEST))
    }
    places = name_words().place_words
    for where in _FIELDS:
        previous = ""
        shouted = is_shouted(texts[where])
        for word in left[where]:
            known = bearers.get(word.key)
            fits = known and (shouted or word.key == known[0].family)
            personal = word.key not in places or previous in _COURTESY
            if known and fits and personal and (where, word.start) not in taken:
                alone = Mention(word.start, word.end, word.key, _alone(texts[where], word.start))
                _nearest(known, where, word).add(where, alone)
            previous = word.key


def _alone(text: str, start: int) -> Mapping[str, float]:
    """What a family name alone tells: nothing where any word has a capital."""
    before = text[max(0, start - len("the ")) : start].casefold()
    common = before == "the " or before.endswith(" a ") or begins_sentence(text, start)
    return {} if common else {"alone": _ALONE}


def _nearest(bearers: Sequence[Named], where: Field, word: Word) -> Named:
    """Who of the same family name was named last before."""
    meant, nearest = bearers[0], -1
    if len(bearers) > 1 and where == "text":
        for person in bearers:
            for span in person.spans:
                if span.field == where and nearest < span.start < word.start:
                    meant, nearest = person, span.start
    return meant


def _hear_neighbours(text: str, people: Sequence[Named]) -> None:
    """Trust more what stands beside people, joined by "and" or a comma."""
    starts = {span.start for one in _sure(people) for span in one.spans if span.field == "text"}
    ends = {span.end for one in _sure(people) for span in one.spans if span.field == "text"}
    for person in people:
        for span in person.spans:
            if span.field == "text" and sure(person.evidence) < THRESHOLD:
                before = any(
                    text[span.start - len(joint) : span.start] == joint
                    and span.start - len(joint) in ends
                    for joint in (" and ", ", ", " et ", " y ", " und ", ", and ")
                )
                after = any(
                    text.startswith(joint, span.end) and span.end + len(joint) in starts
                    for joint in (" and ", ", ", " et ", " y ", " und ", ", and ")
                )
                if before or after:
                    person.evidence["beside"] = _BESIDE


def _sure(people: Sequence[Named]) -> list[Named]:
    return [person for person in people if sure(person.evidence) >= THRESHOLD]


def _taken(*found: Sequence[Found]) -> tuple[Span, ...]:
    spans = {span for some in found for one in some for span in one.spans}
    return tuple(sorted(spans, key=lambda span: (span.field == "text", span.start, span.end)))
