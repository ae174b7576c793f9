"""Which media topics a story is about: what its publisher files it under, and what its words say.

Every distinct phrase counts once for its topic and a little more for being repeated; the title and
the lead count more than the body, and a long text must say more than a short one. What narrower
topics gather counts for the broader ones too. Silence is better than noise: no topic is given for
words that a text of its length may hold by chance, or that are few beside those for another.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import log2
from typing import Final

from app.core.story import TagBy
from app.core.tagging.topic_phrases import LANGUAGES, Lexicon, lexicon
from app.core.tagging.topic_sections import Sections, sections
from app.core.tagging.types import Found, Span, Taggable
from app.core.topics import broader, codes, topic

SCHEME: Final = "medtop"
MAX_TOPICS: Final = 4
"""As many are said; what they are part of is inferred and comes on top."""

MAX_CHARS: Final = 12_000
"""What is read of a text: what a story is about stands before that."""

MAX_SPANS: Final = 12
"""As many places are shown for a topic."""

_MAX_ROOTS: Final = 3
_LEAD_CHARS: Final = 400
_TITLE_WEIGHT: Final = 1.6
_LEAD_WEIGHT: Final = 1.2
_BODY_WEIGHT: Final = 0.7
_REPEATED: Final = 0.25  # of a phrase's weight, for each of two more times

_MIN_PHRASES: Final = 2
_MIN_STRONG: Final = 2
_WEAK_MOST: Final = 2.0
"""Words that only help are no more together than one that says something."""

_NEEDED: Final = 4.0  # of evidence, in a text of _SHORT characters
_SHORT: Final = 500
_LONGER: Final = 0.3  # more of it for each doubling
_BESIDE: Final = 0.45  # of the best root's evidence
_SECOND: Final = 1.4  # times what is needed, for a root beside another
_CLEAR: Final = 2.0  # times what is needed: enough beside any other
_NARROWER_NEEDED: Final = 0.8  # of what a root needs in half as many doublings
_NARROWER_SHARE: Final = 0.33  # of the broader topic's evidence
_NARROWER_BESIDE: Final = 0.7  # of the best topic's on its level
_MAX_NARROWER: Final = 2  # of a root
_JAPANESE_LENGTH: Final = 2.2  # English letters that say as much as a Japanese one
_SECTION: Final = 1.1  # of what is needed
_OWN_SECTION: Final = 3.0

_KANA = re.compile("[\u3041-\u30fa]")
_PARAGRAPH = re.compile(r"\n\s*\n")


def find_topics(story: Taggable, own_sections: Sections | None = None) -> tuple[Found, ...]:
    """The media topics said, best first and at most MAX_TOPICS, then those inferred from them.

    `own_sections` are an operator's words for the source's categories. A topic that only a
    category stands for has no spans, and is not inferred.
    """
    evidence = _read(story)
    needed = _needed(story)
    filed: set[str] = set()
    for section in sections(story.categories, story.source_country, own_sections):
        weight = needed * (_OWN_SECTION if section.own else _SECTION)
        for code in (section.code, *broader(section.code)):
            evidence.weights[code] += weight
            filed.add(code)
    said = [_found(code, evidence, needed) for code in _chosen(evidence.weights, needed, filed)]
    return (*said, *_inferred(said, evidence, needed))


@dataclass(slots=True)
class _Evidence:
    """How much speaks for each topic and where; broader topics hold what their narrower ones do."""

    weights: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    phrases: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # distinct ones
    strong: dict[str, int] = field(
        default_factory=lambda: defaultdict(int)
    )  # what they weigh over 1
    spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))


def _read(story: Taggable) -> _Evidence:
    """What a story's words say, in the languages that there are phrases of."""
    language = _language(story)
    if language is None:
        return _Evidence()
    known = lexicon(language)
    places: dict[int, list[Span]] = defaultdict(list)
    strongest: dict[int, float] = defaultdict(float)
    text = story.text[:MAX_CHARS]
    lead_end = _lead_end(text)
    for match in known.matches(story.title[:MAX_CHARS]):
        places[match.phrase].append(Span(field="title", start=match.start, end=match.end))
        strongest[match.phrase] = _TITLE_WEIGHT
    for match in known.matches(text):
        places[match.phrase].append(Span(field="text", start=match.start, end=match.end))
        weight = _LEAD_WEIGHT if match.start < lead_end else _BODY_WEIGHT
        strongest[match.phrase] = max(strongest[match.phrase], weight)
    return _weighed(known, places, strongest)


def _weighed(
    known: Lexicon, places: Mapping[int, Sequence[Span]], strongest: Mapping[int, float]
) -> _Evidence:
    evidence = _Evidence()
    weak: dict[str, float] = defaultdict(float)
    for phrase, spans in places.items():
        often = strongest[phrase] * (1 + _REPEATED * min(len(spans) - 1, 2))
        for code, weight in known.weights[phrase].items():
            if weight < 0:
                evidence.weights[code] += weight
                continue
            (evidence.weights if weight > 1 else weak)[code] += weight * often
            evidence.phrases[code] += 1
            evidence.strong[code] += int(weight) - 1
            evidence.spans[code].extend(spans)
    for code, weight in weak.items():
        evidence.weights[code] += min(weight, _WEAK_MOST)
    for code in _roots():
        if evidence.phrases[code] < _MIN_PHRASES or evidence.strong[code] < _MIN_STRONG:
            evidence.weights.pop(code, None)
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


def _needed(story: Taggable) -> float:
    """Evidence that a text of this length must have for a topic."""
    length = float(min(len(story.title) + len(story.text), MAX_CHARS))
    if _language(story) == "ja":
        length *= _JAPANESE_LENGTH
    return _NEEDED * (1 + _LONGER * log2(max(1, length / _SHORT)))


def _chosen(weights: Mapping[str, float], needed: float, filed: set[str]) -> list[str]:
    """The topics to say, best first: of every root that has enough, what narrower ones have too."""
    roots = sorted((code for code in weights if code in _roots()), key=lambda code: -weights[code])
    best = weights[roots[0]] if roots else 0.0
    enough = max(needed * _SECOND, min(best * _BESIDE, needed * _CLEAR))
    kept = [
        code
        for at, code in enumerate(roots)
        if weights[code] >= (enough if at else needed) or code in filed
    ][:_MAX_ROOTS]
    narrowed = [_narrowest(root, weights, needed, filed) for root in kept]
    first = [codes[0] for codes in narrowed]
    return (first + [code for codes in narrowed for code in codes[1:]])[:MAX_TOPICS]


def _narrowest(
    root: str, weights: Mapping[str, float], needed: float, filed: set[str]
) -> list[str]:
    """The one or two narrowest topics below a root that hold enough of its evidence, or itself."""
    branch = [root]
    said: list[str] = []
    while branch:
        code = branch.pop(0)
        found = [below for below in _narrower(code) if weights.get(below, 0.0) > 0]
        best = max((weights[below] for below in found), default=0.0)
        enough = max(
            _NARROWER_NEEDED * (_NEEDED + needed) / 2,
            _NARROWER_SHARE * weights[code],
            _NARROWER_BESIDE * best,
        )
        narrower = [below for below in found if weights[below] >= enough or below in filed]
        branch += narrower
        if not narrower:
            said.append(code)
    return sorted(said, key=lambda code: -weights[code])[:_MAX_NARROWER]


def _found(code: str, evidence: _Evidence, needed: float) -> Found:
    spans = sorted(
        evidence.spans.get(code, ()), key=lambda span: (span.field == "text", span.start)
    )
    return Found(
        scheme=SCHEME,
        code=code,
        name=_name(code),
        by=TagBy.TOPICS,
        spans=tuple(spans[:MAX_SPANS]),
        score=_score(evidence.weights[code], needed),
    )


def _score(weight: float, needed: float) -> float:
    """0.6 for what is just enough, 0.8 for twice as much."""
    return round(max(0.05, 1 - 0.4 * needed / max(weight, needed / 2)), 3)


def _inferred(said: Sequence[Found], evidence: _Evidence, needed: float) -> Iterator[Found]:
    """What the topics said are part of, each once, nearest first."""
    known = {found.code for found in said}
    for found in said:
        for code in broader(found.code):
            if code not in known:
                known.add(code)
                yield replace(_found(code, evidence, needed), spans=(), inferred=True)


def _name(code: str) -> str:
    known = topic(code)
    return known.name if known else code


@cache
def _roots() -> frozenset[str]:
    return frozenset(code for code in codes() if not broader(code))


@cache
def _below() -> Mapping[str, Sequence[str]]:
    below: dict[str, list[str]] = defaultdict(list)
    for code in codes():
        for above in broader(code)[:1]:
            below[above].append(code)
    return below


def _narrower(code: str) -> Sequence[str]:
    return _below().get(code, ())
