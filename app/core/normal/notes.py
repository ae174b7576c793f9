"""Paragraphs that are about the story: its corrections, and lines about its pictures.

Known by how they begin or end, as boilerplate is; the forms are regular expressions in
vocab/notes.json. A form that does not begin with words of its own names some that it needs.

One word and a colon may begin a sentence of the story as well ("Bild: …" is a newspaper,
"Correction: …" a fall in prices), so what follows such a label is looked at: in a form's group
`label` a caption's words, in `sentence` a correction's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import regex

from app.core.normal.agencies import agency_named
from app.core.story import BlockType

MAX_CHARS = {BlockType.CORRECTION: 1000, BlockType.CAPTION: 400}
MAX_LABELLED_CHARS = 90

_SENTENCE_END = regex.compile(r"[.!?…。！？؟।][\"'”’»」』)）\]*]*$")
_PREDICATE = regex.compile(  # no name and no word that stands between names
    r"(?<![\p{L}\p{N}.'’-])(?!(?:and|with|in|by|from|for|of|at|the|via|courtesy|de|da|di|du|del|van|von"
    r"|der|den|und|et|y|e|la|le|dpa|epa|picture|alliance|imago|images|photo|foto)\b)\p{Ll}{2,}"
    r"|[\p{Lo}]{3}"
)
_CREDITED = regex.compile(
    r"(?:.*[(（\[/|©.,–—-]\s*)(?P<who>[^()（）\[\]/|©]{2,60}?)\s*[)）\].]*$", regex.DOTALL
)
_CREDIT = regex.compile(
    r"[(（\[]\s*(?:Photos?|Fotos?|Bild|Credit|写真|사진|صورة)\b|©|\(c\)", regex.IGNORECASE
)


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
        found = self.pattern.fullmatch(text)
        return found is not None and _is_meant(found.groupdict())


def _is_meant(said: dict[str, str | None]) -> bool:
    """Whether what follows a bare label is a caption, or a correction in a whole sentence."""
    if label := said.get("label"):
        return _is_caption(label)
    sentence = said.get("sentence")
    return not sentence or _SENTENCE_END.search(sentence) is not None


def _is_caption(label: str) -> bool:
    """Short and no whole sentence, or with the photographer or an agency after it."""
    if _CREDIT.search(label) or _names_an_agency(label):
        return True
    if len(label) > MAX_LABELLED_CHARS:
        return False
    return not (_SENTENCE_END.search(label) and _PREDICATE.search(label))


def _names_an_agency(label: str) -> bool:
    found = _CREDITED.match(label)
    return found is not None and agency_named(found["who"]) is not None


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
