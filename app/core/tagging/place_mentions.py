"""Where a text names places, and what the words beside a name say of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from app.core.tagging.gazetteer import Gazetteer, Marks, marks_of
from app.core.tagging.place_bounds import KATAKANA, Match, find_matches
from app.core.tagging.place_forms import LATIN, Form, Kind, Trust, Use
from app.core.tagging.types import Field, Span

_SHORT: Final = frozenset({"US", "UK", "UAE", "USA"})
_SEATED: Final = frozenset({"University", "College", "Institute", "Hospital", "Museum", "School"})
"""What is in the city whose name follows."""
_TAILS: Final = ("-based", "-born")
_LONG_WORD: Final = 24
_TITLES: Final = 4  # letters, at most, before the stop: "Gen."
_WORD: Final = re.compile(r"[\w.'-]+")
_OPENING: Final = "([\"'“‘«„—–-"
_LONGER_WORD: Final = re.compile(r"(?<![\w'])[^\W\d_]{4,}")
_STATE: Final = re.compile(r", ?([A-Z]{2}\b(?!\.)|(?:[NSWR]\.)? ?[A-Z][a-z]*\.)")
_OF_COUNTRY: Final = re.compile(
    r" ?(?:정부|총리|대통령|외교|국방|의회|당국|출신|국적|여행|[북남동서]부|수도|에서|정상|"
    r"축구|대표팀|중앙은행|경제|전역)"
    r"|(?:の|政府|首相|国籍|[北南中]部|東北部|国境|王国|人|軍|国王|大統領|で|へ|に|、)"
    r"|(?:政府|总统|總統|军|軍|首都|[北南东東]部|人|总理|總理)"
)
"""After a name that is also a word, in languages without capitals."""

_AT_PLACE: Final = re.compile("에서|에 |시|군|항|역|지역|으로|市|空港|港")
_SIGNS: Final = {Trust.AMBIGUOUS: _OF_COUNTRY, Trust.LIKELY: _AT_PLACE}


class Part(Enum):
    """The longer name that a name is part of."""

    NO = "no"
    COUNTRYS = "country's"  # "China Mobile", "Canada Day": of that country, most likely
    NAME = "name"  # "Paris Hilton", "Bank of America"
    PERSON = "person"  # "Jack London"


class Mention(NamedTuple):
    """A form as it stands in a story; a tuple, since a story has dozens.

    `part` says of what longer name it seems to be; `placed`, that the words beside it speak of a
    place ("in Nice"); `state` is the code of the state that is named after it in short.
    """

    surface: str
    form: Form
    field: Field
    start: int
    end: int
    part: Part
    placed: bool
    state: str | None


def read_mentions(
    text: str, field: Field, names: Gazetteer, taken: Sequence[Span]
) -> list[Mention]:
    """Every mention, in order; of those inside `taken`, what says whose country's body it is."""
    latin = names.language in LATIN
    text = text.replace("’", "'") if latin else text
    found = list(find_matches(text, names))
    reader = _Reader(
        text=text,
        field=field,
        names=names,
        marks=marks_of(names.language),
        starts=frozenset([start for _, start, _ in found]),
        ends=frozenset([end for _, _, end in found]),
        taken=_merged(taken, field),
        loose=latin and (names.language == "de" or (field == "title" and _title_case(text))),
    )
    return list(reader.latin(found) if latin else reader.other(found))


def _merged(taken: Sequence[Span], field: Field) -> Sequence[tuple[int, int]]:
    """Stretches of one field in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted([(one.start, one.end) for one in taken if one.field == field]):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _title_case(text: str) -> bool:
    """Whether most of its longer words begin with a capital, as headlines of some papers do."""
    words: list[str] = _LONGER_WORD.findall(text)
    return sum(word[0].isupper() for word in words) * 2 > len(words) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    text: str
    field: Field
    names: Gazetteer
    marks: Marks
    starts: frozenset[int]  # of all matches
    ends: frozenset[int]
    taken: Sequence[tuple[int, int]]
    loose: bool  # capitals say nothing: German, and headlines that have them everywhere

    def latin(self, found: Sequence[Match]) -> Iterator[Mention]:
        text, field, names = self.text, self.field, self.names
        for index, start, end in found:
            form, surface = names.forms[index], names.surfaces[index]
            if form.use is Use.NOT:
                continue
            part, placed, state = Part.NO, False, None
            if self.taken and (taken := self._taken_by(start, end)) is not None:
                if (kept := self._part_of_taken(surface, form, start, taken)) is None:
                    continue
                part = kept
            elif form.use is Use.NAME:
                word = self._word_before(start)
                part = self._part(surface, form, start, end, word)
                placed = word != "" and self._placed(form, word, start)
                if text[end : end + 1] == "-":
                    placed = placed or text.startswith(_TAILS, end)
                elif text[end : end + 1] == ",":
                    state = self._state_after(end)
            yield Mention(surface, form, field, start, end, part, placed, state)

    def other(self, found: Sequence[Match]) -> Iterator[Mention]:
        for index, start, end in found:
            form, surface = self.names.forms[index], self.names.surfaces[index]
            if form.use is Use.NOT or self._taken_by(start, end) is not None:
                continue
            part = Part.NAME if form.use is Use.NAME and self._dotted(start, end) else Part.NO
            sign = _SIGNS.get(form.trust)
            placed = sign is not None and sign.match(self.text, end) is not None
            yield Mention(surface, form, self.field, start, end, part, placed, None)

    def _taken_by(self, start: int, end: int) -> str | None:
        """The words of the name, at least as long, that has a part of these."""
        at = bisect_left(self.taken, (end,))
        for first, last in self.taken[max(0, at - 2) : at]:
            if start < last and last - first >= end - start:
                return self.text[first:last]
        return None

    def _part_of_taken(self, surface: str, form: Form, start: int, taken: str) -> Part | None:
        """What a taken name says: whose body it is ("U.S. Navy", "Bank of Japan"), or where.

        None where nothing: "Air France", "Paris Hilton".
        """
        if form.trust is Trust.AMBIGUOUS:
            return None
        named_last = self.text[max(0, start - 4) : start] in {" of ", " at ", " in "}
        if form.places[0].kind is Kind.CITY:
            return Part.NO if named_last and not _SEATED.isdisjoint(taken.split()) else None
        if form.places[0].kind is not Kind.COUNTRY:
            return None
        if form.use is Use.ADJECTIVE or "." in surface or surface in _SHORT:
            return Part.COUNTRYS
        return Part.COUNTRYS if named_last and surface != "America" else None

    def _word_before(self, start: int) -> str:
        """The word with just a space between; "" at the start and after a comma or the like."""
        text = self.text
        if not start or text[start - 1] != " ":
            return ""
        words = text[max(0, start - _LONG_WORD) : start - 1].rsplit(None, 1)
        word = words[-1].lstrip(_OPENING) if words else ""
        return word if word and (word[-1].isalnum() or word[-1] in ".'-") else ""

    def _placed(self, form: Form, word: str, start: int) -> bool:
        place = form.places[0]
        small = place.state is not None and form.trust is Trust.AMBIGUOUS
        where = self.marks.inside if small else self.marks.where
        word = word.lower()
        if word == "the":
            word = self._word_before(start - len("the ")).lower()
        return word in where

    def _part(self, surface: str, form: Form, start: int, end: int, word: str) -> Part:
        if surface in _SHORT or "." in surface:
            return Part.NO
        if self._hyphened(form, start, end) or self._goes_on_in_small(surface, end):
            return Part.NAME
        if self.loose:
            return Part.NO
        if word and self._began(word, start):
            return Part.PERSON
        if word in {"of", "de", "the"} and self._is_part(form, start):
            return Part.NAME
        return self._part_by_end(form, end)

    def _part_by_end(self, form: Form, end: int) -> Part:
        if not self._goes_on(end):
            return Part.NO
        if form.trust is not Trust.SURE or form.places[0].kind is Kind.CITY:
            return Part.NAME
        return Part.NO if form.places[0].kind is Kind.AREA else Part.COUNTRYS

    def _goes_on_in_small(self, surface: str, end: int) -> bool:
        return surface == "the States" and self.text.startswith(" of ", end)

    def _hyphened(self, form: Form, start: int, end: int) -> bool:
        """Whether it is half of a name: "Crans-Montana", but not "Tokyo-Washington"."""
        text = self.text
        if form.places[0].kind is Kind.COUNTRY:
            return False
        if form.trust is not Trust.SURE and text[end : end + 1] == "-":
            return not text.startswith(_TAILS, end)
        if text[start - 1 : start] != "-" or start - 1 in self.ends:
            return False
        word = text[max(0, start - _LONG_WORD) : start - 1].rsplit(None, 1)[-1:]
        return bool(word) and word[0][:1].isupper() and word[0] not in self.marks.before

    def _began(self, word: str, start: int) -> bool:
        """Whether a capital stands before it that makes it a longer name: "Jack London"."""
        last = word.rpartition("-")[2]  # "Indian-administered"
        if not last[:1].isupper() or start - 1 in self.ends or word in self.marks.before:
            return False
        if word in {"U.S.", "U.K.", *_SHORT} or word.endswith("'s"):
            return False
        return not (word.endswith(".") and len(word) > _TITLES + 1)

    def _goes_on(self, end: int) -> bool:
        """Whether a capital follows that makes it a longer name: "Paris Hilton"."""
        text = self.text
        if text[end : end + 1] != " " or not text[end + 1 : end + 2].isupper():
            return False
        if end + 1 in self.starts or (word := _WORD.match(text, end + 1)) is None:
            return False
        bare = word[0].rstrip(".'")
        return bare not in self.marks.offices and bare.removesuffix("'s") not in self.marks.offices

    def _is_part(self, form: Form, start: int) -> bool:
        """Whether it follows the likes of "Bank of": of a state's university, too."""
        words = [
            word.lstrip(_OPENING) for word in self.text[max(0, start - 40) : start].split()[-3:]
        ]
        university = form.places[0].kind is Kind.AREA and "University" in words
        return university or not self.marks.parts_of.isdisjoint(words)

    def _state_after(self, end: int) -> str | None:
        found = _STATE.match(self.text, end)
        return self.names.states.get(found[1].replace(" ", "")) if found else None

    def _dotted(self, start: int, end: int) -> bool:
        """Whether a foreign name goes on behind or before a dot: ジャック・ロンドン."""
        text = self.text
        after = text[end : end + 1] == "・" and end + 1 not in self.starts
        if after and KATAKANA.match(text, end + 1):
            return True
        before = start > 1 and text[start - 1] == "・" and start - 1 not in self.ends
        return before and KATAKANA.match(text, start - 2) is not None
