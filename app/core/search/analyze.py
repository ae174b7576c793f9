"""Text → search terms: the one analyzer that both search engines index and are asked with.

A term is lower case, without accents, and holds only letters, marks and digits. Scripts written
without spaces become overlapping pairs of characters, and a run ends with its last character
alone: so every character begins exactly one term, a word of two or more characters is a phrase of
pairs, and a single character is a prefix.

Beside its terms, which stand in order, a text has forms: the stems of its words in its language,
and words that a hyphen joins as one. A word of a search is found by its term or by its forms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import regex

from app.core.search.fold import bare, light_fold, placed_fold
from app.core.search.stems import joined_form, stem_form

ANALYZER_VERSION: Final = 3
"""Goes up whenever a story comes to other terms, forms or filter terms: stories are then to be
indexed anew.
"""

MAX_TERM_CHARS: Final = 64
MAX_JOINED: Final = 4
"""Words that a hyphen joins beyond which they are no word."""

# No spaces between words, or particles joined to every word.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー々〆"
_SPACED = rf"(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])+"
_RUN = regex.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|{_SPACED}")
_ASCII_RUN = re.compile("[a-z0-9]+")
# Only from where a word begins, and without going back: a long text without spaces stays cheap.
_JOINED = regex.compile(
    rf"(?<!(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])(?>{_SPACED})(?:-(?>{_SPACED}))+"
)
_HYPHEN = re.compile("[-‐‑‒–−]")
_HYPHENATED = re.compile(r"(?<![^\s-])[^\s-]++(?:-[^\s-]++)++")


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRow:
    """What a piece of a query asks for: terms in a row, the last perhaps only a beginning.

    `joined` is the one term that words joined by hyphens may be written as.
    """

    terms: tuple[str, ...]
    prefix: bool = False
    joined: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A text's terms in order, how often it has each form, and how often each form or term that
    ranking counts: the form of a word that has a stem, else the term.
    """

    terms: Sequence[str]
    forms: Mapping[str, int]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTerm:
    """A term and the half-open place in the text that it comes from; `word` is its whole word."""

    term: str
    start: int
    end: int
    word: str


def terms_of(text: str) -> list[str]:
    """The terms of a text in order; empty where it holds no letter or digit."""
    return _all_terms(_runs(light_fold(text)))


def analyze(text: str, language: str | None) -> Analysis:
    """The terms and forms of a text in a language."""
    folded = light_fold(text)
    runs = _runs(folded)
    terms = _all_terms(runs)
    forms: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for (run, unspaced), often in Counter(runs).items():
        form = None if unspaced or language is None else _form(run, language)
        if form is not None:
            forms[form] += often
            continue
        for term in _all_terms([(run, unspaced)]):
            counts[term] += often
    for joined, _, _ in _joined(folded):
        forms.update(_joined_forms(joined, () if language is None else (language,)))
    return Analysis(terms=terms, forms=forms, counts=counts | forms)


def term_row(text: str, *, prefix: bool = False) -> TermRow | None:
    """What the text is as a phrase of a query; None where it holds no letter or digit.

    The last run may go on in the story where the script has no spaces, or where `prefix` says so.
    """
    folded = light_fold(text)
    runs = _runs(folded)
    if not runs:
        return None
    *inner, (last, unspaced) = runs
    terms = _all_terms(inner)
    if not unspaced:
        return TermRow(
            terms=(*terms, _term(last)),
            prefix=prefix,
            joined=None if prefix else _bare(_whole(folded)),
        )
    if len(last) == 1:
        return TermRow(terms=(*terms, last), prefix=True)
    return TermRow(terms=(*terms, *_pairs(last)))


def word_forms(word: str, languages: Collection[str]) -> tuple[str, ...]:
    """The forms by which a word of a query is found: its stem in each language that it fits, and
    itself as words joined.
    """
    folded = light_fold(word)
    runs = _runs(folded)
    joined = _whole(folded)
    if joined is None and len(runs) == 1 and not runs[0][1]:
        joined = runs[0][0]
    return () if joined is None else _joined_forms(joined, languages)


def placed_terms(text: str) -> list[PlacedTerm]:
    """`terms_of`, each with its place in the text as it is written."""
    placed = placed_fold(text)
    if placed is None:
        return [PlacedTerm(term=term, start=0, end=len(text), word=term) for term in terms_of(text)]
    folded, places = placed
    pattern = _ASCII_RUN if folded.isascii() else _RUN
    found: list[PlacedTerm] = []
    for run in pattern.finditer(folded):
        unspaced = pattern is _RUN and run["unspaced"] is not None
        if not unspaced:
            found.append(_placed(_term(run[0]), run[0], places[run.start() : run.end()]))
            continue
        for offset, term in enumerate(_all_terms([(run[0], True)])):
            start = run.start() + offset
            found.append(_placed(term, term, places[start : start + len(term)]))
    return found


def placed_joined(text: str) -> list[PlacedTerm]:
    """Words that hyphens join, as one, with their places in the text."""
    placed = placed_fold(text) if _HYPHEN.search(text) else None
    if placed is None:
        return []
    folded, places = placed
    return [_placed(joined, joined, places[start:end]) for joined, start, end in _joined(folded)]


def _placed(term: str, word: str, places: Sequence[tuple[int, int]]) -> PlacedTerm:
    return PlacedTerm(term=term, start=places[0][0], end=places[-1][1], word=word)


def _runs(folded: str) -> list[tuple[str, bool]]:
    """Runs of letters and digits, and whether each is of a script without spaces."""
    if folded.isascii():
        return [(run, False) for run in _ASCII_RUN.findall(folded)]
    return [(found[0], found["unspaced"] is not None) for found in _RUN.finditer(folded)]


def _all_terms(runs: Sequence[tuple[str, bool]]) -> list[str]:
    terms: list[str] = []
    for run, unspaced in runs:
        if unspaced:
            terms += _pairs(run)
            terms.append(run[-1])
        else:
            terms.append(_term(run))
    return terms


def _term(run: str) -> str:
    return (run if run.isascii() else bare(run))[:MAX_TERM_CHARS]


def _pairs(run: str) -> Iterator[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


@lru_cache(maxsize=20_000)
def _form(run: str, language: str) -> str | None:
    return stem_form(run[:MAX_TERM_CHARS], language)


def _joined(folded: str) -> Iterator[tuple[str, int, int]]:
    """Words that hyphens join, as one, and where they stand."""
    if "-" not in folded:
        return
    for around in _HYPHENATED.finditer(folded):
        for found in _JOINED.finditer(folded, *around.span()):
            if found[0].count("-") < MAX_JOINED:
                yield found[0].replace("-", "")[:MAX_TERM_CHARS], *found.span()


def _joined_forms(joined: str, languages: Collection[str]) -> tuple[str, ...]:
    """The stem, in each language, of words that a hyphen joins, and themselves as one."""
    stems = (_form(joined, language) for language in languages)
    return (*(form for form in stems if form is not None), joined_form(joined))


def _bare(joined: str | None) -> str | None:
    return None if joined is None else bare(joined)


def _whole(folded: str) -> str | None:
    """The words that hyphens join as one, where the text is nothing else."""
    joined = list(_joined(folded))
    if len(joined) != 1 or folded.strip(" -").replace("-", "")[:MAX_TERM_CHARS] != joined[0][0]:
        return None
    return joined[0][0]
