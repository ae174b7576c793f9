"""Saved searches: named questions that are asked again, streamed and pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, delete, func, or_, select, update

from app.core.search.asked import Asked
from app.errors import Conflict, NotFound, PreconditionFailed
from app.store.engine import ReadSession, WriteSession
from app.store.models import searches

MAX_SEARCHES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search on record; `asked` are its parameters. One without an owner is everybody's."""

    id: int
    owner_id: int | None
    name: str
    asked: Asked
    version: int
    created_at: datetime
    changed_at: datetime


async def add_search(
    session: WriteSession, *, name: str, asked: Asked, owner_id: int | None, at: datetime
) -> SavedSearch:
    """Keep a search, which has been checked; raises Conflict where there are MAX_SEARCHES."""
    count = int((await session.execute(select(func.count()).select_from(searches))).scalar_one())
    if count >= MAX_SEARCHES:
        raise Conflict(f"there are {count} saved searches, which is all there may be: delete some")
    added = await session.execute(
        searches.insert()
        .values(name=name, asked=_kept(asked), owner_id=owner_id, created_at=at, changed_at=at)
        .returning(searches)
    )
    return _search(added.one())


async def list_searches(
    session: ReadSession,
    *,
    owner_id: int | None,
    everybodys: bool,
    after: int = 0,
    limit: int | None = None,
) -> list[SavedSearch]:
    """Those of an owner, and those that are everybody's; with `everybodys` all there are."""
    query = select(searches).where(searches.c.id > after).order_by(searches.c.id).limit(limit)
    if not everybodys:
        query = query.where(_owned_by(owner_id))
    return [_search(row) for row in await session.execute(query)]


async def get_search(session: ReadSession, search_id: int) -> SavedSearch:
    """One search; raises NotFound."""
    row = (await session.execute(_one(search_id))).one_or_none()
    if row is None:
        raise no_search(search_id)
    return _search(row)


async def change_search(
    session: WriteSession, search_id: int, values: Mapping[str, Any], *, version: int, at: datetime
) -> SavedSearch:
    """Set a name or another question, if nobody has since `version`; raises PreconditionFailed."""
    kept = {**values, "asked": _kept(values["asked"])} if "asked" in values else dict(values)
    changed = await session.execute(
        update(searches)
        .where(searches.c.id == search_id, searches.c.version == version)
        .values(version=version + 1, changed_at=at, **kept)
    )
    found = await get_search(session, search_id)
    if changed.rowcount == 0:
        raise PreconditionFailed(
            f"search {search_id} has been changed since it was read: GET it again for its new ETag"
        )
    return found


async def delete_search(session: WriteSession, search_id: int) -> None:
    """Forget a search, and its webhooks with it; raises NotFound."""
    deleted = await session.execute(delete(searches).where(searches.c.id == search_id))
    if deleted.rowcount == 0:
        raise no_search(search_id)


def no_search(search_id: int) -> NotFound:
    return NotFound(f"there is no saved search {search_id}: GET /v1/searches lists yours")


def _owned_by(owner_id: int | None) -> Any:  # noqa: ANN401 - a SQL expression
    return or_(searches.c.owner_id.is_(None), searches.c.owner_id == owner_id)


def _one(search_id: int) -> Select[Any]:
    return select(searches).where(searches.c.id == search_id)


def _kept(asked: Asked) -> dict[str, Sequence[str]]:
    return {name: list(values) for name, values in asked.items()}


def _search(row: Row[Any]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        owner_id=row.owner_id,
        name=row.name,
        asked=row.asked,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
