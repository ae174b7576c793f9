"""What a story has said, revision by revision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row, select

from app.core.revise import RevisionKind
from app.core.story import StoryStatus
from app.errors import NotFound
from app.store.engine import ReadSession
from app.store.models import revisions
from app.store.states import STATE_FIELDS, unpacked_state
from app.store.stories import get_story, load_stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A state that a story has had, or has (the highest number)."""

    revision: int
    at: datetime
    kind: RevisionKind
    state: dict[str, Any]


async def list_revisions(
    session: ReadSession, story_id: int, *, before: int | None = None, limit: int
) -> list[Revision]:
    """The states of a story, newest first, below the number `before`; raises NotFound."""
    now = _present(await get_story(session, story_id))
    query = (
        select(revisions)
        .where(revisions.c.story_id == story_id)
        .order_by(revisions.c.revision.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(revisions.c.revision < before)
    kept = [_kept(row) for row in await session.execute(query)]
    if before is None or now.revision < before:
        kept.insert(0, now)
    return kept[:limit]


async def get_revision(session: ReadSession, story_id: int, number: int) -> Revision:
    """One state of a story; raises NotFound."""
    now = _present(await get_story(session, story_id))
    if number == now.revision:
        return now
    row = (
        await session.execute(
            select(revisions).where(
                revisions.c.story_id == story_id, revisions.c.revision == number
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"story {story_id} has no revision {number}: it has those from 1 to {now.revision}"
        )
    return _kept(row)


async def stories_at(
    session: ReadSession, wanted: Collection[tuple[int, int]], *, body: bool
) -> dict[tuple[int, int], Row[Any] | SimpleNamespace]:
    """Stories as they were at their revisions, by id and revision; those that are not served are
    left out. Their place among copies and clusters is that of now.
    """
    ids = list(dict.fromkeys(story_id for story_id, _ in wanted))
    rows = {row.id: row for row in await load_stories(session, ids, body=body)}
    past = {(n, revision) for n, revision in wanted if n in rows and revision != rows[n].revision}
    found: dict[tuple[int, int], Row[Any] | SimpleNamespace] = {
        (n, revision): rows[n] for n, revision in wanted if n in rows and (n, revision) not in past
    }
    if past:
        kept = await session.execute(
            select(revisions).where(
                revisions.c.story_id.in_({n for n, _ in past}),
                revisions.c.revision.in_({revision for _, revision in past}),
            )
        )
        for row in kept:
            if (row.story_id, row.revision) in past:
                found[row.story_id, row.revision] = _as_it_was(rows[row.story_id], _kept(row))
    return found


async def story_as_of(
    session: ReadSession, story_id: int, moment: datetime
) -> Row[Any] | SimpleNamespace:
    """The row of a story as it was at a moment; raises NotFound if it was not there yet.

    Its place among copies and clusters is that of now.
    """
    row = await get_story(session, story_id)
    if moment < row.ingested_at:
        raise NotFound(
            f"story {story_id} was not here at {moment.isoformat()}: it was first seen at"
            f" {row.ingested_at.isoformat()}"
        )
    if moment >= row.revised_at:
        return row
    kept = await session.execute(
        select(revisions)
        .where(revisions.c.story_id == story_id, revisions.c.at <= moment)
        .order_by(revisions.c.revision.desc())
        .limit(1)
    )
    return _as_it_was(row, _kept(kept.one()))


def _as_it_was(row: Row[Any], was: Revision) -> SimpleNamespace:
    now = row._asdict()
    status = StoryStatus.KILLED if was.kind is RevisionKind.KILLED else StoryStatus.LIVE
    return SimpleNamespace(
        **{
            **now,
            **was.state,
            "revision": was.revision,
            "revised_at": was.at,
            "status": status.value,
        }
    )


def _present(row: Row[Any]) -> Revision:
    return Revision(
        revision=row.revision,
        at=row.revised_at,
        kind=RevisionKind(row.revision_kind),
        state={name: row._mapping[name] for name in STATE_FIELDS},  # noqa: SLF001 - a public name
    )


def _kept(row: Row[Any]) -> Revision:
    return Revision(
        revision=row.revision,
        at=row.at,
        kind=RevisionKind(row.kind),
        state=unpacked_state(row.state),
    )
