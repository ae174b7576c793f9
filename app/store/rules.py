"""Operators' rules on record: read, added, changed, put in another order, deleted.

Whoever changes them holds the policy's row first, so that changes come one after the other: the
places of the rules are 1 to n, whatever happens at once. What a change means to the stories is
packed in the same transaction (`policy.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, select, update

from app.core.tagging.rules import Actions, pack_actions, read_actions
from app.errors import Conflict, NotFound, PreconditionFailed
from app.store.engine import ReadSession, WriteSession
from app.store.models import rules
from app.store.policy import hold_policy, renew_policy
from app.store.reach import stories_concerned

MAX_RULES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule as it is to be kept; `query` is one that the parser has let through. `position` is
    its place among the rules, from 1; at the end for None.
    """

    name: str
    query: str
    actions: Actions
    enabled: bool = True
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRule:
    """A rule on record; `version` rises with every change that is made to it by its id."""

    id: int
    position: int
    name: str
    query: str
    actions: Actions
    enabled: bool
    version: int
    created_at: datetime
    changed_at: datetime


async def list_rules(session: ReadSession, *, after: int, limit: int) -> list[StoredRule]:
    """Rules in their order, behind the one at the place `after`."""
    rows = await session.execute(
        select(rules).where(rules.c.position > after).order_by(rules.c.position).limit(limit)
    )
    return [_rule(row) for row in rows]


async def get_rule(session: ReadSession, rule_id: int) -> StoredRule:
    """One rule; raises NotFound."""
    row = (await session.execute(select(rules).where(rules.c.id == rule_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no tag rule {rule_id}: GET /v1/admin/tag-rules lists them")
    return _rule(row)


async def add_rule(session: WriteSession, new: NewRule, at: datetime) -> StoredRule:
    """Keep a rule; raises Conflict where there are MAX_RULES already."""
    await hold_policy(session)
    count = await _count(session)
    if count >= MAX_RULES:
        raise Conflict(f"there are {count} rules, which is all there may be: delete some first")
    concerned = await stories_concerned(session, [new.query])
    position = min(new.position or count + 1, count + 1)
    await _shift(session, position, count, by=1)
    added = await session.execute(
        rules.insert()
        .values(
            position=position,
            name=new.name,
            query=new.query,
            actions=pack_actions(new.actions),
            enabled=new.enabled,
            created_at=at,
            changed_at=at,
        )
        .returning(rules.c.id)
    )
    rule_id = int(added.scalar_one())
    await renew_policy(session, concerned)
    return await get_rule(session, rule_id)


async def change_rule(
    session: WriteSession, rule_id: int, values: Mapping[str, Any], *, version: int, at: datetime
) -> StoredRule:
    """Set fields of NewRule, if nobody has changed the rule since `version`.

    Raises PreconditionFailed if somebody has, NotFound if the rule is gone.
    """
    await hold_policy(session)
    rule = await get_rule(session, rule_id)
    if rule.version != version:
        raise PreconditionFailed(
            f"tag rule {rule_id} has been changed since it was read: GET it again for its new ETag"
        )
    concerned = await stories_concerned(session, [rule.query, values.get("query", rule.query)])
    columns = {**values, "version": version + 1, "changed_at": at}
    if "actions" in columns:
        columns["actions"] = pack_actions(columns["actions"])
    if "position" in columns:
        columns["position"] = await _make_room(session, rule, columns["position"])
    await session.execute(update(rules).where(rules.c.id == rule_id).values(**columns))
    await renew_policy(session, concerned)
    return await get_rule(session, rule_id)


async def delete_rule(session: WriteSession, rule_id: int) -> StoredRule:
    """Forget a rule: what it gave and took is taken and given back. Raises NotFound."""
    await hold_policy(session)
    rule = await get_rule(session, rule_id)
    concerned = await stories_concerned(session, [rule.query])
    await session.execute(delete(rules).where(rules.c.id == rule_id))
    await _shift(session, rule.position + 1, await _count(session) + 1, by=-1)
    await renew_policy(session, concerned)
    return rule


async def _make_room(session: WriteSession, rule: StoredRule, wanted: int | None) -> int:
    """The place that a rule is moved to; those between are moved towards its former one."""
    count = await _count(session)
    position = min(wanted or count, count)
    if position < rule.position:
        await _shift(session, position, rule.position - 1, by=1)
    else:
        await _shift(session, rule.position + 1, position, by=-1)
    return position


async def _shift(session: WriteSession, first: int, last: int, *, by: int) -> None:
    """Move the rules at the places from `first` to `last`."""
    await session.execute(
        update(rules)
        .where(rules.c.position.between(first, last))
        .values(position=rules.c.position + by)
    )


async def _count(session: ReadSession) -> int:
    return int((await session.execute(select(func.count()).select_from(rules))).scalar_one())


def _rule(row: Row[Any]) -> StoredRule:
    return StoredRule(
        id=row.id,
        position=row.position,
        name=row.name,
        query=row.query,
        actions=read_actions(row.actions),
        enabled=row.enabled,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
