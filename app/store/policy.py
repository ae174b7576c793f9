"""What operators have said about tags, as plans and renewals read it: one row, with a version.

Each story's entry says by which version it is tagged. A change that may concern any story raises
the version that is `required` of all; one that concerns few marks these STALE. So that no story
that is written meanwhile is missed, whoever writes stories keeps the version from being raised
until the transaction ends, and marks those that were made by a former one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Select, func, select, update

from app.core.story import StoryStatus
from app.core.tagging.policy import TagPolicy, pack_policy, unpack_policy
from app.core.tagging.rules import Rule, read_actions
from app.core.tagging.topic_sections import Sections, fold_section
from app.store.engine import ReadSession, WriteSession
from app.store.models import entries, rules, sources, stories, tag_edits, tag_policy

STALE: Final = -1
"""The policy of a story that is to be tagged again; below every version."""

MAX_MARKED: Final = 50_000
"""To mark more stories would keep those waiting who write: all are made again instead."""

POLICY_LOCK: Final = 0x706F6C69  # "poli"


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
    """Another one whenever tags are given, or merged, otherwise than before."""
    return int((await session.execute(select(tag_policy.c.version))).scalar_one())


async def required_version(session: ReadSession) -> int:
    """The version that every story is tagged by at least; others are made again."""
    return int((await session.execute(select(tag_policy.c.required))).scalar_one())


async def shared_version(session: WriteSession) -> int:
    """The version, which nobody raises before the transaction ends; to be called before entries
    are written.
    """
    await session.share(POLICY_LOCK)
    return int((await session.execute(select(tag_policy.c.version))).scalar_one())


async def hold_policy(session: WriteSession) -> None:
    """Let nobody else change the policy, or what it is made of, until the transaction ends."""
    await session.execute(select(tag_policy.c.version).with_for_update())


async def renew_policy(session: WriteSession, concerned: Select[tuple[int]] | None = None) -> int:
    """Pack the rules and edits as they are now, under the next version; the version.

    It stays as it is where stories are tagged as before: a rule that is off was changed, or the
    name of one. The stories that the change can concern are made again: all where `concerned` does
    not select their ids, or selects more than MAX_MARKED. The row is held until the end of the
    transaction.
    """
    held = await session.execute(select(tag_policy).with_for_update())
    row = held.one()
    before = unpack_policy(bytes(row.packed))
    policy = await _policy(session, row.version + 1)
    if replace(policy, version=before.version) == before:
        return int(row.version)
    if concerned is not None and await _are_many(session, concerned):
        concerned = None
    required = policy.version if concerned is None else row.required
    await session.lock(POLICY_LOCK)  # what was made by the former version is written by now
    await session.execute(
        update(tag_policy).values(
            version=policy.version, required=required, packed=pack_policy(policy)
        )
    )
    if concerned is not None:
        await session.execute(
            update(entries).where(entries.c.story_id.in_(concerned)).values(policy=STALE)
        )
    return policy.version


async def _are_many(session: WriteSession, concerned: Select[tuple[int]]) -> bool:
    some = concerned.limit(MAX_MARKED + 1).subquery()
    counted = await session.execute(select(func.count()).select_from(some))
    return int(counted.scalar_one()) > MAX_MARKED


async def read_backfill(session: ReadSession) -> Backfill:
    """Withdrawn stories have no tags to bring up; stories without an entry cannot be."""
    row = (await session.execute(select(tag_policy))).one()
    among = (
        select(func.count())
        .select_from(entries)
        .join(stories, stories.c.id == entries.c.story_id)
        .where(stories.c.status != StoryStatus.KILLED.value)
    )
    left = await session.execute(among.where(entries.c.policy < row.required))
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
        merged_names={edit.tag: edit.into_name for edit in edits if edit.into_name is not None},
        names={edit.tag: edit.name for edit in edits if edit.name is not None},
        sections=await _sections(session),
    )


async def _sections(session: ReadSession) -> dict[int, Sections]:
    """What operators say of sources' categories, folded."""
    rows = await session.execute(
        select(sources.c.id, sources.c.sections)
        .where(sources.c.sections.is_distinct_from({}))
        .order_by(sources.c.id)
    )
    return {
        row.id: {fold_section(words): code for words, code in row.sections.items()} for row in rows
    }
