"""Which place a mention names, if any: by the words beside it and the rest of the story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.tagging.gazetteer import Gazetteer
from app.core.tagging.place_forms import Kind, Place, Trust, Use
from app.core.tagging.place_mentions import Mention, Part
from app.core.tagging.types import Taggable

STATES_NAMED_AS_OTHERS: Final = {
    "Washington": "washington-state",
    "New York": "new-york-state",
    "Georgia": "georgia-us",
}
"""States whose name alone is a city's or a country's; "Seattle, Washington" is the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads a story's mentions; one sense per story for each name."""

    story: Taggable
    book: Gazetteer
    mentions: Sequence[Mention]
    surnames: frozenset[str]
    special: frozenset[str]  # names that are more than one thing, or may be
    evidence: Counter[str]  # how often the story speaks of a country beyond doubt
    areas: frozenset[str]  # states and regions that it names
    senses: dict[str, str]  # by name, as its cues decide
    settled: dict[str, Place]  # what the words beside one mention of a name say, for the others
    cues: dict[str, bool]  # those that were looked for, and whether the story has them

    def places_of(self, at: int) -> Sequence[Place]:
        """What the mention at this index names; several for 日米 and its like."""
        mention = self.mentions[at]
        form = mention.form
        if form.together:
            return form.places
        if form.trust is Trust.SURE and mention.surface not in self.special:
            return form.places
        if mention.surface in self.surnames and not (mention.placed or mention.state):
            return ()
        if mention.surface == "US" and self._may_be_pronoun(mention):
            return ()
        if (state := self._as_state(at)) is not None:
            return (state,)
        readings = self._readings(at)
        return readings[:1] if readings and self._believed(at, readings[0]) else ()

    def settle(self) -> None:
        """Decide names of several cities where the words beside them do, first or last."""
        for at, mention in enumerate(self.mentions):
            if len(mention.form.places) > 1 and not mention.form.together:
                self._readings(at)

    def _may_be_pronoun(self, mention: Mention) -> bool:
        shouted = mention.field == "title" and self.story.title.isupper()
        others = self.evidence["us"] - 1
        return shouted and not others

    def _as_state(self, at: int) -> Place | None:
        """Washington in "Seattle, Washington"."""
        code = STATES_NAMED_AS_OTHERS.get(self.mentions[at].surface)
        if code is None or not at or not self._follows(at):
            return None
        inside = (
            self.book.states.get(one.state or "") for one in self.mentions[at - 1].form.places
        )
        return self.book.places[code] if code in inside else None

    def _follows(self, at: int) -> bool:
        """Whether only a comma stands between this mention and the one before."""
        first, second = self.mentions[at - 1], self.mentions[at]
        text = self.story.title if first.field == "title" else self.story.text
        return first.field == second.field and text[first.end : second.start] == ", "

    def _readings(self, at: int) -> Sequence[Place]:
        """The readings that the words beside it allow, likeliest first."""
        mention = self.mentions[at]
        places = mention.form.places
        if (senses := self.book.senses.get(mention.surface)) is not None:
            return (self.book.places[self._sense(mention.surface, senses)],)
        if places[0].kind is not Kind.CITY:
            return places
        areas = self._named_after(at)
        if inside := [one for one in places if self._lies_in(one, areas)]:
            self.settled[mention.surface] = inside[0]
            return inside
        if any(area.kind is Kind.AREA and area.country == "us" for area in areas):
            return ()
        if (settled := self.settled.get(mention.surface)) is not None:
            return (settled,)
        if len(places) == 1:
            return places
        if self.evidence[places[0].country or ""]:
            return places
        sure = mention.form.trust is Trust.SURE
        return sorted(places, key=lambda one: not self._spoken_of(one, by_state=sure))

    def _spoken_of(self, place: Place, *, by_state: bool) -> bool:
        """Whether the story names the city's country; or, of the United States, its state."""
        if place.state is not None:
            return self.book.states.get(place.state) in self.areas
        return not by_state and self.evidence[place.country or ""] > 0

    def _sense(self, surface: str, senses: Mapping[str, Collection[str]]) -> str:
        if (known := self.senses.get(surface)) is not None:
            return known
        counts = {code: self._cues(cues) for code, cues in senses.items()}
        home = (self.story.source_country or "").lower()
        for code in counts:
            counts[code] += home != "" and home in {code, self.book.places[code].country}
        self.senses[surface] = max(counts, key=lambda code: counts[code])
        return self.senses[surface]

    def _cues(self, cues: Collection[str]) -> int:
        return sum(self._cue(cue) for cue in cues)

    def _cue(self, cue: str) -> bool:
        if (known := self.cues.get(cue)) is None:
            known = self.cues[cue] = cue in self.story.text or cue in self.story.title
        return known

    def _named_after(self, at: int) -> Sequence[Place]:
        """The state or country in "Paris, Texas", in all its readings."""
        if (state := self.mentions[at].state) is not None:
            return (self.book.places[state],)
        if at + 1 == len(self.mentions) or not self._follows(at + 1):
            return ()
        after = self.mentions[at + 1]
        code = STATES_NAMED_AS_OTHERS.get(after.surface)
        areas = [one for one in after.form.places if one.kind is not Kind.CITY]
        if after.form.use is not Use.NAME:
            return ()
        return [*areas, self.book.places[code]] if code is not None else areas

    def _lies_in(self, place: Place, areas: Sequence[Place]) -> bool:
        return any(
            place.country == area.code
            if area.kind is Kind.COUNTRY
            else area.country is not None
            and area.country == place.country
            and (place.state is None or self.book.states.get(place.state) == area.code)
            for area in areas
        )

    def _believed(self, at: int, place: Place) -> bool:
        mention = self.mentions[at]
        trust = mention.form.trust
        if trust is Trust.SURE or self._lies_in(place, self._named_after(at)):
            return True
        supported = self.evidence[place.country or place.code] > 0
        if place.state is not None:  # most of its names are somebody's, or somewhere else too
            supported = self.book.states.get(place.state) in self.areas
        if trust is Trust.LIKELY:
            return supported or (mention.placed and mention.part is Part.NO)
        if place.kind is Kind.CITY:
            return supported and (mention.placed or place.capital)
        senses = self.book.senses.get(mention.surface, {})
        return mention.placed or supported or self._cues(senses.get(place.code, ())) > 0


def read_story(
    story: Taggable, book: Gazetteer, mentions: Sequence[Mention], names: Collection[str]
) -> Reader:
    """A reader of the story's mentions; `names` are those of its people."""
    surnames = {part for name in names for part in name.split()}
    seen: Counter[str] = Counter([(story.source_country or "").lower()])
    areas: set[str] = set()
    special = {"US", *STATES_NAMED_AS_OTHERS}
    parts: set[str] = set()
    plain: set[str] = set()
    for one in mentions:
        form, place = one.form, one.form.places[0]
        if place.kind is Kind.CITY or len(form.places) > 1:
            special.add(one.surface)
        elif place.kind is Kind.AREA:
            areas.add(place.code)
        if one.part is Part.NO:
            if one.field == "text":
                plain.add(one.surface)
            if form.trust is Trust.SURE and len(form.places) == 1:
                code = place.country or place.code
                seen[code] = seen.get(code, 0) + 1
        elif form.trust is not Trust.SURE or place.kind is Kind.CITY:  # not Environment Canada
            (surnames if one.part is Part.PERSON else parts).add(one.surface)
    surnames |= parts - plain  # only in names, so that capitals in a headline say no more
    special |= surnames
    reader = Reader(
        story=story,
        book=book,
        mentions=mentions,
        surnames=frozenset(surnames),
        special=frozenset(special),
        evidence=seen,
        areas=frozenset(areas),
        senses={},
        settled={},
        cues={},
    )
    reader.settle()
    return reader
