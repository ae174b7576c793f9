"""What the words around a name say: posts, ages, speech."""

from __future__ import annotations

import re
from typing import Final

from app.core.tagging.name_words import name_words

_BEFORE_CHARS: Final = 64
_AFTER_CHARS: Final = 90

_AGE = re.compile(
    r"(?:, (?:aged |then )?\d{1,3}(?:[,.;)]| years?\b| ans\b| años\b| Jahre\b)| ?\(\d{1,3}\))"
)
_WHO = re.compile(r",? (?:who|whose|whom)\b")
_SPEECH: Final = (
    "said|says|told|added|tweeted|wrote|argued|explained|warned|insisted|asked|replied|announced"
    "|claimed|noted|stated|testified|recalled|joked|admitted|commented|remarked|acknowledged"
    "|a déclaré|a dit|a affirmé|a ajouté|sagte|erklärte|teilte|betonte|forderte|dijo|afirmó"
    "|declaró|señaló|anunció|aseguró|ha dicho"
)
_SAYS = re.compile(rf",? (?:has |had |also |later |then )?(?:{_SPEECH})\b")
_SAID = re.compile(rf"(?:\b(?:{_SPEECH}|according to|interview with)|selon|según|laut)(?: by)? $")
_LIVES = re.compile(
    r" (?:was|has been|is) (?:born|arrested|elected|appointed|sworn|jailed|sentenced|survived)\b"
    r"|(?:’s|'s| 's| ’s) (?:wife|husband|lawyer|family|father|mother|son|daughter|brother|office)\b"
    r"| (?:resigned|died|scored|tweeted|smiled|his|her|himself|herself)\b"
)
_APPOSITION = re.compile(
    r"(?: ?['’]s)?, (?!and\b|but\b|which\b|where\b|while\b|in\b|on\b|with\b)([^,.;:!?\n]{3,70})"
)
_CLAUSE = re.compile(r"[.;:!?\n“”\"()]")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_TRADE = re.compile(r"\w{3,}(?:ologist|ician|ographer|onomist|ivist|alist|graphist|nalist)s?")
_LINKS = frozenset(
    [
        "of",
        "for",
        "at",
        "in",
        "to",
        "from",
        "with",
        "de",
        "des",
        "du",
        "d",
        "del",
        "la",
        "von",
        "der",
        "für",
        "di",
        "und",
        "des",
    ]
)
_MAX_APART: Final = 6


def context(text: str, start: int, end: int) -> dict[str, float]:
    """Evidence, by kind, that text[start:end] is a person."""
    evidence: dict[str, float] = {}
    after = text[end : end + _AFTER_CHARS]
    if _AGE.match(after):
        evidence["age"] = 0.85
    if _WHO.match(after):
        evidence["who"] = 0.7
    if _SAYS.match(after):
        evidence["speech"] = 0.45
    if _LIVES.match(after):
        evidence["lives"] = 0.4
    apposition = _APPOSITION.match(after)
    if apposition and _names_role(apposition[1]):
        evidence["apposition"] = 0.7
    before = text[max(0, start - _BEFORE_CHARS) : start]
    if _SAID.search(before):
        evidence["speech"] = 0.5
    if _role_before(before):
        evidence["role"] = 0.7
    return evidence


def is_role(word: str) -> bool:
    """Whether a word in small letters says what somebody is: minister, biologist, actors."""
    roles = name_words().roles
    return word in roles or word.removesuffix("s") in roles or _TRADE.fullmatch(word) is not None


def _names_role(apposition: str) -> bool:
    return any(is_role(word) for word in _WORD.findall(apposition.casefold())[:8])


def _role_before(before: str) -> bool:
    """A post right before a name, or with what it is a post of: "spokesman for the bank, "."""
    clause = _CLAUSE.split(before)[-1]
    if not clause.endswith((" ", "\u00a0", "d’", "d'")):
        return False
    part = clause.rstrip().removesuffix(",").rpartition(",")[2]
    words = _WORD.findall(part)[-_MAX_APART:]
    for at in range(len(words) - 1, -1, -1):
        if words[at][0].islower() and is_role(words[at]):
            return at == len(words) - 1 or words[at + 1] in _LINKS
    return False
