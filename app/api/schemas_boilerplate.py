"""Lines that sources repeat, as models."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from app.api.schemas import Answer, Links, PageInfo
from app.api.schemas_admin import Asked, Line
from app.core.normal.boilerplate import MAX_LINE_CHARS
from app.core.normal.lines import Place
from app.core.normal.repeats import LineState


class RepeatedLineOut(Answer):
    """A line that a document's own stories show to be their source's."""

    place: Place
    text: str
    stories: int = Field(description="In how many different stories it stands.")


class BoilerplateRuleOut(Answer):
    """A line that is no part of a source's stories, or, `reverted`, is theirs after all.

    It stands for every line that differs from it in case, spaces, numbers, dates, the story's own
    title or the path of an address alone.
    """

    id: str
    source_id: str
    place: Place = Field(
        description="`line`: a whole paragraph; `prefix`, `suffix`: what stands before the story "
        "in its first paragraph, or behind it in its last."
    )
    text: str
    stories: int = Field(description="In how many it stood when it was learned; 0 if never.")
    state: LineState
    learned_at: datetime
    changed_at: datetime


class BoilerplateRuleAnswer(Answer):
    data: BoilerplateRuleOut


class BoilerplateRuleList(Answer):
    data: list[BoilerplateRuleOut]
    page: PageInfo
    meta: dict[str, Any]
    links: Links


class AddBoilerplateRule(Asked):
    """A line that an operator knows to be the source's."""

    source_id: int = Field(ge=1, lt=1 << 63)
    place: Place = Place.LINE
    text: Line = Field(max_length=MAX_LINE_CHARS, examples=["More from the harbour desk"])


class ChangeBoilerplateRule(Asked):
    """`reverted` gives the line back to the stories, and it is never learned again."""

    state: LineState
