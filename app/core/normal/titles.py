"""The site's name in the titles of its stories: "Ferry sails again - Harbour News".

What a name is, one title cannot say; a document's titles together can, and so can the names that
the feed and its source go by. Words that say what kind of piece it is stay, however many titles
share them: "Quay wall cracks – review".
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from app.core.story import TitleAffixes
from app.core.text import fold_space

MIN_TITLES = 5
MIN_SHARE = 0.8  # of a document's titles
MAX_NAME_CHARS = 60

_DASH = r"\s+(?:[-–—|·•»«~/]|::|//)\s+|\s*[|｜]\s*"
_SEPARATOR = re.compile(_DASH)
_TAIL_BRACKETS = re.compile(r"\s*[（(\[【［]([^()（）\[\]【】［］]+)[)）\]】］]$")
_HEAD_BRACKETS = re.compile(r"[【\[［]([^()（）\[\]【】［］]+)[】\]］]\s*")
_HEAD = re.compile(rf"(.{{2,{MAX_NAME_CHARS}}}?)({_DASH}|:\s+|：\s*)")
_WORD = re.compile(r"[^\W\d_]{2}")
_WORDS = re.compile(
    "[^\\W\\d_]{2}.*[^\\w].*[^\\W\\d_]{2}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{4}"
)
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Affix:
    words: str  # with the separator, as it stands in the title
    name: str
    leads: bool = False  # may be what the story is about: "Prime Minister: …", "【速報】…"
    colon: bool = False


def title_affixes(titles: Iterable[str], names: Iterable[str | None]) -> TitleAffixes:
    """What the titles of a document say beside their stories.

    A suffix that at least MIN_TITLES and MIN_SHARE of the titles have, or one that is among
    `names`, those of the feed and its source; one with digits is a date, and one in
    vocab/title_kinds.json the kind of the piece. What stands before a title must be among the
    names, and one word with a colon repeated as well.
    """
    said = [title for title in titles if title]
    known = {fold_space(name).casefold() for name in names if name}
    suffixes: list[str] = []
    for _ in range(2):  # a section may stand before the site: "… - World - Harbour News"
        found = _repeated(said, _suffix, known)
        suffixes += found
        said = [_without_suffix(title, found) for title in said]
    return TitleAffixes(
        suffixes=tuple(dict.fromkeys(suffixes)),
        prefixes=tuple(_repeated(said, _prefix, known)),
    )


def own_title(title: str, affixes: TitleAffixes) -> str:
    """The title without the affixes of its document.

    Whole if no word would be left; after a prefix two, since what a series repeats is no name:
    "Tide table: 5 May".
    """
    title = _without_suffix(title, affixes.suffixes)
    for prefix in affixes.prefixes:
        if title.startswith(prefix) and _WORDS.search(title, len(prefix)):
            return title[len(prefix) :]
    return title


def _without_suffix(title: str, suffixes: Iterable[str]) -> str:
    for suffix in suffixes:
        if title.endswith(suffix) and _WORD.search(title, 0, len(title) - len(suffix)):
            title = title[: -len(suffix)]
    return title


def _repeated(
    titles: Sequence[str], affix_of: Callable[[str], _Affix | None], names: set[str]
) -> list[str]:
    found = Counter(affix for title in titles if (affix := affix_of(title)))
    enough = max(MIN_TITLES, MIN_SHARE * len(titles))
    return [
        affix.words
        for affix, count in found.items()
        if _is_name(affix, repeated=count >= enough, known=affix.name.casefold() in names)
    ]


def _is_name(affix: _Affix, *, repeated: bool, known: bool) -> bool:
    if affix.leads:
        return known and (repeated or not affix.colon or " " in affix.name)
    return known or (repeated and not _DIGIT.search(affix.name) and not _is_kind(affix.name))


def _is_kind(name: str) -> bool:
    """Whether words say what kind of piece it is, with what may stand beside: "book review"."""
    kinds, modifiers = _kinds()
    said = fold_space(name).casefold()
    if said in kinds:
        return True
    words = said.split(" ")
    return len(words) > 1 and all(word in kinds or word in modifiers for word in words)


@cache
def _kinds() -> tuple[frozenset[str], frozenset[str]]:
    table = json.loads(files("app.core.vocab").joinpath("title_kinds.json").read_text("utf-8"))
    kinds = frozenset(word for words in table["kinds"].values() for word in words)
    return kinds, frozenset(table["modifiers"])


def _suffix(title: str) -> _Affix | None:
    if found := _TAIL_BRACKETS.search(title):
        return _Affix(words=found[0], name=found[1].strip())
    for last in [*_SEPARATOR.finditer(title)][-1:]:
        name = title[last.end() :]
        if 0 < len(name) <= MAX_NAME_CHARS:
            return _Affix(words=title[last.start() :], name=name)
    return None


def _prefix(title: str) -> _Affix | None:
    if found := _HEAD_BRACKETS.match(title) or _HEAD.match(title):
        colon = found.re is _HEAD and found[2].strip() in (":", "：")
        return _Affix(words=found[0], name=found[1].strip(), leads=True, colon=colon)
    return None
