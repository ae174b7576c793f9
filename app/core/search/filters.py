"""Filter values → the one spelling that the index knows; tag expressions → trees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from app.core.language import normalize_language
from app.core.normal.agencies import agency_named
from app.core.search.analyze import terms_of
from app.core.search.query import Filter, FilterKind, Not, QueryTree, all_of, any_of
from app.core.tag import fold_code
from app.core.urls import host_of

MAX_ALTERNATIVES: Final = 50

_DIGITS = re.compile("[0-9]{1,18}")
_COUNTRY = re.compile("[a-zA-Z]{2}")


class FilterInvalid(ValueError):
    """A value that no story could have; the message says what to write instead."""


def filter_of(kind: FilterKind, value: str) -> Filter:
    """The filter for a value as a caller wrote it; raises FilterInvalid."""
    return Filter(kind=kind, value=_READERS[kind](value.strip()))


def filter_tree(kind: FilterKind, value: str) -> QueryTree:
    """A value with signs inside: "," and, "|" or, a leading "-" not; "|" binds tighter.

    Raises FilterInvalid.
    """
    groups = [group.split("|") for group in value.split(",")]
    if sum(map(len, groups)) > MAX_ALTERNATIVES:
        raise FilterInvalid(f"more than {MAX_ALTERNATIVES} values in one: send fewer")
    return all_of(any_of(_signed(kind, part) for part in group) for group in groups)


def any_value(kind: FilterKind, values: Iterable[str]) -> QueryTree:
    """Stories that have one of the values; raises FilterInvalid."""
    return any_of(filter_of(kind, value) for value in values)


def _signed(kind: FilterKind, part: str) -> QueryTree:
    bare = part.strip()
    if bare.startswith("-"):
        return Not(filter_of(kind, bare[1:]))
    return filter_of(kind, bare)


def _tag(value: str) -> str:
    scheme, _, code = value.partition(":")
    folded_scheme, folded_code = fold_code(scheme), fold_code(code)
    if folded_scheme is None or folded_code is None:
        raise FilterInvalid(f"{value!r} is no tag: write scheme:code, such as agency:kyodo")
    return f"{folded_scheme}:{folded_code}"


def _source(value: str) -> str:
    return str(int(value)) if _DIGITS.fullmatch(value) else _domain(value)


def _domain(value: str) -> str:
    host = host_of(value if "://" in value else f"http://{value}/") if value else None
    if host is None:
        raise FilterInvalid(f"{value!r} is no domain: write one such as example.org")
    return host


def _language(value: str) -> str:
    language = normalize_language(value)
    if language is None:
        raise FilterInvalid(f"{value!r} is no language: write a code such as en or ja")
    return language


def _country(value: str) -> str:
    if not _COUNTRY.fullmatch(value):
        raise FilterInvalid(f"{value!r} is no country: write two letters, such as JP")
    return value.upper()


def author_key(name: str) -> str | None:
    """A person's name as it is compared; None where it holds no letter or digit."""
    return " ".join(terms_of(name)) or None


def _author(value: str) -> str:
    key = author_key(value)
    if key is None:
        raise FilterInvalid(f"{value!r} is no name: write at least one letter of it")
    return key


def _agency(value: str) -> str:
    named = agency_named(value)
    code = named.code if named else fold_code(value)
    if code is None:
        raise FilterInvalid(f"{value!r} is no agency: write its code, such as kyodo")
    return code


_READERS: Final = {
    FilterKind.TAG: _tag,
    FilterKind.TAG_EXACT: _tag,
    FilterKind.SOURCE: _source,
    FilterKind.DOMAIN: _domain,
    FilterKind.LANG: _language,
    FilterKind.COUNTRY: _country,
    FilterKind.AUTHOR: _author,
    FilterKind.AGENCY: _agency,
}
