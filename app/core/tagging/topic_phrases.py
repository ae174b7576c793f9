"""Words that tell what a story is about, found in one pass over its text.

vocab/topic_phrases_*.json say what speaks for which media topic, by language and weight: 3 says it
nearly alone, 2 with another, 1 only helps; a negative weight speaks against it. `nothing` lists
idioms and names: what stands inside them says nothing. How a phrase is written there:

    word        the word, also with -s or -es
    word*       any word that begins so
    word!       this form only
    score~ a    the verb, also with -s, -ed, -ing
    a (b|c) d   one of these
    WHO         a capital is wanted where there is one

Japanese has no spaces: a phrase is found inside other words too, but one that begins or ends in
katakana or Latin letters must begin or end there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, Final, NamedTuple

import ahocorasick_rs

from app.core.topics import broader

LANGUAGES: Final = ("en", "ja")

_CHOICE = re.compile(r"\(([^()]*)\)")
# One character for one: places in the folded text are places in the text.
_MARKS: Final = '\t\n\r\x0b\x0c"()[]{}*_/|#-'
_SPACES: Final = str.maketrans(dict.fromkeys(_MARKS, " "))
_SIGNS: Final = {"’": "'", "‘": "'"} | dict.fromkeys("“”«»\u00a0–—‐‑", " ")
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_SURROGATES = re.compile("[\ud800-\udfff]")  # no text, and no search goes over them
_KANA = re.compile("[\u30a1-\u30fa\u30fc]")
_LATIN = re.compile("[0-9A-Za-z]")


class Match(NamedTuple):
    """Where a phrase stands: text[start:end]."""

    phrase: int  # the same number for all forms of one phrase
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a phrase, as it is looked for."""

    phrase: int
    tail: str  # "s": a plural may follow; "*": any letters; "": nothing
    capitals: tuple[int, ...]  # where a capital is wanted, counted from the start of the match


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """A language's phrases, ready to be found."""

    weights: Sequence[Mapping[str, float]]  # by phrase: topics and broader ones; none for an idiom
    words: Sequence[str]  # by phrase: as it is written in the vocabulary
    forms: Sequence[_Form]
    automaton: ahocorasick_rs.AhoCorasick
    spaced: bool

    def matches(self, text: str) -> list[Match]:
        """All that say something, in order: none inside a longer one or touched by an idiom."""
        folded = _spaced_fold(text) if self.spaced else _fold(text)
        found = []
        for number, start, end in self.automaton.find_matches_as_indexes(folded, overlapping=True):
            form = self.forms[number]
            if self.spaced:  # the folded text, and the match, have a space more in front
                stop = _word_end(form.tail, folded, end) - 1
            else:
                stop = _end_unspaced(folded, start, end)
            if stop >= 0 and (not form.capitals or _has_capitals(form, text, start)):
                found.append((start, -stop, form.phrase))
        found.sort()
        return list(self._outermost(found))

    def _outermost(self, found: Iterable[tuple[int, int, int]]) -> Iterator[Match]:
        reached = idiom_end = -1
        for start, stop, phrase in found:
            if -stop <= reached or start < idiom_end:
                continue
            reached = -stop
            if self.weights[phrase]:
                yield Match(phrase, start, reached)
            else:
                idiom_end = reached


def lexicon(language: str) -> Lexicon:
    """The phrases of one of LANGUAGES; read when they are first asked for."""
    return _lexicon(language)


def build(document: Mapping[str, Any], *, spaced: bool) -> Lexicon:
    """A lexicon of a vocabulary's document; raises ValueError for a phrase written wrong."""
    weights: dict[str, dict[str, float]] = {}
    for phrase in _phrases(document["nothing"]):
        weights[phrase] = {}
    for code, by_weight in document["topics"].items():
        for weight, lines in by_weight.items():
            for phrase in _phrases(lines):
                known = weights.setdefault(phrase, {})
                if code in known:
                    raise ValueError(f"{phrase!r} is twice under {code}")
                known[code] = float(weight)
    words = tuple(weights)
    forms = [
        (written, number) for number, phrase in enumerate(words) for written in _written(phrase)
    ]
    patterns = [_pattern(written, spaced=spaced) for written, _ in forms]
    return Lexicon(
        weights=tuple(map(_spread, weights.values())),
        words=words,
        forms=tuple(_form(written, number, spaced=spaced) for written, number in forms),
        automaton=ahocorasick_rs.AhoCorasick(patterns),
        spaced=spaced,
    )


def _spread(weights: Mapping[str, float]) -> Mapping[str, float]:
    """With the broader topics of what a phrase speaks for: one phrase counts once for each."""
    spread = dict(weights)
    for code, weight in weights.items():
        if weight > 0:
            for above in broader(code):
                spread[above] = max(weight, spread.get(above, weight))
    return spread


def _phrases(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from (phrase.strip() for phrase in line.split(","))


def _written(phrase: str) -> Iterator[str]:
    """Every way to write a phrase with choices."""
    parts = _CHOICE.split(phrase)
    choices = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
    for chosen in product(*choices):
        words = ("".join(chosen)).split()
        yield from map(" ".join, product(*map(_inflected, words)))


def _inflected(word: str) -> Sequence[str]:
    if not word.endswith("~"):
        return (word,)
    verb = word[:-1]
    if verb.endswith("e"):
        return (verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing")
    plural = "es" if verb.endswith(("s", "x", "z", "ch", "sh")) else "s"
    return (verb, verb + plural, f"{verb}ed", f"{verb}ing")


def _pattern(written: str, *, spaced: bool) -> str:
    bare = written.rstrip("*!")
    if not bare or any(sign in bare for sign in "*!~()|"):
        raise ValueError(f"no phrase: {written!r}")
    return f" {_fold(bare).translate(_SPACES)}" if spaced else _fold(bare)


def _form(written: str, number: int, *, spaced: bool) -> _Form:
    capitals = tuple(at for at, char in enumerate(written) if char.isupper())
    tail = {"*": "*", "!": ""}.get(written[-1], "s" if spaced else "")
    return _Form(number, tail, capitals)


def _has_capitals(form: _Form, text: str, start: int) -> bool:
    return all(text[start + at : start + at + 1].isupper() for at in form.capitals)


def _word_end(tail: str, folded: str, end: int) -> int:
    """Where the word ends that a match ends in; 0 if it may not go on like that."""
    if not folded[end].isalnum():
        return end
    if tail == "*":
        while folded[end].isalnum():
            end += 1
        return end
    if tail == "s":
        for plural in ("s", "es"):
            after = end + len(plural)
            if folded.startswith(plural, end) and not folded[after].isalnum():
                return after
    return 0


def _end_unspaced(folded: str, start: int, end: int) -> int:
    """Where a match ends, -1 if it is a part of a word in katakana or Latin letters."""
    for letters in (_KANA, _LATIN):
        if letters.match(folded, start) and start and letters.match(folded, start - 1):
            return -1
        if letters.match(folded, end - 1) and letters.match(folded, end):
            return -1
    return end


def _spaced_fold(text: str) -> str:
    """Small letters, spaces for what joins words and what holds them, and one at either end."""
    if not text.isascii():
        for sign, plain in _SIGNS.items():
            text = text.replace(sign, plain)
    folded = _fold(text)
    if folded.isascii():
        return f" {folded.translate(_SPACES)} "
    for mark in _MARKS:  # faster than a table where a text is not in ASCII
        folded = folded.replace(mark, " ")
    return f" {folded} "


def _fold(text: str) -> str:
    """Small letters, as many as there were."""
    if not text.isascii():
        text = _WIDE.sub(lambda found: chr(ord(found[0]) - 0xFEE0), _SURROGATES.sub(" ", text))
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


@cache
def _lexicon(language: str) -> Lexicon:
    name = f"topic_phrases_{language}.json"
    document = json.loads(files("app.core.vocab").joinpath(name).read_text("utf-8"))
    return build(document, spaced=language != "ja")
