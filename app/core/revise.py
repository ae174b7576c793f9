"""What kind of change a revision is: the publisher's correction, an update, a withdrawal."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

import regex

from app.core.hashing import hash64
from app.core.story import BlockType, Story
from app.core.types import Entry

WITHDRAWN_STATUSES: Final = frozenset({"canceled", "withheld"})
"""NewsML-G2's publication statuses of a story that may not be used, as ninjs has them."""

WITHDRAWN_HASH: Final = hash64("withdrawn")
"""The content hash of a withdrawn story: no words hash to it, so whatever follows is a change."""

KILLED_HASH: Final = hash64("killed")
"""That of a story that an operator has killed: its publisher's withdrawal is a change to it too."""

MAX_NOTICE_WORDS: Final = 120
"""A text that says the story is withdrawn and says more than this is about something else."""


class RevisionKind(StrEnum):
    """What a revision is; `update` is any change that nothing says more about."""

    FIRST = "first"
    UPDATE = "update"
    CORRECTION = "correction"
    KILLED = "killed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What of a story's former state tells the kind of the next."""

    title: str
    corrections: Collection[str]  # the texts of its blocks of that type
    killed: bool


def is_withdrawn(entry: Entry, story: Story) -> bool:
    """Whether the publisher says that a story it has sent may not be used: by its status, or by a
    notice in its place. Words within a story that is told do not count.
    """
    if entry.pub_status is not None:
        return entry.pub_status in WITHDRAWN_STATUSES
    title, text = _notices()
    if story.word_count > MAX_NOTICE_WORDS:
        return False
    return title.fullmatch(story.title) is not None or text.fullmatch(story.text) is not None


def withdrawn(story: Story) -> Story:
    """The story with its title and address left, and nothing of what it said."""
    return replace(
        story,
        summary=None,
        blocks=(),
        text="",
        html=None,
        image_url=None,
        enclosures=(),
        word_count=0,
        content_hash=WITHDRAWN_HASH,
    )


def kind_of(before: Before, after: Story) -> RevisionKind:
    """The kind of the revision that gives a story other words.

    A correction is what the publisher calls one: in a paragraph that was not there before, or at
    the head of the title. Whether an unannounced change mends an error cannot be told from words.
    """
    if after.content_hash == WITHDRAWN_HASH:
        return RevisionKind.KILLED
    if before.killed:
        return RevisionKind.RESTORED
    added = {b.text for b in after.blocks if b.type is BlockType.CORRECTION}
    if added - set(before.corrections):
        return RevisionKind.CORRECTION
    if _marked(after.title) and not _marked(before.title):
        return RevisionKind.CORRECTION
    return RevisionKind.UPDATE


def _marked(title: str) -> bool:
    return _MARK.match(title) is not None


_MARK = regex.compile(
    r"CORRECT(?:ED|ION)\b|REFILE\b|Corrected:|\(Corrected\)|\[Corrected\]|Correction:"
    r"|Korrektur:|KORREKTUR\b|Berichtigung:|BERICHTIGUNG\b|RECTIFICATIF\b|Rectificatif\b"
    r"|CORRECCIÓN\b|Corrección:|[（(\[［【]?(?:訂正|정정|更正)[）)\]］】:：]"
)


@cache
def _notices() -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    table = json.loads(files("app.core.vocab").joinpath("withdrawals.json").read_text("utf-8"))
    text = f"{table['lead']}(?:{'|'.join(table['text'])})"
    return regex.compile(table["title"], regex.DOTALL), regex.compile(text, regex.DOTALL)
