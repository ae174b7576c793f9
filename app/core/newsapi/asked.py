"""The dialect's parameters → our search, and a page of it.

As lenient as NewsAPI is known to be: a sortBy or date that cannot be read is as if it were not
there, a language or country that nobody knows finds nothing. What is refused is refused with
NewsAPI's codes. Headlines take what everything does as well, which NewsAPI's do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from app.core.language import normalize_language
from app.core.newsapi.categories import CATEGORIES, category_filter
from app.core.newsapi.faults import (
    MaximumResultsReached,
    ParametersIncompatible,
    ParametersMissing,
    QueryMalformed,
    QueryTooLong,
    SourceDoesNotExist,
    SourcesTooMany,
)
from app.core.newsapi.given import (
    MAX_NUMBER,
    Given,
    moment_of,
    number_of,
    parameter_invalid,
    parts_of,
    spelled,
)
from app.core.search.filters import FilterInvalid, any_value, filter_of
from app.core.search.query import (
    Field,
    Filter,
    FilterKind,
    Not,
    QueryTree,
    Words,
    all_of,
    replace_leaves,
)
from app.core.search.query_parse import MAX_QUERY_CHARS, parse_query
from app.core.search.search import Search, Sort, Span
from app.errors import QueryInvalid

MAX_RESULTS: Final = 10_000
"""How far is counted, and paged."""

MAX_RELEVANT: Final = 1_000
"""The same by relevance: as many as are ranked."""

MAX_PAGE_SIZE: Final = 100
HEADLINES: Final = 20  # on a page, unless told
MAX_SOURCES: Final = 20
MAX_DOMAINS: Final = 100
OF_HEADLINES: Final = ("country", "category")
_NO_SIGNS: Final = str.maketrans(dict.fromkeys(":*~^", "/"))
"""Signs of our search that the dialect's has not, made into one that joins words as they do."""

_LANGUAGES: Final = {"ud": "ur", "se": "sv"}  # as NewsAPI spells Urdu, and once spelled Swedish
_COUNTRY: Final = re.compile("[a-z]{2}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FIELDS: Final = {"title": Field.TITLE, "description": Field.BODY, "content": Field.BODY}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlesAsked:
    """A page of articles: so many of those that match, after so many, none beyond `bound`.

    `search` is None where nothing can match; `sources` are the domains that must be known.
    """

    search: Search | None
    sources: tuple[str, ...]
    skip: int
    size: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesAsked:
    """Which sources; None lets everything through, an empty string nothing."""

    category: str | None
    language: str | None
    country: str | None


def everything_asked(given: Given) -> ArticlesAsked:
    """Of /v2/everything; raises one of the faults."""
    for name in OF_HEADLINES:
        if name in given:
            raise parameter_invalid(name, "not taken by this endpoint: ask /v2/top-headlines")
    _need_one_of(given, ("q", "qintitle", "sources", "domains"))
    return _articles_asked(given, MAX_PAGE_SIZE)


def headlines_asked(given: Given) -> ArticlesAsked:
    """Of /v2/top-headlines; raises one of the faults."""
    _need_one_of(given, ("sources", "q", "qintitle", "language", "country", "category", "domains"))
    for name in OF_HEADLINES:
        if "sources" in given and name in given:
            raise ParametersIncompatible(
                f"sources cannot be mixed with {name}: send one or the other"
            )
    return _articles_asked(given, HEADLINES)


def sources_asked(given: Given) -> SourcesAsked:
    """Of /v2/sources; raises ParameterInvalid."""
    return SourcesAsked(
        category=_category(given),
        language=None if "language" not in given else _language(given["language"]) or "",
        country=None if "country" not in given else _country(given["country"]) or "",
    )


def _articles_asked(given: Given, default_size: int) -> ArticlesAsked:
    sources = tuple(dict.fromkeys(part.lower() for part in parts_of(given.get("sources", ""))))
    if len(sources) > MAX_SOURCES:
        raise SourcesTooMany(f"{len(sources)} sources, more than {MAX_SOURCES}: send fewer")
    text = _text(given)
    sort = _sort(given.get("sortby"), has_text=text is not None)
    bound = MAX_RELEVANT if sort is Sort.RELEVANCE else MAX_RESULTS
    skip, size = _page(given, default_size, bound)
    filters = _filters(given, sources)
    search = None
    if filters is not None:
        search = Search(
            text=text,
            filters=tuple(filters),
            field=_field(given.get("searchin")),
            published=_span(given),
            sort=sort,
        )
    return ArticlesAsked(search=search, sources=sources, skip=skip, size=size, bound=bound)


def _need_one_of(given: Given, names: Sequence[str]) -> None:
    if not any(name in given for name in names):
        listed = ", ".join(spelled(name) for name in names)
        raise ParametersMissing(
            f"the scope of the search is too broad: send at least one of {listed}"
        )


def _text(given: Given) -> QueryTree | None:
    """The words of `q`, and those of `qInTitle`, which must stand in the title."""
    parts = [_words(given, "q")] if "q" in given else []
    if "qintitle" in given:
        parts.append(replace_leaves(_words(given, "qintitle"), _in_title))
    return all_of(parts) if parts else None


def _words(given: Given, name: str) -> QueryTree:
    text, shown = given[name], spelled(name)
    if len(text) > MAX_QUERY_CHARS:
        raise QueryTooLong(f"{shown} is longer than {MAX_QUERY_CHARS} characters: shorten it")
    try:
        return parse_query(text.translate(_NO_SIGNS))
    except QueryInvalid as error:
        raise QueryMalformed(f"{shown}: {error.detail}") from None


def _in_title(leaf: Words | Filter) -> QueryTree:
    return replace(leaf, field=Field.TITLE) if isinstance(leaf, Words) else leaf


def _filters(given: Given, sources: tuple[str, ...]) -> list[QueryTree] | None:
    """What stories must have beside words; None where none can have it."""
    found: list[QueryTree] = []
    if sources:
        found.append(_of_sources(sources))
    if domains := _domains(given, "domains"):
        found.append(_any_of(FilterKind.DOMAIN, "domains", domains))
    if without := _domains(given, "excludedomains"):
        found.append(Not(_any_of(FilterKind.DOMAIN, "excludedomains", without)))
    if (category := _category(given)) is not None:
        found.append(category_filter(category))
    known: tuple[tuple[str, FilterKind, Callable[[str], str | None]], ...] = (
        ("language", FilterKind.LANG, _language),
        ("country", FilterKind.COUNTRY, _country),
    )
    for name, kind, read in known:
        if name in given:
            value = read(given[name])
            if value is None:
                return None
            found.append(filter_of(kind, value))
    return found


def _of_sources(sources: Sequence[str]) -> QueryTree:
    try:
        return any_value(FilterKind.SOURCE, sources)
    except FilterInvalid:
        raise SourceDoesNotExist("sources: there is none of that id: see /v2/sources") from None


def _any_of(kind: FilterKind, name: str, values: Sequence[str]) -> QueryTree:
    try:
        return any_value(kind, values)
    except FilterInvalid as error:
        raise parameter_invalid(name, str(error)) from None


def _domains(given: Given, name: str) -> list[str]:
    found = parts_of(given.get(name, ""))
    if len(found) > MAX_DOMAINS:
        raise parameter_invalid(name, f"{len(found)} domains, more than {MAX_DOMAINS}: send fewer")
    return found


def _category(given: Given) -> str | None:
    category = given.get("category")
    if category is None or category.lower() in CATEGORIES:
        return category and category.lower()
    raise parameter_invalid("category", f"send one of {', '.join(CATEGORIES)}")


def _language(value: str) -> str | None:
    return normalize_language(_LANGUAGES.get(value.lower(), value))


def _country(value: str) -> str | None:
    return value.lower() if _COUNTRY.fullmatch(value.lower()) else None


def _field(value: str | None) -> Field:
    names = {name.lower() for name in parts_of(value or "")}
    if unknown := sorted(names - _FIELDS.keys()):
        raise parameter_invalid(
            "searchin", f"{unknown[0][:40]!r}: send some of {', '.join(_FIELDS)}"
        )
    fields = {_FIELDS[name] for name in names}
    return fields.pop() if len(fields) == 1 else Field.TEXT


def _sort(value: str | None, *, has_text: bool) -> Sort:
    """By relevance where there are words; popularity is not known here, so by date as well."""
    relevant = has_text and (value or "").lower() == "relevancy"
    return Sort.RELEVANCE if relevant else Sort.PUBLISHED


def _span(given: Given) -> Span:
    """From the first moment of `from` to the last of `to`: of that day, or of that second."""
    after, before = moment_of(given.get("from")), moment_of(given.get("to"))
    if before is not None:
        step = timedelta(days=1) if _DAY.fullmatch(given["to"]) else timedelta(seconds=1)
        before = before + step if before < datetime.max.replace(tzinfo=UTC) - step else None
    return Span(after=after, before=before)


def _page(given: Given, default_size: int, bound: int) -> tuple[int, int]:
    """How many articles to skip, and how many to show; a size of 0 shows none."""
    size = number_of(given, "pagesize", default_size, low=0, high=MAX_PAGE_SIZE)
    page = number_of(given, "page", 1, low=1, high=MAX_NUMBER)
    if page * size > bound:
        raise MaximumResultsReached(
            f"page {page} of {size} lies beyond the first {bound} articles: narrow the search"
        )
    return (page - 1) * size, size
