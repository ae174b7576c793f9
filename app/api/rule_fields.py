"""What operators write of a rule → checked values; each fault names its field."""

from __future__ import annotations

from typing import Final

from app.api.feed_fields import invalid
from app.api.schemas_rules import MAX_TAGS, AskedActions
from app.core.language import normalize_language
from app.core.normal.agencies import agency_named, agency_of
from app.core.search.filters import FilterInvalid, filter_of
from app.core.search.query import FilterKind, QueryTree
from app.core.search.query_parse import parse_query
from app.core.tagging.rules import Actions, GivenTag
from app.core.topics import topic
from app.errors import QueryInvalid

SCHEMES: Final = ("label", "category", "place", "person", "org", "medtop")
"""Tags that rules give and take; agency and language are set, and their tags follow."""

_SET: Final = {"agency": "agency", "lang": "language"}


def read_query(query: str) -> QueryTree:
    """The search of a rule; raises QueryInvalid with the place of the fault in it."""
    try:
        return parse_query(query)
    except QueryInvalid as error:
        raise QueryInvalid(error.detail, position=error.position, pointer="/query") from None


def read_actions(asked: AskedActions) -> Actions:
    """The actions in the spelling that stories have; raises Invalid."""
    given = (
        given_tag(one.tag, one.name, f"actions/add/{at}/tag") for at, one in enumerate(asked.add)
    )
    add = {tag.qcode: tag for tag in given}
    remove = dict.fromkeys(
        settable_qcode(qcode, f"actions/remove/{at}") for at, qcode in enumerate(asked.remove)
    )
    if len(add) + len(remove) > MAX_TAGS:
        raise invalid("actions", f"more than {MAX_TAGS} tags in one rule: write another rule")
    both = next((qcode for qcode in add if qcode in remove), None)
    if both is not None:
        raise invalid("actions", f"{both} is added and removed: leave one of them out")
    actions = Actions(
        add=tuple(add.values()),
        remove=tuple(remove),
        visibility=asked.visibility,
        language=_language(asked.language),
        agency=_agency(asked.agency),
    )
    if actions == Actions():
        raise invalid(
            "actions",
            "a rule does something: give it tags to add or remove, a visibility, a language or an"
            " agency",
        )
    return actions


def given_tag(written: str, called: str | None, where: str) -> GivenTag:
    """A tag to give, under the name it is called, that of its topic, or its code's words; raises
    Invalid with the pointer `where`.
    """
    scheme, _, code = settable_qcode(written, where).partition(":")
    known = topic(code) if scheme == "medtop" else None
    if scheme == "medtop" and known is None:
        raise invalid(where, f"there is no media topic {code}: write one of eight digits")
    name = called or (known.name if known else code.replace("-", " "))
    return GivenTag(scheme=scheme, code=code, name=name)


def settable_qcode(written: str, where: str) -> str:
    """The QCode as stories have it, of SCHEMES; raises Invalid."""
    try:
        qcode = filter_of(FilterKind.TAG, written).value
    except FilterInvalid:
        raise invalid(
            where, f"{written!r} is no tag: write scheme:code, such as label:harbour"
        ) from None
    scheme = qcode.partition(":")[0]
    if scheme in _SET:
        raise invalid(
            where,
            f"{scheme}: tags follow the story's {_SET[scheme]}: a rule sets actions.{_SET[scheme]}",
        )
    if scheme not in SCHEMES:
        raise invalid(where, f"{scheme!r} is no scheme of tags: use one of {', '.join(SCHEMES)}")
    return qcode


def _language(code: str | None) -> str | None:
    if code is None:
        return None
    language = normalize_language(code)
    if language is None:
        raise invalid("actions/language", f"{code!r} is no language: write a code as en or ja")
    return language


def _agency(code: str | None) -> str | None:
    if code is None:
        return None
    agency = agency_of(code.casefold()) or agency_named(code)
    if agency is None:
        raise invalid(
            "actions/agency", f"there is no known agency {code!r}: write a code such as kyodo"
        )
    return agency.code
