"""A search as the address of its page: read, narrowed, kept, and its fault shown in its place."""

from __future__ import annotations

import pytest

from app.console.inside import Refused
from app.console.stories_asked import AskedSearch, marked, moment, query_fault, read_search


def search(*pairs: tuple[str, str]) -> AskedSearch:
    return read_search(pairs)


def test_what_is_empty_unknown_or_twice_there_is_left_out() -> None:
    found = search(("q", " ferry "), ("sort", ""), ("evil", "1"), ("lang", "en"), ("lang", "en"))
    assert found.address() == "/admin/stories?q=ferry&lang=en"


def test_a_value_is_taken_in_and_out_again() -> None:
    narrowed = search(("q", "a")).toggled("source", "3").toggled("source", "4")
    assert narrowed.address() == "/admin/stories?q=a&source=3&source=4"
    assert narrowed.toggled("source", "3").address() == "/admin/stories?q=a&source=4"


def test_of_times_there_is_one_each() -> None:
    narrowed = search(("published_after", "2026-11-01")).having(published_after="2026-11-02")
    assert narrowed.values("published_after") == ["2026-11-02"]
    assert narrowed.having(published_after=None).pairs == ()


def test_a_narrowed_search_begins_at_its_first_page() -> None:
    assert "cursor" not in search(("q", "a"), ("cursor", "x")).toggled("lang", "en").address()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-24", "2026-11-24T00:00:00Z"),
        ("2026-11-24T06:00", "2026-11-24T06:00:00Z"),
        ("2026-11-24 06:00:07", "2026-11-24T06:00:07Z"),
        ("2026-11-24T06:00:00+09:00", "2026-11-24T06:00:00+09:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_those_of_utc_where_they_say_no_zone(written: str, read: str) -> None:
    assert moment(written) == read
    assert ("updated_after", read) in search(("updated_after", written)).search


def test_a_saved_search_has_no_times_and_no_order() -> None:
    pairs = (
        ("q", "a"),
        ("tag", "place:jp"),
        ("sort", "relevance"),
        ("updated_after", "2026-11-01"),
    )
    assert search(*pairs).saved() == {"q": "a", "tag": ["place:jp"]}


def test_highlights_are_pieces_of_text() -> None:
    assert marked("a &lt;b&gt; <mark>fe&amp;rry</mark>!") == [
        (False, "a <b> "),
        (True, "fe&rry"),
        (False, "!"),
    ]
    assert marked(None) == []


@pytest.mark.parametrize(
    ("text", "position", "pieces"),
    [("a (b", 2, ("a ", "(", "b")), ("𝒜 (b", 2, ("𝒜 ", "(", "b")), ("a OR", 4, ("a OR", "␣", ""))],
)
def test_a_fault_stands_in_its_place(text: str, position: int, pieces: tuple[str, ...]) -> None:
    problem = {"errors": [{"parameter": "q", "detail": "wrong", "position": position}]}
    found = query_fault(Refused(400, problem), text)
    assert found is not None
    assert (found.before, found.at, found.behind) == pieces


def test_what_is_wrong_with_another_field_is_no_fault_of_the_text() -> None:
    assert (
        query_fault(Refused(400, {"errors": [{"parameter": "lang", "detail": "?"}]}), "a") is None
    )
