"""Which media topics a story is about: what its publisher files it under, and what its words say.

Silence is better than noise: no topic is given for words that a text of its length may hold by
chance, and a second one must have more to say for it than the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from app.core.story import TagBy
from app.core.tagging.topic_evidence import ENOUGH, Evidence, needed, read_evidence, top_topics
from app.core.tagging.topic_sections import Sections, sections
from app.core.tagging.types import Found, Taggable
from app.core.topics import broader, codes, topic

SCHEME: Final = "medtop"
MAX_TOPICS: Final = 4
"""As many are said; what they are part of is inferred and comes on top."""

_MAX_ROOTS: Final = 3
_SECOND: Final = 1.65  # times what is needed, for a top topic beside another
_COMPANION: Final = 1.2  # the same, for one that often goes with the first
_COMPANIONS: Final = frozenset(
    map(
        frozenset,
        (
            ("16000000", "11000000"),  # conflict and politics: protests, coups
            ("16000000", "02000000"),  # conflict and law: terror
            ("09000000", "04000000"),  # labour and business: strikes, layoffs
            ("13000000", "04000000"),  # technology and business: products
            ("03000000", "17000000"),  # disaster and weather
            ("01000000", "08000000"),  # arts and human interest: awards, funerals
        ),
    )
)
_MAX_NARROWER: Final = 2  # of a top topic
_NARROWER_NEEDED: Final = 0.9  # of what a top topic needs in half as many doublings
_NARROWER_SHARE: Final = 0.33  # of the broader topic's evidence
_NARROWER_BESIDE: Final = 0.7  # of the best topic's on its level
_SECTION: Final = 1.1  # times what is needed: what a publisher's category is worth


def find_topics(story: Taggable, own_sections: Sections | None = None) -> tuple[Found, ...]:
    """The media topics said, best first and at most MAX_TOPICS, then those inferred from them.

    `own_sections` are an operator's words for the source's categories. A topic that only a
    category stands for has no spans, and is not inferred.
    """
    evidence = read_evidence(story)
    enough = needed(story)
    filed: dict[str, bool] = {}
    for section in sections(story.categories, story.source_country, own_sections):
        for code in (section.code, *broader(section.code)):
            evidence.weights[code] += enough * _SECTION
            filed[code] = section.own or filed.get(code, False)
    said = [_found(code, evidence, enough) for code in _chosen(evidence.weights, enough, filed)]
    return (*said, *_inferred(said, evidence, enough))


def _chosen(weights: Mapping[str, float], enough: float, filed: Mapping[str, bool]) -> list[str]:
    """The topics to say: of every top topic that has enough, what narrower ones have too.

    `filed` are those that categories stand for, True where the operator says so: they come first.
    """
    tops = sorted(
        top_topics() & weights.keys(),
        key=lambda code: (not filed.get(code, False), -weights[code], code),
    )
    kept = [
        code for code in tops if code in filed or weights[code] >= enough * _times(code, tops[0])
    ]
    narrowed = [_narrowest(code, weights, enough, filed) for code in kept[:_MAX_ROOTS]]
    first = [narrow[0] for narrow in narrowed]
    return [*first, *(code for narrow in narrowed for code in narrow[1:])][:MAX_TOPICS]


def _times(code: str, first: str) -> float:
    """How much more a top topic needs, for the one that comes first."""
    if code == first:
        return 1.0
    return _COMPANION if frozenset((code, first)) in _COMPANIONS else _SECOND


def _narrowest(
    top: str, weights: Mapping[str, float], enough: float, filed: Collection[str]
) -> list[str]:
    """The one or two narrowest topics that hold enough of a top topic's evidence, or itself."""
    branch = [top]
    said: list[str] = []
    for code in branch:
        found = [below for below in _narrower(code) if weights.get(below, 0.0) > 0]
        least = max(
            _NARROWER_NEEDED * (ENOUGH + enough) / 2,
            _NARROWER_SHARE * weights[code],
            _NARROWER_BESIDE * max((weights[below] for below in found), default=0.0),
        )
        narrower = [below for below in found if weights[below] >= least or below in filed]
        branch += narrower
        if not narrower:
            said.append(code)
    return sorted(said, key=lambda code: -weights[code])[:_MAX_NARROWER]


def _found(code: str, evidence: Evidence, enough: float) -> Found:
    known = topic(code)
    return Found(
        scheme=SCHEME,
        code=code,
        name=known.name if known else code,
        by=TagBy.TOPICS,
        spans=evidence.spans(code),
        score=_score(evidence.weights.get(code, 0.0), enough),
    )


def _score(weight: float, enough: float) -> float:
    """0.6 for what is just enough, 0.8 for twice as much; 0.2 at least."""
    return round(1 - 0.4 * enough / max(weight, enough / 2), 3)


def _inferred(said: Sequence[Found], evidence: Evidence, enough: float) -> Iterator[Found]:
    """What the topics said are part of, each once, nearest first."""
    known = {found.code for found in said}
    for found in said:
        for code in broader(found.code):
            if code not in known:
                known.add(code)
                yield replace(_found(code, evidence, enough), spans=(), inferred=True)


def _narrower(code: str) -> Sequence[str]:
    return _below().get(code, ())


@cache
def _below() -> Mapping[str, Sequence[str]]:
    below: dict[str, list[str]] = defaultdict(list)
    for code in codes():
        for above in broader(code)[:1]:
            below[above].append(code)
    return below
