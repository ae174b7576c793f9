"""Walls before an article: paywalls, consent and login pages, bot checks, pages that say "404".

Known by what stands in the title, the address, the scripts or the text. Each form holds only
for pages with little text of their own, `max_words` of it: an article about paywalls is none. The
forms are regular expressions in vocab/walls.json.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from app.core.page.types import PageRefused, Refusal

MAX_DETAIL_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is looked at; `words` is how much text was extracted."""

    url: str
    title: str
    text: str  # all that a reader sees, not only the article
    script: str
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    refusal: Refusal
    where: str
    form: re.Pattern[str]
    max_words: int


def wall_of(seen: Seen) -> PageRefused | None:
    """The wall that a page is, with what gave it away; None for none."""
    for row in _forms():
        if seen.words > row.max_words:
            continue
        whole = row.where in ("title", "url")
        look = row.form.fullmatch if whole else row.form.search
        if found := look(_place(seen, row.where)):
            said = " ".join(found[0].split())[:MAX_DETAIL_CHARS]
            return PageRefused(kind=row.refusal, detail=f"{row.where}: {said}")
    return None


def _place(seen: Seen, where: str) -> str:
    match where:
        case "title":
            return seen.title.strip()
        case "url":
            return seen.url
        case "script":
            return seen.script
        case _:
            return seen.text


@cache
def _forms() -> tuple[_Form, ...]:
    rows = json.loads(files("app.core.vocab").joinpath("walls.json").read_text("utf-8"))
    return tuple(
        _Form(
            refusal=Refusal(row["refusal"]),
            where=row["where"],
            form=re.compile(row["form"], re.IGNORECASE),
            max_words=row["max_words"],
        )
        for row in rows
    )
