"""A search as a tree: words, phrases and filters under and, or, not.

The tree keeps what was written, so that it can be shown and read again: `str(tree)` parses to the
same tree. What the words mean to the index is decided in `conditions.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar

Leaf = TypeVar("Leaf")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class And(Generic[Leaf]):
    parts: tuple[Tree[Leaf], ...]

    def __str__(self) -> str:
        return " ".join(_within(part, (Or,)) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or(Generic[Leaf]):
    parts: tuple[Tree[Leaf], ...]

    def __str__(self) -> str:
        return " OR ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Generic[Leaf]):
    part: Tree[Leaf]

    def __str__(self) -> str:
        return f"-{_within(self.part, (And, Or))}"


Tree: TypeAlias = Leaf | And[Leaf] | Or[Leaf] | Not[Leaf]


class Field(StrEnum):
    """Where words must stand."""

    TEXT = "text"  # title or body
    TITLE = "title"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A word, or words in a row when quoted; with `within`, two words at most so many apart."""

    text: str
    quoted: bool = False
    prefix: bool = False
    within: int | None = None
    field: Field | None = None  # None: where the search says

    def __str__(self) -> str:
        where = f"{self.field}:" if self.field else ""
        if not self.quoted:
            return f"{where}{self.text}{'*' if self.prefix else ''}"
        return f'{where}"{self.text}"{"" if self.within is None else f"~{self.within}"}'


class FilterKind(StrEnum):
    """What a filter looks at; each is a parameter of the API, and most are fields of `q`."""

    TAG = "tag"  # a topic's narrower topics count
    TAG_EXACT = "tag_exact"
    SOURCE = "source"  # a source's id or domain
    DOMAIN = "domain"  # of the source or of the story's link, with all below it
    LANG = "lang"
    COUNTRY = "country"
    AUTHOR = "author"
    AGENCY = "agency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A value that a story must have, in the one spelling that the index knows."""

    kind: FilterKind
    value: str

    def __str__(self) -> str:
        return f'{self.kind}:"{self.value}"'


QueryTree: TypeAlias = Tree[Words | Filter]


def all_of(parts: Iterable[Tree[Leaf]]) -> Tree[Leaf]:
    """One tree that holds where all parts hold; parts of the same kind are laid flat."""
    flat: list[Tree[Leaf]] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: Iterable[Tree[Leaf]]) -> Tree[Leaf]:
    """One tree that holds where one of the parts holds; parts of the same kind are laid flat."""
    flat: list[Tree[Leaf]] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Or) else (part,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def replace_leaves(tree: Tree[Leaf], change: Callable[[Any], Tree[Other]]) -> Tree[Other]:
    """The tree with each leaf replaced by what `change` makes of it."""
    match tree:
        case And(parts):
            return And(tuple(replace_leaves(part, change) for part in parts))
        case Or(parts):
            return Or(tuple(replace_leaves(part, change) for part in parts))
        case Not(part):
            return Not(replace_leaves(part, change))
        case leaf:
            return change(leaf)


def wanted_leaves(tree: Tree[Leaf]) -> Iterator[Leaf]:
    """The leaves that speak for a story, not against it, in the order in which they stand."""
    return (leaf for leaf, wanted in _leaves(tree, wanted=True) if wanted)


def leaves(tree: Tree[Leaf]) -> Iterator[Leaf]:
    return (leaf for leaf, _ in _leaves(tree, wanted=True))


def _leaves(tree: Tree[Leaf], *, wanted: bool) -> Iterator[tuple[Leaf, bool]]:
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part, wanted=wanted)
        case Not(part):
            yield from _leaves(part, wanted=not wanted)
        case leaf:
            yield leaf, wanted


def _within(tree: Tree[Leaf], looser: tuple[type, ...]) -> str:
    return f"({tree})" if isinstance(tree, looser) else str(tree)
