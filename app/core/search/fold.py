"""Text with everything made equal that a search must not tell apart.

Two steps: `light_fold` keeps accents, which stems need; `bare` takes them away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

import regex

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
# Vowel points of Hebrew and Arabic, and the Arabic stretching stroke: written or not at will.
_POINTS = re.compile("[\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
_KANA: Final = {katakana: katakana - 0x60 for katakana in range(0x30A1, 0x30F7)}
_SIGNS: Final = dict.fromkeys(map(ord, "’‘ʼ`´"), "'") | dict.fromkeys(map(ord, "‐‑‒–−"), "-")
_ALIKE: Final = _KANA | _SIGNS
# What one letter stands for in a script that has no decomposition for it.
_LETTERS: Final = str.maketrans(
    {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"}
)
_INITIALS = re.compile(r"\b[^\W\d_](?:\.[^\W\d_])+\b")
_APOSTROPHES = re.compile(r"(?<=[\w.])'s\b|\b(?:[cdjlmnst]|qu)'(?=\w)|'")
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3}){2,})(?![\d,])(?=\D|$)")
# ASCII whole; else a letter with its marks. The sound marks of half-width kana are letters to
# Unicode, and the parts of a Hangul syllable may stand apart.
_CLUSTER = regex.compile(
    r"[\x00-\x7f]+(?![\p{M}\uff9e\uff9f])"
    r"|[\u1100-\u11ff]+|\P{M}[\p{M}\uff9e\uff9f]*|\p{M}+"
)


def light_fold(text: str) -> str:
    """Compatibility forms, case, width, kana and invisible characters made equal.

    "U.S." is "us" and "1,000" is "1000"; a possessive 's and an elided article (l', d', qu') are
    dropped, other apostrophes join what they stand between.
    """
    folded = _fold_characters(_INVISIBLE.sub("", text))
    return "".join(folded[start:end] for start, end in _kept(folded))


def bare(folded: str) -> str:
    """Folded text without accents. Latin, Greek and Cyrillic letters lose them; other scripts
    keep their marks.
    """
    if folded.isascii():
        return folded
    return unicodedata.normalize("NFC", "".join(_without_accents(folded.translate(_LETTERS))))


def placed_fold(text: str) -> tuple[str, Sequence[tuple[int, int]]] | None:
    """`light_fold`, and for each of its characters the half-open place it comes from.

    None for the rare text that cannot be folded letter by letter.
    """
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    for found in _CLUSTER.finditer(text):
        letters = _fold_characters(_INVISIBLE.sub("", found[0]))
        pieces.append(letters)
        start, end = found.span()
        if found[0].isascii():
            places += ((at, at + 1) for at in range(start, end))
        else:
            places += [(start, end)] * len(letters)
    folded = "".join(pieces)
    spans = list(_kept(folded))
    light = "".join(folded[start:end] for start, end in spans)
    if light != light_fold(text):
        return None
    return light, [place for start, end in spans for place in places[start:end]]


def _fold_characters(text: str) -> str:
    """Made equal one by one: what becomes of a letter rests on no other."""
    if text.isascii():
        return text.casefold().replace("`", "'")
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    return _POINTS.sub("", unicodedata.normalize("NFKC", folded))


def _kept(folded: str) -> Iterator[tuple[int, int]]:
    """What stays of folded text: all but dots of initials, thousands separators, apostrophes."""
    cuts: list[tuple[int, int]] = []
    if "." in folded:
        cuts += _inner(_INITIALS, folded, ".")
    if "." in folded or "," in folded:
        cuts += _inner(_THOUSANDS, folded, ".,")
    if "'" in folded:
        cuts += (found.span() for found in _APOSTROPHES.finditer(folded))
    start = 0
    for cut, end in sorted(cuts):
        yield start, cut
        start = max(start, end)
    yield start, len(folded)


def _inner(pattern: re.Pattern[str], text: str, signs: str) -> Iterator[tuple[int, int]]:
    return (
        (place, place + 1)
        for found in pattern.finditer(text)
        for place in range(*found.span())
        if text[place] in signs
    )


def _without_accents(text: str) -> Iterator[str]:
    base = ""
    for char in unicodedata.normalize("NFD", text):
        if not unicodedata.combining(char):
            base = char
        elif base < "\u0590" and base.isalpha():
            continue
        yield char
