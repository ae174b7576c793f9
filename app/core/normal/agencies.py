"""The world's news agencies by the names they sign with, in their own scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from app.core.story import Agency


def agency_named(words: str) -> Agency | None:
    """The agency of one of its names, written as it writes it or in capitals."""
    return agencies().get(words.strip())


def agency_of(code: str) -> Agency | None:
    """The agency of a code of the table."""
    return next((agency for agency in agencies().values() if agency.code == code), None)


@cache
def agencies() -> Mapping[str, Agency]:
    """Agencies by each form of their names, from vocab/agencies.json."""
    table = json.loads(files("app.core.vocab").joinpath("agencies.json").read_text("utf-8"))
    forms: dict[str, Agency] = {}
    for row in table:
        agency = Agency(code=row["code"], name=row["name"])
        for form in row["forms"]:
            forms[form] = forms[form.upper()] = agency
    return forms
