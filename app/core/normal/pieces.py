"""A text in pieces, where what divides it says so: HTML's elements, blank lines, line ends."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3

from app.core.html_limits import clean_html
from app.core.normal.boilerplate import boilerplate_rule
from app.core.normal.bylines import byline, is_sign_off, reporter_line
from app.core.normal.credits import credit_line
from app.core.normal.notes import note_of
from app.core.story import BlockType
from app.core.text import HIDDEN_TAGS, clean_text, parsable

_DIVIDERS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "caption", "center", "dd",
        "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
        "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_CLEANER = nh3.Cleaner(tags=_DIVIDERS, clean_content_tags=HIDDEN_TAGS, attributes={}, link_rel=None)
_TOKEN = re.compile(r"<(/?)([a-z0-9]+)[^>]*>|([^<]+)")
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), BlockType.HEADING),
    **dict.fromkeys(("li", "dt", "dd"), BlockType.LIST),
    "blockquote": BlockType.QUOTE,
    **dict.fromkeys(("figcaption", "caption"), BlockType.CAPTION),
}
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_SENTENCE_END = re.compile(r"[.!?…。！？；؟。][\"'”’»」』)）\]]*$")


@dataclass(slots=True)
class Piece:
    """A run of text between dividers: its lines, cleaned."""

    kind: BlockType
    lines: list[str]


def pieces_of_text(text: str) -> Iterator[Piece]:
    """Blank lines divide; where there are none, so do the ends of sentences at line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    divided = _BLANK_LINE.search(text) is not None
    for part in _BLANK_LINE.split(text):
        yield from divide(BlockType.PARAGRAPH, part, at_sentences=not divided)


def pieces_of_html(html: str) -> Iterator[Piece]:
    buffer: list[str] = []
    kinds: list[tuple[str, BlockType]] = []
    preformatted = 0
    for closing, name, text in _TOKEN.findall(clean_html(_CLEANER, parsable(html))):
        if text:
            words = entities.unescape(text)
            buffer.append(words if preformatted else " ".join(words.split("\n")))
            continue
        if name == "br":
            buffer.append("\n")
            continue
        yield from _flush(buffer, kinds)
        if name == "pre":
            preformatted += -1 if closing else 1
        if kind := _KINDS.get(name):
            if closing:
                kinds.pop()
            else:
                kinds.append((name, kind))
    yield from _flush(buffer, kinds)


def _flush(buffer: list[str], kinds: list[tuple[str, BlockType]]) -> Iterator[Piece]:
    if not buffer:
        return
    kind = kinds[-1][1] if kinds else BlockType.PARAGRAPH
    text = "".join(buffer)
    buffer.clear()
    for part in _BLANK_LINE.split(text):
        yield from divide(kind, part, at_sentences=True)


def divide(kind: BlockType, part: str, *, at_sentences: bool) -> Iterator[Piece]:
    lines: list[str] = []
    for raw in part.split("\n"):
        line = clean_text(raw)
        if not line:
            continue
        if lines and (
            _stands_alone(lines[-1])
            or _stands_alone(line)
            or (at_sentences and _SENTENCE_END.search(lines[-1][-8:]))
        ):
            yield Piece(kind=kind, lines=lines)
            lines = []
        lines.append(line)
    if lines:
        yield Piece(kind=kind, lines=lines)


def _stands_alone(line: str) -> bool:
    return bool(
        credit_line(line)
        or boilerplate_rule(line)
        or is_sign_off(line)
        or byline(line)
        or reporter_line(line)
        or note_of(line)
    )
