"""Search text and filters → one tree of conditions that either search engine can be asked.

The language: words (all of them), "phrases", OR, AND, NOT, -word, +word, parentheses, title: and
body:, and a trailing * for the beginning of a word. What cannot be read is refused with its
position and what to write instead; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from app.core.analyze import EVERY_STORY, facet_term, term_row
from app.errors import QueryInvalid

MAX_QUERY_CHARS: Final = 500
MAX_DEPTH: Final = 20


class Field(StrEnum):
    """Where the terms must stand."""

    TEXT = "text"  # title or body
    TITLE = "title"
    BODY = "body"
    FACETS = "facets"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms in a row; with `prefix` the last one is only a beginning."""

    terms: tuple[str, ...]
    prefix: bool = False
    field: Field = Field.TEXT


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Node: TypeAlias = Phrase | And | Or | Not

EVERYTHING: Final = Phrase((EVERY_STORY,), field=Field.FACETS)


class Sort(StrEnum):
    """The order of a list; ties are broken by id, newest first."""

    PUBLISHED = "-published"
    INGESTED = "-ingested"
    UPDATED = "-updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search text and filters, checked; empty filters let everything through.

    Time bounds are half-open: from `…_after` on, before `…_before`.
    """

    text: Node | None = None
    tags_all: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    tags_none: tuple[str, ...] = ()
    source_ids: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    published_after: datetime | None = None
    published_before: datetime | None = None
    sort: Sort = Sort.PUBLISHED
    none: bool = field(default=False)  # a filter names something that does not exist


def conditions(search: Search) -> Node | None:
    """The search as one tree over the index; None where every story will do."""
    parts: list[Node] = [] if search.text is None else [search.text]
    parts += [_facet("tag", qcode) for qcode in search.tags_all]
    parts += _any_of("tag", search.tags_any)
    parts += _any_of("source", map(str, search.source_ids))
    parts += _any_of("lang", search.languages)
    parts += [Not(_facet("tag", qcode)) for qcode in search.tags_none]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def parse_query(text: str) -> Node:
    """The tree of a search text, or QueryInvalid with the position of what cannot be read."""
    if len(text) > MAX_QUERY_CHARS:
        raise QueryInvalid(
            f"the search text is longer than {MAX_QUERY_CHARS} characters: shorten it",
            position=MAX_QUERY_CHARS,
        )
    parser = _Parser(text)
    node = parser.alternatives(0) if text.strip() else None
    parser.expect_end()
    if node is None:
        raise QueryInvalid(
            "the search text holds no letter or digit: write at least one word", position=0
        )
    return node


def _facet(kind: str, value: str) -> Phrase:
    return Phrase((facet_term(kind, value),), field=Field.FACETS)


def _any_of(kind: str, values: Iterable[str]) -> list[Node]:
    facets: tuple[Node, ...] = tuple(_facet(kind, value) for value in values)
    if not facets:
        return []
    return [facets[0] if len(facets) == 1 else Or(facets)]


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<sign>[-+](?=[^\s)])) |
        (?P<field>[A-Za-z_]+): | "(?P<phrase>[^"]*)" |
        (?P<word>[^\s()"]+)
    )""",
    re.VERBOSE,
)
_CURLY_QUOTES = str.maketrans("“”„‟«»＂　", '"""""""' + " ")
_OPERATORS = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    value: str
    position: int


class _Parser:
    """Recursive descent over the tokens; a part without letters or digits comes to None."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text.translate(_CURLY_QUOTES))
        self._end = len(text)
        self._next = 0

    def alternatives(self, depth: int) -> Node | None:
        """Terms joined by OR, which binds less tightly than AND."""
        parts = [self._conjunction(depth)]
        while self._take_word("OR"):
            parts.append(self._conjunction(depth))
        return _joined(Or, parts)

    def expect_end(self) -> None:
        token = self._peek()
        if token is not None:
            raise QueryInvalid(
                f'")" at position {token.position} closes nothing: remove it or open it before',
                position=token.position,
            )

    def _conjunction(self, depth: int) -> Node | None:
        parts = [self._condition(depth)]
        while (token := self._peek()) is not None:
            if token.kind == "close" or (token.kind == "word" and token.value == "OR"):
                break
            self._take_word("AND")
            parts.append(self._condition(depth))
        return _joined(And, parts)

    def _condition(self, depth: int) -> Node | None:
        if depth > MAX_DEPTH:
            token = self._peek()
            position = token.position if token else self._end
            raise QueryInvalid(
                f"more than {MAX_DEPTH} levels of parentheses and signs: write it flatter",
                position=position,
            )
        token = self._take("a word")
        if token.kind == "sign" and token.value == "+":
            return self._condition(depth + 1)
        if token.kind == "sign" or (token.kind == "word" and token.value == "NOT"):
            part = self._condition(depth + 1)
            return None if part is None else Not(part)
        if token.kind == "open":
            return self._group(token, depth)
        if token.kind == "field":
            return self._fielded(token)
        return self._phrase(token, Field.TEXT)

    def _group(self, opening: _Token, depth: int) -> Node | None:
        node = self.alternatives(depth + 1)
        token = self._peek()
        if token is None or token.kind != "close":
            raise QueryInvalid(
                f'"(" at position {opening.position} is never closed: add ")"',
                position=opening.position,
            )
        self._next += 1
        return node

    def _fielded(self, named: _Token) -> Node | None:
        name = named.value.lower()
        if name not in (Field.TITLE, Field.BODY):
            raise QueryInvalid(
                f'"{named.value}:" is no field of the search: use title: or body:, or put the '
                "words in quotes",
                position=named.position,
            )
        return self._phrase(self._take(f"a word after {name}:"), Field(name))

    def _phrase(self, token: _Token, where: Field) -> Node | None:
        is_operator = token.kind == "word" and token.value in _OPERATORS
        if token.kind not in ("word", "phrase") or is_operator:
            raise QueryInvalid(
                f"expected a word at position {token.position}, not {token.value!r}: put it in "
                "quotes if it is meant as a word",
                position=token.position,
            )
        prefix = token.kind == "word" and token.value.endswith("*")
        row = term_row(token.value, prefix=prefix)
        return None if row is None else Phrase(row.terms, prefix=row.prefix, field=where)

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, wanted: str) -> _Token:
        token = self._peek()
        if token is None:
            raise QueryInvalid(
                f"the search text ends where {wanted} is expected: complete it", position=self._end
            )
        self._next += 1
        return token

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        if token is None or token.kind != "word" or token.value != word:
            return False
        self._next += 1
        return True


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise QueryInvalid(
                f"the quote at position {start} is never closed: add another", position=start
            )
        kind = found.lastgroup
        start = found.start(kind) - (1 if kind == "phrase" else 0)
        tokens.append(_Token(kind, found[kind], start))
        position = found.end()
    return tokens


def _joined(kind: type[And | Or], parts: Iterable[Node | None]) -> Node | None:
    """One node for the parts that hold anything; parts of the same kind are laid flat."""
    flat: list[Node] = []
    for part in parts:
        if part is None:
            continue
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
