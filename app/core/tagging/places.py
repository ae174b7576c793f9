"""The places that a story names: tags `place:…`, by the gazetteer.

Countries go by their ISO 3166-1 alpha-2 code in lower case, others by their folded English name. A
city implies its country, a state too; countries, seas and disputed areas imply nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.story import TagBy
from app.core.tagging.gazetteer import Gazetteer, gazetteer
from app.core.tagging.place_forms import LANGUAGES, Kind, Place, Trust, Use
from app.core.tagging.place_mentions import Mention, Part, read_mentions
from app.core.tagging.types import Found, Span, Taggable

SCHEME: Final = "place"
LEAD_CHARS: Final = 300
INFERRED: Final = 0.5
"""How much of a city's score its country gets."""

_SURE: Final = {Trust.SURE: 1.0, Trust.LIKELY: 0.9, Trust.AMBIGUOUS: 0.8}
_ADJECTIVE: Final = 0.6
_PART_OF_NAME: Final = 0.4
_STATES_OF_CITIES: Final = {"Washington": "washington-state", "New York": "new-york-state", "Georgia": "georgia-us"}  # fmt: skip


def find_places(
    story: Taggable, taken: Collection[Span], names: Collection[str] = ()
) -> tuple[Found, ...]:
    """The story's places, highest score first.

    Nothing inside the spans in `taken` is a place; `names` are the people of the story, so that
    "Jordan" is not the country after "Michael Jordan". The score is how sure the tagger is, times
    how much of the story is about the place: its title, its first LEAD_CHARS, how often.
    """
    language = _language(story)
    book = gazetteer(language)
    spans = tuple(taken)
    mentions = [
        *read_mentions(story.title, "title", book, spans),
        *read_mentions(story.text, "text", book, spans),
    ]
    if not mentions:
        return ()
    reader = _Reader(
        story=story,
        book=book,
        surnames=frozenset(
            [part for name in names for part in name.split()]
            + [one.surface for one in mentions if one.part is Part.PERSON and _may_be_person(one)]
        ),
        evidence=_evidence(mentions, story.source_country),
        areas=frozenset(
            one.form.places[0].code for one in mentions if one.form.places[0].kind is Kind.AREA
        ),
        shouting=story.title.isupper(),
        settled={},
    )
    reader.settle(mentions)
    read: dict[Place, list[tuple[Mention, float]]] = {}
    for at, mention in enumerate(mentions):
        for place in reader.places_of(mention, mentions, at):
            read.setdefault(place, []).append((mention, reader.sureness(mention)))
    found = {
        place.code: one for place, on in read.items() if (one := _found(place, on)) is not None
    }
    for place in read:
        if place.code in found:
            _infer(found, place, book)
    return tuple(sorted(found.values(), key=lambda one: (-one.score, one.inferred, one.code)))


def _language(story: Taggable) -> str:
    """The story's, or the one whose names are read where it is unknown: by its script."""
    language = (story.language or "").partition("-")[0].lower()
    if language in LANGUAGES:
        return language
    letters = story.title + story.text[:LEAD_CHARS]
    for name, first, last in (("ja", "\u3041", "\u30ff"), ("ko", "\uac00", "\ud7a3"), ("zh", "\u3400", "\u9fff")):  # fmt: skip
        if any(first <= letter <= last for letter in letters):
            return name
    return "en"


def _evidence(mentions: Sequence[Mention], source_country: str | None) -> Counter[str]:
    """How often the story speaks of a country beyond doubt: itself, its cities, its people."""
    seen: Counter[str] = Counter()
    if source_country:
        seen[source_country.lower()] += 1
    for one in mentions:
        form = one.form
        if one.part is Part.NO and form.trust is Trust.SURE and len(form.places) == 1:
            place = form.places[0]
            seen[place.country or place.code] += 1
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Decides which place a mention names, if any."""

    story: Taggable
    book: Gazetteer
    surnames: frozenset[str]
    evidence: Counter[str]
    areas: frozenset[str]
    shouting: bool
    settled: dict[str, Place]  # what the words beside one of its mentions say, for the others

    def places_of(
        self, mention: Mention, mentions: Sequence[Mention], at: int
    ) -> tuple[Place, ...]:
        form = mention.form
        if form.together:
            return form.places
        if mention.surface in self.surnames and not (mention.placed or mention.state):
            return ()
        if (
            self.shouting
            and mention.field == "title"
            and mention.surface == "US"
            and self.evidence["us"] < 2
        ):
            return ()
        if (state := self._as_state(mention, mentions, at)) is not None:
            return (state,)
        readings = self._readings(mention, mentions, at)
        return (
            readings[:1] if readings and self._believed(mention, readings[0], mentions, at) else ()
        )

    def settle(self, mentions: Sequence[Mention]) -> None:
        """One sense per story, said first or last."""
        for at, mention in enumerate(mentions):
            if len(mention.form.places) > 1 and not mention.form.together:
                self._readings(mention, mentions, at)

    def _as_state(self, mention: Mention, mentions: Sequence[Mention], at: int) -> Place | None:
        """Washington in "Seattle, Washington"."""
        code = _STATES_OF_CITIES.get(mention.surface)
        if code is None or not at:
            return None
        city = mentions[at - 1]
        if city.field != mention.field or self._between(city, mention) != ", ":
            return None
        postal = next(key for key, value in self.book.states.items() if value == code)
        inside = any(place.state == postal for place in city.form.places)
        return self.book.places[code] if inside else None

    def _between(self, first: Mention, second: Mention) -> str:
        text = self.story.title if first.field == "title" else self.story.text
        return text[first.end : second.start]

    def _readings(self, mention: Mention, mentions: Sequence[Mention], at: int) -> Sequence[Place]:
        """The readings that the words beside it allow, likeliest first."""
        places = mention.form.places
        if (senses := self.book.senses.get(mention.surface)) is not None:
            return [self.book.places[self._sense(senses)]]
        if mention.form.use is not Use.NAME or places[0].kind is not Kind.CITY:
            return places
        areas = self._named_after(mention, mentions, at)
        inside = [one for one in places if _lies_in(one, areas, self.book)]
        if inside:
            self.settled[mention.surface] = inside[0]
            return inside
        if any(area.kind is Kind.AREA and area.country == "us" for area in areas):
            return ()
        if (settled := self.settled.get(mention.surface)) is not None:
            return (settled,)
        return sorted(places, key=self._support, reverse=True) if len(places) > 1 else places

    def _support(self, place: Place) -> bool:
        return self.evidence[place.country or ""] > 0

    def _sense(self, senses: Mapping[str, tuple[str, ...]]) -> str:
        text = f"{self.story.title}\n{self.story.text}"
        counts = {code: sum(cue in text for cue in cues) for code, cues in senses.items()}
        home = (self.story.source_country or "").lower()
        for code in counts:
            counts[code] += home != "" and home in {code, self.book.places[code].country}
        return max(counts, key=lambda code: counts[code])

    def _named_after(
        self, mention: Mention, mentions: Sequence[Mention], at: int
    ) -> tuple[Place, ...]:
        """The state or country in "Paris, Texas", in all its readings."""
        if mention.state is not None:
            return (self.book.places[mention.state],)
        after = mentions[at + 1] if at + 1 < len(mentions) else None
        if after is None or after.field != mention.field or self._between(mention, after) != ", ":
            return ()
        state = _STATES_OF_CITIES.get(after.surface)
        if after.form.use is not Use.NAME or after.form.places[0].kind is Kind.CITY and not state:
            return ()
        own = () if after.form.places[0].kind is Kind.CITY else after.form.places
        return (*own, self.book.places[state]) if state else own

    def _believed(
        self, mention: Mention, place: Place, mentions: Sequence[Mention], at: int
    ) -> bool:
        trust = mention.form.trust
        if trust is Trust.SURE:
            return True
        home = place.country or place.code
        if _lies_in(place, self._named_after(mention, mentions, at), self.book):
            return True
        supported = self.evidence[home] > 0
        if trust is Trust.LIKELY:
            if place.state is not None:  # most of its names are somebody's, or somewhere else too
                supported = self.book.states.get(place.state) in self.areas
            return (mention.placed and mention.part is Part.NO) or supported
        senses = self.book.senses.get(mention.surface, {})
        cued = any(
            cue in self.story.text or cue in self.story.title for cue in senses.get(place.code, ())
        )
        if place.kind is Kind.CITY:
            return supported and (mention.placed or place.capital)
        return mention.placed or supported or cued

    def sureness(self, mention: Mention) -> float:
        if mention.part is Part.COUNTRYS:
            return _ADJECTIVE
        if mention.part is not Part.NO:
            return _PART_OF_NAME
        return _ADJECTIVE if mention.form.use is Use.ADJECTIVE else _SURE[mention.form.trust]


def _lies_in(place: Place, areas: Sequence[Place], book: Gazetteer) -> bool:
    for area in areas:
        if area.kind is Kind.COUNTRY and place.country == area.code:
            return True
        if area.kind is Kind.AREA and area.country is not None and area.country == place.country:
            if place.state is None or book.states.get(place.state) == area.code:
                return True
    return False


def _may_be_person(mention: Mention) -> bool:
    """ "Environment Canada" does not make a person of Canada."""
    form = mention.form
    return form.trust is not Trust.SURE or form.places[0].kind is Kind.CITY


def _found(place: Place, on: Sequence[tuple[Mention, float]]) -> Found | None:
    """The tag, unless all that speaks for it are parts of names, or one adjective far down."""
    on = [(mention, sure) for mention, sure in on if sure > _PART_OF_NAME]
    if not on:
        return None
    first = on[0][0]
    titled = first.field == "title"
    leading = any(one.field == "text" and one.start < LEAD_CHARS for one, _ in on)
    sure = max(sure for _, sure in on)
    if sure <= _ADJECTIVE and not titled and not leading and len(on) < 2:  # noqa: PLR2004 - once is by the way
        return None
    often = min(1.0, (len(on) - 1) / 4)
    return Found(
        scheme=SCHEME,
        code=place.code,
        name=place.name,
        by=TagBy.GAZETTEER,
        spans=tuple(Span(field=one.field, start=one.start, end=one.end) for one, _ in on),
        score=round(sure * (0.35 + 0.3 * titled + 0.2 * leading + 0.15 * often), 3),
    )


def _infer(found: dict[str, Found], place: Place, book: Gazetteer) -> None:
    if place.country is None:
        return
    score = round(found[place.code].score * INFERRED, 3)
    there = found.get(place.country)
    if there is None or (there.inferred and there.score < score):
        found[place.country] = Found(
            scheme=SCHEME,
            code=place.country,
            name=book.places[place.country].name,
            by=TagBy.GAZETTEER,
            spans=(),
            score=score,
            inferred=True,
        )
