"""The types of what is in the log, as callers name them: one by one, or a family at a time."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from app.api.callers import Caller
from app.core.feed_news import FeedEventType
from app.errors import Forbidden, Unauthorized
from app.store.changes import ChangeType, EventType, event_type


class Family(StrEnum):
    """All types that tell of the same."""

    STORIES = "story.*"
    FEEDS = "feed.*"


NAMES: Final = (*(t.value for t in (*ChangeType, *FeedEventType)), *(f.value for f in Family))


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"{name!r} is no type of change: there are {', '.join(NAMES)}")
    return name


TypeName = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(NAMES)})
]


def types_of(named: Iterable[TypeName] | None, caller: Caller) -> frozenset[EventType]:
    """The types that are named; none where none are, which stands for all that tell of stories.

    Raises Unauthorized or Forbidden where they tell of feeds and the caller does not administer.
    """
    found: set[EventType] = set()
    for name in named or ():
        match name:
            case Family.STORIES:
                found.update(ChangeType)
            case Family.FEEDS:
                found.update(FeedEventType)
            case _:
                found.add(event_type(name))
    if tells_of_feeds(found) and not caller.administers:
        detail = "what happens to feeds is told administrators: this needs the scope 'admin'"
        raise Unauthorized(detail) if caller.key_id is None else Forbidden(detail)
    return frozenset(found)


def tells_of_feeds(types: Iterable[EventType]) -> bool:
    return any(isinstance(kind, FeedEventType) for kind in types)
