"""What was searched for is marked where it stands, and nothing else; what is shown is safe."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.conditions import Clause, Facet, Row, wanted_clauses, wanted_clauses_of
from app.core.search.highlight import MAX_CHARS, best_passage, find_marks, highlight_title
from app.core.search.query import And, Field, Not
from app.core.search.query_parse import parse_query
from app.core.search.search import Search

LANGUAGES = ("en", "fr", "ja")


def clauses(q: str) -> tuple[Clause, ...]:
    return wanted_clauses(parse_query(q), Field.TEXT, LANGUAGES)


@pytest.mark.parametrize(
    ("q", "title", "marked"),
    [
        ("missile", "Two Missiles seen", "Two <mark>Missiles</mark> seen"),
        ('"missile"', "Two Missiles seen", None),
        ("missil*", "Two Missiles seen", "Two <mark>Missiles</mark> seen"),
        ("U.S.", "The US and the U.S. left", "The <mark>US</mark> and the <mark>U.S</mark>. left"),
        ('"north korean"', "North North-Korean", "North <mark>North-Korean</mark>"),
        ("transpacific", "A Trans-Pacific deal", "A <mark>Trans-Pacific</mark> deal"),
        ("trans-pacific", "A Trans-Pacific deal", "A <mark>Trans-Pacific</mark> deal"),
        ("trans-pacific", "A transpacific deal", "A <mark>transpacific</mark> deal"),
        ("東京", "東京都の外相", "<mark>東京</mark>都の外相"),
        ("外相 東京都", "東京都の外相", "<mark>東京都</mark>の<mark>外相</mark>"),
        ("都", "東京都の", "東京<mark>都</mark>の"),
        ("ﾐｻｲﾙ", "ミサイル発射", "<mark>ミサイル</mark>発射"),
        (
            '"two seen"~1',
            "Two missiles seen two",
            "<mark>Two</mark> missiles <mark>seen</mark> <mark>two</mark>",
        ),
        ('"two left"~1', "Two missiles seen", None),
        ("missile -seen", "Missile seen", "<mark>Missile</mark> seen"),
        ("body:missile", "Missile seen", None),
        ("emails", "An e-mail came", "An <mark>e-mail</mark> came"),
        ("ド", "100㌦", "100<mark>㌦</mark>"),
        ("株", "㍿東京", "<mark>㍿</mark>東京"),
        ('"two big missiles seen"', "Two big boats seen", None),
        ('"two big missiles"', "Two big missiles", "<mark>Two big missiles</mark>"),
        ('"big two"~1', "Two big", "<mark>Two</mark> <mark>big</mark>"),
        ("lang:en", "Missile seen", None),
        ("b", "a<b>&\"'", "a&lt;<mark>b</mark>&gt;&amp;&quot;&#x27;"),
    ],
)
def test_titles(q: str, title: str, marked: str | None) -> None:
    assert highlight_title(title, "en", clauses(q)) == marked


def test_the_passage_with_most_of_what_was_asked_for_is_shown() -> None:
    text = (
        "Boats " * 80
        + "\n\nThe ferry was late. The harbour master said the ferry would leave. "
        + "Nothing else. " * 40
    )
    shown = best_passage(text, "en", clauses("harbour ferry"))
    assert shown.startswith("…The <mark>ferry</mark> was late. The <mark>harbour</mark> master")
    assert shown.endswith("…")


def test_where_nothing_is_found_the_beginning_is_shown() -> None:
    assert best_passage("A short text.", "en", clauses("ferry")) == "A short text."
    long = best_passage("word " * 100, "en", clauses("ferry"))
    assert long.startswith("word word")
    assert long.endswith("word…")


def test_a_passage_begins_at_a_word_and_in_a_script_without_spaces_anywhere() -> None:
    shown = best_passage("word " * 100 + "ferry " + "word " * 100, "en", clauses("ferry"))
    assert shown.startswith("…word ")
    assert "<mark>ferry</mark>" in shown
    japanese = best_passage("あ" * 300 + "東京" + "い" * 300, "ja", clauses("東京"))
    assert "<mark>東京</mark>" in japanese
    assert len(japanese) < MAX_CHARS + 30


@given(
    st.text(min_size=1) | st.text("ab <>&\"'東京é.\n", min_size=1, max_size=400),
    st.sampled_from(["a", "ab OR b", "東京", '"a b"', "a*b"[:1], "aba*", '"a b"~3', "京"]),
)
def test_without_its_marks_a_passage_is_a_part_of_the_text(text: str, q: str) -> None:
    shown = best_passage(text, "en", clauses(q))
    assert re.fullmatch(r"(?:[^<>]|<mark>|</mark>)*", shown)
    assert shown.count("<mark>") == shown.count("</mark>")
    plain = unescape(shown.replace("<mark>", "").replace("</mark>", ""))
    assert plain in text or plain.removeprefix("…").removesuffix("…").strip() in text


def test_what_is_cut_off_a_passage_is_not_marked() -> None:
    shown = best_passage("ferry " * 200, "en", clauses("ferry"))
    assert shown.count("<mark>") * len("ferry ") <= MAX_CHARS
    phrase = best_passage("boats " * 38 + "a long ferry " * 3, "en", clauses('"a long ferry"'))
    assert phrase.count("<mark>") == phrase.count("</mark>") > 0


def test_what_speaks_against_a_story_is_not_marked() -> None:
    (clause,) = clauses("ferry")
    against = replace(clause, condition=And((Row(("ferry",)), Not(Row(("boat",))), Facet("·x"))))
    assert [(m.start, m.end) for m in find_marks("ferry boat", "en", [against])] == [(0, 5)]
    assert wanted_clauses_of(Search(), LANGUAGES) == ()


def test_words_near_each_other_all_over_a_text_are_marked_cheaply() -> None:
    started = time.process_time()
    marks = find_marks("ferry " * 8000, "en", clauses('"ferry ferry"~50'))
    assert time.process_time() - started < 1
    assert len(marks) == 8000
