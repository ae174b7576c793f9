"""Whether a story satisfies a search, and which part of it, told without an index."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core.search.conditions import Form, Row, clause_of, condition_of
from app.core.search.evaluate import Judged, holds
from app.core.search.explain import Joined, Part, explain, parts_of
from app.core.search.facets import StorySource
from app.core.search.index import Indexable, index_terms, times_of
from app.core.search.query import Field, Or, Words
from app.core.search.query_parse import parse_query

STORY = index_terms(
    Indexable(
        title="Ferries return",
        text="A ferry crossed at dawn. The harbour master's re-election was near. 東京都知事",
        language="en",
        tags=("place:jp",),
        authors=("Jane Doe",),
        url=None,
        source=StorySource(id=1, domain="example.org"),
    )
)


def found(q: str, field: Field = Field.TEXT) -> bool:
    return holds(condition_of(parse_query(q), field, ["en"]), Judged(STORY))


@pytest.mark.parametrize(
    "q",
    [
        "ferry",
        "ferries dawn",
        "title:ferries",
        "title:ferry",
        "body:crossing",
        '"crossed at dawn"',
        "harb*",
        "reelection",
        "re-election",
        '"dawn master"~3',
        '"master dawn"~3',
        '"東京 都知"~1',
        "都知事",
        "知",
        "tag:place:jp author:doe",
        "ferry OR nothing",
        "-nothing",
        "lang:en",
    ],
)
def test_has(q: str) -> None:
    assert found(q)


@pytest.mark.parametrize(
    "q",
    [
        '"return ferry"',
        "title:dawn",
        "body:return",
        '"ferry ferries"~9',
        '"at crossed"',
        '"dawn master"~1',
        "harbourside*",
        "ferry nothing",
        "-ferry",
        "tag:place:kr",
        "京東",
    ],
)
def test_lacks(q: str) -> None:
    assert not found(q)


def test_where_words_must_stand_that_name_no_field() -> None:
    assert found("ferries", Field.TITLE)
    assert not found("dawn", Field.TITLE)
    assert not found("return", Field.BODY)


def test_words_of_signs_ask_for_nothing_and_are_refused() -> None:
    with pytest.raises(ValueError, match="no letter or digit"):
        clause_of(Words(text="&"), Field.TEXT, [])
    with pytest.raises(ValueError, match="no letter or digit"):
        clause_of(Words(text="a &", quoted=True, within=2), Field.TEXT, [])


def test_words_joined_by_hyphens_are_found_as_one() -> None:
    joined = clause_of(Words(text="trans-pacific"), Field.TEXT, [])
    assert joined.condition == Or(
        (Row(("trans", "pacific")), Row(("transpacific",)), Form("·transpacific"))
    )


def test_a_search_taken_apart() -> None:
    explained = explain(
        parse_query("ferry -(x OR tag:place:jp)"), Field.TEXT, ["en"], Judged(STORY)
    )
    assert isinstance(explained, Joined)
    assert (explained.operator, explained.holds) == ("and", False)
    ferry, without = explained.parts
    assert isinstance(ferry, Part)
    assert (ferry.terms, ferry.forms, ferry.holds) == (("ferry",), ("·ferri·en", "·ferry"), True)
    assert isinstance(without, Joined)
    assert (without.operator, without.holds, without.parts[0].holds) == ("not", False, True)
    assert [part.holds for part in parts_of(explained)] == [True, False, True]


def test_without_a_story_nothing_is_said_of_one() -> None:
    explained = explain(parse_query("ferry -lang:en"), Field.TITLE, [], None)
    assert [part.holds for part in parts_of(explained)] == [None, None]
    assert explained.holds is None
    assert [part.field for part in parts_of(explained)] == [Field.TITLE, None]


def test_the_times_of_a_story_are_its_filter_terms() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    times = times_of(published_at=at, ingested_at=at, updated_at=at)
    assert len(set(times)) == 9
    assert all(time.startswith("¤") for time in times)
