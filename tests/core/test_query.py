"""The query language: what can be read, and what is refused with its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.search.query import (
    And,
    Field,
    Filter,
    FilterKind,
    Not,
    Or,
    QueryTree,
    Words,
    leaves,
    wanted_leaves,
)
from app.core.search.query_parse import MAX_LEAVES, MAX_QUERY_CHARS, parse_query
from app.errors import QueryInvalid


def word(text: str, *, prefix: bool = False, field: Field | None = None) -> Words:
    return Words(text=text, prefix=prefix, field=field)


def quoted(text: str, *, within: int | None = None, field: Field | None = None) -> Words:
    return Words(text=text, quoted=True, within=within, field=field)


def tag(value: str) -> Filter:
    return Filter(kind=FilterKind.TAG, value=value)


A, B, C = word("a"), word("b"), word("c")
TITLE, BODY = Field.TITLE, Field.BODY


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Missiles", word("Missiles")),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a (b c)", And((A, B, C))),
        ("a -b", And((A, Not(B)))),
        ("a NOT b", And((A, Not(B)))),
        ("+a -(b OR c)", And((A, Not(Or((B, C)))))),
        ("-a", Not(A)),
        ("NOT -a", Not(Not(A))),
        ('"north korean missile"', quoted("north korean missile")),
        ("“north korean”", quoted("north korean")),
        ("« nord  coréen »", quoted("nord coréen")),
        ('-"a b"', Not(quoted("a b"))),
        ("two-plus-two", word("two-plus-two")),
        ("title:a", word("a", field=TITLE)),
        ('Body:"a b"', quoted("a b", field=BODY)),
        ("title:(a OR b) c", And((Or((word("a", field=TITLE), word("b", field=TITLE))), C))),
        ("title:a:b", word("a:b", field=TITLE)),
        ("missil*", word("missil", prefix=True)),
        ("title:missil*", word("missil", prefix=True, field=TITLE)),
        ("京*", word("京", prefix=True)),
        ('"trade talks"~5', quoted("trade talks", within=5)),
        ('title:"trade & talks"~5', quoted("trade talks", within=5, field=TITLE)),
        ("東京　外相", And((word("東京"), word("外相")))),
        ("a & b", And((A, B))),
        ("or and", And((word("or"), word("and")))),
        ('"OR"', quoted("OR")),
        ("C++", word("C++")),
        ("12:30", word("12:30")),
        ("tag:place:JP", tag("place:jp")),
        ('tag:"Category:World News"', tag("category:world-news")),
        ("tag:(place:jp OR place:kr)", Or((tag("place:jp"), tag("place:kr")))),
        ("-lang:en-US", Not(Filter(kind=FilterKind.LANG, value="en"))),
        ("agency:共同", Filter(kind=FilterKind.AGENCY, value="kyodo")),
        ("author:'Doe'", Filter(kind=FilterKind.AUTHOR, value="doe")),
        ("source:007", Filter(kind=FilterKind.SOURCE, value="7")),
        ("source:Example.org", Filter(kind=FilterKind.SOURCE, value="example.org")),
        ("domain:https://a.example.org/x", Filter(kind=FilterKind.DOMAIN, value="a.example.org")),
        ("country:jp", Filter(kind=FilterKind.COUNTRY, value="JP")),
    ],
)
def test_reads(text: str, tree: QueryTree) -> None:
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
        ("title:)", 6, "expected a word"),
        ("title:-a", 6, "write -title:a"),
        ("title:(a body:b)", 9, "stands inside title:(…)"),
        ("lang:(en lang:fr)", 9, "such as en or ja"),
        ("title:(a", 6, 'add ")"'),
        ("ab*", 0, "at least 3 letters"),
        ("*", 0, "at least 3 letters"),
        ("mis*le", 3, "a * ends a word"),
        ("missile~2", 7, "a ~ follows a phrase"),
        ("x missile^2", 9, "put the word in quotes"),
        ('"a"~3', 0, "two words in quotes"),
        ('x "a b c"~3', 2, "two words in quotes"),
        ('"東 京都"~3', 0, "two words in quotes"),
        ('"a b"~', 0, "from 1 to 50"),
        ('"a b"~0', 0, "from 1 to 50"),
        ('"a b"~51', 0, "from 1 to 50"),
        ('"a b"~50 OR -"c d"~50 OR title:"e f"~1', 31, "all ~ together allow more than 100"),
        ('tag:"a:b c:d"~3', 4, "takes no ~"),
        ("x tag:kyodo", 6, "write scheme:code"),
        ("tag:!!:kyodo", 4, "write scheme:code"),
        ("lang:xx", 5, "such as en or ja"),
        ("country:japan", 8, "two letters"),
        ('author:"&"', 7, "at least one letter"),
        ("agency:&", 7, "write its code"),
        ('domain:"a b"', 7, "such as example.org"),
        ("(" * 30 + "a" + ")" * 30, 21, "write it flatter"),
        ("a " * (MAX_LEAVES + 1), 2 * MAX_LEAVES, "write fewer"),
        ("x" * 501, MAX_QUERY_CHARS, "shorten it"),
    ],
)
def test_refuses_with_the_place_and_what_to_do(text: str, position: int, advice: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        parse_query(text)
    assert refused.value.position == position
    assert advice in refused.value.detail


PIECES = st.lists(
    st.sampled_from(
        [
            *("a", "bcd", "東京", "G7サミット", '"', "(", ")", " ", " OR ", " AND ", "NOT ", "-"),
            *("+", "*", "~3", "title:", "body:", "tag:", "lang:en", "source:", "place:jp", "1,000"),
            *("l'été", "“", "\x00", "\ud800", "ß", "İ", "^", ":", "\n", "　", "👍", "e\u0301"),
        ]
    ),
    max_size=20,
).map("".join)


@settings(max_examples=400)
@given(st.text(max_size=60) | PIECES)
def test_any_text_is_read_or_refused_with_a_place_and_a_tree_reads_as_itself(text: str) -> None:
    try:
        tree = parse_query(text)
    except QueryInvalid as refused:
        position = refused.position
    else:
        position = 0
        assert parse_query(str(tree), max_chars=None) == tree
    assert 0 <= position <= len(text)


def test_the_leaves_that_speak_for_a_story_are_told_from_those_against_it() -> None:
    tree = parse_query("a -(b -c) tag:place:jp")
    assert list(wanted_leaves(tree)) == [A, C, tag("place:jp")]
    assert list(leaves(tree)) == [A, B, C, tag("place:jp")]
