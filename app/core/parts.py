"""The stories of one document in parts, each little enough for one task of a worker process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.core.known import Known
from app.core.match import Match
from app.core.normal.lines import unpack_lines
from app.core.normal.normalize import normalize
from app.core.normal.repeats import WINDOW, Lesson, taught
from app.core.poll import ChangedStory, ClaimedFeed, CopyWrite, FeedPlan, NewStory
from app.core.story import FeedContext, Story
from app.core.tagging.model import in_use
from app.core.types import ParsedFeed
from app.core.writes import Writes, context_of

PART: Final = 100
"""Entries of one part: half a second of work where they are long."""

PART_BY_MODEL: Final = 20
"""Where a model reads them as well, which takes longer than all else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of a document's entries, with what is known of them and of their source."""

    feed: ClaimedFeed
    context: FeedContext
    known: Known
    now: datetime
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWrites:
    """What entries come to."""

    new: tuple[NewStory, ...] = ()
    changed: tuple[ChangedStory, ...] = ()
    copies: tuple[CopyWrite, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunPlan:
    """A plan without its stories, the parts that these are in, and the ids that are taken."""

    plan: FeedPlan
    parts: tuple[Part, ...]
    taken: frozenset[int]


def parts_of(
    feed: ClaimedFeed, parsed: ParsedFeed, known: Known, now: datetime, matches: Iterable[Match]
) -> tuple[tuple[Lesson, ...], tuple[Part, ...]]:
    """The lines that a source's latest stories only now show to be its own, and the entries that
    may come to something, to be read without them.
    """
    moved = [match for match in matches if not _stands(match)]
    if not moved:
        return (), ()
    context = context_of(feed, parsed)
    lessons = _lessons(feed, context, known, now, moved)
    learned = known.decided.gone | {lesson.hash for lesson in lessons}
    size = PART if in_use() is None else PART_BY_MODEL
    parts = (moved[n : n + size] for n in range(0, len(moved), size))
    return lessons, tuple(
        Part(
            feed=feed,
            context=replace(context, learned=learned),
            known=_known_of(known, part),
            now=now,
            matches=tuple(part),
        )
        for part in parts
    )


def write_part(part: Part) -> PartWrites:
    """What the entries of a part come to; heavy, for a worker process."""
    writes = Writes(part.feed, part.context, part.known, part.now)
    for match in part.matches:
        writes.add(match)
    return PartWrites(
        new=tuple(writes.new), changed=tuple(writes.changed), copies=tuple(writes.copies)
    )


def joined(parts: Iterable[PartWrites], taken: Iterable[int]) -> PartWrites:
    """All parts as one: of new stories that would have one id, the later ones get the next."""
    ids = set(taken)
    new: list[NewStory] = []
    changed: list[ChangedStory] = []
    copies: list[CopyWrite] = []
    for part in parts:
        own = {story.id: _free(story.id, ids) for story in part.new}
        new += (replace(story, id=own[story.id]) for story in part.new)
        changed += part.changed
        copies += (replace(c, story_id=own.get(c.story_id, c.story_id)) for c in part.copies)
    return PartWrites(new=tuple(new), changed=tuple(changed), copies=tuple(copies))


def _free(wanted: int, ids: set[int]) -> int:
    while wanted in ids:
        wanted += 1
    ids.add(wanted)
    return wanted


def _stands(match: Match) -> bool:
    copy = match.copy
    return copy is not None and copy.present and copy.entry_hash == match.keys.entry.raw_hash


def _lessons(
    feed: ClaimedFeed, context: FeedContext, known: Known, now: datetime, moved: Sequence[Match]
) -> tuple[Lesson, ...]:
    """What entries teach: as many as are compared, the new ones first; not those that only copy
    what another feed tells, or that are told by their page.
    """
    new = [match for match in moved if match.story is None]
    own = [match for match in moved if _is_told_here(match, feed, known)]
    compared = [*new, *own][:WINDOW]
    again = {match.story.id for match in compared if match.story is not None}

    def read(learned: frozenset[int]) -> list[Story]:
        taught_context = replace(context, learned=learned)
        return [normalize(match.keys.entry, taught_context, now) for match in compared]

    before = [unpack_lines(lines) for n, lines in known.lines.items() if n not in again]
    _, lessons = taught(read, before, known.decided)
    return lessons


def _is_told_here(match: Match, feed: ClaimedFeed, known: Known) -> bool:
    if match.story is None or match.copy is None:
        return False
    changed = match.copy.entry_hash != match.keys.entry.raw_hash
    owned = match.story.owner_feed_id in (feed.id, None)
    return changed and owned and match.story.id not in known.told_by_page


def _known_of(known: Known, part: Sequence[Match]) -> Known:
    """What is known, as far as these entries need it."""
    ids = {match.story.id for match in part if match.story is not None}
    pages = {n: packed for n, packed in known.told_by_page.items() if n in ids}
    wired = {n: packed for n, packed in known.wired.items() if n in ids}
    edits = {n: said for n, said in known.edits.items() if n in ids}
    return replace(known, copies={}, lines={}, told_by_page=pages, wired=wired, edits=edits)
