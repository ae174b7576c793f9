"""What saved searches are measured with: the book finds what each search by itself finds."""

from __future__ import annotations

from app.core.search.book import SearchBook
from bench.searches import alone, booked, by_book, measure, stories_of


def test_the_book_and_each_search_alone_find_the_same() -> None:
    searches, stories = booked(3_000), stories_of(12)
    book, each = by_book(SearchBook(searches)), alone(searches)
    found = [each(story) for story in stories]
    assert [book(story) for story in stories] == found
    assert any(found)


def test_few_and_many_are_measured() -> None:
    few, many = measure(20, 2)
    assert (few["searches"], many["searches"]) == (10, 20)
    assert few["us_a_story"] > 0
