"""The IPTC's Media Topics: what news is about, as a tree of eight-digit codes.

vocab/mediatopics.json says whose they are and under what licence; it is read when the first topic
is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

BETWEEN: Final = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A media topic; `names` are by language, without those that are the same as in English."""

    code: str
    name: str  # in English
    names: Mapping[str, str]
    parent: str | None  # None: one of the 17 at the top
    retired: date | None  # from when on it should be given to no story


def topic(code: str) -> Topic | None:
    """The topic of an eight-digit code; None where this edition has none."""
    line = _table().lines.get(code)
    if line is None:
        return None
    parent, retired, name, *names = line.split(BETWEEN)
    return Topic(
        code=code,
        name=name,
        names={language: said for language, said in zip(_table().languages, names) if said},  # noqa: B905 - retired topics are named in English only
        parent=parent or None,
        retired=date.fromisoformat(retired) if retired else None,
    )


def broader(code: str) -> tuple[str, ...]:
    """The codes of all topics that this one is part of, nearest first; none for an unknown one."""
    above: list[str] = []
    lines = _table().lines
    while parent := lines.get(code, "").partition(BETWEEN)[0]:
        above.append(parent)
        code = parent
    return tuple(above)


def codes() -> Sequence[str]:
    """Every code of this edition, broader topics before their narrower ones."""
    return tuple(_table().lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    languages: Sequence[str]
    lines: Mapping[str, str]  # by code: parent, retired, English name, names by language


@cache
def _table() -> _Table:
    document = json.loads(files("app.core.vocab").joinpath("mediatopics.json").read_text("utf-8"))
    lines = (line.partition(BETWEEN) for line in document["topics"])
    return _Table(languages=document["languages"], lines={code: rest for code, _, rest in lines})
