"""People and organizations that a statistical model finds, beside those that are found without.

A model is in use in a whole process or not at all: a worker process loads it once, before its
first story. What it says never stands against what the rules of names say, and counts less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

import regex

from app.core.story import TagBy
from app.core.tag import fold_code
from app.core.tagging.gazetteer import place_named
from app.core.tagging.join import LEAD_CHARS, prominence
from app.core.tagging.name_words import known_organizations, name_words
from app.core.tagging.names import Names
from app.core.tagging.types import Found, Span, Taggable

MAX_CHARS: Final = 5000
"""The beginning of a text that a model reads: it takes some 30 ms for a thousand characters."""

SURE: Final = 0.24
"""How sure its names are: below 0.25, the least that a name found without a model has."""

MAX_FOUND: Final = 30
_MAX_WORDS: Final = 8
_MAX_PERSON_WORDS: Final = 4
_ACRONYM: Final = range(3, 9)
_ARTICLES: Final = ("the ", "The ", "a ", "A ", "an ", "An ")
_POSSESSIVES: Final = ("'s", "’s", "'", "’")

_NAME: Final = regex.compile(
    r"\p{Lu}[\p{L}'’.-]*(?: (?:[\p{L}'’.-]+,?|&))*(?<= \p{Lu}[\p{L}'’.-]*|^\p{Lu}[\p{L}'’.-]*)"
)

Kind: TypeAlias = Literal["person", "org"]


class Mention(NamedTuple):
    """text[start:end] names somebody or something of a kind, says the model."""

    start: int
    end: int
    kind: Kind


class Model(Protocol):
    """Reads texts of its `languages`; `name` tells it, and its version, from others."""

    @property
    def name(self) -> str: ...

    @property
    def languages(self) -> frozenset[str]: ...

    def read(self, text: str) -> Sequence[Mention]: ...


_in_use: ContextVar[Model | None] = ContextVar("model", default=None)


def use(model: Model) -> None:
    """Have all stories of this process read by it from now on."""
    _in_use.set(model)


@contextmanager
def using(model: Model | None) -> Iterator[None]:
    """Have stories read by it, or by none, inside the block."""
    before = _in_use.set(model)
    try:
        yield
    finally:
        _in_use.reset(before)


def in_use() -> Model | None:
    return _in_use.get()


@dataclass(slots=True)
class _Heard:
    """A name, and where it is said."""

    name: str
    spans: list[Span]


def with_model(names: Names, story: Taggable, model: Model | None) -> Names:
    """The names with those that only the model finds behind them.

    No tag of the former changes, and nothing is found where they are. People that the model finds
    are taken for no place either.
    """
    if model is None or story.language not in model.languages:
        return names
    text = story.text[:MAX_CHARS]
    free = [said for said in model.read(text) if not _is_taken(said, names.taken)]
    people = _people(free, text, names.people)
    organizations = _organizations(free, text, names, people)
    found_people = _found("person", people, story)
    spans = {span for person in found_people for span in person.spans}
    taken = sorted(
        {*names.taken, *spans}, key=lambda span: (span.field == "text", span.start, span.end)
    )
    return replace(
        names,
        people=(*names.people, *found_people),
        organizations=(*names.organizations, *_found("org", organizations, story)),
        taken=tuple(taken),
    )


def _is_taken(said: Mention, taken: Iterable[Span]) -> bool:
    return any(
        span.field == "text" and span.start < said.end and said.start < span.end for span in taken
    )


def _people(said: Iterable[Mention], text: str, known: Sequence[Found]) -> dict[str, _Heard]:
    """Full names, by their codes, with the family names that stand alone; not of those who are
    known already.
    """
    there = {_ends(person.name) for person in known}
    families = {person.name.split()[-1] for person in known}
    heard: dict[str, _Heard] = {}
    alone: list[tuple[str, Span]] = []
    for mention in said:
        name, span = _cut(mention, text)
        if mention.kind != "person" or _is_place(name):
            continue
        words = _without_titles(name.split())
        span = replace(span, start=span.end - len(" ".join(words)))
        if len(words) == 1:
            alone.append((words[0], span))
        elif _is_personal(words) and _ends(" ".join(words)) not in there:
            _hear(heard, " ".join(words), span)
    bearers = {one.name.split()[-1]: one for one in heard.values()}
    for family, span in alone:
        if family in bearers and family not in families:
            bearers[family].spans.append(span)
    return heard


def _organizations(
    said: Iterable[Mention], text: str, names: Names, people: dict[str, _Heard]
) -> dict[str, _Heard]:
    """Those of the lead, or that are said twice: of others a model is too often wrong. Not what is
    a place, a title, part of a name that is known already, or named after somebody.
    """
    of_people = {f"-{fold_code(one.name)}-" for one in names.people}
    of_people |= {f"-{code}-" for code in people}
    known = {f"-{fold_code(one.name)}-" for one in names.organizations} | of_people
    words_of = name_words()
    heard: dict[str, _Heard] = {}
    for mention in said:
        name, span = _cut(mention, text)
        words = name.split()
        if mention.kind != "org" or not 0 < len(words) <= _MAX_WORDS or _is_place(name):
            continue
        titles = words_of.titles | words_of.title_parts | words_of.not_names
        if all(word in titles or word.casefold() in words_of.roles for word in words):
            continue
        if len(words) == 1 and not (name.isupper() and len(name) in _ACRONYM):
            continue
        code = f"-{fold_code(name)}-"
        if name in words_of.not_orgs or any(code in one for one in known):
            continue
        if not any(one in code for one in of_people):
            _hear(heard, known_organizations().get(name, name), span)
    return {
        code: one
        for code, one in heard.items()
        if len(one.spans) > 1 or one.spans[0].start < LEAD_CHARS
    }


def _cut(mention: Mention, text: str) -> tuple[str, Span]:
    """The name without what stands around it; empty where it is no row of words, the first and the
    last with a capital.
    """
    start, end = mention.start, mention.end
    name = text[start:end]
    for article in _ARTICLES:
        if name.startswith(article):
            name, start = name[len(article) :], start + len(article)
    for possessive in _POSSESSIVES:
        if name.endswith(possessive):
            name, end = name[: -len(possessive)], end - len(possessive)
            break
    told = _NAME.fullmatch(name) is not None
    return name if told else "", Span(field="text", start=start, end=end)


def _is_place(name: str) -> bool:
    return not name or name in name_words().places or place_named(name) is not None


def _without_titles(words: list[str]) -> list[str]:
    listed = name_words()
    titles = listed.titles | listed.title_parts
    while len(words) > 1 and words[0].rstrip(".") in titles:
        words = words[1:]
    return words


def _is_personal(words: Sequence[str]) -> bool:
    listed = name_words()
    if len(words) > _MAX_PERSON_WORDS or not (words[0][0].isupper() and words[-1][0].isupper()):
        return False
    impersonal = listed.titles | listed.title_parts | listed.org_heads | listed.org_suffixes
    first_known = words[0] in listed.given or words[0] in listed.family_first
    return not (impersonal & set(words)) and (first_known or not listed.not_names & set(words))


def _ends(name: str) -> tuple[str, str]:
    """First and last word, by which one person is known under a longer and a shorter name."""
    words = name.casefold().split()
    return words[0], words[-1]


def _hear(heard: dict[str, _Heard], name: str, span: Span) -> None:
    code = fold_code(name)
    if code is not None:
        heard.setdefault(code, _Heard(name, [])).spans.append(span)


def _found(scheme: Kind, heard: dict[str, _Heard], story: Taggable) -> list[Found]:
    found = []
    for code, one in heard.items():
        spans = sorted(set(one.spans), key=lambda span: span.start)
        found.append(
            Found(
                scheme=scheme,
                code=code,
                name=one.name,
                by=TagBy.MODEL,
                spans=tuple(spans),
                score=round(SURE * prominence(spans, len(story.title)), 3),
            )
        )
    return sorted(found, key=lambda one: -one.score)[:MAX_FOUND]
