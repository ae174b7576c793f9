"""The keys under which stories are looked up for reprints, and the sketches that are compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

import orjson
from sqlalchemy import delete, select, text

from app.core.identity import ID_RANDOM_BITS
from app.core.reprints import REACH, Band
from app.core.syndicate import (
    NOTHING,
    SKETCH_VERSION,
    WINDOW_MS,
    Sketch,
    Sketched,
    band_keys,
    pack_sketch,
    unpack_sketch,
)
from app.store.asking import id_list
from app.store.engine import SQLITE, ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import sketches, stories

# Around each stretch of a band: what lies in it, and the next before and after it within a week.
# The planners are made to walk the primary key, stretch by stretch.
_AROUND_ON_SQLITE: Final = """
WITH wanted AS MATERIALIZED (
    SELECT json_extract(value, '$[0]') AS n, json_extract(value, '$[1]') AS key,
        json_extract(value, '$[2]') AS first, json_extract(value, '$[3]') AS low,
        json_extract(value, '$[4]') AS high, json_extract(value, '$[5]') AS last
        FROM json_each(:stretches))
SELECT w.n, b.story_id FROM wanted AS w CROSS JOIN bands AS b
    WHERE b.key = w.key AND b.story_id BETWEEN w.low AND w.high
UNION ALL SELECT w.n, b.story_id FROM wanted AS w CROSS JOIN bands AS b
    WHERE b.key = w.key AND b.story_id IN (SELECT x.story_id FROM bands AS x
        WHERE x.key = w.key AND x.story_id >= w.first AND x.story_id < w.low
        ORDER BY x.story_id DESC LIMIT :reach)
UNION ALL SELECT w.n, b.story_id FROM wanted AS w CROSS JOIN bands AS b
    WHERE b.key = w.key AND b.story_id IN (SELECT x.story_id FROM bands AS x
        WHERE x.key = w.key AND x.story_id > w.high AND x.story_id <= w.last
        ORDER BY x.story_id LIMIT :reach)
"""
_AROUND_ON_POSTGRESQL: Final = """
SELECT w.n, near.story_id
FROM unnest(CAST(:n AS BIGINT[]), CAST(:key AS BIGINT[]), CAST(:first AS BIGINT[]),
    CAST(:low AS BIGINT[]), CAST(:high AS BIGINT[]), CAST(:last AS BIGINT[]))
    AS w (n, key, first, low, high, last),
LATERAL (
    (SELECT story_id FROM bands
        WHERE key = w.key AND story_id BETWEEN w.low AND w.high OFFSET 0)
    UNION ALL (SELECT story_id FROM bands
        WHERE key = w.key AND story_id >= w.first AND story_id < w.low
        ORDER BY story_id DESC LIMIT :reach)
    UNION ALL (SELECT story_id FROM bands
        WHERE key = w.key AND story_id > w.high AND story_id <= w.last
        ORDER BY story_id LIMIT :reach)
) AS near
"""

# A first poll brings keys by the hundred thousand, and nearly all are its stories' alone.
_SHARED_ON_SQLITE: Final = """
SELECT value FROM json_each(:keys) WHERE
    (SELECT count(*) FROM (SELECT 1 FROM bands WHERE key = value LIMIT 2)) > 1
"""
_SHARED_ON_POSTGRESQL: Final = """
SELECT key FROM unnest(CAST(:keys AS BIGINT[])) AS wanted (key) WHERE
    (SELECT count(*) FROM (SELECT 1 FROM bands AS b WHERE b.key = wanted.key LIMIT 2) AS n) > 1
"""

Keyed: TypeAlias = defaultdict[int, set[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Which stories came under which keys, went from there, or stayed with another sketch;
    `resketched` are those that had another one.
    """

    came: Keyed = field(default_factory=lambda: defaultdict(set))
    stayed: Keyed = field(default_factory=lambda: defaultdict(set))
    went: Keyed = field(default_factory=lambda: defaultdict(set))
    resketched: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.came or self.resketched)

    def by_key(self) -> dict[int, set[int]]:
        """All that moved under each key."""
        found: Keyed = defaultdict(set)
        for moved in (self.came, self.stayed, self.went):
            for key, ids in moved.items():
                found[key] |= ids
        return dict(found)


async def keep_sketches(
    session: WriteSession, written: Mapping[int, Sketch], created: Collection[int]
) -> Moves:
    """Write the sketches of stories and their bands, as far as they are not there."""
    before = await _packed(session, written.keys() - set(created))
    moves = Moves()
    rows: list[dict[str, object]] = []
    gone: list[int] = []
    for story_id, sketch in written.items():
        packed = pack_sketch(sketch)
        was = before.get(story_id)
        if packed == was or (was is None and sketch == NOTHING):
            continue
        keys, old = set(band_keys(sketch)), set(band_keys(unpack_sketch(was)) if was else ())
        if was:
            moves.resketched.add(story_id)
        for moved, there in (
            (moves.came, keys - old),
            (moves.stayed, keys & old),
            (moves.went, old - keys),
        ):
            for key in there:
                moved[key].add(story_id)
        if sketch == NOTHING:
            gone.append(story_id)
        else:
            rows.append({"story_id": story_id, "version": SKETCH_VERSION, "packed": packed})
    await _write(session, rows, gone, moves)
    return moves


async def bands_around(session: ReadSession, moves: Moves) -> list[Band]:
    """The bands that something came to or went from, as far around that as stories are compared:
    one query for all of them.
    """
    moved = moves.by_key()
    shared = await _shared(session, sorted(moved))
    stretches = [(key, stretch) for key in shared for stretch in _stretches(moved[key])]
    if not stretches:
        return []
    found: list[list[int]] = [[] for _ in stretches]
    rows = [
        (n, key, _shifted(s[0], -WINDOW_MS), s[0], s[-1], _shifted(s[-1], WINDOW_MS + 1) - 1)
        for n, (key, s) in enumerate(stretches)
    ]
    if session.dialect == SQLITE:
        asked = await session.execute(
            text(_AROUND_ON_SQLITE), {"stretches": orjson.dumps(rows).decode(), "reach": REACH}
        )
    else:
        names = ("n", "key", "first", "low", "high", "last")
        columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
        asked = await session.execute(text(_AROUND_ON_POSTGRESQL), {**columns, "reach": REACH})
    for n, story_id in asked:
        found[n].append(story_id)
    return [
        Band(
            stories=sorted(stories_there),
            came=frozenset(moves.came.get(key, set()).intersection(stretch)),
            stayed=frozenset(moves.stayed.get(key, set()).intersection(stretch)),
            went=frozenset(moves.went.get(key, set()).intersection(stretch)),
        )
        for (key, stretch), stories_there in zip(stretches, found, strict=True)
    ]


async def _shared(session: ReadSession, keys: list[int]) -> list[int]:
    """The keys that two stories at least are under."""
    if session.dialect == SQLITE:
        asked = await session.execute(
            text(_SHARED_ON_SQLITE), {"keys": orjson.dumps(keys).decode()}
        )
    else:
        asked = await session.execute(text(_SHARED_ON_POSTGRESQL), {"keys": keys})
    return list(asked.scalars())


async def bands_between(
    session: ReadSession, keys: Sequence[int], low: int, high: int
) -> list[list[int]]:
    """Who is under each of the keys, from one story to another."""
    among, parameter = id_list(session.dialect, keys)
    rows = await session.execute(
        text(
            f"SELECT key, story_id FROM bands WHERE key {among}"  # noqa: S608 - no values in it
            " AND story_id BETWEEN :low AND :high ORDER BY key, story_id"
        ),
        {"ids": parameter, "low": low, "high": high},
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for key, story_id in rows:
        found[key].append(story_id)
    return list(found.values())


async def read_sketched(session: ReadSession, ids: Collection[int]) -> dict[int, Sketched]:
    """Stories as they are compared, as far as they are sketched by this release."""
    found: dict[int, Sketched] = {}
    for chunk in chunks(ids):
        rows = await session.execute(
            select(stories.c.id, stories.c.source_id, sketches.c.packed)
            .join(stories, stories.c.id == sketches.c.story_id)
            .where(sketches.c.story_id.in_(chunk), sketches.c.version == SKETCH_VERSION)
        )
        for story_id, source_id, packed in rows:
            found[story_id] = Sketched(
                id=story_id, source_id=source_id, sketch=unpack_sketch(packed)
            )
    return found


async def _packed(session: ReadSession, ids: Iterable[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for chunk in chunks(set(ids)):
        rows = await session.execute(
            select(sketches.c.story_id, sketches.c.packed).where(sketches.c.story_id.in_(chunk))
        )
        found |= {row.story_id: row.packed for row in rows}
    return found


async def _write(
    session: WriteSession, rows: list[dict[str, object]], gone: Sequence[int], moves: Moves
) -> None:
    for chunk in chunks(gone):
        await session.execute(delete(sketches).where(sketches.c.story_id.in_(chunk)))
    if rows:
        insert = session.insert(sketches)
        kept = {name: insert.excluded[name] for name in ("version", "packed")}
        await session.execute(
            insert.on_conflict_do_update(index_elements=["story_id"], set_=kept), rows
        )
    await _move(session, "DELETE FROM bands WHERE (key, story_id) IN ({})", moves.went)
    await _move(session, "INSERT INTO bands (key, story_id) {} ON CONFLICT DO NOTHING", moves.came)


async def _move(session: WriteSession, statement: str, moved: Mapping[int, set[int]]) -> None:
    """Run a statement over pairs of key and story, in the order of the index."""
    pairs = sorted((key, story_id) for key, ids in moved.items() for story_id in ids)
    if not pairs:
        return
    if session.dialect == SQLITE:
        # WHERE, since SQLite takes ON after a bare FROM for a join's
        rows = (
            "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')"
            " FROM json_each(:pairs) WHERE true"
        )
        parameters: dict[str, object] = {"pairs": orjson.dumps(pairs).decode()}
    else:
        rows = "SELECT * FROM unnest(CAST(:keys AS BIGINT[]), CAST(:ids AS BIGINT[]))"
        parameters = {"keys": [key for key, _ in pairs], "ids": [story for _, story in pairs]}
    await session.execute(text(statement.format(rows)), parameters)


def _stretches(touched: set[int]) -> list[list[int]]:
    """Stories in order, apart where more than a week lies between them: so far none is compared."""
    ordered = sorted(touched)
    found = [ordered[:1]]
    for one, other in pairwise(ordered):
        if (other >> ID_RANDOM_BITS) - (one >> ID_RANDOM_BITS) > WINDOW_MS:
            found.append([])
        found[-1].append(other)
    return found


def _shifted(story_id: int, span_ms: int) -> int:
    """The first id that is so much later, or earlier."""
    return max(0, (story_id >> ID_RANDOM_BITS) + span_ms) << ID_RANDOM_BITS
