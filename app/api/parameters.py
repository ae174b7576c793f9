"""Query parameters → a checked `Search`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import orjson
from fastapi import Depends, Query
from pydantic import BeforeValidator

from app.core.search.asked import Asked, search_of
from app.core.search.query_parse import MAX_QUERY_CHARS
from app.core.search.search import Search, Sort, Span
from app.errors import FieldError, Invalid

MAX_VALUES = 50

Values = Annotated[list[str] | None, Query(max_length=MAX_VALUES)]
Moment = Annotated[str | None, Query(max_length=40)]
_RFC3339 = re.compile(  # §5.6; Python reads more than that, such as weeks
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d:\d\d(?:\.\d{1,9})?)"
    r"(?P<zone>[Zz]|[-+ ]\d\d:\d\d)",
    re.ASCII,
)


def _separated(values: list[str] | None) -> list[str] | None:
    if values is None:
        return None
    return [part.strip() for value in values for part in value.split(",")]


SEPARATED = BeforeValidator(_separated)
"""For a list that may also be one value with commas in it."""


class SearchIn(StrEnum):
    TITLE = "title"
    BODY = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The search as asked for, and a line that tells it from every other, for cursors."""

    search: Search
    bound_to: str


def wanted_tags(
    tag: Annotated[
        Values,
        Query(
            description="Tags (`scheme:code`) that a story must all have. Inside one value `,` is "
            "and, `|` or, a leading `-` not; `|` binds tighter. A media topic stands for its "
            "narrower topics too.",
            examples=["place:jp|place:kr,-agency:kyodo"],
        ),
    ] = None,
    tag_any: Annotated[
        Values, Query(description="Tags of which a story must have at least one.")
    ] = None,
    tag_none: Annotated[Values, Query(description="Tags that a story must not have.")] = None,
    tag_exact: Annotated[
        Values, Query(description="Tags that a story must all have, not only narrower topics.")
    ] = None,
) -> Asked:
    """The tags asked for."""
    return _given(tag=tag, tag_any=tag_any, tag_none=tag_none, tag_exact=tag_exact)


def wanted_values(  # noqa: PLR0913, PLR0917 - one for each parameter of the API
    source: Annotated[Values, Query(description="Sources by id or domain; any of them.")] = None,
    not_source: Annotated[Values, Query(description="None of these sources.")] = None,
    domain: Annotated[
        Values,
        Query(description="Domains of the source or of the story's link, with all below them."),
    ] = None,
    not_domain: Annotated[Values, Query(description="None of these domains.")] = None,
    lang: Annotated[
        Values, Query(description="Languages (BCP 47, primary); any of them.", examples=["ja"])
    ] = None,
    not_lang: Annotated[Values, Query(description="None of these languages.")] = None,
    country: Annotated[
        Values, Query(description="The source's country (ISO 3166-1, two letters); any of them.")
    ] = None,
    not_country: Annotated[Values, Query(description="None of these countries.")] = None,
    author: Annotated[
        Values, Query(description="Authors by full name or one word of it; any of them.")
    ] = None,
    not_author: Annotated[Values, Query(description="None of these authors.")] = None,
    agency: Annotated[
        Values, Query(description="Agencies by code or name; any of them.", examples=["kyodo"])
    ] = None,
    not_agency: Annotated[Values, Query(description="None of these agencies.")] = None,
) -> Asked:
    """The other filters, each with its `not_` twin."""
    return _given(
        source=source,
        not_source=not_source,
        domain=domain,
        not_domain=not_domain,
        lang=lang,
        not_lang=not_lang,
        country=country,
        not_country=not_country,
        author=author,
        not_author=not_author,
        agency=agency,
        not_agency=not_agency,
    )


def wanted_times(
    published_after: Annotated[
        Moment, Query(description="RFC 3339; from this time on.", examples=["2026-11-01T00:00:00Z"])
    ] = None,
    published_before: Annotated[Moment, Query(description="RFC 3339; before this time.")] = None,
    ingested_after: Annotated[Moment, Query(description="First seen from this time on.")] = None,
    ingested_before: Annotated[Moment, Query(description="First seen before this time.")] = None,
    updated_after: Annotated[Moment, Query(description="Last changed from this time on.")] = None,
    updated_before: Annotated[Moment, Query(description="Last changed before this time.")] = None,
) -> tuple[Span, Span, Span]:
    """Published, ingested, updated: half-open spans."""
    return (
        _span("published", published_after, published_before),
        _span("ingested", ingested_after, ingested_before),
        _span("updated", updated_after, updated_before),
    )


def unordered_search(
    tags: Annotated[Asked, Depends(wanted_tags)],
    values: Annotated[Asked, Depends(wanted_values)],
    times: Annotated[tuple[Span, Span, Span], Depends(wanted_times)],
    q: Annotated[
        str | None,
        Query(
            max_length=MAX_QUERY_CHARS,
            description='Words (all of them), "exact phrases", -without, OR, NOT, parentheses, '
            'begin*, "near words"~5, title: body: author: agency: tag: source: domain: lang: '
            "country:.",
            examples=['"north korean" missile -seoul'],
        ),
    ] = None,
    search_in: Annotated[
        list[SearchIn] | None,
        SEPARATED,
        Query(description="Where the words of `q` must stand: `title`, `body`; else in either."),
    ] = None,
) -> Search:
    """What is searched for; raises Invalid or QueryInvalid naming what is wrong."""
    words = _given(q=None if q is None else [q], search_in=search_in)
    search = search_of({**words, **tags, **values})
    return replace(search, published=times[0], ingested=times[1], updated=times[2])


UnorderedDep = Annotated[Search, Depends(unordered_search)]
"""For what has no order, such as counts: the parameters of a search but for `sort`."""


def search_request(
    unordered: UnorderedDep,
    sort: Annotated[
        Sort,
        Query(description="Newest first by one of the times, or by `relevance` to `q`."),
    ] = Sort.PUBLISHED,
) -> SearchRequest:
    """Read the search parameters; raises Invalid or QueryInvalid naming what is wrong."""
    if sort is Sort.RELEVANCE and unordered.text is None:
        raise _invalid("sort", "relevance is to the words of q: send q, or sort=-published")
    search = replace(unordered, sort=sort)
    return SearchRequest(search=search, bound_to=line_of(search))


SearchDep = Annotated[SearchRequest, Depends(search_request)]


def moment(parameter: str, value: str | None) -> datetime | None:
    """An RFC 3339 time; one without a zone is refused, since it could mean anything."""
    if value is None:
        return None
    found, read = _RFC3339.fullmatch(value.strip()), None
    if found is not None:
        # A "+" of an offset that was not percent-encoded arrives as a space.
        zone = found["zone"].upper().replace(" ", "+")
        with suppress(ValueError):
            read = datetime.fromisoformat(f"{found['date']}T{found['time']}{zone}")
    if read is None:
        raise _invalid(
            parameter, f"{value!r} is no RFC 3339 time: write one such as 2026-11-24T06:00:00Z"
        )
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise _invalid(parameter, f"{value!r} is out of range") from None


def _given(**values: Sequence[str] | None) -> Asked:
    return {name: value for name, value in values.items() if value is not None}


def line_of(search: Search) -> str:
    """A line that tells a search from every other."""
    spans = (search.published, search.ingested, search.updated)
    bounds = [[span.after, span.before] for span in spans]
    trees = [str(search.text), *map(str, search.filters)]
    return orjson.dumps([trees, search.field, bounds, search.sort]).decode()


def _span(name: str, after: str | None, before: str | None) -> Span:
    return Span(after=moment(f"{name}_after", after), before=moment(f"{name}_before", before))


def _invalid(parameter: str, detail: str) -> Invalid:
    return Invalid(
        f"{parameter}: {detail}", errors=(FieldError(parameter=parameter, detail=detail),)
    )
