"""What a caller asks for, by the names of the API's parameters → a checked `Search`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from app.core.search.filters import FilterInvalid, any_value, filter_of, filter_tree
from app.core.search.query import Field, FilterKind, Not, QueryTree, leaves
from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.errors import FieldError, Invalid

Asked: TypeAlias = Mapping[str, Sequence[str]]
"""Parameters of a search by name, each with its values; times are not among them."""

MAX_FILTERS: Final = 500
"""Words and filters of a search in all: 50 tag parameters of 50 tags each would be 2,500."""

VALUE_FILTERS: Final = (
    FilterKind.SOURCE,
    FilterKind.DOMAIN,
    FilterKind.LANG,
    FilterKind.COUNTRY,
    FilterKind.AUTHOR,
    FilterKind.AGENCY,
)
"""Filters by one of some values, each with a twin that begins with `not_`."""

NAMES: Final = (
    "q",
    "search_in",
    "tag",
    "tag_any",
    "tag_none",
    "tag_exact",
    *(kind.value for kind in VALUE_FILTERS),
    *(f"not_{kind.value}" for kind in VALUE_FILTERS),
)

_Value = TypeVar("_Value")


def search_of(asked: Asked) -> Search:
    """The search; raises Invalid or QueryInvalid, which name the parameter that is wrong."""
    words = asked.get("q")
    search = Search(
        text=parse_query(words[0]) if words else None,
        filters=(*_tags(asked), *_values(asked)),
        field=_field(asked.get("search_in", ())),
    )
    count = 0 if search.tree is None else sum(1 for _ in leaves(search.tree))
    if count > MAX_FILTERS:
        detail = f"{count} words and filters in one search, more than {MAX_FILTERS}: send fewer"
        raise Invalid(detail, errors=(FieldError(detail=detail),))
    return search


def _tags(asked: Asked) -> list[QueryTree]:
    kind = FilterKind.TAG
    found = [_read("tag", filter_tree, kind, value) for value in asked.get("tag", ())]
    if some := asked.get("tag_any"):
        found.append(_read("tag_any", any_value, kind, some))
    if none := asked.get("tag_none"):
        found.append(Not(_read("tag_none", any_value, kind, none)))
    exact = asked.get("tag_exact", ())
    return [*found, *(_read("tag_exact", filter_of, FilterKind.TAG_EXACT, v) for v in exact)]


def _values(asked: Asked) -> list[QueryTree]:
    wanted = [
        _read(kind.value, any_value, kind, values)
        for kind in VALUE_FILTERS
        if (values := asked.get(kind.value))
    ]
    unwanted: list[QueryTree] = [
        Not(_read(name, any_value, kind, values))
        for kind in VALUE_FILTERS
        if (values := asked.get(name := f"not_{kind.value}"))
    ]
    return [*wanted, *unwanted]


def _field(search_in: Sequence[str]) -> Field:
    asked = set(search_in)
    return Field(next(iter(asked))) if len(asked) == 1 else Field.TEXT


def _read(
    parameter: str, read: Callable[[FilterKind, _Value], QueryTree], kind: FilterKind, value: _Value
) -> QueryTree:
    try:
        return read(kind, value)
    except FilterInvalid as error:
        detail = str(error)
        raise Invalid(
            f"{parameter}: {detail}", errors=(FieldError(parameter=parameter, detail=detail),)
        ) from None
