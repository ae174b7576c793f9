"""Lines that sources repeat: what was decided of them, and the stories that have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Row, func, literal, or_, select, update

from app.core.normal.lines import Place, line_hash, packed_hash
from app.core.normal.repeats import Lesson, LineState, words_of
from app.core.story import Block, BlockType
from app.errors import Conflict, NotFound
from app.store.engine import SQLITE, ReadSession, WriteSession
from app.store.models import learned_lines, sources, stories, texts
from app.store.renewal import mark_for_renewal


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedLine:
    """A line of a source; `stories` is in how many it stood when it was learned, 0 if never."""

    id: int
    source_id: int
    place: Place
    text: str
    stories: int
    state: LineState
    learned_at: datetime
    changed_at: datetime


async def write_lessons(
    session: WriteSession, source_id: int, lessons: Sequence[Lesson], at: datetime
) -> None:
    """Keep newly learned lines, and have the stories on record that hold them made again.

    The caller holds the source's row.
    """
    found = [await _with_words(session, source_id, lesson) for lesson in lessons]
    said = [lesson for lesson in found if lesson.text]
    if not said:
        return
    await session.execute(
        learned_lines.insert(),
        [
            {
                "source_id": source_id,
                "place": lesson.place.value,
                "hash": lesson.hash,
                "text": lesson.text,
                "stories": lesson.stories,
                "state": LineState.LEARNED.value,
                "learned_at": at,
                "changed_at": at,
            }
            for lesson in said
        ],
    )
    await _mark_stories(session, source_id, [lesson.hash for lesson in said])


async def _with_words(session: WriteSession, source_id: int, lesson: Lesson) -> Lesson:
    """The lesson in the words of a story on record, where the document has none."""
    if lesson.text:
        return lesson
    rows = await session.execute(
        select(stories.c.title, texts.c.blocks)
        .join(texts, texts.c.story_id == stories.c.id)
        .where(stories.c.source_id == source_id, _holds(session, lesson.hash))
        .limit(1)
    )
    told = [
        (
            row.title,
            [Block(type=BlockType(b["type"]), text=b["text"], rule=b["rule"]) for b in row.blocks],
        )
        for row in rows
    ]
    return replace(lesson, text=words_of(told, (lesson.hash,)).get(lesson.hash, ""))


async def list_lines(
    session: ReadSession,
    *,
    source_id: int | None,
    state: LineState | None,
    after_id: int,
    limit: int,
) -> list[LearnedLine]:
    """Lines by rising id, after `after_id`."""
    query = select(learned_lines).where(learned_lines.c.id > after_id)
    if source_id is not None:
        query = query.where(learned_lines.c.source_id == source_id)
    if state is not None:
        query = query.where(learned_lines.c.state == state.value)
    rows = await session.execute(query.order_by(learned_lines.c.id).limit(limit))
    return [_line(row) for row in rows]


async def get_line(session: ReadSession, line_id: int) -> LearnedLine:
    """One line; raises NotFound."""
    row = (
        await session.execute(select(learned_lines).where(learned_lines.c.id == line_id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no boilerplate rule {line_id}")
    return _line(row)


async def set_line(
    session: WriteSession, *, source_id: int, place: Place, text: str, at: datetime
) -> LearnedLine:
    """Say that a line is a source's, and have the stories that hold it made again.

    Raises NotFound for a source that is not there, Conflict for a line that is decided already.
    """
    await _hold_source(session, source_id)
    hashed = line_hash(place, text)
    known = await session.execute(
        select(learned_lines.c.id, learned_lines.c.state).where(
            learned_lines.c.source_id == source_id,
            learned_lines.c.place == place.value,
            learned_lines.c.hash == hashed,
        )
    )
    if (row := known.one_or_none()) is not None:
        raise Conflict(f"the line is on record as rule {row.id}, {row.state}: change that one")
    added = await session.execute(
        learned_lines.insert()
        .values(
            source_id=source_id,
            place=place.value,
            hash=hashed,
            text=text,
            stories=0,
            state=LineState.SET.value,
            learned_at=at,
            changed_at=at,
        )
        .returning(learned_lines.c.id)
    )
    await _mark_stories(session, source_id, [hashed])
    return await get_line(session, added.scalar_one())


async def change_line(
    session: WriteSession, line_id: int, state: LineState, at: datetime
) -> LearnedLine:
    """Decide otherwise of a line, and have the stories that hold it made again; raises NotFound."""
    line = await get_line(session, line_id)
    await _hold_source(session, line.source_id)
    if line.state is state:
        return line
    changed = await session.execute(
        update(learned_lines)
        .where(learned_lines.c.id == line_id)
        .values(state=state.value, changed_at=at)
        .returning(learned_lines.c.hash)
    )
    await _mark_stories(session, line.source_id, [changed.scalar_one()])
    return await get_line(session, line_id)


async def _hold_source(session: WriteSession, source_id: int) -> None:
    """As polls do: a plan made on what was decided before is then found to be stale."""
    held = await session.execute(
        select(sources.c.id).where(sources.c.id == source_id).with_for_update(key_share=True)
    )
    if held.one_or_none() is None:
        raise NotFound(f"there is no source {source_id}")


async def _mark_stories(session: WriteSession, source_id: int, hashes: Sequence[int]) -> None:
    rows = await session.execute(
        select(stories.c.id)
        .join(texts, texts.c.story_id == stories.c.id)
        .where(
            stories.c.source_id == source_id,
            or_(*(_holds(session, hashed) for hashed in hashes)),
        )
    )
    await mark_for_renewal(session, list(rows.scalars()))


def _holds(session: WriteSession, hashed: int) -> ColumnElement[bool]:
    """Whether packed lines hold a hash; bytes that only look like it cost a story made again."""
    find = func.instr if session.dialect == SQLITE else func.pg_catalog.position
    found: ColumnElement[bool] = (
        find(texts.c.line_hashes, literal(packed_hash(hashed), LargeBinary)) > 0
    )
    return found


def _line(row: Row[Any]) -> LearnedLine:
    return LearnedLine(
        id=row.id,
        source_id=row.source_id,
        place=Place(row.place),
        text=row.text,
        stories=row.stories,
        state=LineState(row.state),
        learned_at=row.learned_at,
        changed_at=row.changed_at,
    )
