"""Clusters: the stories that are one text, who was first, and which words the others have."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from sqlalchemy import Row

from app.api.deps import DepsDep, Reading
from app.api.listing import Cursor, Limit
from app.api.paging import make_cursor, read_cursor
from app.api.replies import page_reply
from app.api.schemas import problems
from app.api.schemas_clusters import ClusterList
from app.api.shapes import reprint_shape
from app.core.differ import Difference, difference
from app.store.members import get_cluster

router = APIRouter(prefix="/v1", tags=["stories"])

ClusterId = Annotated[
    int, Path(ge=0, lt=1 << 63, description="A cluster's id, or the id of any story in it.")
]


@router.get("/clusters/{cluster_id}", response_model=ClusterList, responses=problems(400, 401, 404))
async def one_cluster(
    request: Request,
    session: Reading,
    deps: DepsDep,
    cluster_id: ClusterId,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """The stories of a cluster of reprints, first published first, each with the words that the
    first one does not have.

    An id that the cluster once had finds it as well: it is that of a story in it.
    """
    bound_to = f"cluster {cluster_id}"
    after = None
    if cursor is not None:
        published, seen, last = map(int, read_cursor(deps.cursor_secret, cursor, bound_to))
        after = (published, seen, last)
    found = await get_cluster(session, cluster_id, after=after, limit=limit)
    following = None
    if found.following is not None:
        following = make_cursor(deps.cursor_secret, [*found.following], bound_to)
    # Long texts take a moment: in a thread, so that others are answered.
    differences = await asyncio.to_thread(_compared, found.first, found.stories)
    return page_reply(
        request,
        [
            _member_shape(row, compared)
            for row, compared in zip(found.stories, differences, strict=True)
        ],
        next_cursor=following,
        limit=limit,
        meta={
            "cluster_id": str(found.id),
            "size": found.size,
            "first_id": str(found.first.id),
        },
    )


def _compared(first: Row[Any], rows: Sequence[Row[Any]]) -> list[Difference | None]:
    before = first._asdict()
    return [None if row.id == first.id else difference(before, row._asdict()) for row in rows]


def _member_shape(row: Row[Any], compared: Difference | None) -> dict[str, Any]:
    return {
        **reprint_shape(row),
        "ingested_at": row.ingested_at,
        "language": row.language,
        "agency": row.agency,
        "status": row.status,
        "word_count": row.word_count,
        "difference": compared
        and {
            "title": compared.title,
            "text": compared.text,
            "words_added": compared.words_added,
            "words_removed": compared.words_removed,
        },
    }
