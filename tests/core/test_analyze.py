"""Text → terms: what is made equal, what is kept apart, and words inside unspaced scripts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.analyze import (
    MAX_TERM_CHARS,
    PlacedTerm,
    TermRow,
    analyze,
    placed_terms,
    term_row,
    terms_of,
    word_forms,
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
        ("G7サミット", ["g7", "さみ", "みっ", "っと", "と"]),
        ("ｶﾞｲｼｮｳ ガイショウ", ["がい", "いし", "しょ", "ょう", "う"] * 2),
        ("スーパー", ["すー", "ーぱ", "ぱー", "ー"]),
        ("1,000 1.000.000 3.5 1,00 10,000.50", "1000 1000000 3 5 1 00 10000 50".split()),
        ("U.S U.N.'s J.K. Rowling e.g.", "us un jk rowling eg".split()),
        ("İstanbul IRAK ışık Łódź Ærø", "istanbul irak isik lodz aero".split()),
        ("не́фть Цвет новый", "нефть цвет новыи".split()),
        ("朝鲜半岛", ["朝鲜", "鲜半", "半岛", "岛"]),
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
        ("G7サミット", TermRow(terms=("g7", "さみ", "みっ", "っと"))),
        ("Trans‑Pacific", TermRow(terms=("trans", "pacific"), joined="transpacific")),
        ("trans-pacific trade", TermRow(terms=("trans", "pacific", "trade"))),
        ("-covid-19-", TermRow(terms=("covid", "19"), joined="covid19")),
        ("a-b-c-d-e", TermRow(terms=("a", "b", "c", "d", "e"))),
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


@pytest.mark.parametrize(
    ("text", "language", "forms"),
    [
        ("Missiles and a missile", "en", {"·missil·en": 2, "·and·en": 1}),
        ("réformes réforme", "fr", {"·reform·fr": 2}),
        ("Häuser Hauses", "de", {"·haus·de": 2}),
        ("ракеты ракетой", "ru", {"·ракет·ru": 2}),
        (
            "Trans-Pacific talks",
            "en",
            {"·tran·en": 1, "·pacif·en": 1, "·talk·en": 1}
            | {"·transpacific": 1, "·transpacif·en": 1},
        ),
        ("Trans-Pacific", None, {"·transpacific": 1}),
        ("東京 G7", "ja", {}),
        ("東京 talks 2017", "en", {"·talk·en": 1}),
        ("Москва talks", "en", {"·talk·en": 1}),
        ("talks", "vi", {}),
    ],
)
def test_forms(text: str, language: str | None, forms: dict[str, int]) -> None:
    assert analyze(text, language).forms == forms


def test_what_ranking_counts_is_the_form_where_there_is_one_and_else_the_term() -> None:
    counts = analyze("Missiles, a missile of 2017: 東京", "en").counts
    assert counts == {"·missil·en": 2, "a": 1, "of": 1, "2017": 1, "東京": 1, "京": 1}


@pytest.mark.parametrize(
    ("word", "languages", "forms"),
    [
        ("missiles", ["en", "ja"], ("·missil·en", "·missiles")),
        ("missiles", [], ("·missiles",)),
        ("réformes", ["en", "fr", "ru"], ("·reform·en", "·reform·fr", "·reformes")),
        ("ракеты", ["en", "ru"], ("·ракет·ru", "·ракеты")),
        ("trans-pacific", ["en"], ("·transpacif·en", "·transpacific")),
        ("transpacific", ["en"], ("·transpacif·en", "·transpacific")),
        ("us", ["en"], ("·us",)),
        ("東京", ["en", "ja"], ()),
        ("G7サミット", ["en"], ()),
        ("3.5", ["en"], ()),
        ("&", ["en"], ()),
    ],
)
def test_the_forms_a_word_is_found_by(
    word: str, languages: list[str], forms: tuple[str, ...]
) -> None:
    assert word_forms(word, languages) == forms


@pytest.mark.parametrize(
    ("asked", "text", "language"),
    [
        ("missiles", "a missile was seen", "en"),
        ("missile", "the missiles were seen", "en"),
        ("trans-pacific", "the transpacific cable", "en"),
        ("transpacific", "the Trans-Pacific cable", "en"),
        ("Haus", "die Häuser", "de"),
        ("e-mails", "an e-mail", "en"),
        ("emails", "an e-mail", "en"),
        ("cease-fires", "the ceasefire", "en"),
        ("ceasefires", "a cease-fire", "en"),
        ("ministres", "le ministre", "fr"),
        ("министр", "с министрами", "ru"),
        ("elección", "las elecciones", "es"),
    ],
)
def test_a_word_finds_its_other_forms(asked: str, text: str, language: str) -> None:
    found = analyze(text, language)
    row = term_row(asked)
    assert row is not None
    joined = row.joined is not None and row.joined in found.terms
    assert joined or set(word_forms(asked, [language])) & set(found.forms)


@given(st.text() | st.text("İıa-'’.,1ﾊﾞ\u1100\u1161\u0301\u00ad東ソé·", max_size=30))
def test_terms_have_their_places_in_the_text(text: str) -> None:
    placed = placed_terms(text)
    assert [term.term for term in placed] == terms_of(text)
    assert all(0 <= term.start < term.end <= len(text) for term in placed)


def test_a_place_is_that_of_the_letters_as_they_are_written() -> None:
    text = "The U.S. — Café’s ﬁne ﾊﾞｽ 東京都"
    shown = [(term.term, text[term.start : term.end]) for term in placed_terms(text)]
    assert shown == [
        ("the", "The"),
        ("us", "U.S"),
        ("cafe", "Café"),
        ("fine", "ﬁne"),
        ("ばす", "ﾊﾞｽ"),
        ("す", "ｽ"),
        ("東京", "東京"),
        ("京都", "京都"),
        ("都", "都"),
    ]
    assert placed_terms("Missiles") == [
        PlacedTerm(term="missiles", start=0, end=8, word="missiles")
    ]


@given(st.text(), st.sampled_from([None, "en", "fr", "ru", "tr", "ar", "ja"]))
def test_forms_are_safe_for_both_engines_and_no_term(text: str, language: str | None) -> None:
    found = analyze(text, language)
    assert found.terms == terms_of(text)
    for form in found.forms:
        assert form.startswith("·")
        assert not set(form) & set("'\"\\:*()&|!<> \t\n\0-_^{}+")
    assert all("·" not in term for term in found.terms)


def test_a_text_that_cannot_be_folded_letter_by_letter_is_placed_as_a_whole() -> None:
    text = "x 가\u11a8"
    assert {(term.start, term.end) for term in placed_terms(text)} == {(0, len(text))}
    assert [term.term for term in placed_terms(text)] == terms_of(text)


@pytest.mark.parametrize(
    "text", ["b" * 100_000 + " c-d", "b" * 100_000 + ",c-d", "東" * 100_000 + "-x-y"]
)
def test_a_text_without_spaces_costs_no_more_than_another(text: str) -> None:
    started = time.process_time()
    analyze(text, None)
    assert time.process_time() - started < 2
