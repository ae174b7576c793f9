"""The query language: what can be read, and what is refused with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.query import (
    MAX_QUERY_CHARS,
    And,
    Field,
    Node,
    Not,
    Or,
    Phrase,
    Search,
    conditions,
    parse_query,
)
from app.errors import QueryInvalid


def word(*terms: str, prefix: bool = False, field: Field = Field.TEXT) -> Phrase:
    return Phrase(terms, prefix=prefix, field=field)


A, B, C = word("a"), word("b"), word("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Missiles", word("missiles")),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a -b", And((A, Not(B)))),
        ("a NOT b", And((A, Not(B)))),
        ("+a -(b OR c)", And((A, Not(Or((B, C)))))),
        ("-a", Not(A)),
        ('"north korean missile"', word("north", "korean", "missile")),
        ("“north korean”", word("north", "korean")),
        ('-"a b"', Not(word("a", "b"))),
        ("two-plus-two", word("two", "plus", "two")),
        ("title:a", word("a", field=Field.TITLE)),
        ('Body:"a b"', word("a", "b", field=Field.BODY)),
        ("missil*", word("missil", prefix=True)),
        ("東京　外相", And((word("東京"), word("外相")))),
        ("a & b", And((A, B))),
        ("or and", And((word("or"), word("and")))),
        ('"OR"', word("or")),
        ("C++", word("c")),
    ],
)
def test_reads(text: str, tree: Node) -> None:
    assert parse_query(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "advice"),
    [
        ("", 0, "write at least one word"),
        ("&", 0, "write at least one word"),
        ("(a", 0, 'add ")"'),
        ("a)", 1, "remove it"),
        ("()", 1, "expected a word"),
        ('b "a', 2, "add another"),
        ("a OR", 4, "complete it"),
        ("a NOT", 5, "complete it"),
        ("OR a", 0, "put it in quotes"),
        ("a AND OR b", 6, "put it in quotes"),
        ("x colour:red", 2, "put the words in quotes"),
        ("title:", 6, "complete it"),
        ("title:(a)", 6, "expected a word"),
        ("(" * 30 + "a" + ")" * 30, 21, "write it flatter"),
        ("x" * 501, MAX_QUERY_CHARS, "shorten it"),
    ],
)
def test_refuses_with_the_place_and_what_to_do(text: str, position: int, advice: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        parse_query(text)
    assert refused.value.position == position
    assert advice in refused.value.detail


@given(st.text(max_size=60) | st.text('ab"() -+:*ORNOTAND東', max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    position = None
    try:
        tree = parse_query(text)
    except QueryInvalid as refused:
        position = refused.position
    else:
        assert tree is not None
    assert position is None or 0 <= position <= len(text)


def test_filters_become_conditions_of_one_tree() -> None:
    assert conditions(Search()) is None
    tree = conditions(
        Search(
            text=A,
            tags_all=("place:jp",),
            tags_any=("agency:afp", "agency:kyodo"),
            tags_none=("category:sport",),
            languages=("en",),
            source_ids=(1, 2),
        )
    )
    assert isinstance(tree, And)
    kinds = [type(part) for part in tree.parts]
    assert kinds == [Phrase, Phrase, Or, Or, Phrase, Not]
