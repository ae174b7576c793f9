"""What the readers of ninjs items share: names without regard to capitals, lists of objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from app.core.parse.fields import text_of

Item: TypeAlias = dict[str, Any]
"""An object of a document with its names in small letters: the versions differ in capitals."""


def lower(item: Mapping[str, Any]) -> Item:
    return {str(name).lower(): value for name, value in item.items()}


def objects(item: Item, *names: str) -> Iterator[Item]:
    """The objects under all of the names, each of which holds one or a list."""
    for name in names:
        said = item.get(name)
        those = said if isinstance(said, list) else [said]
        yield from (lower(one) for one in those if isinstance(one, dict))


def named_objects(item: Item, name: str) -> Iterator[Item]:
    """The objects of a list, or before 2.0 of an object by names."""
    said = item.get(name)
    those = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    yield from (lower(one) for one in those if isinstance(one, dict))


def first(item: Item, *names: str) -> str | None:
    """The first text under the names."""
    said = (text_of(item.get(name)) for name in names)
    return next(filter(None, said), None)


def name_of(item: Item) -> str | None:
    return text_of(item.get("name"))
