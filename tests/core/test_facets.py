"""What stories can be filtered by, as terms of the index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.search.analyze import analyze
from app.core.search.facets import (
    EVERY_STORY,
    MAX_UNITS,
    UNITS_MS,
    StorySource,
    facet_term,
    filter_term,
    story_facets,
    time_cover,
    time_facets,
)
from app.core.search.filters import FilterInvalid, any_value, filter_of, filter_tree
from app.core.search.query import FilterKind
from app.core.search.stems import MARK

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SOURCE = StorySource(id=3, domain="example.co.uk", country="GB")
STORY = story_facets(
    tags=["place:jp", "agency:kyodo", "medtop:20000065"],
    source=SOURCE,
    language="en",
    authors=["Jane Q. Doe", "山田"],
    url="https://a.news.example.org/x",
)


def has(kind: FilterKind, value: str) -> bool:
    return filter_term(filter_of(kind, value)) in STORY


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FilterKind.TAG, "Place:JP"),
        (FilterKind.TAG_EXACT, "place:jp"),
        (FilterKind.TAG, "medtop:20000065"),
        (FilterKind.TAG_EXACT, "medtop:20000065"),
        (FilterKind.TAG, "medtop:16000000"),
        (FilterKind.AGENCY, "kyodo"),
        (FilterKind.AGENCY, "Kyodo News"),
        (FilterKind.SOURCE, "3"),
        (FilterKind.SOURCE, "example.co.uk"),
        (FilterKind.DOMAIN, "example.co.uk"),
        (FilterKind.DOMAIN, "a.news.example.org"),
        (FilterKind.DOMAIN, "news.example.org"),
        (FilterKind.DOMAIN, "example.org"),
        (FilterKind.LANG, "en-GB"),
        (FilterKind.COUNTRY, "gb"),
        (FilterKind.AUTHOR, "jane q doe"),
        (FilterKind.AUTHOR, "DOE"),
        (FilterKind.AUTHOR, "山田"),
    ],
)
def test_a_story_is_let_through_by_what_it_has(kind: FilterKind, value: str) -> None:
    assert has(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FilterKind.TAG, "place:kr"),
        (FilterKind.TAG_EXACT, "medtop:16000000"),
        (FilterKind.SOURCE, "4"),
        (FilterKind.SOURCE, "example.org"),
        (FilterKind.DOMAIN, "co.uk"),
        (FilterKind.DOMAIN, "org"),
        (FilterKind.DOMAIN, "other.example.org"),
        (FilterKind.LANG, "ja"),
        (FilterKind.COUNTRY, "US"),
        (FilterKind.AUTHOR, "jane doe"),
    ],
)
def test_and_by_nothing_else(kind: FilterKind, value: str) -> None:
    assert not has(kind, value)


def test_no_word_that_a_publisher_writes_is_a_filter() -> None:
    """PostgreSQL keeps terms, forms and filters in one space."""
    code = filter_term(filter_of(FilterKind.AGENCY, "kyodo"))[1:]
    words = [f"{code[:6]}-{code[6:]}", code, f"·{code}", f"¤{code}"]
    found = analyze(" ".join(words), "en")
    written = {*found.terms, *found.forms}
    assert f"·{code}" in written
    everywhere = written | {f"{MARK}{MARK}{term}" for term in written}
    assert not any(facet.endswith(code) and facet in everywhere for facet in STORY)
    assert any(facet.endswith(code) for facet in STORY)


def test_every_term_is_plain_and_stands_once() -> None:
    assert EVERY_STORY in STORY
    assert len(set(STORY)) == len(STORY)
    assert all(len(term) == 14 and term[0] == "¤" and term[1:].isalnum() for term in STORY)
    assert facet_term("tag", "lang:en") != facet_term("lang", "en")
    bare = story_facets(
        tags=[], source=StorySource(id=1, domain="localhost"), language=None, authors=["&"],
        url="http://localhost/x",
    )  # fmt: skip
    assert len(bare) == 4


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        ("place:jp", 'tag:"place:jp"'),
        ("place:jp,place:kr", 'tag:"place:jp" tag:"place:kr"'),
        (
            "place:jp|place:kr,-agency:kyodo",
            '(tag:"place:jp" OR tag:"place:kr") -tag:"agency:kyodo"',
        ),
        ("-place:jp|lang:en", '-tag:"place:jp" OR tag:"lang:en"'),
        (" category:World News ", 'tag:"category:world-news"'),
    ],
)
def test_signs_inside_a_value(value: str, tree: str) -> None:
    assert str(filter_tree(FilterKind.TAG, value)) == tree


@pytest.mark.parametrize(
    "value", ["", ",", "place:jp,", "|place:jp", "-", "place", ",".join("a:b" for _ in range(51))]
)
def test_a_value_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(FilterInvalid):
        filter_tree(FilterKind.TAG, value)


def test_any_of_several() -> None:
    assert str(any_value(FilterKind.LANG, ["en", "ja-JP"])) == 'lang:"en" OR lang:"ja"'


TIMES = st.integers(0, 4_000_000_000_000)


@given(
    start=TIMES,
    length=st.integers(1, 200 * 24 * 3_600_000),
    inside=st.floats(0, 1, exclude_max=True),
)
def test_a_span_of_time_is_covered_by_its_terms(start: int, length: int, inside: float) -> None:
    cover = time_cover("published", start, start + length)
    at = EPOCH + timedelta(milliseconds=start + int(length * inside))
    assert len(cover) <= MAX_UNITS
    assert len(set(cover) & set(time_facets("published", at))) == 1
    assert not set(cover) & set(time_facets("ingested", at))


def test_what_lies_well_outside_a_span_has_none_of_its_terms() -> None:
    start = 1_700_000_000_000
    for unit in UNITS_MS:
        cover = time_cover("published", start, start + 90 * unit)
        after = EPOCH + timedelta(milliseconds=start + 92 * unit)
        assert not set(cover) & set(time_facets("published", after))


def test_a_span_of_ages_has_no_cover() -> None:
    assert list(time_cover("published", 0, 4_000_000_000_000)) == []
