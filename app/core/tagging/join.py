"""Mentions of the same person or organization put together, and judged by all that is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.core.story import TagBy
from app.core.tag import fold_code
from app.core.tagging.acronyms import UNHEADED
from app.core.tagging.name_mentions import THRESHOLD, Mention, sure
from app.core.tagging.types import Field, Found, Span

LEAD_CHARS: Final = 400
_MIDDLE_DOT = re.compile("[・·・‧•]")
_WORDS = re.compile(r"[^ ]+(?: [^ ]+){1,8}")
_NICK: Final = 2
_OFTEN: Final = 4
MAX_BEARERS: Final = 12
"""How many people of one family name are told apart."""

MAX_FOUND: Final = 60
"""Of each kind; the surest and most prominent."""


@dataclass(slots=True, kw_only=True)
class Named:
    """One person or organization, while its mentions are gathered."""

    name: str
    family: str
    evidence: dict[str, float]
    spans: list[Span] = field(default_factory=list)

    def add(self, where: Field, mention: Mention) -> None:
        for kind, weight in mention.evidence.items():
            self.evidence[kind] = max(weight, self.evidence.get(kind, 0.0))
        self.spans.append(Span(field=where, start=mention.start, end=mention.end))


def join_people(mentions: Mapping[Field, Sequence[Mention]]) -> list[Named]:
    """People by their full names, then family names alone: those of the person named last
    before, else after; else of nobody known.
    """
    people: list[Named] = []
    by_family: dict[str, list[Named]] = {}
    alone: list[tuple[Field, Mention]] = []
    for where, mention in _in_order(mentions):
        if mention.alone:
            alone.append((where, mention))
            continue
        person = _same(mention, by_family.get(_fold(mention.family), ()))
        person = person or _genitive(mention, by_family)
        if person is None:
            if len(by_family.get(_fold(mention.family), ())) == MAX_BEARERS:
                continue
            person = Named(name=mention.name, family=mention.family, evidence={})
            people.append(person)
            by_family.setdefault(_fold(mention.family), []).append(person)
        elif len(mention.name) > len(person.name) and mention.name != f"{person.name}s":
            person.name = mention.name
        person.add(where, mention)
    for where, mention in alone:
        bearers = by_family.setdefault(_fold(mention.family), _by_first(people, mention.family))
        if not bearers:
            bearers.append(Named(name=mention.name, family=mention.family, evidence={}))
            people.append(bearers[0])
        _meant(bearers, where, mention).add(where, mention)
    return people


def _genitive(mention: Mention, by_family: Mapping[str, Sequence[Named]]) -> Named | None:
    """Whose name has the s of German behind it, with no apostrophe: Jana Kais is Jana Kai."""
    bare = mention.name.removesuffix("s")
    bearers = by_family.get(_fold(mention.family.removesuffix("s")), ())
    return next((one for one in bearers if one.name == bare), None)


def _by_first(people: Iterable[Named], name: str) -> list[Named]:
    """Who is マララ・ユスフザイ in full, by whichever part a text calls people."""
    return [one for one in people if _MIDDLE_DOT.split(one.name)[0] == name][:1]


def _in_order(mentions: Mapping[Field, Sequence[Mention]]) -> Iterator[tuple[Field, Mention]]:
    for where in ("text", "title"):  # a headline names shortly whom the text names in full
        yield from ((where, mention) for mention in mentions.get(where, ()))


def _same(mention: Mention, bearers: Iterable[Named]) -> Named | None:
    """Who of the same family name has the same first one, or its initial.

    "van der Berg" is the one before whose name ends so, and "M. Berg" is French for Mr. Berg.
    """
    first = _given(mention.name, mention.family)
    for person in bearers:
        if first == "m." or _fold(person.name).endswith(f" {_fold(mention.name)}"):
            return person
        other = _given(person.name, person.family)
        if first == other or _is_short(first, other) or _is_short(other, first):
            return person
    return None


def _is_short(first: str, other: str) -> bool:
    """Whether a first name is the other's initial or beginning: J. and Josh for Joshua, though
    Paul is not Paula.
    """
    bare = first.strip(".")
    longer = len(other) - len(bare)
    return other.startswith(bare) and (len(bare) == 1 or (len(bare) > _NICK and longer > 1))


def _meant(bearers: Sequence[Named], where: Field, mention: Mention) -> Named:
    if len(bearers) == 1 or where == "title":
        return bearers[0]
    meant, nearest = bearers[0], -1
    for person in bearers:
        for span in person.spans:
            if span.field == where and nearest < span.start < mention.start:
                meant, nearest = person, span.start
    return meant


def join_organizations(
    mentions: Mapping[Field, Sequence[Mention]], texts: Mapping[Field, str]
) -> list[Named]:
    """Organizations by their names; an acronym that the story explains is that organization."""
    explained = {
        texts[where][mention.start : mention.end]: mention.name
        for where, mention in _in_order(mentions)
        if "expanded" in mention.evidence
    }
    found: dict[str, Named] = {}
    ends: dict[str, set[str]] = {}
    for where, mention in _in_order(mentions):
        name = explained.get(mention.name, mention.name)
        name = _in_full(name, mention, ends)
        key = _key(name, mention)
        one = found.setdefault(key, Named(name=name, family="", evidence={}))
        one.add(where, mention)
    return list(found.values())


def _key(name: str, mention: Mention) -> str:
    """What all names of an organization have in common: Quay Corp. is Quay Corporation."""
    bare = name.removeprefix("The ").removeprefix("the ")
    words = bare.split(" ")
    if "suffix" in mention.evidence and len(words) > 1:
        bare = " ".join(words[:-1]).rstrip(",")
        return f"{fold_code(bare)} company"
    return fold_code(bare) or name


def _in_full(name: str, mention: Mention, ends: dict[str, set[str]]) -> str:
    """The one organization named before whose name begins or ends so: the Space Museum, after
    the Harbour Air & Space Museum. `ends` are those of the names so far.
    """
    if not {"head", "known"} & mention.evidence.keys() or not _WORDS.fullmatch(name):
        return name
    words = name.split(" ")
    longer = ends.get(name, set())
    if len(longer) == 1 and len(words) > 1 and "known" not in mention.evidence:
        return next(iter(longer))
    if sure(mention.evidence) < THRESHOLD:
        return name
    for at in range(1, len(words) - 1):
        ends.setdefault(" ".join(words[at:]), set()).add(name)
        if words[at][0].islower():
            ends.setdefault(" ".join(words[:at]), set()).add(name)
    return name


def judged(scheme: str, named: Iterable[Named], title_chars: int) -> tuple[Found, ...]:
    """Those who are sure enough, the most prominent first."""
    found: dict[str, Found] = {}
    for one in named:
        code = fold_code(one.name)
        certain = 0.0 if _is_unused(one.evidence) else sure(one.evidence)
        if code is None or certain < THRESHOLD or not one.spans:
            continue
        spans = sorted(set(one.spans), key=lambda span: (span.field == "text", span.start))
        if code in found:
            spans = sorted(
                {*spans, *found[code].spans}, key=lambda span: (span.field == "text", span.start)
            )
        found[code] = Found(
            scheme=scheme,
            code=code,
            name=one.name,
            by=TagBy.NAMES,
            spans=tuple(spans),
            score=round(certain * prominence(spans, title_chars), 3),
        )
    return tuple(sorted(found.values(), key=lambda one: -one.score)[:MAX_FOUND])


def _is_unused(evidence: Mapping[str, float]) -> bool:
    """Whether what an acronym stands for may be anything, and nobody speaks so of it."""
    return evidence.get("expanded") == UNHEADED and not {"used", "known"} & evidence.keys()


def prominence(spans: Sequence[Span], title_chars: int) -> float:
    """From 0.5 to 1: whether the headline and the lead name it, and how often the story does."""
    titled = any(span.field == "title" for span in spans)
    leads = any(span.field == "text" and span.start < LEAD_CHARS for span in spans)
    heard = titled or (leads and title_chars == 0)
    return 0.5 + 0.2 * heard + 0.15 * leads + 0.15 * min(1.0, len(spans) / _OFTEN)


def _given(name: str, family: str) -> str:
    """The first word of a name that is not the family's."""
    words = _fold(name).split()
    others = [word for word in words if word != _fold(family)]
    return (others or words)[0]


def _fold(name: str) -> str:
    return name.casefold().replace("’", "'")
