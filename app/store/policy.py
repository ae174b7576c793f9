"""What operators have said about tags, as plans and renewals read it: one row, with a version."""

from __future__ import annotations

from sqlalchemy import select, update

from app.core.tagging.policy import TagPolicy, pack_policy
from app.core.tagging.rules import Rule, read_actions
from app.store.engine import ReadSession, WriteSession
from app.store.models import rules, tag_edits, tag_policy


async def read_policy(session: ReadSession) -> bytes:
    """The policy, packed (`core/tagging/policy.py`); empty before anything was said."""
    return bytes((await session.execute(select(tag_policy.c.packed))).scalar_one())


async def policy_version(session: ReadSession) -> int:
    return int((await session.execute(select(tag_policy.c.version))).scalar_one())


async def renew_policy(session: WriteSession) -> int:
    """Pack the rules and edits as they are now, under the next version; the version.

    The row is held until the end of the transaction: changes come one after the other.
    """
    raised = await session.execute(
        update(tag_policy).values(version=tag_policy.c.version + 1).returning(tag_policy.c.version)
    )
    version = int(raised.scalar_one())
    policy = await _policy(session, version)
    await session.execute(update(tag_policy).values(packed=pack_policy(policy)))
    return version


async def _policy(session: WriteSession, version: int) -> TagPolicy:
    kept = await session.execute(
        select(rules).where(rules.c.enabled).order_by(rules.c.position, rules.c.id)
    )
    edits = (await session.execute(select(tag_edits))).all()
    return TagPolicy(
        version=version,
        rules=tuple(
            Rule(id=row.id, query=row.query, actions=read_actions(row.actions)) for row in kept
        ),
        blocked=frozenset(edit.tag for edit in edits if edit.blocked),
        merged={edit.tag: edit.into for edit in edits if edit.into is not None},
        names={edit.tag: edit.name for edit in edits if edit.name is not None},
    )
