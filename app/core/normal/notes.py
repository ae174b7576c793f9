"""Paragraphs that are about the story: its corrections, and lines about its pictures.

Known by how they begin or end, as boilerplate is; the forms are regular expressions in
vocab/notes.json. A form that does not begin with words of its own names some that it needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import regex

from app.core.story import BlockType

MAX_CHARS = {BlockType.CORRECTION: 1000, BlockType.CAPTION: 400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    type: BlockType  # CORRECTION or CAPTION
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    note: Note
    needs: tuple[str, ...]  # one of them; none: nothing is needed
    pattern: regex.Pattern[str]

    def fits(self, text: str) -> bool:
        if len(text) > MAX_CHARS[self.note.type]:
            return False
        if self.needs and not any(words in text for words in self.needs):
            return False
        return self.pattern.fullmatch(text) is not None


def note_of(text: str) -> Note | None:
    """What a paragraph is if it is a correction or a caption; None for the story's own."""
    return next((form.note for form in _forms() if form.fits(text)), None)


@cache
def _forms() -> tuple[_Form, ...]:
    table = json.loads(files("app.core.vocab").joinpath("notes.json").read_text("utf-8"))
    return tuple(_joined(table))


def _joined(table: list[dict[str, Any]]) -> Iterator[_Form]:
    """Forms that need nothing are joined by note: one search for all of them."""
    joined: dict[Note, list[str]] = {}
    for row in table:
        note = Note(type=BlockType(row["type"]), rule=row["rule"])
        if needs := row.get("needs"):
            yield _Form(
                note=note, needs=tuple(needs), pattern=regex.compile(row["form"], regex.DOTALL)
            )
        else:
            joined.setdefault(note, []).append(row["form"])
    for note, forms in joined.items():
        yield _Form(note=note, needs=(), pattern=regex.compile("|".join(forms), regex.DOTALL))
