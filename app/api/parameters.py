"""Query parameters → a checked `Search`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import Depends, Query

from app.api.deps import Reading
from app.core.language import normalize_language
from app.core.query import MAX_QUERY_CHARS, Search, Sort, parse_query
from app.core.tag import fold_code
from app.errors import FieldError, Invalid
from app.store.sources import source_ids

MAX_VALUES = 50
Values = Annotated[list[str] | None, Query(max_length=MAX_VALUES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The search as asked for, and a line that tells it from every other, for cursors."""

    search: Search
    bound_to: str


async def search_request(  # noqa: PLR0913, PLR0917 - one for each parameter of the API
    session: Reading,
    q: Annotated[
        str | None,
        Query(
            max_length=MAX_QUERY_CHARS,
            description='Words (all of them), "phrases", -without, OR, NOT, parentheses, '
            "title: and body:, begin*.",
            examples=['"north korean missile" -seoul'],
        ),
    ] = None,
    tag: Annotated[
        Values, Query(description="Tags (`scheme:code`) that a story must all have.")
    ] = None,
    tag_any: Annotated[
        Values, Query(description="Tags of which a story must have at least one.")
    ] = None,
    tag_none: Annotated[Values, Query(description="Tags that a story must not have.")] = None,
    source: Annotated[Values, Query(description="Sources by id or domain; any of them.")] = None,
    lang: Annotated[
        Values, Query(description="Languages (BCP 47, primary); any of them.", examples=["ja"])
    ] = None,
    published_after: Annotated[
        str | None,
        Query(description="RFC 3339; from this time on.", examples=["2026-11-01T00:00:00Z"]),
    ] = None,
    published_before: Annotated[
        str | None, Query(description="RFC 3339; before this time.")
    ] = None,
    sort: Annotated[Sort, Query(description="Newest first by this time.")] = Sort.PUBLISHED,
) -> SearchRequest:
    """Read the search parameters; raises Invalid or QueryInvalid naming what is wrong."""
    sources = await source_ids(session, tuple(source)) if source else ()
    search = Search(
        text=parse_query(q) if q is not None else None,
        tags_all=qcodes("tag", tag),
        tags_any=qcodes("tag_any", tag_any),
        tags_none=qcodes("tag_none", tag_none),
        source_ids=sources,
        languages=languages(lang),
        published_after=moment("published_after", published_after),
        published_before=moment("published_before", published_before),
        sort=sort,
        none=bool(source) and not sources,
    )
    asked = (q, tag, tag_any, tag_none, source, lang, published_after, published_before, sort)
    return SearchRequest(search=search, bound_to=orjson.dumps(asked).decode())


SearchDep = Annotated[SearchRequest, Depends(search_request)]


def qcodes(parameter: str, values: list[str] | None) -> tuple[str, ...]:
    """QCodes folded as tags are; raises Invalid for a value that is none."""
    return tuple(_qcode(parameter, value) for value in values or ())


def _qcode(parameter: str, value: str) -> str:
    scheme, colon, code = value.partition(":")
    folded = fold_code(code)
    if not colon or not scheme or folded is None:
        raise _invalid(parameter, f"{value!r} is no tag: write scheme:code, such as agency:kyodo")
    return f"{scheme.strip().lower()}:{folded}"


def languages(values: list[str] | None) -> tuple[str, ...]:
    found = []
    for value in values or ():
        language = normalize_language(value)
        if language is None:
            raise _invalid("lang", f"{value!r} is no language: write a code such as en or ja")
        found.append(language)
    return tuple(found)


def moment(parameter: str, value: str | None) -> datetime | None:
    """An RFC 3339 time; one without a zone is refused, since it could mean anything."""
    if value is None:
        return None
    try:
        # A "+" of an offset that was not percent-encoded arrives as a space.
        read = datetime.fromisoformat(value.strip().replace(" ", "+") if "T" in value else value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise _invalid(
            parameter, f"{value!r} is no RFC 3339 time: write one such as 2026-11-24T06:00:00Z"
        )
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise _invalid(parameter, f"{value!r} is out of range") from None


def _invalid(parameter: str, detail: str) -> Invalid:
    return Invalid(
        f"{parameter}: {detail}", errors=(FieldError(parameter=parameter, detail=detail),)
    )
