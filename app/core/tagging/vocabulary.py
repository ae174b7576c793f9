"""Tags that are known by themselves, whether or not a story has them: what they are called in each
language, and what is broader and narrower. Media topics, places and agencies.

vocab/mediatopics.json, places.json, place_words.json and agencies.json are read when the first tag
is asked for.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from app.core.normal.agencies import agencies
from app.core.tag import fold_name
from app.core.tagging.place_forms import FORMS, LANGUAGES, split_lines
from app.core.topics import codes, topic

LAST: Final = "\U0010ffff"
"""Behind every character that a name begins with."""

_SCRIPTS: Final = (
    ("ko", "\uac00", "\ud7a3"),
    ("ja", "\u3041", "\u30ff"),
    ("zh", "\u3400", "\u9fff"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTag:
    """A tag of the vocabulary; `forms` are all names it is found by, `parents` nearest first,
    `children` the most important first.
    """

    qcode: str
    name: str  # in English
    names: Mapping[str, str] = field(default_factory=dict)  # by language, English included
    forms: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()


def known_tag(qcode: str) -> KnownTag | None:
    """What is known of a tag by itself; None for what only stories tell of."""
    return _vocabulary().get(qcode)


def beginning_with(prefix: str) -> tuple[str, ...]:
    """The QCodes of known tags one of whose names begins so, in any language and any case."""
    folded = fold_name(prefix)
    names = _index()
    first = bisect_left(names, (folded, ""))
    last = bisect_left(names, (folded + LAST, ""))
    return tuple(dict.fromkeys(qcode for _, qcode in names[first:last]))


def load_vocabulary() -> None:
    """Read it beforehand, which takes a quarter of a second."""
    _index()


@cache
def _index() -> Sequence[tuple[str, str]]:
    known = _vocabulary().values()
    return sorted((fold_name(form), tag.qcode) for tag in known for form in tag.forms)


@cache
def _vocabulary() -> Mapping[str, KnownTag]:
    return {tag.qcode: tag for tag in (*_topics(), *_places(), *_agencies())}


def _topics() -> Iterator[KnownTag]:
    narrower: defaultdict[str | None, list[str]] = defaultdict(list)
    found = [known for code in codes() if (known := topic(code)) is not None]
    for each in found:
        narrower[each.parent].append(f"medtop:{each.code}")
    for each in found:
        yield KnownTag(
            qcode=f"medtop:{each.code}",
            name=each.name,
            names={"en": each.name, **each.names},
            forms=(each.name, *each.names.values()),
            parents=(f"medtop:{each.parent}",) if each.parent else (),
            children=tuple(narrower[each.code]),
        )


def _agencies() -> Iterator[KnownTag]:
    forms: defaultdict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for form, agency in agencies().items():
        forms[agency.code].add(form)
        names[agency.code] = agency.name
    for code, name in names.items():
        yield KnownTag(
            qcode=f"agency:{code}",
            name=name,
            names={"en": name},
            forms=(name, *sorted(forms[code])),
        )


@dataclass(slots=True, kw_only=True)
class _Place:
    """A place while its lines are gathered."""

    names: dict[str, list[str]]
    parents: tuple[str, ...] = ()


def _places() -> Iterator[KnownTag]:
    """The names written by hand first, since those are the news's."""
    words, document = _read("place_words.json"), _read("places.json")
    found: dict[str, _Place] = {}
    for code, *names in split_lines(words["names"]):
        _add(found, code, names)
    for code, _, _, *names in split_lines(document["countries"]):
        _add(found, code, names)
    for gathered, country, *names in split_lines(words["places"]):
        if "," not in gathered:
            _add(found, gathered, names, (country,) if country else ())
    alone = frozenset(words["no_country"])
    for code, name, country, state, _, _, forms in split_lines(document["cities"]):
        above = () if code in alone else (words["states"].get(state), country)
        _add(found, code, [name], tuple(filter(None, above)))
        for form in filter(None, forms.split(FORMS)):
            found[code].names.setdefault(_language(form), []).append(form)
    narrower: defaultdict[str, list[str]] = defaultdict(list)
    for code, place in found.items():
        if place.parents:
            narrower[place.parents[0]].append(f"place:{code}")
    return (_place(code, place, narrower[code]) for code, place in found.items())


def _add(
    found: dict[str, _Place], code: str, names: Sequence[str], parents: tuple[str, ...] = ()
) -> None:
    place = found.setdefault(code, _Place(names={}))
    place.parents = place.parents or parents
    for language, forms in zip(LANGUAGES, names, strict=False):  # cities have an English one
        place.names.setdefault(language, []).extend(filter(None, forms.split(FORMS)))


def _place(code: str, place: _Place, narrower: Sequence[str]) -> KnownTag:
    names = {language: forms[0] for language, forms in place.names.items() if language and forms}
    name = names.get("en") or code.replace("-", " ").title()
    return KnownTag(
        qcode=f"place:{code}",
        name=name,
        names={"en": name} | names,
        forms=tuple(dict.fromkeys([name, *(f for forms in place.names.values() for f in forms)])),
        parents=tuple(f"place:{above}" for above in place.parents),
        children=tuple(narrower),
    )


def _language(form: str) -> str:
    """A city's names say no language: by their script; empty where that tells too little."""
    for language, first, last in _SCRIPTS:
        if any(first <= letter <= last for letter in form):
            return language
    return ""


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        files("app.core.vocab").joinpath(name).read_text(encoding="utf-8")
    )
    return document
