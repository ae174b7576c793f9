"""What operators have done to the tags of one story by hand: given one, or taken one away.

It stands over all that taggers and rules say of the story, now and whenever it is made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from app.core.tagging.rules import GivenTag

MAX_EDITS: Final = 64
"""Of one story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandEdit:
    """A tag that a story is given, or that it is not to have."""

    tag: GivenTag
    given: bool

    @property
    def qcode(self) -> str:
        return self.tag.qcode


HandEdits: TypeAlias = tuple[HandEdit, ...]
"""Those of one story, each tag once; where two come to mean one tag, the later counts."""


def with_edit(edits: HandEdits, edit: HandEdit) -> HandEdits:
    """With one more as the last, in the place of what was said of the tag before; as they are
    where that is the same.
    """
    return edits if edit in edits else (*without_edit(edits, edit.qcode), edit)


def without_edit(edits: HandEdits, qcode: str) -> HandEdits:
    return tuple(edit for edit in edits if edit.qcode != qcode)
