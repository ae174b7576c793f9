"""Search text → tree. The language is the Lucene subset that everybody documents:

words (all of them), "phrases", OR, AND, NOT, -word, +word, parentheses, fields (title: body:
author: agency: tag: source: domain: lang: country:), a trailing * for the beginning of a word, and
"two words"~5 for words near each other. What cannot be read is refused with its position and what
to write instead; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

from app.core.search.analyze import term_row
from app.core.search.filters import FilterInvalid, filter_of
from app.core.search.query import (
    Field,
    Filter,
    FilterKind,
    Not,
    QueryTree,
    Words,
    all_of,
    any_of,
)
from app.errors import QueryInvalid

MAX_QUERY_CHARS: Final = 500
MAX_DEPTH: Final = 20
MAX_LEAVES: Final = 64
MAX_WITHIN: Final = 50
MAX_WITHIN_ALL: Final = 100  # of all ~ together: PostgreSQL looks for each distance by itself
MIN_PREFIX_CHARS: Final = 3

_FIELDS: Final = {"title": Field.TITLE, "body": Field.BODY}
_FILTERS: Final = {kind.value: kind for kind in FilterKind if kind is not FilterKind.TAG_EXACT}
_OPEN: Final = r"(?P<open>\()"
_REST: Final = r""""(?P<phrase>[^"]*)"(?:~(?P<within>\d*))?|(?P<word>[^\s()"]+)"""
_SIGNS: Final = r"(?P<close>\))|(?P<sign>[-+](?=[^\s)]))"
_TOKEN = re.compile(rf"\s*(?:{_OPEN}|{_SIGNS}|(?P<field>[A-Za-z_]+):|{_REST})")
_VALUE = re.compile(rf"\s*(?:{_OPEN}|{_REST})")  # what follows a field: it may hold colons
_VALUES = re.compile(rf"\s*(?:{_OPEN}|{_SIGNS}|{_REST})")  # inside tag:(…)
_CURLY_QUOTES = str.maketrans("“”„‟«»＂　", '"""""""' + " ")
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_RESERVED = re.compile(r"[*~^]")


def parse_query(text: str, *, max_chars: int | None = MAX_QUERY_CHARS) -> QueryTree:
    """The tree of a search text, or QueryInvalid with the position of what cannot be read."""
    if max_chars is not None and len(text) > max_chars:
        raise QueryInvalid(
            f"the search text is longer than {max_chars} characters: shorten it",
            position=max_chars,
        )
    parser = _Parser(text)
    node = parser.alternatives(0) if text.strip() else None
    parser.expect_end()
    if node is None:
        _refuse("the search text holds no letter or digit: write at least one word", 0)
    return node


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    value: str
    position: int
    within: str | None = None

    @property
    def is_operator(self) -> bool:
        return self.kind == "word" and self.value in _OPERATORS


_Named = tuple[str, int]


class _Parser:
    """Recursive descent over the tokens; a part without letters or digits comes to None."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text.translate(_CURLY_QUOTES))
        self._end = len(text)
        self._next = 0
        self._leaves = 0
        self._within = 0

    def alternatives(self, depth: int, field: _Named | None = None) -> QueryTree | None:
        """Terms joined by OR, which binds less tightly than AND."""
        parts = [self._conjunction(depth, field)]
        while self._take_word("OR"):
            parts.append(self._conjunction(depth, field))
        return _joined(any_of, parts)

    def expect_end(self) -> None:
        token = self._peek()
        if token is not None:
            _refuse(
                f'")" at position {token.position} closes nothing: remove it or open it before',
                token.position,
            )

    def _conjunction(self, depth: int, field: _Named | None) -> QueryTree | None:
        parts = [self._condition(depth, field)]
        while (token := self._peek()) is not None:
            if token.kind == "close" or (token.is_operator and token.value == "OR"):
                break
            self._take_word("AND")
            parts.append(self._condition(depth, field))
        return _joined(all_of, parts)

    def _condition(self, depth: int, field: _Named | None) -> QueryTree | None:
        if depth > MAX_DEPTH:
            token = self._peek()
            _refuse(
                f"more than {MAX_DEPTH} levels of parentheses and signs: write it flatter",
                token.position if token else self._end,
            )
        token = self._take("a word")
        if token.kind == "sign" and token.value == "+":
            return self._condition(depth + 1, field)
        if token.kind == "sign" or (token.is_operator and token.value == "NOT"):
            part = self._condition(depth + 1, field)
            return None if part is None else Not(part)
        if token.kind == "open":
            return self._group(token, depth, field)
        if token.kind == "field":
            return self._fielded(token, depth, field)
        return self._leaf(token, field)

    def _group(self, opening: _Token, depth: int, field: _Named | None) -> QueryTree | None:
        node = self.alternatives(depth + 1, field)
        token = self._peek()
        if token is None or token.kind != "close":
            _refuse(
                f'"(" at position {opening.position} is never closed: add ")"', opening.position
            )
        self._next += 1
        return node

    def _fielded(self, named: _Token, depth: int, outer: _Named | None) -> QueryTree | None:
        name = named.value.lower()
        if name not in _FIELDS and name not in _FILTERS:
            known = ", ".join(f"{field}:" for field in (*_FIELDS, *_FILTERS))
            _refuse(
                f'"{named.value}:" is no field of the search: use one of {known}, or put the '
                "words in quotes",
                named.position,
            )
        if outer is not None:
            _refuse(
                f'"{named.value}:" stands inside {outer[0]}:(…): close that before it',
                named.position,
            )
        field = (name, named.position)
        token = self._take(f"a word after {name}:")
        if token.value[:1] in ("-", "+") and token.kind == "word":
            _refuse(
                f"{token.value[0]!r} at position {token.position} stands after {name}: instead of "
                f"before it: write {token.value[0]}{name}:{token.value[1:]}",
                token.position,
            )
        if token.kind == "open":
            return self._group(token, depth, field)
        return self._leaf(token, field)

    def _leaf(self, token: _Token, field: _Named | None) -> QueryTree | None:
        if token.kind not in ("word", "phrase") or token.is_operator:
            _refuse(
                f"expected a word at position {token.position}, not {token.value!r}: put it in "
                "quotes if it is meant as a word",
                token.position,
            )
        self._leaves += 1
        if self._leaves > MAX_LEAVES:
            _refuse(f"more than {MAX_LEAVES} words and phrases: write fewer", token.position)
        if field is not None and field[0] in _FILTERS:
            return _filter(token, _FILTERS[field[0]])
        where = _FIELDS[field[0]] if field else None
        if token.kind == "word":
            return _word(token, where)
        found = _phrase(token, where)
        self._within += int(token.within or 0)
        if self._within > MAX_WITHIN_ALL:
            _refuse(f"all ~ together allow more than {MAX_WITHIN_ALL}: lower them", token.position)
        return found

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, wanted: str) -> _Token:
        token = self._peek()
        if token is None:
            _refuse(f"the search text ends where {wanted} is expected: complete it", self._end)
        self._next += 1
        return token

    def _take_word(self, word: str) -> bool:
        token = self._peek()
        if token is None or token.kind != "word" or token.value != word:
            return False
        self._next += 1
        return True


def _word(token: _Token, field: Field | None) -> Words | None:
    prefix = token.value.endswith("*")
    text = token.value[:-1] if prefix else token.value
    reserved = _RESERVED.search(text)
    if reserved is not None:
        at = token.position + reserved.start()
        _refuse(
            f"{reserved[0]!r} at position {at} has no meaning there: a * ends a word, a ~ follows "
            "a phrase; put the word in quotes if it is meant",
            at,
        )
    row = term_row(text)
    if prefix and (row is None or _is_short(text)):
        _refuse(
            f"a * needs at least {MIN_PREFIX_CHARS} letters before it: write more of the word",
            token.position,
        )
    return None if row is None else Words(text=text, prefix=prefix, field=field)


def _is_short(text: str) -> bool:
    """Whether too many words begin like the last one; every character of a script without spaces
    says more than a letter does.
    """
    as_it_is, as_beginning = term_row(text), term_row(text, prefix=True)
    if as_beginning is None or as_beginning == as_it_is:
        return False
    return len(as_beginning.terms[-1]) < MIN_PREFIX_CHARS


def _phrase(token: _Token, field: Field | None) -> Words | None:
    text = " ".join(token.value.split())
    if token.within is None:
        return None if term_row(text) is None else Words(text=text, quoted=True, field=field)
    rows = [(word, term_row(word)) for word in text.split()]
    words = [word for word, row in rows if row is not None and not row.prefix]
    if len(words) != 2:  # noqa: PLR2004 - a pair
        _refuse(
            'a ~ follows two words in quotes, such as "trade talks"~5: write one for each pair',
            token.position,
        )
    if not token.within or not 1 <= int(token.within) <= MAX_WITHIN:
        _refuse(
            f"a ~ is followed by how many words may stand between, from 1 to {MAX_WITHIN}: "
            'write such as "trade talks"~5',
            token.position,
        )
    return Words(text=" ".join(words), quoted=True, within=int(token.within), field=field)


def _filter(token: _Token, kind: FilterKind) -> Filter:
    if token.within is not None:
        _refuse(f"{kind}: takes no ~: leave it out", token.position)
    try:
        return filter_of(kind, token.value)
    except FilterInvalid as error:
        raise QueryInvalid(
            f"{error} (position {token.position})", position=token.position
        ) from None


def _refuse(detail: str, position: int) -> NoReturn:
    raise QueryInvalid(detail, position=position)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    values = 0  # how many parentheses are open that hold values of a filter
    while position < end:
        after_field = bool(tokens) and tokens[-1].kind == "field"
        pattern = _VALUES if values else _VALUE if after_field else _TOKEN
        found = pattern.match(text, position) or _TOKEN.match(text, position)
        if found is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            _refuse(f"the quote at position {start} is never closed: add another", start)
        kind = "phrase" if found.lastgroup == "within" else str(found.lastgroup)
        start = found.start(kind) - (1 if kind == "phrase" else 0)
        if kind == "open" and (values or (after_field and tokens[-1].value.lower() in _FILTERS)):
            values += 1
        elif kind == "close" and values:
            values -= 1
        within = found["within"] if kind == "phrase" else None
        tokens.append(_Token(kind, found[kind], start, within))
        position = found.end()
    return tokens


def _joined(
    join: Callable[[list[QueryTree]], QueryTree], parts: list[QueryTree | None]
) -> QueryTree | None:
    kept = [part for part in parts if part is not None]
    return join(kept) if kept else None
