"""Which stories of a band are compared, and which come out as one cluster.

A band that thousands share is template text: to compare all of them with all would never end. So
a story is compared with the REACH stories of the band next before it in time, and the REACH next
after it. That rests on who is in the band, not on the order in which they came; but who comes
between two others may part them, and who goes may bring them together again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final, TypeAlias

REACH: Final = 50

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The stories under one key, by rising id, at least as far around those that came or went as
    stories are compared; `came` and `went` since clusters were last decided, `stayed` with other
    words than before.
    """

    stories: Sequence[int]
    came: frozenset[int] = frozenset()
    stayed: frozenset[int] = frozenset()
    went: frozenset[int] = frozenset()

    @property
    def before(self) -> list[int]:
        return sorted((set(self.stories) - self.came) | self.went)


def pairs_of(band: Band) -> Iterator[Pair]:
    """Whom those are compared with that came, or stayed with other words; the lower id first."""
    for story in band.came | band.stayed:
        place = bisect_left(band.stories, story)
        for other in band.stories[max(0, place - REACH) : place + REACH + 1]:
            if other != story:
                yield (min(story, other), max(story, other))


def joined_pairs(band: Band) -> Iterator[Pair]:
    """Who is compared now that was not, for those that went from between."""
    if band.went and len(band.stories) + len(band.went) > REACH + 1:
        yield from _only_in(band.stories, band.before, band.came | band.went)


def parted_pairs(band: Band) -> Iterator[Pair]:
    """Who is no longer compared under this key, for those that came between."""
    if band.came and len(band.stories) > REACH + 1:
        yield from _only_in(band.before, band.stories, band.came | band.went)


def _only_in(one: Sequence[int], other: Sequence[int], but: frozenset[int]) -> Iterator[Pair]:
    """Pairs within reach in one order and not in the other, that are in both."""
    place = {story: n for n, story in enumerate(other)}
    for n, story in enumerate(one):
        if story in but:
            continue
        for later in one[n + 1 : n + 1 + REACH]:
            if later not in but and place[later] - place[story] > REACH:
                yield story, later


class Sets:
    """Disjoint sets (union–find); what was never joined is a set of its own."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def find(self, item: int) -> int:
        """The smallest of the item's set."""
        above = self._above
        while (over := above.get(item, item)) != item:
            above[item] = above.get(over, over)
            item = over
        return item

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._above[high] = low
        self._above.setdefault(low, low)

    def joined(self, items: Iterable[int]) -> dict[int, list[int]]:
        """The items by the smallest of their set."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for item in items:
            found[self.find(item)].append(item)
        return dict(found)


def connect(
    sets: Sets,
    members: Collection[int],
    bands: Iterable[Sequence[int]],
    alike: Callable[[int, int], bool],
) -> None:
    """Join those of `members` that are compared under any of the bands, and alike.

    Bands hold all stories between their first and their last member, members or not. Neighbours
    are tried first: where all copies are alike, nothing else has to be.
    """
    wanted = set(members)
    placed = [[(n, s) for n, s in enumerate(band) if s in wanted] for band in bands]
    tried: set[Pair] = set()
    for nearest in (True, False):
        for band in placed:
            pairs = pairwise(band) if nearest else combinations(band, 2)
            for (place, one), (farther, other) in pairs:
                if farther - place > REACH or sets.find(one) == sets.find(other):
                    continue
                if (one, other) not in tried and alike(one, other):
                    sets.join(one, other)
                tried.add((one, other))
