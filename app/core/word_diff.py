"""Which words of a text are new in another, and which are gone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, Literal, TypeAlias

import regex

Kind: TypeAlias = Literal["same", "added", "removed"]

_TOKEN: Final = regex.compile(
    r"\s+|[\p{Han}\p{Hiragana}\p{Katakana}]|(?:(?![\p{Han}\p{Hiragana}\p{Katakana}])[\w'’])+|.",
    regex.DOTALL,
)

ANCHORS: Final = (12, 4)
"""Runs of so many tokens that either text has once are taken for the same place in both."""

BUDGET: Final = 2_000_000
"""Steps spent on what lies between anchors; what is left then counts as rewritten."""

MAX_EDITS: Final = 600
"""A stretch that differs more is shown as rewritten: interleaved, nobody could read it."""


MAX_SLIDE: Final = 400
"""How many characters a change is moved along for a better place to begin."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: in both, only in the later, or only in the earlier one."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class _Run:
    """`length` tokens from `before` on in one text are those from `after` on in the other."""

    before: int
    after: int
    length: int


def word_diff(before: str, after: str) -> tuple[Piece, ...]:
    """The two texts interwoven, by words; Chinese and Japanese by characters.

    The same and the removed pieces together are `before`, the same and the added ones `after`,
    both to the letter. Where words were replaced, the removed ones come first. Its time is bound
    by the length of the texts: what would take longer is shown as rewritten whole.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    runs = _Alignment(old, new).runs()
    whole_words = _readable(list(_joined(_pieces(old, new, runs))))
    return tuple(_joined(_slid(list(_joined(whole_words)))))


def _pieces(old: Sequence[str], new: Sequence[str], runs: Sequence[_Run]) -> Iterator[Piece]:
    at_old = at_new = 0
    for run in (*runs, _Run(len(old), len(new), 0)):
        yield Piece("removed", "".join(old[at_old : run.before]))
        yield Piece("added", "".join(new[at_new : run.after]))
        at_old, at_new = run.before + run.length, run.after + run.length
        yield Piece("same", "".join(old[run.before : at_old]))


def _joined(pieces: Sequence[Piece] | Iterator[Piece]) -> Iterator[Piece]:
    """Pieces with text; changes between two that are the same as one removed and one added."""
    told = (piece for piece in pieces if piece.text)
    for same, group in groupby(told, key=lambda piece: piece.kind == "same"):
        members = list(group)
        kinds: tuple[Kind, ...] = ("same",) if same else ("removed", "added")
        for kind in kinds:
            if text := "".join(piece.text for piece in members if piece.kind == kind):
                yield Piece(kind, text)


def _readable(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """A space or a comma between two changes belongs to both."""
    last = len(pieces) - 1
    for n, piece in enumerate(pieces):
        if piece.kind == "same" and 0 < n < last and not any(map(str.isalnum, piece.text)):
            yield Piece("removed", piece.text)
            yield Piece("added", piece.text)
        else:
            yield piece


def _slid(pieces: list[Piece]) -> list[Piece]:
    """What was only added or only removed begins where paragraphs or sentences do, if the words
    beside it leave the choice: of "a. b. c." in "a. c." it is " b." that is more.
    """
    for n in range(1, len(pieces) - 1):
        before, change, after = pieces[n - 1 : n + 2]
        if before.kind == after.kind == "same" and change.kind != "same":
            parts = _best_cut(before.text, change.text, after.text)
            pieces[n - 1 : n + 2] = [
                Piece(piece.kind, text)
                for piece, text in zip((before, change, after), parts, strict=True)
            ]
    return pieces


def _best_cut(before: str, change: str, after: str) -> tuple[str, str, str]:
    """The three parts cut at other places, so that they say the same with a better beginning."""
    whole = before + change + after
    start, width = len(before), len(change)
    low = high = start
    while low > max(0, start - MAX_SLIDE) and whole[low - 1] == whole[low - 1 + width]:
        low -= 1
    last = min(len(before) + len(after), start + MAX_SLIDE)
    while high < last and whole[high] == whole[high + width]:
        high += 1
    cut = max(range(low, high + 1), key=lambda at: (_fitness(whole, at), at == start))
    return whole[:cut], whole[cut : cut + width], whole[cut + width :]


def _fitness(text: str, at: int) -> int:
    """How good a place is to begin at: a paragraph, a sentence, a word, or within one."""
    if text.startswith("\n\n", at):
        return 3
    if at == 0 or not text[at : at + 1].isspace():
        return 0
    return 2 if text[at - 1] in ".!?。！？" else 1


class _Alignment:
    """Which tokens of two texts are the same, in order."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self.old = old
        self.new = new
        self.budget = BUDGET

    def runs(self) -> list[_Run]:
        return list(self._between(0, len(self.old), 0, len(self.new), ANCHORS))

    def _between(
        self, low: int, high: int, start: int, end: int, anchors: tuple[int, ...]
    ) -> Iterator[_Run]:
        """The runs of old[low:high] and new[start:end]."""
        head = self._shared(low, high, start, end, 1)
        if head:
            yield _Run(low, start, head)
        low, start = low + head, start + head
        tail = self._shared(low, high, start, end, -1)
        high, end = high - tail, end - tail
        if low < high and start < end:
            yield from self._inside(low, high, start, end, anchors)
        if tail:
            yield _Run(high, end, tail)

    def _shared(self, low: int, high: int, start: int, end: int, step: int) -> int:
        """How many tokens two stretches share at their beginning, or (step -1) at their end."""
        most = min(high - low, end - start)
        at, to = (low, start) if step > 0 else (high - 1, end - 1)
        count = 0
        while count < most and self.old[at] == self.new[to]:
            at, to, count = at + step, to + step, count + 1
        return count

    def _inside(
        self, low: int, high: int, start: int, end: int, anchors: tuple[int, ...]
    ) -> Iterator[_Run]:
        if not anchors:
            yield from self._shortest(low, high, start, end)
            return
        size, *finer = anchors
        found = self._anchored(low, high, start, end, size)
        edges = [_Run(low, start, 0), *found, _Run(high, end, 0)]
        for one, other in pairwise(edges):
            if one.length:
                yield one
            yield from self._between(
                one.before + one.length,
                other.before,
                one.after + one.length,
                other.after,
                tuple(finer),
            )

    def _anchored(self, low: int, high: int, start: int, end: int, size: int) -> list[_Run]:
        """Runs of at least `size` tokens that stand once in either stretch (patience diff)."""
        there = _once(self.old, low, high, size)
        here = _once(self.new, start, end, size)
        pairs = [(at, here[run]) for run, at in there.items() if run in here]
        runs: list[_Run] = []
        for at, to in _rising(pairs):
            last = runs[-1] if runs else _Run(0, 0, 0)
            end_old, end_new = last.before + last.length, last.after + last.length
            if runs and at <= end_old and at - to == last.before - last.after:
                runs[-1] = _Run(last.before, last.after, at + size - last.before)
            elif at >= end_old and to >= end_new:
                runs.append(_Run(at, to, size))
        return runs

    def _shortest(self, low: int, high: int, start: int, end: int) -> Iterator[_Run]:
        """The runs that leave the fewest edits (Myers 1986), or none where those are too many."""
        width, height = high - low, end - start
        reached, trail = {1: 0}, []
        for edits in range(min(MAX_EDITS, width + height) + 1):
            trail.append(dict(reached))
            for diagonal in range(-edits, edits + 1, 2):
                x = _entered(reached, diagonal, edits)
                y = x - diagonal
                begun = x
                while x < width and y < height and self.old[low + x] == self.new[start + y]:
                    x, y = x + 1, y + 1
                self.budget -= 1 + x - begun
                reached[diagonal] = x
                if x >= width and y >= height:
                    yield from _walked_back(trail, width, height, (low, start))
                    return
            if self.budget <= 0:
                return


def _once(tokens: Sequence[str], low: int, high: int, size: int) -> dict[tuple[str, ...], int]:
    """Where each run of `size` tokens stands that occurs once."""
    places: dict[tuple[str, ...], int] = {}
    for at in range(low, high - size + 1):
        run = tuple(tokens[at : at + size])
        places[run] = -1 if run in places else at
    return {run: at for run, at in places.items() if at >= 0}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of pairs, given in the order of their first number, whose second rises."""
    tops: list[int] = []  # second numbers: the lowest end of a choice of each length
    ends: list[int] = []  # which pair that is
    before: list[int] = []
    for n, (_, value) in enumerate(pairs):
        length = bisect_left(tops, value)
        before.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [value]
        ends[length : length + 1] = [n]
    chosen: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chosen.append(pairs[at])
        at = before[at]
    return chosen[::-1]


def _entered(reached: dict[int, int], diagonal: int, edits: int) -> int:
    """How far along the old text a diagonal is entered, from the better of its neighbours."""
    down = diagonal == -edits or (
        diagonal != edits and reached[diagonal - 1] < reached[diagonal + 1]
    )
    return reached[diagonal + 1] if down else reached[diagonal - 1] + 1


def _walked_back(
    trail: Sequence[dict[int, int]], width: int, height: int, origin: tuple[int, int]
) -> list[_Run]:
    """The runs on the way that led to the end, from what was reached after each edit."""
    runs: list[_Run] = []
    x, y = width, height
    for edits in range(len(trail) - 1, -1, -1):
        reached, diagonal = trail[edits], x - y
        entered = _entered(reached, diagonal, edits)
        if x > entered:
            runs.append(_Run(origin[0] + entered, origin[1] + entered - diagonal, x - entered))
        x, y = entered, entered - diagonal
        if edits:
            down = entered == reached.get(diagonal + 1)
            x, y = (x, y - 1) if down else (x - 1, y)
    return runs[::-1]
