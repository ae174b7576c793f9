"""Operators' rules, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from app.api.schemas import Answer, Links, PageInfo
from app.api.schemas_admin import Asked, Line
from app.core.search.query_parse import MAX_QUERY_CHARS
from app.core.tag import MAX_CODE_CHARS, MAX_NAME_CHARS
from app.core.tagging.rules import Visibility
from app.store.rules import MAX_RULES

MAX_TAGS: Final = 100
_MAX_QCODE: Final = MAX_CODE_CHARS + 16

QCode = Annotated[Line, StringConstraints(max_length=_MAX_QCODE)]


class AskedTag(Asked):
    """A tag to give; without a name it has that of its topic, or its code's words."""

    tag: QCode = Field(examples=["label:harbour"])
    name: Line | None = Field(None, max_length=MAX_NAME_CHARS, examples=["Harbour"])


class AskedActions(Asked):
    """What is done with the stories that match: at least one thing."""

    add: list[AskedTag] = Field(default=[], max_length=MAX_TAGS)
    remove: list[QCode] = Field(default=[], max_length=MAX_TAGS, examples=[["place:jordan"]])
    visibility: Visibility | None = Field(
        default=None,
        description="`drop` keeps a story out of the stream, `keep` undoes an earlier rule.",
    )
    language: Line | None = Field(default=None, max_length=16, examples=["ja"])
    agency: Line | None = Field(
        default=None, max_length=64, description="The code of a known agency.", examples=["kyodo"]
    )


_Query = Field(
    min_length=1,
    max_length=MAX_QUERY_CHARS,
    description="A search text, as `q` of /v1/stories. A rule sees a story's tags as they are "
    "before any rule.",
    examples=['"harbour master" OR title:ferry'],
)
_Place = Field(
    None, ge=1, le=MAX_RULES, description="Its place among the rules; null is the last one."
)


class AddRule(Asked):
    """A rule; those that stand later win where two disagree."""

    name: Line = Field(max_length=200)
    query: str = _Query
    actions: AskedActions
    enabled: bool = True
    position: int | None = _Place


class ChangeRule(Asked):
    """What is left out stays; actions are taken as a whole."""

    name: Line = Field("", max_length=200)
    query: str = Field(
        "", min_length=1, max_length=MAX_QUERY_CHARS, description="A search text, as `q`."
    )
    actions: AskedActions = AskedActions()
    enabled: bool = True
    position: int | None = _Place


class TryRule(AddRule):
    """A rule as it might be saved, in the form that saves it; its search and actions count."""

    name: Line = Field("", max_length=200)


class GivenTagOut(Answer):
    tag: str
    name: str


class ActionsOut(Answer):
    add: list[GivenTagOut]
    remove: list[str]
    visibility: Visibility | None
    language: str | None
    agency: str | None


class RuleOut(Answer):
    id: str
    position: int = Field(description="From 1; the later of two rules that disagree wins.")
    name: str
    query: str
    actions: ActionsOut
    enabled: bool
    created_at: datetime
    changed_at: datetime


class RuleAnswer(Answer):
    data: RuleOut


class RuleList(Answer):
    data: list[RuleOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class TriedStory(Answer):
    """A story that matches, and what the rule alone would change of it."""

    id: str
    title: str
    url: str | None
    published_at: datetime
    add: list[str] = Field(description="QCodes that it does not have yet.")
    remove: list[str] = Field(description="QCodes that it has.")
    dropped: bool
    language: str | None = Field(description="Null where it stays as it is.")
    agency: str | None = Field(description="Null where it stays as it is.")


class TriedOut(Answer):
    query: str = Field(description="As it was read.")
    actions: ActionsOut
    total: int = Field(description="Stories in the stream that match.")
    total_relation: str = Field(description="`gte` where there are more.")
    search_ms: float = Field(description="What it took to find them.")
    needs_words: bool = Field(
        description="Whether a story must have some word or filter of the search for the rule to "
        "be tried on it; if not, the rule is tried on every story."
    )
    stories: list[TriedStory] = Field(description="The newest that match.")


class TriedAnswer(Answer):
    data: TriedOut


class BackfillOut(Answer):
    """How far the stories on record are brought up to the rules."""

    version: int = Field(description="Of all that operators have said about tags.")
    total: int
    done: int
    left: int
    paused: bool


class BackfillAnswer(Answer):
    data: BackfillOut


class PauseBackfill(Asked):
    paused: bool
