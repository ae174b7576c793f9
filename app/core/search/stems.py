"""Stems of words, by language (Snowball, https://snowballstem.org)."""

from __future__ import annotations

from functools import cache
from typing import Final

import regex
import Stemmer

from app.core.search.fold import bare

MARK: Final = "·"
"""Begins every form: no term of a text holds it."""

MIN_CHARS: Final = 3
"""Shorter words have no stem worth knowing."""

_ALGORITHMS: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german",
    "el": "greek", "en": "english", "eo": "esperanto", "es": "spanish", "et": "estonian",
    "eu": "basque", "fa": "persian", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_SCRIPTS: Final = {
    "ar": r"\p{Arabic}", "el": r"\p{Greek}", "fa": r"\p{Arabic}", "hi": r"\p{Devanagari}",
    "hy": r"\p{Armenian}", "ne": r"\p{Devanagari}", "ru": r"\p{Cyrillic}",
    "sr": r"\p{Cyrillic}\p{Latin}", "ta": r"\p{Tamil}", "yi": r"\p{Hebrew}",
}  # fmt: skip
_LATIN: Final = r"\p{Latin}"


def stem_form(folded: str, language: str) -> str | None:
    """The form `·stem·language` of a word, folded but for its accents.

    None where the language has no stems, or the word is short, a number, or of another script.
    """
    if len(folded) < MIN_CHARS or language not in _ALGORITHMS or not _fits(language, folded):
        return None
    return f"{MARK}{bare(_stemmer(language).stemWord(folded))}{MARK}{language}"


def joined_form(folded: str) -> str:
    """The form of words that a hyphen joins, or that are written as one."""
    return f"{MARK}{bare(folded)}"


def _fits(language: str, word: str) -> bool:
    if word.isascii():
        return not word.isdigit() and (language == "sr" or language not in _SCRIPTS)
    return _script(language).search(word) is not None


@cache
def _script(language: str) -> regex.Pattern[str]:
    return regex.compile(f"[{_SCRIPTS.get(language, _LATIN)}]")


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(_ALGORITHMS[language])
