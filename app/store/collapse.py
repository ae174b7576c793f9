"""One story of each cluster: the first, in the order asked for, of those that match.

Whether a story is the first of its cluster rests on the cluster alone, not on the page: a story
is left out if another one of its cluster matches and comes before it. So pages are exact without
remembering what was on the ones before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from app.store.asking import Asked
from app.store.clusters import clusters_of, stories_of
from app.store.engine import ReadSession
from app.store.walk import among, id_spans, in_order

STRETCH: Final = 100
"""Stories that are read at a time, at least: of a page of reprints few are left."""

Found = tuple[int, int]


async def first_of_clusters(
    session: ReadSession, asked: Asked, column: str | None, after: Found | None, limit: int
) -> list[Found]:
    """As `in_order`, without the stories that another one of their cluster comes before."""
    first: list[Found] = []
    size = max(limit, STRETCH)
    while True:
        stretch = await in_order(session, asked, column, after, size)
        first += await _first_of(session, asked, column, stretch)
        if len(first) >= limit or len(stretch) < size:
            return first[:limit]
        after = stretch[-1]


async def one_of_each(session: ReadSession, ranked: Sequence[Found]) -> list[Found]:
    """The first of each cluster in a list that holds all that matches."""
    clusters = await clusters_of(session, [story_id for _, story_id in ranked])
    seen: set[int] = set()
    first: list[Found] = []
    for place in ranked:
        cluster = clusters.get(place[1], place[1])  # as good as an id: its smallest story's
        if cluster not in seen:
            seen.add(cluster)
            first.append(place)
    return first


async def count_collapsed(session: ReadSession, asked: Asked, bound: int) -> tuple[int, bool]:
    """How many clusters and stories by themselves are among the first `bound` stories that match,
    and whether there are more stories than that.
    """
    clusters: set[int] = set()
    alone = seen = 0
    async for span in id_spans(session, asked):
        origin, parameters = span.sql()
        rows = await session.execute(
            text(
                f"SELECT m.cluster_id, count(*) FROM (SELECT hit.id {origin} LIMIT :bound) AS found"  # noqa: S608 - no values in it
                " LEFT JOIN members AS m ON m.story_id = found.id GROUP BY m.cluster_id"
            ),
            {**parameters, "bound": bound + 1 - seen},
        )
        for cluster, count in rows:
            seen += count
            if cluster is None:
                alone += count
            else:
                clusters.add(cluster)
        if seen > bound:
            break
    return alone + len(clusters), seen > bound


async def _first_of(
    session: ReadSession, asked: Asked, column: str | None, stretch: Sequence[Found]
) -> list[Found]:
    clusters = await clusters_of(session, [story_id for _, story_id in stretch])
    if not clusters:
        return list(stretch)
    here = {story_id for _, story_id in stretch}
    others = await stories_of(session, set(clusters.values()))
    matching = await among(session, asked, column, others.keys() - here)
    first: dict[int, Found] = {}
    for place in (*matching, *stretch):
        cluster = others.get(place[1], place[1])
        first[cluster] = max(place, first.get(cluster, place))
    return [place for place in stretch if first[others.get(place[1], place[1])] == place]
