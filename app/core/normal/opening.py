"""A story's opening, said once.

Feeds put a summary before a text that begins with the same words, or print the first sentence
twice. Only a repetition letter for letter is taken for one: what is said again in other words is
the writer's, and so are short refrains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from app.core.story import OWN_BLOCKS, Block, BlockType
from app.core.text import count_words

MIN_WORDS = 5
MIN_CUT_WORDS = 8  # of an opening that breaks off: "The ferry left the harbour on Tuesd…"
MAX_BLOCKS = 3  # that the opening may be long
REPEATED = "repeated-opening"

_SENTENCE_END = re.compile(r"[.!?…。！？；؟。۔][\"'”’»」』)）\]]*$")
_CUT_OFF = re.compile(r"\s*[\[(]?\s*(?:…|\.{3,})\s*[\])]?$")
_OPENERS = frozenset({BlockType.PARAGRAPH, BlockType.HEADING})
_PROBE_CHARS = 6  # no more than MIN_WORDS of Japanese with their full stop
_MAX_PROBES = 8


def opening_once(blocks: Iterable[Block]) -> list[Block]:
    """The blocks without the first of two openings; the one that stays has REPEATED for a rule."""
    kept = list(blocks)
    while _drop_blocks(kept) or _cut_paragraph(kept):
        pass
    return kept


def repeats(opening: str, text: str) -> bool:
    """Whether a text says all of an opening again from its start, letter for letter."""
    if _CUT_OFF.search(opening[-12:]):
        begun = _CUT_OFF.sub("", opening)
        if count_words(begun, None) >= MIN_CUT_WORDS and _bare(text).startswith(_bare(begun)):
            return True
    said, again = _bare(opening), _bare(text)
    if not again.startswith(said) or count_words(opening, None) < MIN_WORDS:
        return False
    return len(said) == len(again) or _SENTENCE_END.search(opening[-8:]) is not None


def _bare(text: str) -> str:
    """Without spaces: a summary of several sentences may come as several paragraphs."""
    return "".join(text.split())


def _drop_blocks(blocks: list[Block]) -> bool:
    own = list(islice(_own(blocks), 2 * MAX_BLOCKS))
    for length in range(1, min(MAX_BLOCKS, len(own) - 1) + 1):
        said = own[:length]
        if any(blocks[n].type not in _OPENERS for n in said):
            return False
        again = own[length : length + MAX_BLOCKS]
        if not _begin_alike(blocks[said[0]].text, blocks[again[0]].text):
            continue
        opening = _join(blocks, said)
        if any(repeats(opening, _join(blocks, again[: n + 1])) for n in range(len(again))):
            blocks[again[0]] = replace(blocks[again[0]], rule=REPEATED)
            for n in reversed(said):
                del blocks[n]
            return True
    return False


def _begin_alike(text: str, other: str) -> bool:
    """Nearly always no, so that little is compared; the end may be an ellipsis."""
    length = max(_PROBE_CHARS, min(len(text), len(other), 48) - _PROBE_CHARS)
    return text[:length] == other[:length]


def _own(blocks: list[Block]) -> Iterable[int]:
    return (n for n, block in enumerate(blocks) if block.type in OWN_BLOCKS)


def _join(blocks: list[Block], places: Iterable[int]) -> str:
    return " ".join(blocks[n].text for n in places)


def _cut_paragraph(blocks: list[Block]) -> bool:
    first = next(iter(_own(blocks)), None)
    if first is None or blocks[first].type is not BlockType.PARAGRAPH:
        return False
    text = blocks[first].text
    start = 0
    for _ in range(_MAX_PROBES):
        start = text.find(text[:_PROBE_CHARS], start + 1)
        if start < 0:
            return False
        said = text[:start].rstrip()
        if _SENTENCE_END.search(said[-8:]) and text.startswith(said, start):
            long_enough = count_words(said, None) >= MIN_WORDS
            if long_enough:
                blocks[first] = replace(blocks[first], text=text[start:], rule=REPEATED)
            return long_enough
    return False
