"""What differs between two states of a story: which fields, and which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.core.text import count_words
from app.core.word_diff import Piece, word_diff

COMPARED: Final = (
    "url",
    "title",
    "summary",
    "language",
    "authors",
    "agency",
    "dateline",
    "image_url",
    "enclosures",
    "tags",
    "text",
)
"""The fields that a reader would call the story; its markup and times are not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The fields that differ, and title and text interwoven by words."""

    fields: tuple[str, ...]
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    words_added: int
    words_removed: int


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What of the state `before` is otherwise in `after`. Heavy for long texts."""
    title = word_diff(before["title"], after["title"])
    text = word_diff(before["text"], after["text"])
    return Difference(
        fields=tuple(name for name in COMPARED if before[name] != after[name]),
        title=title,
        text=text,
        words_added=_words([*title, *text], "added", after["language"]),
        words_removed=_words([*title, *text], "removed", before["language"]),
    )


def _words(pieces: Sequence[Piece], kind: str, language: str | None) -> int:
    return sum(count_words(piece.text, language) for piece in pieces if piece.kind == kind)
