"""What operators have said about tags, as plans and renewals read it: one row, with a version."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import func, select, update

from app.core.tagging.policy import TagPolicy, pack_policy, unpack_policy
from app.core.tagging.rules import Rule, read_actions
from app.store.engine import ReadSession, WriteSession
from app.store.models import entries, rules, stories, tag_edits, tag_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """How far the stories on record are brought up to the policy: `left` of `total` are tagged by
    a former version. While `paused`, only stories that change anyway are.
    """

    version: int
    total: int
    left: int
    paused: bool


async def read_policy(session: ReadSession) -> bytes:
    """The policy, packed (`core/tagging/policy.py`); empty before anything was said."""
    return bytes((await session.execute(select(tag_policy.c.packed))).scalar_one())


async def policy_version(session: ReadSession) -> int:
    return int((await session.execute(select(tag_policy.c.version))).scalar_one())


async def hold_policy(session: WriteSession) -> None:
    """Let nobody else change the policy, or what it is made of, until the transaction ends."""
    await session.execute(select(tag_policy.c.version).with_for_update())


async def renew_policy(session: WriteSession) -> int:
    """Pack the rules and edits as they are now, under the next version; the version.

    It stays as it is where stories are tagged as before: a rule that is off was changed, or the
    name of one. The row is held until the end of the transaction.
    """
    held = await session.execute(
        select(tag_policy.c.version, tag_policy.c.packed).with_for_update()
    )
    row = held.one()
    before = unpack_policy(bytes(row.packed))
    policy = await _policy(session, row.version + 1)
    if replace(policy, version=before.version) == before:
        return int(row.version)
    await session.execute(
        update(tag_policy).values(version=policy.version, packed=pack_policy(policy))
    )
    return policy.version


async def read_backfill(session: ReadSession) -> Backfill:
    """Withdrawn stories have no tags to bring up; stories without an entry cannot be."""
    row = (await session.execute(select(tag_policy.c.version, tag_policy.c.paused))).one()
    among = (
        select(func.count())
        .select_from(entries)
        .join(stories, stories.c.id == entries.c.story_id)
        .where(stories.c.status != "killed")
    )
    left = await session.execute(among.where(entries.c.policy < row.version))
    return Backfill(
        version=row.version,
        total=int((await session.execute(among)).scalar_one()),
        left=int(left.scalar_one()),
        paused=row.paused,
    )


async def pause_backfill(session: WriteSession, *, paused: bool) -> None:
    """Leave stories as a former policy tagged them, or take that up again."""
    await session.execute(update(tag_policy).values(paused=paused))


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
