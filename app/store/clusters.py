"""Clusters of reprints, kept up as stories come and change.

A cluster is a connected component of the stories that are compared (`core/reprints.py`) and alike
(`core/syndicate.py`): it rests on what is on record, not on the order in which it came. Its id is
the smallest id in it.

Two transactions that look for reprints at once would not see each other's stories. So whoever
looks takes a lock first and keeps it to the end: the second sees all that the first has written,
its own stories among the rest. `members` is written under that lock alone, so nobody who waits
for it holds a row that its holder needs.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from sqlalchemy import delete, select

from app.core.reprints import Band, Pair, Sets, connect, joined_pairs, pairs_of, parted_pairs
from app.core.story import StoryStatus
from app.core.syndicate import Sketch, Sketched, are_reprints, band_keys
from app.store.bands import bands_around, bands_between, keep_sketches, read_sketched
from app.store.changes import ChangeType, NewChange
from app.store.engine import ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import members, stories

CLUSTERS_LOCK: Final = 0x636C7573  # "clus"


async def cluster_stories(
    session: WriteSession, written: Mapping[int, Sketch], created: Collection[int] = ()
) -> list[NewChange]:
    """Sketch stories that are new or whose words have changed, and cluster them with others.

    Gives a change for each live story, but those `created` just now, that is of another cluster
    than before. To be called as late as may be, just before `append_changes`: until the transaction
    ends, all others that write sketches wait for it.
    """
    moves = await keep_sketches(session, written, created)
    if not moves:
        return []
    await session.lock(CLUSTERS_LOCK)
    bands = await bands_around(session, moves)
    # Of a flood of reports there are a million pairs: in a thread, so that others are answered.
    pairs, parted = await asyncio.to_thread(_compared, bands)
    sketched = await read_sketched(session, {story for pair in pairs for story in pair})
    edges = await asyncio.to_thread(_edges, pairs, sketched)
    touched = {story for pair in (*edges, *parted) for story in pair} | moves.resketched
    now = await clusters_of(session, touched)
    unsure = {now[story] for story in moves.resketched if story in now}
    unsure |= _perhaps_parted(parted, edges, now)
    after = await _decided(session, edges, now, unsure)
    return await _write(session, after, created)


async def clusters_of(session: ReadSession, ids: Collection[int]) -> dict[int, int]:
    """The cluster of each story that is in one."""
    found: dict[int, int] = {}
    for chunk in chunks(ids):
        rows = await session.execute(select(members).where(members.c.story_id.in_(chunk)))
        found |= {row.story_id: row.cluster_id for row in rows}
    return found


async def stories_of(session: ReadSession, cluster_ids: Collection[int]) -> dict[int, int]:
    """The stories of clusters, each with its cluster."""
    found: dict[int, int] = {}
    for chunk in chunks(cluster_ids):
        rows = await session.execute(select(members).where(members.c.cluster_id.in_(chunk)))
        found |= {row.story_id: row.cluster_id for row in rows}
    return found


def _compared(bands: Iterable[Band]) -> tuple[set[Pair], set[Pair]]:
    """Who is compared, and who no longer is under some key."""
    pairs: set[Pair] = set()
    parted: set[Pair] = set()
    for band in bands:
        pairs.update(pairs_of(band), joined_pairs(band))
        parted.update(parted_pairs(band))
    return pairs, parted


def _edges(pairs: Iterable[Pair], sketched: Mapping[int, Sketched]) -> list[Pair]:
    return [
        (one, other)
        for one, other in pairs
        if one in sketched and other in sketched and are_reprints(sketched[one], sketched[other])
    ]


def _perhaps_parted(
    parted: Iterable[Pair], edges: Iterable[Pair], now: Mapping[int, int]
) -> set[int]:
    """The clusters that a story which came between two of theirs may have torn apart; not where
    it is a reprint of both, and holds them together itself.
    """
    linked = {frozenset(edge) for edge in edges}
    middles = Counter(story for edge in edges for story in edge)
    return {
        now[one]
        for one, other in parted
        if one in now
        and now[one] == now.get(other)
        and not any({one, m} in linked and {other, m} in linked for m in middles)
    }


async def _decided(
    session: ReadSession, edges: Iterable[Pair], now: Mapping[int, int], unsure: set[int]
) -> tuple[dict[int, int | None], dict[int, int]]:
    """The clusters that stories are in, and were in, as far as either may have changed.

    The stories of a cluster that is not `unsure` stay together, whatever it grows into: it stands
    for them by its id, and they are read only if that is no longer the smallest.
    """
    before = await stories_of(session, unsure)
    sets = Sets()
    await _reconnect(session, sets, before)
    items = set(before)
    for edge in edges:
        one, other = (now[s] if now.get(s, None) not in (None, *unsure) else s for s in edge)
        sets.join(one, other)
        items |= {one, other}
    after: dict[int, int | None] = {}
    swallowed: dict[int, int] = {}
    whole = set(now.values()) - unsure
    for cluster, group in sets.joined(items).items():
        for item in group:
            if item not in whole:
                after[item] = cluster if len(group) > 1 else None
            elif item != cluster:
                swallowed[item] = cluster
    moved = await stories_of(session, swallowed)
    after |= {story: swallowed[cluster] for story, cluster in moved.items()}
    return after, {**await clusters_of(session, after.keys() - before.keys()), **before}


async def _reconnect(session: ReadSession, sets: Sets, before: Mapping[int, int]) -> None:
    """Join the stories of clusters anew, each with those of its cluster that it still is like."""
    sketched = await read_sketched(session, before)
    for cluster in set(before.values()):
        group = [story for story, of in before.items() if of == cluster and story in sketched]
        keys = Counter(key for story in group for key in band_keys(sketched[story].sketch))
        shared = [key for key, stories_there in keys.items() if stories_there > 1]
        if shared:
            bands = await bands_between(session, shared, min(group), max(group))
            connect(sets, group, bands, lambda a, b: are_reprints(sketched[a], sketched[b]))


async def _write(
    session: WriteSession,
    decided: tuple[dict[int, int | None], dict[int, int]],
    created: Collection[int],
) -> list[NewChange]:
    after, before = decided
    moved = {s: cluster for s, cluster in after.items() if cluster != before.get(s)}
    rows = [{"story_id": s, "cluster_id": c} for s, c in moved.items() if c is not None]
    if rows:
        insert = session.insert(members)
        await session.execute(
            insert.on_conflict_do_update(
                index_elements=["story_id"], set_={"cluster_id": insert.excluded.cluster_id}
            ),
            rows,
        )
    for chunk in chunks({s for s, cluster in moved.items() if cluster is None}):
        await session.execute(delete(members).where(members.c.story_id.in_(chunk)))
    news: list[NewChange] = []
    for chunk in chunks(moved.keys() - set(created)):
        found = await session.execute(
            select(stories.c.id, stories.c.revision)
            .where(stories.c.id.in_(chunk), stories.c.status == StoryStatus.LIVE.value)
            .order_by(stories.c.id)
        )
        news += (
            NewChange(type=ChangeType.MERGED, story_id=row.id, revision=row.revision)
            for row in found
        )
    return news
