"""What is searched for when the speed of searches is measured, for a word of known frequency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from app.core.search.filters import filter_of
from app.core.search.query import FilterKind
from app.core.search.query_parse import parse_query
from app.core.search.search import Search, Sort
from bench.probes import probes


class Asking(Enum):
    PAGE = auto()
    COUNT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A search for a word (by turns: `number` chooses what is beside it), and what is asked."""

    name: str
    search: Callable[[str, int], Search]
    asking: Asking = Asking.PAGE


def classes() -> Mapping[str, Sequence[str]]:
    """Words by the share of all stories that have them."""
    known = probes()
    return {
        "20 %": known.common,
        "1 %": known.uncommon,
        "0.1 %": known.scarce,
        "5 stories": known.rare,
    }


def _query(form: str) -> Callable[[str, int], Search]:
    return lambda word, _: Search(text=parse_query(form.format(word=word, stem=word[:-2])))


def _filtered(*pools: Sequence[str]) -> Callable[[str, int], Search]:
    """The word among stories that have a tag of each pool."""

    def search(word: str, number: int) -> Search:
        tags = [pool[(number + at) % len(pool)] for at, pool in enumerate(pools)]
        filters = tuple(filter_of(FilterKind.TAG, tag) for tag in tags)
        return Search(text=parse_query(word), filters=filters)

    return search


def _without(word: str, number: int) -> Search:
    others = [other for other in probes().common if other != word]
    return Search(text=parse_query(f"{word} -{others[number % len(others)]}"))


def _ranked(word: str, _: int) -> Search:
    return Search(text=parse_query(word), sort=Sort.RELEVANCE)


WORD: Final = Case(name="word", search=_query("{word}"))

BY_WORD: Final = (
    WORD,
    Case(
        name="word, common tag",
        search=_filtered(probes().common_tags),
    ),
    Case(
        name="word, rare tag",
        search=_filtered(probes().uncommon_tags),
    ),
    Case(
        name="word, two common tags",
        search=_filtered(probes().common_tags, probes().common_tags),
    ),
    Case(name="word, not another", search=_without),
    Case(name="phrase with a little word", search=_query('"the {word}"')),
    Case(name="beginning of the word", search=_query("{stem}*")),
    Case(name="in the title", search=_query("title:{word}")),
    Case(name="count", search=_query("{word}"), asking=Asking.COUNT),
    Case(name="by relevance", search=_ranked),
)
"""Cases that are compared between words of all classes."""


def _tags(*named: str) -> Callable[[str, int], Search]:
    filters = tuple(filter_of(FilterKind.TAG, tag) for tag in named)
    return lambda _word, _number: Search(filters=filters)


def _apart(_: str, number: int) -> Search:
    pairs = probes().apart
    return Search(text=parse_query(" ".join(pairs[number % len(pairs)])))


def _faded(_: str, number: int) -> Search:
    return Search(text=parse_query(probes().faded[number % len(probes().faded)]))


HARD: Final = (
    Case(name="everything, no words", search=_tags()),
    Case(name="one common tag", search=_tags("place:common-1")),
    Case(name="two agencies, never in one story", search=_tags("agency:reuters", "agency:ap")),
    Case(name="two words of 20 %, never in one story", search=_apart),
    Case(name="a word of 20 %, none in the newer half", search=_faded),
    Case(name='"of the", of most English stories', search=_query('"of the"')),
)
"""Cases that are not about one word."""
