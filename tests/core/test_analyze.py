"""Text → terms: what is made equal, what is kept apart, and words inside unspaced scripts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.analyze import (
    EVERY_STORY,
    MAX_TERM_CHARS,
    TermRow,
    facet_term,
    story_facets,
    term_row,
    terms_of,
)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("U.S. and US", ["us", "and", "us"]),
        ("two-plus-two", ["two", "plus", "two"]),
        ("the mayor’s and the mayor's", ["the", "mayor", "and", "the", "mayor"]),
        ("l’homme d'accord qu'il", ["homme", "accord", "il"]),
        ("O'Brien don’t", ["obrien", "dont"]),
        ("Café CAFE\u0301 cafe", ["cafe", "cafe", "cafe"]),
        ("Straße ΆΘΗΝΑ Ёлка", ["strasse", "αθηνα", "елка"]),
        ("ＡＢＣ１２ ﬁne", ["abc12", "fine"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("العَرَبِيَّة مـــد", ["العربية", "مد"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("東京", ["東京", "京"]),
        ("G7サミット", ["g7", "サミ", "ミッ", "ット", "ト"]),
        ("ｶﾞｲｼｮｳ", ["ガイ", "イシ", "ショ", "ョウ", "ウ"]),
        ("북한이", ["북한", "한이", "이"]),
        ("2017年3月", ["2017", "年", "3", "月"]),
        ("… – “” &", []),
        ("x" * 100, ["x" * MAX_TERM_CHARS]),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert terms_of(text) == terms


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("missiles", TermRow(terms=("missiles",))),
        ("north korean", TermRow(terms=("north", "korean"))),
        ("東京", TermRow(terms=("東京",))),
        ("外相会談", TermRow(terms=("外相", "相会", "会談"))),
        ("米", TermRow(terms=("米",), prefix=True)),
        ("G7サミット", TermRow(terms=("g7", "サミ", "ミッ", "ット"))),
        ("第1回", TermRow(terms=("第", "1", "回"), prefix=True)),
        ("&", None),
    ],
)
def test_what_a_query_asks_for(asked: str, row: TermRow | None) -> None:
    assert term_row(asked) == row


def matches(row: TermRow, terms: list[str]) -> bool:
    """What both engines do with a row of terms."""
    *whole, last = row.terms
    for n in range(len(terms) - len(whole)):
        ends = terms[n + len(whole)]
        if terms[n : n + len(whole)] == whole and (
            ends.startswith(last) if row.prefix else ends == last
        ):
            return True
    return False


@given(st.text("東京都知事がG7 サミット한국어ab1。", min_size=1, max_size=20), st.data())
def test_any_part_of_an_unspaced_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    row = term_row(part)
    whole_words = not (part[:1].isascii() or part[-1:].isascii())
    if row is not None and whole_words:
        assert matches(row, terms_of(text))


@given(st.text())
def test_terms_are_safe_for_both_engines_and_fixed(text: str) -> None:
    for term in terms_of(text):
        assert term
        assert len(term) <= MAX_TERM_CHARS
        assert not set(term) & set("'\"\\:*()&|!<> \t\n\0-_^{}+")
        assert not term.isspace()


def test_facets_are_plain_terms_that_no_word_collides_with() -> None:
    facets = story_facets(tags=["place:jp", "lang:en"], source_id=3, language="en")
    assert len(set(facets)) == 5
    assert EVERY_STORY in facets
    assert facet_term("tag", "lang:en") != facet_term("lang", "en")
    assert all(facet.isascii() and facet.isalnum() and len(facet) == 14 for facet in facets)
