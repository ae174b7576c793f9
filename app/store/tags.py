"""Tags, and which live stories have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from app.core.hashing import hash64
from app.core.story import Tag
from app.core.tag import fold_name
from app.store.engine import ReadSession, WriteSession
from app.store.known import chunks
from app.store.models import story_tags, tags

MAX_ID = (1 << 63) - 1
NAMELESS = ""
"""The name of a tag whose own was taken back: the next story that has it names it."""


async def replace_tags(
    session: WriteSession, tagged: Sequence[tuple[int, tuple[Tag, ...]]]
) -> None:
    """Give each story (by id) exactly these tags."""
    for chunk in chunks({story_id for story_id, _ in tagged}):
        await session.execute(delete(story_tags).where(story_tags.c.story_id.in_(chunk)))
    rows = [
        {
            "tag_id": tag_id(tag.scheme, tag.code),
            "story_id": story_id,
            "by": tag.by.value,
            "score": tag.score,
            "inferred": tag.inferred,
        }
        for story_id, given in tagged
        for tag in given
    ]
    if not rows:
        return
    await _ensure(session, (tag for _, given in tagged for tag in given))
    await session.execute(session.insert(story_tags).on_conflict_do_nothing(), rows)


def tag_id(scheme: str, code: str) -> int:
    """The key of a tag: a fingerprint, so that writing one needs no look-up."""
    return hash64("tag", scheme, code) & MAX_ID


async def tag_names(session: ReadSession, qcodes: Iterable[str]) -> dict[str, str]:
    """The names of those tags that stories have had; the code for one without a name."""
    ids = {tag_id(*qcode.split(":", 1)): qcode for qcode in qcodes}
    names: dict[str, str] = {}
    for chunk in chunks(ids.keys()):
        rows = await session.execute(
            select(tags.c.id, tags.c.code, tags.c.name).where(tags.c.id.in_(chunk))
        )
        names |= {ids[row.id]: row.name or row.code for row in rows}
    return names


async def _ensure(session: WriteSession, wanted: Iterable[Tag]) -> None:
    """Make the tags that are new, and name those that have lost their name; in the order of their
    ids, so that two writers never lock up.
    """
    rows = {
        tag_id(tag.scheme, tag.code): {
            "scheme": tag.scheme,
            "code": tag.code,
            "name": tag.name,
            "folded": fold_name(tag.name),
        }
        for tag in wanted
    }
    present: set[int] = set()
    for chunk in chunks(rows.keys()):
        known = select(tags.c.id).where(tags.c.id.in_(chunk), tags.c.name != NAMELESS)
        present |= set((await session.execute(known)).scalars())
    missing = sorted(rows.keys() - present)
    if missing:
        insert = session.insert(tags)
        made = [{"id": key, **rows[key]} for key in missing]
        # A tag is unique by its id and by its code, and PostgreSQL looks out for writers beside us
        # in one of these only if it is told what to do then; in both if it is to do nothing.
        await session.execute(insert.on_conflict_do_nothing(), made)
        named = {name: insert.excluded[name] for name in ("name", "folded")}
        await session.execute(
            insert.on_conflict_do_update(
                index_elements=["id"], set_=named, where=tags.c.name == NAMELESS
            ),
            made,
        )
