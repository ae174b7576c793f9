"""Clusters as they are read: the stories in them, first published first; of several published at
one time, those first seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, TypeAlias

from sqlalchemy import Row, select

from app.errors import NotFound
from app.store.clusters import clusters_of
from app.store.engine import ReadSession, to_ms
from app.store.models import members, sources, stories
from app.store.stories import load_stories

SHOWN: Final = 100
"""How many reprints a story is shown with."""

MAX_WORDS: Final = 200_000
"""Words on a page of a cluster."""

Turn: TypeAlias = tuple[int, int, int]
"""A story's place in its cluster: published and first seen (milliseconds), id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Some stories of a cluster with their texts, of `size` in all; its `first`, and where the
    next ones begin, None at the end.
    """

    id: int
    size: int
    first: Row[Any]
    stories: Sequence[Row[Any]]
    following: Turn | None


async def reprints_of(session: ReadSession, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """The other stories of each story's cluster, at most SHOWN of each."""
    clusters = await clusters_of(session, ids)
    listed = {cluster: await _in_turn(session, cluster, SHOWN + 1) for cluster in clusters.values()}
    return {
        story_id: [
            row for row in listed.get(clusters.get(story_id, story_id), ()) if row.id != story_id
        ][:SHOWN]
        for story_id in ids
    }


async def get_cluster(
    session: ReadSession, story_id: int, *, after: Turn | None, limit: int
) -> Cluster:
    """The cluster that a story is in; raises NotFound if it is in none.

    A page of long texts is shorter than `limit`, since they are compared word by word.
    """
    cluster = (await clusters_of(session, [story_id])).get(story_id)
    if cluster is None:
        raise NotFound(
            f"there is no cluster with a story {story_id}: GET /v1/stories/{story_id} shows the"
            " story, if there is one, and its cluster_id; null says that it stands alone"
        )
    everyone = await _in_turn(session, cluster, None)
    rest = [row for row in everyone if after is None or _turn(row) > after]
    words = list(accumulate(row.word_count for row in rest[:limit]))
    shown = max(1, bisect_right(words, MAX_WORDS))
    page = [row.id for row in rest[:shown]]
    first = everyone[0].id
    rows = {row.id: row for row in await load_stories(session, [first, *page], body=True)}
    return Cluster(
        id=cluster,
        size=len(everyone),
        first=rows[first],
        stories=[rows[member] for member in page],
        following=_turn(rest[shown - 1]) if len(rest) > shown else None,
    )


def _turn(row: Row[Any]) -> Turn:
    return to_ms(row.published_at), to_ms(row.ingested_at), row.id


async def _in_turn(session: ReadSession, cluster: int, limit: int | None) -> Sequence[Row[Any]]:
    rows = await session.execute(
        select(
            stories.c.id,
            stories.c.url,
            stories.c.title,
            stories.c.published_at,
            stories.c.ingested_at,
            stories.c.word_count,
            stories.c.source_id,
            sources.c.name.label("source_name"),
            sources.c.domain.label("source_domain"),
            sources.c.country.label("source_country"),
        )
        .join(members, members.c.story_id == stories.c.id)
        .join(sources, sources.c.id == stories.c.source_id)
        .where(members.c.cluster_id == cluster)
        .order_by(stories.c.published_at, stories.c.ingested_at, stories.c.id)
        .limit(limit)
    )
    return rows.all()
