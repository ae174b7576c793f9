"""The short lines of a story, as fingerprints by which a source's stories are compared.

A line is a whole block; a prefix or suffix is what a feed puts before or behind the story inside
its first or last paragraphs, cut at the end of a sentence or at a separator. Lines that differ
only in case, spaces, numbers, dates, the story's own title or the path of an address are one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from itertools import islice
from typing import Final

import regex

from app.core.hashing import hash64
from app.core.normal.boilerplate import MAX_LINE_CHARS
from app.core.normal.date_words import is_date_word
from app.core.scripts import HAN_OR_KANA, WIDE, how_many
from app.core.story import OWN_BLOCKS, Block, BlockType
from app.core.text import count_words, fold_space

MAX_LINES: Final = 120  # of a story: those at its start and its end
MIN_CHARS_BESIDE: Final = 12  # a line that says little but the title is the story's
MAX_CUT_CHARS: Final = 240
MIN_TITLE_CHARS: Final = 8  # a title shorter than that may stand in any line
SENTENCE_WORDS: Final = 8
SHORT_WORDS: Final = 2
DATELINE_WORDS: Final = 4
SHORT_WIDTH: Final = 14  # in Latin letters; others count twice
PREFIXED: Final = 2  # paragraphs that may have a prefix: a line may stand before the first
SUFFIXED: Final = 3
CUTS: Final = 3  # sentences, and separators, that a prefix or suffix may be long
MAX_WORDS_KEPT: Final = 48

_VERSION: Final = 1
_HEAD = struct.Struct(">BBB")
_MARK = struct.Struct(">Bq")
_ADDRESS = regex.compile(r"(?:https?://|www\.)([^\s/?#]+)\S*", regex.IGNORECASE)
_NUMBER = regex.compile(r"\p{Nd}+(?:[.,:/]\p{Nd}+)*")
_WORD = regex.compile(r"[\p{L}\p{M}]+\.?")
_ENDS = r"(?:[.!?…؟।]['\"”’»)\]]*(?=\s|$)|[。！？][”’」』）]*)"
_SENTENCE_END = regex.compile(_ENDS)
_AFTER = regex.compile(r"\s[-–—|•·:]\s|(?<=\S)[:：】］\])](?=\s|\p{Han}|\p{Hangul})|\n|｜")
_BEFORE = regex.compile(r"\s[-–—|•·]\s|\n|｜")
_OPENS = regex.compile(r"[\[(（【［<＜]")
_CLOSED = regex.compile(r"[\])）】］>＞][\s.。]*$")
_DATELINE_ENDS = "-–—:：)）]］】"
_QUOTES = "\"'“”‘«»„「『‹›"
_TOKEN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]{2,}|[\p{L}\p{M}--\p{Han}]{4,}", regex.V1
)


class Place(StrEnum):
    """Where a source puts what is not the story."""

    LINE = "line"
    PREFIX = "prefix"
    SUFFIX = "suffix"


RULES: Final = {place: f"repeated-{place.value}" for place in Place}
_PLACES: Final = tuple(Place)
_PLACE_OF: Final = {rule: place for place, rule in RULES.items()}


class Shape(IntFlag):
    """What a line looks like; such looks decide how much must be seen before it is believed."""

    SHORT = 4  # a heading, or a word or two
    SENTENCE = 8
    NUMBERS = 16
    QUOTED = 32
    LONG = 64  # too long to be anything but the story's own


_SHORT, _SENTENCE = Shape.SHORT.value, Shape.SENTENCE.value  # flags are slow to put together
_NUMBERS, _QUOTED = Shape.NUMBERS.value, Shape.QUOTED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line of a story, or a cut of one, by its fingerprint."""

    place: Place
    shape: Shape
    hash: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLines:
    """The marks of a story in order, and the words of its title and its first paragraphs, which
    tell whether two stories are about one thing.
    """

    title: frozenset[int] = frozenset()
    lead: frozenset[int] = frozenset()
    marks: tuple[Mark, ...] = ()


def line_hash(place: Place, text: str, title: str = "") -> int:
    """Fingerprint of a line, alike for lines that differ in nothing that matters."""
    return hash64("line", place.value, folded(text, title))


def folded(text: str, title: str = "") -> str:
    """The line in one case, its numbers, dates and the story's title each as one sign."""
    text = fold_space(text).casefold()
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(r"\1", text)
    if MIN_TITLE_CHARS <= len(title) <= len(text) - MIN_CHARS_BESIDE:
        text = text.replace(title.casefold(), "\x00")
    if len(text) > MAX_LINE_CHARS or not any(map(str.isdecimal, text)):
        return text
    text = _WORD.sub(lambda found: "0" if is_date_word(found[0]) else found[0], text)
    return regex.sub(r"0(?:[\s,.]*0)+", "0", _NUMBER.sub("0", text))


def marked(title: str, blocks: Iterable[Block]) -> Iterator[tuple[Mark, str]]:
    """Every line of a story that might be the source's, with its words.

    Lines that were taken out as repeated have the marks that they had before.
    """
    shown = [b for b in blocks if b.type in OWN_BLOCKS or b.rule in _PLACE_OF]
    own = [n for n, b in enumerate(shown) if b.type is BlockType.PARAGRAPH]
    kept = {*range(MAX_LINES // 2), *range(len(shown) - MAX_LINES // 2, len(shown))}
    for n, block in enumerate(shown):
        if n not in kept:
            continue
        yield _mark(_PLACE_OF.get(block.rule, Place.LINE), block, title)
        if n in own[:PREFIXED]:
            yield from _cuts(Place.PREFIX, block, title)
        if n in own[-SUFFIXED:]:
            yield from _cuts(Place.SUFFIX, block, title)


def _cuts(place: Place, block: Block, title: str) -> Iterator[tuple[Mark, str]]:
    text = block.text
    places = prefix_ends(text) if place is Place.PREFIX else suffix_starts(text)
    for at in places:
        cut = text[:at] if place is Place.PREFIX else text[at:]
        yield _mark(place, Block(type=block.type, text=cut.strip(), rule=""), title)


def _mark(place: Place, block: Block, title: str) -> tuple[Mark, str]:
    hashed = line_hash(place, block.text, title)
    return Mark(place=place, shape=shape_of(place, block), hash=hashed), block.text


def shape_of(place: Place, block: Block) -> Shape:
    """What a line looks like; a prefix that ends no sentence is short for longer, as datelines."""
    text = block.text
    if len(text) > MAX_LINE_CHARS:
        return Shape.LONG
    shape = 0
    words, width = text.count(" "), len(text)
    if words <= 2 * SENTENCE_WORDS:  # else they need no counting
        words = count_words(text, None)
        if not text.isascii():
            words -= how_many(HAN_OR_KANA, text) // 2  # each was a word
            width += how_many(WIDE, text)
    few = DATELINE_WORDS if place is Place.PREFIX and text[-1:] in _DATELINE_ENDS else SHORT_WORDS
    if block.type is BlockType.HEADING or words <= few or width < SHORT_WIDTH:
        shape |= _SHORT
    if words > SENTENCE_WORDS or _SENTENCE_END.search(text):
        shape |= _SENTENCE
    if any(map(str.isdecimal, text)):
        shape |= _NUMBERS
    if block.type is BlockType.QUOTE or text[:1] in _QUOTES:
        shape |= _QUOTED
    return Shape(shape)


def prefix_ends(text: str) -> list[int]:
    """Where a prefix of the text may end, the longest first; never at the text's end."""
    head = text[: MAX_CUT_CHARS + 1]
    ends = [found.end() for found in islice(_SENTENCE_END.finditer(head), CUTS)]
    ends += [found.end() for found in islice(_AFTER.finditer(head), CUTS)]
    return sorted({end for end in ends if text[:end].strip() and text[end:].strip()}, reverse=True)


def suffix_starts(text: str) -> list[int]:
    """Where a suffix of the text may start, the longest first; never at the text's start."""
    skipped = max(0, len(text) - MAX_CUT_CHARS - 1)
    tail = text[skipped:]
    starts = [found.end() for found in _SENTENCE_END.finditer(tail)][-CUTS - 1 :]
    starts += [found.start() for found in _BEFORE.finditer(tail)][-CUTS:]
    if _CLOSED.search(tail):
        starts += [found.start() for found in _OPENS.finditer(tail)][-CUTS:]
    found = {skipped + start for start in starts}
    return sorted(start for start in found if text[:start].strip() and text[start:].strip())


def may_stand(place: Place, text: str) -> bool:
    """Whether a text has the form of such a line; only then is it found in stories."""
    if place is Place.LINE:
        return len(text) <= MAX_LINE_CHARS
    if place is Place.PREFIX:
        whole = f"{text} And"
        return any(whole[:end].strip() == text for end in prefix_ends(whole))
    whole = f"And. {text}"
    return any(whole[start:].strip() == text for start in suffix_starts(whole))


def lines_of(title: str, blocks: Iterable[Block]) -> StoryLines:
    """What is kept of a story's lines; `title` is "" where the story has none of its own."""
    blocks = tuple(blocks)
    marks = dict.fromkeys(mark for mark, _ in marked(title, blocks))
    own = islice((block.text for block in blocks if block.type in OWN_BLOCKS), 2)
    return StoryLines(
        title=frozenset(islice(_tokens(title), MAX_WORDS_KEPT)),
        lead=frozenset(islice(_tokens("\n".join(own)), MAX_WORDS_KEPT)),
        marks=tuple(marks),
    )


def _tokens(text: str) -> Iterator[int]:
    """Long words by their beginnings, and pairs of characters where words are not divided."""
    for found in _TOKEN.finditer(text.casefold()):
        word = found[0]
        if WIDE.match(word):
            yield from (hash64(word[n : n + 2]) & 0xFFFF for n in range(len(word) - 1))
        else:
            yield hash64(word[:6]) & 0xFFFF


def pack_lines(lines: StoryLines) -> bytes:
    """A version, two sets of 16-bit words, then 9 bytes a mark with its hash in the last eight."""
    title, lead = sorted(lines.title), sorted(lines.lead)
    parts = [_HEAD.pack(_VERSION, len(title), len(lead))]
    parts.append(struct.pack(f">{len(title) + len(lead)}H", *title, *lead))
    parts += [_MARK.pack(_PLACES.index(m.place) | m.shape.value, m.hash) for m in lines.marks]
    return b"".join(parts)


def unpack_lines(packed: bytes) -> StoryLines:
    """The lines of a story as they were packed; those of another version are none."""
    if packed[:1] != bytes((_VERSION,)):
        return StoryLines()
    _, titles, leads = _HEAD.unpack_from(packed)
    words = struct.unpack_from(f">{titles + leads}H", packed, _HEAD.size)
    start = _HEAD.size + 2 * (titles + leads)
    marks = tuple(
        Mark(place=_PLACES[flags & 3], shape=Shape(flags & ~3), hash=hashed)
        for flags, hashed in _MARK.iter_unpack(packed[start:])
    )
    return StoryLines(title=frozenset(words[:titles]), lead=frozenset(words[titles:]), marks=marks)


def packed_hash(hashed: int) -> bytes:
    """A hash as it stands in packed lines, to look for."""
    return hashed.to_bytes(8, "big", signed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """The lines that are known to be the source's, to be found in a story of this title."""

    hashes: frozenset[int] = frozenset()
    title: str = ""

    def is_line(self, text: str) -> bool:
        return (
            bool(self.hashes)
            and len(text) <= MAX_LINE_CHARS
            and line_hash(Place.LINE, text, self.title) in self.hashes
        )

    def prefix_end(self, text: str) -> int | None:
        """Where the longest known prefix of the text ends."""
        if not self.hashes:
            return None
        ends = (n for n in prefix_ends(text) if self._has(Place.PREFIX, text[:n]))
        return next(ends, None)

    def suffix_start(self, text: str) -> int | None:
        """Where the longest known suffix of the text starts."""
        if not self.hashes:
            return None
        starts = (n for n in suffix_starts(text) if self._has(Place.SUFFIX, text[n:]))
        return next(starts, None)

    def _has(self, place: Place, text: str) -> bool:
        return line_hash(place, text.strip(), self.title) in self.hashes


NOTHING: Final = Repeated()
"""No lines are known."""
