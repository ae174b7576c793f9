"""What publishers' sections say about the topic of a story."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from app.core.tagging.topic_sections import (
    MAX_CATEGORIES,
    MAX_CHARS,
    Section,
    fold_section,
    sections,
)
from app.core.topics import topic
from app.core.types import Category


def codes(*terms: str, country: str | None = None) -> list[str]:
    return [found.code for found in sections([Category(term=term) for term in terms], country)]


@pytest.mark.parametrize(
    ("term", "code"),
    [
        ("Business", "04000000"),
        ("BUSINESS NEWS", "04000000"),
        ("Latest Sport", "15000000"),
        ("/sport/", "15000000"),
        ("Sports > Football", "20001065"),
        ("Sport | Tennis", "20001085"),
        ("sport/formula-1", "20000991"),
        ("Science & Technology", "13000000"),
        ("Climate-Change", "20000418"),
        ("World news / Environment", "06000000"),
        ("Arts – Music", "20000018"),
        ("Wirtschaft", "04000000"),
        ("経済", "04000000"),
        ("経済ニュース", "04000000"),
        ("스포츠", "15000000"),
        ("Politique", "11000000"),
        ("Deportes", "15000000"),
        ("Santé", "07000000"),
        ("ＡＩ", "20001298"),
        ("культура", "01000000"),
        ("Météo", "17000000"),
        ("文化・芸能", "01000000"),
    ],
)
def test_a_section_stands_for_a_topic(term: str, code: str) -> None:
    assert codes(term) == [code]


@pytest.mark.parametrize(
    "term",
    ["News", "World", "Top stories", "ニュース", "Monde", "Home", "Video", "Opinion", "", "///",
     "IT", "Trump", "\x00", "Sporting Lisbon", "Businesses"],
)  # fmt: skip
def test_what_is_not_certain_stands_for_nothing(term: str) -> None:
    assert codes(term) == []


def test_each_topic_comes_once_in_the_order_of_the_categories() -> None:
    assert codes("News", "Sport", "Business", "Sports") == ["15000000", "04000000"]


def test_football_is_another_game_elsewhere() -> None:
    assert codes("Football", country="GB") == ["20001065"]
    assert codes("Football", country="US") == ["15000000"]


def test_a_label_is_looked_up_before_its_term() -> None:
    found = sections(
        [Category(term="b", label="Business"), Category(term="Sport", label="x")], None
    )
    assert [section.code for section in found] == ["04000000", "15000000"]


def test_an_operators_words_go_first() -> None:
    own = {fold_section("Pulse & Planet"): "06000000", fold_section("Business"): "20000170"}
    found = sections([Category(term="PULSE & planet"), Category(term="business")], None, own)
    assert found == (Section("06000000", own=True), Section("20000170", own=True))


@pytest.mark.parametrize("code", [None, "99999999"])
def test_an_operator_may_say_that_a_section_is_about_nothing(code: str | None) -> None:
    assert sections([Category(term="Sport")], None, {"sport": code}) == ()


def test_many_and_long_categories_are_not_read_to_their_end() -> None:
    assert codes(*(["News"] * MAX_CATEGORIES), "Sport") == []
    assert codes("x" * MAX_CHARS + " > Sport") == []


def test_the_vocabulary_has_every_word_once_under_a_topic_that_there_is() -> None:
    text = files("app.core.vocab").joinpath("topic_sections.json").read_text("utf-8")
    document = json.loads(text)
    words = [
        fold_section(word)
        for lines in document["topics"].values()
        for line in lines
        for word in line.split(",")
    ]
    assert len(words) == len(set(words))
    assert "" not in words
    told = [*document["topics"], *(said["topic"] for said in document["elsewhere"].values())]
    assert all((known := topic(code)) and known.retired is None for code in told)
