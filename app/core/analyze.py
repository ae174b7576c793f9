"""Text → search terms: the one analyzer that both search engines index and are asked with.

A term is lower case, without accents, and holds only letters, marks and digits. Scripts written
without spaces become overlapping pairs of characters, and a run ends with its last character
alone: so every character begins exactly one term, a word of two or more characters is a phrase of
pairs, and a single character is a prefix.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from app.core.hashing import hash64

MAX_TERM_CHARS = 64

# No spaces between words, or particles joined to every word.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー々〆"
_RUN = regex.compile(rf"(?P<unspaced>[{_UNSPACED}]+)|(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])+")
_ASCII_RUN = re.compile("[a-z0-9]+")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ`´"), "'")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu)'(?=\w)")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# Vowel points of Hebrew and Arabic, and the Arabic stretching stroke: written or not at will.
_POINTS = re.compile("[\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_FACET_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRow:
    """What a piece of a query asks for: terms in a row, the last perhaps only a beginning."""

    terms: tuple[str, ...]
    prefix: bool = False


def terms_of(text: str) -> list[str]:
    """The terms of a text in order; empty where it holds no letter or digit."""
    return [term for run, unspaced in _runs(text) for term in _terms_of_run(run, unspaced)]


def term_row(text: str, *, prefix: bool = False) -> TermRow | None:
    """What the text is as a phrase of a query; None where it holds no letter or digit.

    The last run may go on in the story where the script has no spaces, or where `prefix` says so.
    """
    runs = list(_runs(text))
    if not runs:
        return None
    *inner, (last, unspaced) = runs
    terms = [term for run in inner for term in _terms_of_run(*run)]
    if not unspaced:
        return TermRow(terms=(*terms, last[:MAX_TERM_CHARS]), prefix=prefix)
    if len(last) == 1:
        return TermRow(terms=(*terms, last), prefix=True)
    return TermRow(terms=(*terms, *_pairs(last)))


def fold(text: str) -> str:
    """Compatibility forms, case, width, accents and invisible characters made equal.

    "U.S." is "us"; a possessive 's and an elided article (l', d', qu') are dropped, other
    apostrophes join what they stand between.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text.translate(_APOSTROPHES))
    if "'" in text:
        text = _ELISION.sub("", _POSSESSIVE.sub("", text)).replace("'", "")
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _POINTS.sub("", "".join(_without_accents(text))))


def facet_term(kind: str, value: str) -> str:
    """A filter as a term of the same index: 14 letters and digits that no text can hold by chance.

    Hashed, so that any value fits every engine's syntax and limits.
    """
    number = hash64("facet", kind, value) & 0xFFFFFFFFFFFFFFFF
    digits = "".join(_FACET_ALPHABET[(number >> shift) & 31] for shift in range(60, -1, -5))
    return f"x{digits}"


EVERY_STORY = facet_term("every", "story")
"""A term that every indexed story has: what a query that only excludes starts from."""


def story_facets(*, tags: Iterable[str], source_id: int, language: str | None) -> list[str]:
    """The filter terms of a story; `tags` are QCodes."""
    facets = [EVERY_STORY, facet_term("source", str(source_id))]
    facets += [facet_term("tag", qcode) for qcode in tags]
    if language:
        facets.append(facet_term("lang", language))
    return facets


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of letters and digits, and whether each is of a script without spaces."""
    folded = fold(text)
    if folded.isascii():
        return ((run, False) for run in _ASCII_RUN.findall(folded))
    return ((found[0], found["unspaced"] is not None) for found in _RUN.finditer(folded))


def _terms_of_run(run: str, unspaced: bool) -> Iterator[str]:  # noqa: FBT001 - private
    if not unspaced:
        yield run[:MAX_TERM_CHARS]
        return
    yield from _pairs(run)
    yield run[-1]


def _pairs(run: str) -> Iterator[str]:
    return (run[i : i + 2] for i in range(len(run) - 1))


def _without_accents(text: str) -> Iterator[str]:
    """Latin, Greek and Cyrillic letters lose their accents; other scripts keep their marks."""
    base = ""
    for char in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(char):
            base = char
        elif base < "\u0590" and base.isalpha():
            continue
        yield char
