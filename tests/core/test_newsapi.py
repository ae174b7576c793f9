"""NewsAPI's parameters as our search, and our stories as its articles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.newsapi import faults
from app.core.newsapi.article import (
    Article,
    ArticleSource,
    article_shape,
    content,
    snippet,
    source_shape,
)
from app.core.newsapi.asked import (
    MAX_RELEVANT,
    MAX_RESULTS,
    ArticlesAsked,
    SourcesAsked,
    everything_asked,
    headlines_asked,
    sources_asked,
)
from app.core.newsapi.categories import CATEGORIES, TOPICS, categories_of, category_filter
from app.core.newsapi.given import given_of
from app.core.search.query import Field
from app.core.search.search import Search, Sort
from app.core.topics import topic
from app.store.relevance import CANDIDATES

DAY = datetime(2026, 11, 3, tzinfo=UTC)


def everything(**params: Any) -> ArticlesAsked:
    return everything_asked(given_of([(name, str(value)) for name, value in params.items()]))


def headlines(**params: Any) -> ArticlesAsked:
    return headlines_asked(given_of([(name, str(value)) for name, value in params.items()]))


def search(**params: Any) -> Search:
    found = everything(**{"q": "ferry", **params}).search
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("q", "tree"),
    [
        ("ferry bridge", "ferry bridge"),
        ("ferry AND bridge", "ferry bridge"),
        ('+ferry "north pier"', 'ferry "north pier"'),
        ("ferry NOT bridge -quay", "ferry -bridge -quay"),
        ("crypto AND (ethereum OR litecoin) NOT bitcoin", "crypto (ethereum OR litecoin) -bitcoin"),
        ("ferry OR bridge quay", "ferry OR bridge quay"),
        ("title:ferry", "title/ferry"),  # signs of ours are none of theirs: words in a row
        ("ferr*", "ferr/"),
        ('"ferry quay"~5', '"ferry quay" /5'),
        ("12:30", "12/30"),
        ("“north pier”", '"north pier"'),
    ],
)
def test_queries_are_read_in_newsapis_grammar(q: str, tree: str):
    assert str(search(q=q).text) == tree


@pytest.mark.parametrize("q", ['"open', "(open", "a)", "a AND", "OR b", "-", "*", "()", "a NOT"])
def test_what_cannot_be_read_is_malformed(q: str):
    with pytest.raises(faults.QueryMalformed, match=r"^q: "):
        everything(q=q)


def test_words_of_the_title_stand_in_the_title():
    found = search(q="ferry", qInTitle='quay "north pier"', searchIn="content")
    assert str(found.text) == 'ferry title:quay title:"north pier"'
    assert found.field is Field.BODY
    assert str(search(q="", qintitle="quay OR -pier").text) == "title:quay OR -title:pier"


@pytest.mark.parametrize(
    ("search_in", "field"),
    [
        ("title", Field.TITLE),
        ("Title , title", Field.TITLE),
        ("description", Field.BODY),
        ("description,content", Field.BODY),
        ("title,content", Field.TEXT),
        ("", Field.TEXT),
    ],
)
def test_where_words_are_looked_for(search_in: str, field: Field):
    assert search(searchIn=search_in).field is field


def test_sources_and_domains():
    asked = everything(
        sources=" Harbour.example,quay.example,,harbour.example ",
        domains="a.example, b.example",
        excludeDomains="c.example",
    )
    assert asked.sources == ("harbour.example", "quay.example")
    assert asked.search is not None
    assert [str(part) for part in asked.search.filters] == [
        'source:"harbour.example" OR source:"quay.example"',
        'domain:"a.example" OR domain:"b.example"',
        '-domain:"c.example"',
    ]


def test_times_are_from_the_first_moment_to_the_last():
    span = search(**{"from": "2026-11-03", "to": "2026-11-03"}).published
    assert (span.after, span.before) == (DAY, DAY.replace(day=4))
    span = search(**{"from": "2026-11-03T06:00:00", "to": "2026-11-03T07:00:00"}).published
    assert (span.after, span.before) == (DAY.replace(hour=6), DAY.replace(hour=7, second=1))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-03T06:00:00Z", DAY.replace(hour=6)),
        ("2026-11-03T06:00:00+02:00", DAY.replace(hour=4)),
        ("2026-11-03T06:00:00 02:00", DAY.replace(hour=4)),
        ("2026-11-03 06:00", DAY.replace(hour=6)),
        ("yesterday", None),
        ("2026-13-40", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_a_date_that_cannot_be_read_is_as_if_it_were_not_there(written: str, read: datetime | None):
    assert search(**{"from": written}).published.after == read


def test_a_to_at_the_end_of_time_is_none():
    assert search(to="9999-12-31").published.before is None


def test_what_has_no_order_by_popularity_is_ordered_by_date():
    orders = {
        sort: search(sortBy=sort).sort
        for sort in ("relevancy", "Relevancy", "publishedAt", "popularity", "nonsense")
    }
    assert orders.pop("relevancy") is Sort.RELEVANCE
    assert orders.pop("Relevancy") is Sort.RELEVANCE
    assert set(orders.values()) == {Sort.PUBLISHED}
    assert search(q="", domains="a.example", sortBy="relevancy").sort is Sort.PUBLISHED


@pytest.mark.parametrize(
    ("language", "spelled"),
    [("en", "en"), ("EN-us", "en"), ("en-US", "en"), ("ud", "ur"), ("se", "sv"), ("xx", None)],
)
def test_languages(language: str, spelled: str | None):
    found = everything(q="a", language=language).search
    filters = None if found is None else [str(part) for part in found.filters]
    assert filters == (None if spelled is None else [f'lang:"{spelled}"'])
    assert sources_asked({"language": language}).language == (spelled or "")


def test_countries():
    found = headlines(country="jp").search
    assert found is not None
    assert [str(part) for part in found.filters] == ['country:"JP"']
    assert headlines(country="nowhere").search is None
    assert sources_asked({"country": "JP"}).country == "jp"
    assert sources_asked({"country": "nowhere"}).country == ""
    assert sources_asked({}) == SourcesAsked(category=None, language=None, country=None)


def test_categories_are_roots_of_the_media_topics():
    for code in TOPICS.values():
        root = topic(code)
        assert root is not None
        assert root.parent is None
    assert str(category_filter("business")) == 'tag:"medtop:04000000"'
    assert str(category_filter("science")) == str(category_filter("technology"))
    general = str(category_filter("general"))
    assert general.startswith("-(")
    assert all(code in general for code in TOPICS.values())
    for category in CATEGORIES:
        assert headlines(category=category.upper()).search is not None


@pytest.mark.parametrize(
    ("stories", "topics", "categories"),
    [
        (4, {"15000000": 2, "07000000": 1}, ("sports",)),
        (4, {"13000000": 4}, ("science", "technology")),
        (4, {"15000000": 1}, ("general",)),
        (0, {}, ("general",)),
    ],
)
def test_a_source_is_of_the_category_of_half_its_stories(
    stories: int, topics: dict[str, int], categories: tuple[str, ...]
):
    assert categories_of(stories, topics) == categories


def test_pages():
    first, third = everything(q="a"), everything(q="a", pageSize=30, page=3)
    assert (first.skip, first.size) == (0, 100)
    assert (third.skip, third.size) == (60, 30)
    assert headlines(q="a").size == 20
    assert everything(q="a", pageSize=0, page=7).size == 0
    assert everything(q="a", page=100).skip == MAX_RESULTS - 100
    assert everything(q="a", page=100).bound == MAX_RESULTS
    assert everything(q="a", page=10, sortBy="relevancy").bound == MAX_RELEVANT == CANDIDATES
    for beyond in ({"page": 101}, {"page": 11, "sortBy": "relevancy"}, {"page": 10**17}):
        with pytest.raises(faults.MaximumResultsReached):
            everything(q="a", **beyond)


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({}, faults.ParametersMissing),
        ({"language": "en"}, faults.ParametersMissing),
        ({"q": "  "}, faults.ParametersMissing),
        ({"q": "a", "country": "jp"}, faults.ParameterInvalid),
        ({"q": "a", "category": "health"}, faults.ParameterInvalid),
        ({"q": "a", "searchIn": "title,author"}, faults.ParameterInvalid),
        ({"q": "a\0b"}, faults.ParameterInvalid),
        ({"q": "a", "Q": "b"}, faults.ParameterInvalid),
        ({"q": "a", "domains": "not a domain"}, faults.ParameterInvalid),
        ({"q": "a", "excludeDomains": ",".join(["a.example"] * 101)}, faults.ParameterInvalid),
        ({"q": "a", "pageSize": "101"}, faults.ParameterInvalid),
        ({"q": "a", "pageSize": "-1"}, faults.ParameterInvalid),
        ({"q": "a", "pageSize": "ten"}, faults.ParameterInvalid),
        ({"q": "a", "pageSize": "²"}, faults.ParameterInvalid),
        ({"q": "a", "page": "0"}, faults.ParameterInvalid),
        ({"q": "a", "page": "9" * 5000}, faults.ParameterInvalid),
        ({"q": "a" * 501}, faults.QueryTooLong),
        ({"qInTitle": "a" * 501}, faults.QueryTooLong),
        ({"sources": ",".join(f"s{n}.example" for n in range(21))}, faults.SourcesTooMany),
        ({"sources": "no source"}, faults.SourceDoesNotExist),
    ],
)
def test_what_is_refused(params: dict[str, str], fault: type[Exception]):
    with pytest.raises(fault):
        everything(**params)


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({}, faults.ParametersMissing),
        ({"pageSize": "5"}, faults.ParametersMissing),
        ({"sources": "a.example", "country": "jp"}, faults.ParametersIncompatible),
        ({"sources": "a.example", "category": "health"}, faults.ParametersIncompatible),
        ({"category": "weather"}, faults.ParameterInvalid),
    ],
)
def test_what_is_refused_of_headlines(params: dict[str, str], fault: type[Exception]):
    with pytest.raises(fault):
        headlines(**params)


def test_names_that_nobody_knows_are_nothing():
    assert given_of([("callback", "x"), ("PAGESIZE", " 5 "), ("q", "")]) == {"pagesize": "5"}


@pytest.mark.parametrize(
    ("status", "code", "shown"),
    [
        (400, "queryTooLong", "queryTooLong"),
        (400, "invalid_request", "parameterInvalid"),
        (401, "unauthorized", "apiKeyInvalid"),
        (404, "not_found", "notFound"),
        (405, "method_not_allowed", "methodNotAllowed"),
        (422, "feed_unreachable", "parameterInvalid"),
        (429, "rate_limited", "rateLimited"),
        (500, "internal_error", "unexpectedError"),
        (503, "unavailable", "unexpectedError"),
    ],
)
def test_every_fault_has_a_code_of_the_dialect(status: int, code: str, shown: str):
    assert faults.code_of(status, code) == shown


ARTICLE = Article(
    domain="harbour.example",
    source_name=None,
    authors=(),
    title="Ferry",
    summary=None,
    url=None,
    image_url=None,
    published_at=DAY,
    text="",
    chars=0,
)


def test_an_article_of_which_little_is_known():
    assert article_shape(ARTICLE) == {
        "source": {"id": "harbour.example", "name": "harbour.example"},
        "author": None,
        "title": "Ferry",
        "description": None,
        "url": None,
        "urlToImage": None,
        "publishedAt": "2026-11-03T00:00:00Z",
        "content": None,
    }
    told = article_shape(replace(ARTICLE, text="One.\n\nTwo.", chars=10, authors=["A", "B"]))
    assert (told["author"], told["description"]) == ("A, B", "One.")


@pytest.mark.parametrize(("chars", "shown"), [(199, 199), (200, 200)])
def test_a_short_text_is_its_content(chars: int, shown: int):
    assert content("x" * chars, chars) == "x" * shown


def test_a_long_text_is_cut_and_the_rest_counted():
    assert content("x" * 261, 1765) == "x" * 200 + "… [+1565 chars]"


def test_a_snippet_is_cut_after_a_word():
    assert snippet("word " * 80) == " ".join(["word"] * 51) + " word…"
    assert snippet("x" * 300) == "x" * 260 + "…"


def test_a_source_of_which_little_is_known():
    little = ArticleSource(
        domain="harbour.example",
        name=None,
        country=None,
        site_url=None,
        description=None,
        language=None,
        categories=("general",),
    )
    assert source_shape(little) == {
        "id": "harbour.example",
        "name": "harbour.example",
        "description": "",
        "url": "https://harbour.example",
        "category": "general",
        "language": "",
        "country": "",
    }
    named = replace(little, site_url="https://me:secret@harbour.example/", country="JP")
    assert source_shape(named)["url"] == "https://harbour.example/"
    assert source_shape(named)["country"] == "jp"
