"""How much a story's words say for each media topic, and where.

Every distinct phrase counts once for its topics, more in the title and the lead than in the body,
and a little more for being repeated. What speaks for a topic speaks for the broader ones too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log2
from typing import Final, NamedTuple

from app.core.tagging.topic_phrases import LANGUAGES, Lexicon, lexicon
from app.core.tagging.types import Span, Taggable
from app.core.topics import broader, codes

MAX_CHARS: Final = 12_000
"""What is read of a text: what a story is about stands before that."""

MAX_SPANS: Final = 12
"""As many places are shown for a topic."""

ENOUGH: Final = 4.9
"""Evidence that a short text must have for a topic."""

_SHORT: Final = 500  # characters
_LONGER: Final = 0.3  # more must be there for each doubling
_JAPANESE_LENGTH: Final = 2.2  # English letters that say as much as a Japanese one
_LEAD_CHARS: Final = 400
_TITLE_WEIGHT: Final = 1.6
_LEAD_WEIGHT: Final = 1.2
_BODY_WEIGHT: Final = 0.7
_REPEATED: Final = 0.3  # more of a phrase's weight for each doubling
_MOST_REPEATED: Final = 2.0  # times its weight
_WEAK_MOST: Final = 2.0  # all words together that only help
_MIN_STRONG: Final = 3  # of weights above 1: no phrase alone is enough for a topic at the top

_KANA = re.compile("[\u3041-\u30fa]")
_PARAGRAPH = re.compile(r"\n\s*\n")


class _Place(NamedTuple):
    in_text: bool
    start: int
    end: int


@dataclass(slots=True)
class Evidence:
    """What speaks for each topic; broader topics hold what their narrower ones do."""

    weights: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    phrases: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    places: Mapping[int, Sequence[_Place]] = field(default_factory=dict)  # by phrase

    def spans(self, code: str) -> tuple[Span, ...]:
        """Where the words stand that speak for a topic, title first; at most MAX_SPANS."""
        places = sorted(
            place for phrase in self.phrases.get(code, ()) for place in self.places[phrase]
        )
        return tuple(
            Span(field="text" if in_text else "title", start=start, end=end)
            for in_text, start, end in places[:MAX_SPANS]
        )


def needed(story: Taggable) -> float:
    """Evidence that a story of this length must have for a topic."""
    length = float(min(len(story.title) + len(story.text), MAX_CHARS))
    if _language(story) == "ja":
        length *= _JAPANESE_LENGTH
    return ENOUGH * (1 + _LONGER * log2(max(1, length / _SHORT)))


def read_evidence(story: Taggable) -> Evidence:
    """What a story's words say, in the languages that there are phrases of."""
    language = _language(story)
    if language is None:
        return Evidence()
    known = lexicon(language)
    places: dict[int, list[_Place]] = defaultdict(list)
    strongest: dict[int, float] = {}
    for phrase, start, end in known.matches(story.title[:MAX_CHARS]):
        places[phrase].append(_Place(in_text=False, start=start, end=end))
        strongest[phrase] = _TITLE_WEIGHT
    text = story.text[:MAX_CHARS]
    lead_end = _lead_end(text)
    for phrase, start, end in known.matches(text):
        places[phrase].append(_Place(in_text=True, start=start, end=end))
        strongest.setdefault(phrase, _LEAD_WEIGHT if start < lead_end else _BODY_WEIGHT)
    return _weighed(known, places, strongest)


def _weighed(
    known: Lexicon, places: Mapping[int, Sequence[_Place]], strongest: Mapping[int, float]
) -> Evidence:
    evidence = Evidence(places=places)
    weights, phrases = evidence.weights, evidence.phrases
    weak: dict[str, float] = defaultdict(float)
    strong: dict[str, float] = defaultdict(float)
    for phrase, found in places.items():
        worth = strongest[phrase] * min(1 + _REPEATED * log2(len(found)), _MOST_REPEATED)
        for code, weight in known.weights[phrase].items():
            if weight < 0:
                weights[code] += weight
                continue
            (weights if weight > 1 else weak)[code] += weight * worth
            strong[code] += weight - 1
            phrases[code].append(phrase)
    for code, weight in weak.items():
        weights[code] += min(weight, _WEAK_MOST)
    for code in top_topics() & weights.keys():
        if strong[code] < _MIN_STRONG:
            del weights[code]
    return evidence


def _language(story: Taggable) -> str | None:
    """Whose phrases are looked for; where no language is known, by the script."""
    if story.language is None:
        return "ja" if _KANA.search(story.title + story.text[:_LEAD_CHARS]) else "en"
    main = story.language.partition("-")[0].lower()
    return main if main in LANGUAGES else None


def _lead_end(text: str) -> int:
    """Where the first paragraph ends, or the second after a short one; at most _LEAD_CHARS."""
    for found in _PARAGRAPH.finditer(text, 0, _LEAD_CHARS):
        if found.start() > _LEAD_CHARS // 3:
            return found.start()
    return _LEAD_CHARS


@cache
def top_topics() -> frozenset[str]:
    """The codes of the 17 that are part of no other."""
    return frozenset(code for code in codes() if not broader(code))
