"""The places that a story names: tags `place:…`, by the gazetteer.

Countries go by their ISO 3166-1 alpha-2 code in lower case, others by their folded English name. A
city implies its country, a state too; countries, seas and disputed areas imply nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from app.core.story import TagBy
from app.core.tagging.gazetteer import gazetteer
from app.core.tagging.place_forms import ADJECTIVE, LANGUAGES, Place
from app.core.tagging.place_mentions import Mention, Part, read_mentions
from app.core.tagging.place_readings import read_story
from app.core.tagging.types import Found, Span, Taggable
from app.core.tagging.words import MAX_CHARS

SCHEME: Final = "place"
LEAD_CHARS: Final = 300
INFERRED: Final = 0.5
"""How much of a city's score its country gets."""

_ONCE: Final = 1
_OFTEN: Final = 5
_SCRIPTS: Final = (
    ("ja", "\u3041", "\u30ff"),
    ("ko", "\uac00", "\ud7a3"),
    ("zh", "\u3400", "\u9fff"),
)


def find_places(
    story: Taggable, taken: Collection[Span], names: Collection[str] = ()
) -> tuple[Found, ...]:
    """The story's places, highest score first.

    Nothing inside the spans in `taken` is a place, though a body named after its country still
    speaks of that ("the Saudi Interior Ministry"). `names` are the people of the story, so that
    "Jordan" is not the country after "Michael Jordan". The score is how sure the tagger is, times
    how much of the story is about the place: its title, its first LEAD_CHARS, how often. The
    beginning of a very long text is read (MAX_CHARS), in time linear in it.
    """
    story = replace(story, text=story.text[:MAX_CHARS])
    book = gazetteer(_language(story))
    spans = tuple(taken)
    mentions = [
        *read_mentions(story.title, "title", book, spans),
        *read_mentions(story.text, "text", book, spans),
    ]
    if not mentions:
        return ()
    reader = read_story(story, book, mentions, names)
    read: dict[Place, list[Mention]] = {}
    for at, mention in enumerate(mentions):
        if mention.part is Part.NO or mention.part is Part.COUNTRYS:
            for place in reader.places_of(at):
                read.setdefault(place, []).append(mention)
    found = {place.code: tag for place, on in read.items() if (tag := _tag(place, on)) is not None}
    for place in read:
        if place.code in found and place.country is not None:
            _infer(found, found[place.code].score, book.places[place.country])
    return tuple(sorted(found.values(), key=lambda one: (-one.score, one.inferred, one.code)))


def _language(story: Taggable) -> str:
    """The story's, or the one whose names are read where it is unknown: by its script."""
    language = (story.language or "").partition("-")[0].lower()
    if language in LANGUAGES:
        return language
    letters = story.title + story.text[:LEAD_CHARS]
    for name, first, last in _SCRIPTS:
        if any(first <= letter <= last for letter in letters):
            return name
    return "en"


def _tag(place: Place, on: Sequence[Mention]) -> Found | None:
    """None where all that speaks for it is one adjective far down."""
    titled = on[0].field == "title"
    leading = any(one.start < LEAD_CHARS and one.field == "text" for one in on)
    sure = max([ADJECTIVE if one.part is Part.COUNTRYS else one.form.sure for one in on])
    if sure <= ADJECTIVE and not titled and not leading and len(on) == _ONCE:
        return None
    often = min(1.0, (len(on) - _ONCE) / (_OFTEN - _ONCE))
    return Found(
        scheme=SCHEME,
        code=place.code,
        name=place.name,
        by=TagBy.GAZETTEER,
        spans=tuple([Span(field=one.field, start=one.start, end=one.end) for one in on]),
        score=round(sure * (0.35 + 0.3 * titled + 0.2 * leading + 0.15 * often), 3),
    )


def _infer(found: dict[str, Found], score: float, country: Place) -> None:
    """Tag what a city or state lies in, unless the story names it; by the strongest of them."""
    score = round(score * INFERRED, 3)
    there = found.get(country.code)
    if there is None or (there.inferred and there.score < score):
        found[country.code] = Found(
            scheme=SCHEME,
            code=country.code,
            name=country.name,
            by=TagBy.GAZETTEER,
            spans=(),
            score=score,
            inferred=True,
        )
