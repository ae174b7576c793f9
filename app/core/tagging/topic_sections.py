"""What publishers' categories and sections say about the media topic of a story.

vocab/topic_sections.json has the words of sections in the main languages that say it for certain;
an operator's own words for a source go first, and may say that a section is about nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeAlias

from app.core.tag import fold_name
from app.core.text import clean_text
from app.core.topics import topic
from app.core.types import Category

Sections: TypeAlias = Mapping[str, str | None]
"""An operator's words for a source's categories, folded by `fold_section`: the code of a topic,
or None for one that says nothing.
"""

MAX_CATEGORIES: Final = 64
MAX_CHARS: Final = 120

_PARTS = re.compile(r"\s*(?:[/>|»›:;,・･、／＞｜]|\s[-–—]\s)\s*")
_SEPARATORS = re.compile(r"[\s_‐‑-]+")
_FILLERS = re.compile(r"^(?:all |the |latest )|(?: news| section|ニュース| 뉴스|新闻|新聞)$")


@dataclass(frozen=True, slots=True)
class Section:
    """A topic that a category stands for."""

    code: str
    own: bool  # said by the operator for this source


def sections(
    categories: Sequence[Category], country: str | None, own: Sections | None = None
) -> tuple[Section, ...]:
    """The topics that categories stand for, each once, in order; of `Sport > Football` the latter.

    `country` is the publisher's: football is another game in the United States.
    """
    found: dict[str, Section] = {}
    for category in categories[:MAX_CATEGORIES]:
        for said in (category.label, category.term):
            section = _section(said, country, own or {}) if said else None
            if section is not None:
                found.setdefault(section.code, section)
                break
    return tuple(found.values())


def fold_section(words: str) -> str:
    """A section's words as they are looked up: case, width, hyphens and spaces made equal."""
    folded = fold_name(clean_text(words)[:MAX_CHARS]).replace("&", " and ")
    return _SEPARATORS.sub(" ", folded).strip(" /#")


def _section(said: str, country: str | None, own: Sections) -> Section | None:
    whole = fold_section(said)
    if whole in own:
        code = own[whole]
        return Section(code, own=True) if code is not None and topic(code) else None
    table = _table()
    for words in (whole, *reversed(_PARTS.split(whole))):
        code = next((code for name in _names(words) if (code := table.code(name, country))), None)
        if code is not None:
            return Section(code, own=False)
    return None


def _names(words: str) -> Iterator[str]:
    yield words
    shorter = _FILLERS.sub("", words)
    if shorter != words:
        yield shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    topics: Mapping[str, str]  # by folded section
    elsewhere: Mapping[str, tuple[frozenset[str], str]]  # where a word means another topic

    def code(self, name: str, country: str | None) -> str | None:
        other = self.elsewhere.get(name)
        if other is not None and country in other[0]:
            return other[1]
        return self.topics.get(name)


@cache
def _table() -> _Table:
    text = files("app.core.vocab").joinpath("topic_sections.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return _Table(
        topics={
            fold_section(word): code
            for code, lines in document["topics"].items()
            for line in lines
            for word in line.split(",")
        },
        elsewhere={
            word: (frozenset(said["countries"]), said["topic"])
            for word, said in document["elsewhere"].items()
        },
    )
