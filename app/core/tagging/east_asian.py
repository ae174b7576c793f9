"""Names in text of scripts without capitals: Japanese, Chinese and Korean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from app.core.tagging.chinese import chinese_organizations, chinese_people
from app.core.tagging.japanese import japanese_organizations, japanese_people
from app.core.tagging.korean import korean_organizations, korean_people
from app.core.tagging.name_mentions import Mention
from app.core.tagging.name_words import known_organizations
from app.core.tagging.words import MAX_CHARS, found_at

_ANY = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_KANA = re.compile(r"[\u3041-\u30fa]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_LATIN = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9&.+-]+(?: [A-Z][A-Za-z]+)*(?![A-Za-z])")
_MIN_REPEATED: Final = 2
_NEVER_BEFORE: Final = {"国連": "連邦", "國聯": "聯邦"}  # アラブ首長国連邦


class EastAsian(NamedTuple):
    """What a text in one of these scripts names, in order, without overlaps of a kind."""

    people: list[Mention]
    organizations: list[Mention]


def read_east_asian(text: str, language: str | None) -> EastAsian:
    """Nothing where no such script is used. What has kana is Japanese, what has hangul Korean,
    whatever language it is said to be in; Han characters alone go by that, else are Chinese.
    """
    if text.isascii() or not _ANY.search(text, 0, MAX_CHARS):
        return EastAsian([], [])
    text = text[:MAX_CHARS]
    if _HANGUL.search(text):
        people, organizations = korean_people(text), korean_organizations(text)
    elif _KANA.search(text) or language == "ja":
        people, organizations = japanese_people(text), japanese_organizations(text)
    else:
        people, organizations = chinese_people(text), chinese_organizations(text)
    kept = _apart([*_known(text), *organizations])
    return EastAsian(_apart([*_outside(_repeated(text, people), kept)]), kept)


def _apart(mentions: list[Mention]) -> list[Mention]:
    """Without overlaps: the earlier, of those the longer."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda one: (one.start, -one.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
    return kept


def _outside(people: Iterator[Mention], organizations: list[Mention]) -> Iterator[Mention]:
    starts = {mention.start: mention for mention in organizations}
    for person in people:
        at = starts.get(person.start)
        if at is None or at.end < person.end:
            yield person


def _repeated(text: str, people: list[Mention]) -> Iterator[Mention]:
    """The mentions, and wherever else a full name stands, or the last part of Rex・Tillerson."""
    yield from people
    seen: set[str] = set()
    for person in people:
        if person.alone:
            continue
        whole = {person.name}
        if person.family != person.name and len(person.family) > _MIN_REPEATED:
            whole.add(person.family)
        for name in sorted(whole - seen):
            seen.add(name)
            for at in found_at(text, name):
                if _is_whole(text, at, at + len(name)):
                    alone = name != person.name
                    yield person._replace(start=at, end=at + len(name), name=name, alone=alone)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a name in katakana or hangul is not a part of a longer word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if _is_katakana(text[start]):
        return not (_is_katakana(before) or _is_katakana(after) or before == "・" or after == "・")
    return not (_HANGUL.match(text[start]) and _HANGUL.match(before))


def _is_katakana(letter: str) -> bool:
    return "\u30a1" <= letter <= "\u30fa" or letter == "ー"


@cache
def _eastern() -> tuple[tuple[str, str], ...]:
    """The names in these scripts, with the English ones, the longest first."""
    names = [pair for pair in known_organizations().items() if _ANY.search(pair[0])]
    return tuple(sorted(names, key=lambda pair: -len(pair[0])))


def _known(text: str) -> Iterator[Mention]:
    for name, english in _eastern():
        for at in found_at(text, name):
            end = at + len(name)
            if _is_whole(text, at, end) and not text.startswith(
                _NEVER_BEFORE.get(name, "\0"), at + 1
            ):
                yield Mention(at, end, english, {"known": 0.95})
    for found in _LATIN.finditer(text):
        known = known_organizations().get(found[0])
        if known is not None:
            yield Mention(found.start(), found.end(), known, {"known": 0.95})
