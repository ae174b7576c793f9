"""The order by relevance: the newest stories that match, ranked by what was packed of each."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from app.core.identity import ID_RANDOM_BITS
from app.core.search.conditions import EVERYTHING, Clause, wanted_clauses_of
from app.core.search.rank import RankedClause, idf_of, ranked_clause, score
from app.core.search.search import Search
from app.store.asking import Asked, id_list
from app.store.changes import last_seq
from app.store.engine import ReadSession, to_ms
from app.store.walk import count_found, newest_ids

CANDIDATES: Final = 1000
"""The newest matches that are ranked: more would cost too much for a common word."""

SAMPLE: Final = 2000
"""The newest stories by which it is told how rare a common word is."""

SEEN_ENOUGH: Final = 5
COUNTED: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the scores of one list rest on, the same on all its pages."""

    low: int
    high: int
    now_ms: int
    idfs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Score and id of each candidate, best first; `candidates` how many, where older ones match
    that were not ranked.
    """

    stories: Sequence[tuple[int, int]]
    frame: Frame
    candidates: int | None


async def most_relevant(
    session: ReadSession,
    asked: Asked,
    search: Search,
    languages: Collection[str],
    *,
    frame: Frame | None,
    now: datetime,
) -> Ranked:
    """The candidates in order; ties are broken by id, newest first.

    With the frame of an earlier page the scores are those of that page, whatever came since.
    """
    clauses = wanted_clauses_of(search, languages)
    if frame is None:
        ids = await newest_ids(session, asked, CANDIDATES + 1)
        cut = len(ids) > CANDIDATES
        ids = ids[:CANDIDATES]
        frame = Frame(
            low=ids[-1] if cut else asked.low,
            high=ids[0] + 1 if ids else asked.low,
            now_ms=to_ms(now),
            idfs=await _idfs(session, clauses, asked.dialect) if ids else (0,) * len(clauses),
        )
    else:
        ids = await newest_ids(session, asked.within(frame.low, frame.high), 2 * CANDIDATES)
        cut = frame.low > asked.low
    ranked = [
        ranked_clause(clause, languages, idf)
        for clause, idf in zip(clauses, frame.idfs, strict=True)
    ]
    scored = await _scored(session, ids, ranked, frame.now_ms)
    return Ranked(stories=scored, frame=frame, candidates=CANDIDATES if cut else None)


async def _scored(
    session: ReadSession, ids: Sequence[int], clauses: Sequence[RankedClause], now_ms: int
) -> list[tuple[int, int]]:
    among, parameter = id_list(session.dialect, ids)
    rows = await session.execute(
        text(f"SELECT story_id, weights FROM story_weights WHERE story_id {among}"),  # noqa: S608
        {"ids": parameter},
    )
    weighed = rows.all()

    def scored() -> list[tuple[int, int]]:
        return [
            (
                score(
                    row.weights,
                    clauses,
                    published_ms=row.story_id >> ID_RANDOM_BITS,
                    now_ms=now_ms,
                ),
                row.story_id,
            )
            for row in weighed
        ]

    # A thousand stories and 64 words take half a second: in a thread, so that others are answered.
    return sorted(await asyncio.to_thread(scored), reverse=True)


async def _idfs(session: ReadSession, clauses: Sequence[Clause], dialect: str) -> tuple[int, ...]:
    """How rare each clause is: counted where it is rare, else by the newest stories."""
    if not clauses:
        return ()
    everything = Asked(dialect=dialect, condition=EVERYTHING)
    stories = max(1, await last_seq(session))
    newest = await newest_ids(session, everything, SAMPLE)
    recent = everything.within(newest[-1], newest[0] + 1)
    found = []
    for clause in clauses:
        seen = await count_found(session, _asking(clause, recent), SAMPLE)
        if seen < SEEN_ENOUGH or len(newest) < SAMPLE:
            found.append(await count_found(session, _asking(clause, everything), COUNTED))
        else:
            found.append(seen * stories // SAMPLE)
    return tuple(idf_of(number, stories) for number in found)


def _asking(clause: Clause, asked: Asked) -> Asked:
    return Asked(dialect=asked.dialect, condition=clause.condition, low=asked.low, high=asked.high)
