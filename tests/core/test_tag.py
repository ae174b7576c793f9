"""Tags: what the publisher says, the agency and the language, each with its reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.story import Agency, TagBy
from app.core.tag import MAX_CODE_CHARS, MAX_NAME_CHARS, MAX_TAGS, fold_code, tag_story
from app.core.types import Category


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Asia Pacific", "asia-pacific"),
        ("  Arts & Culture / Film ", "arts-culture-film"),
        ("ＡＳＩＡ", "asia"),
        ("国際ニュース", "国際ニュース"),
        ("Économie", "économie"),
        ("Straße", "strasse"),
        ("snake_case", "snake-case"),
        ("C&amp;A", "c-a"),
        ("—", None),
        ("", None),
        ("a" * 300, "a" * MAX_CODE_CHARS),
        ("a" * (MAX_CODE_CHARS - 1) + " b", "a" * (MAX_CODE_CHARS - 1)),
    ],
)
def test_codes(words: str, code: str | None) -> None:
    assert fold_code(words) == code


@given(st.text())
def test_codes_are_short_without_space_and_stable(words: str) -> None:
    code = fold_code(words)
    if code is not None:
        assert len(code) <= MAX_CODE_CHARS
        assert not any(char.isspace() for char in code)
        assert fold_code(code) == code


def test_who_said_so() -> None:
    agency, language, category = tag_story(
        categories=(Category(term="ferries", label="Ferries &amp; ports"),),
        agency=Agency(code="kyodo", name="Kyodo"),
        language="ja",
    )
    assert (agency.qcode, agency.name, agency.by, agency.inferred) == (
        *("agency:kyodo", "Kyodo", TagBy.RULE),
        True,
    )
    assert (language.qcode, language.by, language.inferred) == ("lang:ja", TagBy.RULE, True)
    assert (category.qcode, category.name) == ("category:ferries-ports", "Ferries & ports")
    assert (category.by, category.inferred, category.matched) == (
        *(TagBy.PUBLISHER, False),
        "ferries",
    )


def test_a_category_is_said_once_in_the_publishers_order() -> None:
    said = ("Ports", "Asia", "PORTS", " ", "asia ")
    tags = tag_story(categories=[Category(term=t) for t in said], agency=None, language=None)
    assert [tag.qcode for tag in tags] == ["category:ports", "category:asia"]


def test_tags_are_bounded() -> None:
    categories = [Category(term=f"{n} {'x' * 500}") for n in range(200)]
    tags = tag_story(categories=categories, agency=None, language="en")
    assert len(tags) == MAX_TAGS
    assert tags[0].qcode == "lang:en"
    assert max(len(tag.name) for tag in tags) == MAX_NAME_CHARS
    assert max(len(tag.matched or "") for tag in tags) == MAX_NAME_CHARS


IPTC = "http://cv.iptc.org/newscodes/mediatopic"


@pytest.mark.parametrize(
    "category",
    [
        Category(term="medtop:20000065"),
        Category(term="MEDTOP:20000065", label="Protests"),
        Category(term=f"{IPTC}/20000065"),
        Category(term="https://cv.iptc.org/newscodes/mediatopic/20000065?lang=en"),
        Category(term="20000065", scheme=f"{IPTC}/"),
        Category(term="20000065", scheme=IPTC),
        Category(term="subject:20000065", scheme=f"{IPTC}/"),
        Category(term="Protests", scheme=f"{IPTC}/20000065"),
    ],
)
def test_a_category_that_is_a_media_topic_is_tagged_as_one_too(category: Category) -> None:
    medtop, own = tag_story(categories=(category,), agency=None, language=None)
    assert (medtop.qcode, medtop.name) == ("medtop:20000065", "civil unrest")
    assert (medtop.by, medtop.inferred, medtop.matched) == (
        *(TagBy.PUBLISHER, False),
        category.term,
    )
    assert own.scheme == "category"


@pytest.mark.parametrize(
    "category",
    [
        Category(term="20000065"),
        Category(term="20000065", scheme="https://publisher.example/subjects"),
        Category(term="medtop:2000006"),
        Category(term="medtop:200000651"),
        Category(term="200000651", scheme=f"{IPTC}/"),
        Category(term="Protests", scheme=f"{IPTC}/"),
        Category(term="http://cv.iptc.org/newscodes/subjectcode/16006000"),
        Category(term="16006000", scheme="http://cv.iptc.org/newscodes/subjectcode/"),
        Category(term="notmedtop:20000065"),
    ],
)
def test_a_category_that_is_no_media_topic(category: Category) -> None:
    tags = tag_story(categories=(category,), agency=None, language=None)
    assert [tag.scheme for tag in tags] == ["category"]


@pytest.mark.parametrize(("label", "name"), [("Moon ports", "Moon ports"), (None, "29999999")])
def test_a_topic_newer_than_ours_has_the_publishers_name(label: str | None, name: str) -> None:
    category = Category(term="medtop:29999999", label=label)
    medtop, _ = tag_story(categories=(category,), agency=None, language=None)
    assert (medtop.qcode, medtop.name) == ("medtop:29999999", name)
