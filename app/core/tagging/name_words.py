"""The words by which people and organizations are known: vocab/name_words.json and the like.

Read when the first story is tagged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class NameWords(NamedTuple):
    """Words as they are written, except `roles`, which are in small letters."""

    given: frozenset[str]
    doubtful_given: frozenset[str]  # those of `given` that are as often something else
    sure_given: frozenset[str]  # the others
    surnames: frozenset[str]
    surname_too: frozenset[
        str
    ]  # those of `not_names` that people are also called after a given one
    family_first: frozenset[str]  # Chinese and Korean family names in Latin letters
    titles: frozenset[str]
    title_suffixes: tuple[str, ...]  # German: Außenminister
    title_parts: frozenset[str]
    title_objects: frozenset[str]  # what there can be a minister or secretary of
    roles: frozenset[str]
    not_names: frozenset[str]
    org_heads: frozenset[str]
    org_weak: frozenset[str]  # those of `org_heads` that are as often no organization's
    org_suffixes: frozenset[str]
    not_orgs: frozenset[str]  # acronyms
    places: frozenset[str]  # of towns, regions and countries, whole
    place_words: frozenset[str]  # those of one word


@cache
def name_words() -> NameWords:
    listed: dict[str, str] = _table("name_words.json")
    sets = {name: frozenset(words.split()) for name, words in listed.items() if name != "about"}
    towns: list[str] = _table("dateline_places.json")
    regions: list[str] = _table("dateline_regions.json")
    places = frozenset(town.title() for town in towns) | frozenset(regions)
    return NameWords(
        sure_given=sets["given"] - sets["doubtful_given"],
        **{**sets, "title_suffixes": tuple(sorted(sets["title_suffixes"]))},  # type: ignore[arg-type]  # the names of the lists are the fields
        places=places,
        place_words=frozenset(place for place in places if " " not in place),
    )


@cache
def known_organizations() -> Mapping[str, str]:
    """Every name of a well-known organization → its English one."""
    table: dict[str, list[list[str]]] = _table("organizations.json")
    return {name: names[0] for names in table["organizations"] for name in names}


@cache
def listed(name: str) -> tuple[str, ...]:
    """A list of vocab/east_asian_names.json, such as "ja_titles", the longest words first."""
    words: str = _table("east_asian_names.json")[name]
    return tuple(sorted(words.split(), key=len, reverse=True))


@cache
def listed_set(name: str) -> frozenset[str]:
    return frozenset(listed(name))


def any_of(name: str) -> str:
    """The same list as a pattern."""
    return "|".join(map(re.escape, listed(name)))


def _table(name: str) -> Any:  # noqa: ANN401 - each caller says what is in its table
    return json.loads(files("app.core.vocab").joinpath(name).read_text("utf-8"))
