"""A story's tags by hand: whatever happens in whatever order, every story ends as the final edits
over the final rules make it from scratch.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.kept import unpack_entry
from app.core.make import Made, Making, make, make_again
from app.core.page.choose import Choice, Kept, Why
from app.core.page.job import ClaimedPage, Told, verdict_of
from app.core.search.facets import StorySource
from app.core.tagging.hand import HandEdit, HandEdits, with_edit, without_edit
from app.core.tagging.rules import GivenTag
from app.errors import Conflict
from app.ingest.renew import Renewer
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database
from app.store.feeds import NewFeed, add_feed
from app.store.models import entries, sources, stories, story_tag_edits
from app.store.page_leases import claim_pages
from app.store.pages import PageApplied, apply_page
from app.store.plans import Applied
from app.store.policy import read_policy
from app.store.renewal import Outdated, StoredEntry, outdated_entries, renew_stories
from app.store.retag import story_to_edit, write_hand_tags
from app.store.tag_edits import merge_tag
from app.store.written import story_columns
from tests.databases import on_postgresql, on_sqlite
from tests.plans import NOW, add, apply, claim_one, entry, make_all_due, plan, poll
from tests.store.test_rules import Here, index_row
from tests.store.test_rules import indexed as index_terms
from tests.store.test_tag_edits import TAGS, Desk, renew
from tests.store.test_tag_edits import indexed as tags_indexed

PORT = GivenTag(scheme="label", code="port", name="Port")


def edit_of(qcode: str, *, given: bool) -> HandEdit:
    scheme, _, code = qcode.partition(":")
    return HandEdit(tag=GivenTag(scheme=scheme, code=code, name=code.title()), given=given)


async def read(database: Database, story_id: int) -> StoredEntry:
    async with database.read() as session:
        return await story_to_edit(session, story_id)


async def write(database: Database, stored: StoredEntry, edits: HandEdits) -> bool:
    made = made_by(stored, edits)
    async with database.write() as session:
        return await write_hand_tags(session, stored, edits, made, NOW)


def made_by(stored: StoredEntry, edits: HandEdits) -> Made:
    return make(unpack_entry(stored.making.entry), replace(stored.making, edits=edits))


@dataclass
class Hands(Desk):
    """Operators who edit the tags of single stories as well; the test keeps its own list."""

    by_hand: dict[int, HandEdits] = field(default_factory=dict)

    async def _some_story(self) -> int:
        async with self.database.read() as session:
            ids = (await session.execute(select(stories.c.id).order_by(stories.c.id))).scalars()
            return self.chance.choice(list(ids))

    def _change(self, edits: HandEdits) -> HandEdits:
        tag = self.chance.choice([*TAGS[:-1], "label:b"])
        match self.chance.choice(["give", "take", "reset"]):
            case "give":
                return with_edit(edits, edit_of(tag, given=True))
            case "take":
                return with_edit(edits, edit_of(tag, given=False))
            case _:
                return without_edit(edits, tag)

    async def by_hand_once(self) -> None:
        story_id = await self._some_story()
        stored = await read(self.database, story_id)
        assert stored.making.edits == self.by_hand.get(story_id, ())
        edits = self._change(stored.making.edits)
        assert await write(self.database, stored, edits)
        self.by_hand[story_id] = edits

    async def by_hand_while_something_else_happens(self) -> None:
        """Whoever read the story before must not write it as it was."""
        async with self.database.read() as session:
            outdated = await outdated_entries(session, before=None, limit=3, which=Outdated.MARKED)
        made = make_again([stored.making for stored in outdated])
        await self.by_hand_once()
        async with self.database.write() as session:
            await renew_stories(session, list(zip(outdated, made, strict=True)), NOW)

    async def something_else_while_by_hand(self) -> None:
        story_id = await self._some_story()
        stored = await read(self.database, story_id)
        await self.chance.choice([self.poll, self.renew, self.by_hand_once, self.edit])()
        edits = self._change(stored.making.edits)
        if await write(self.database, stored, edits):
            self.by_hand[story_id] = edits


async def check(hands: Hands) -> None:
    async with hands.database.read() as session:
        packed = await read_policy(session)
        rows = await session.execute(
            select(stories, entries.c.packed, sources.c.domain, sources.c.country)
            .join(entries, entries.c.story_id == stories.c.id)
            .join(sources, sources.c.id == stories.c.source_id)
        )
    expected: set[tuple[str, int]] = set()
    index: dict[int, frozenset[str]] = {}
    for row in rows:
        source = StorySource(id=row.source_id, domain=row.domain, country=row.country)
        edits = hands.by_hand.get(row.id, ())
        making = Making(entry=row.packed, source=source, policy=packed, edits=edits)
        (again,) = make_again([making])
        columns = {name: getattr(row, name) for name in story_columns(again.story)}
        assert columns == story_columns(again.story)
        if not again.dropped:
            expected |= {(tag.qcode, row.id) for tag in again.story.tags}
            index[row.id] = index_row(row, again)
    assert await tags_indexed(hands.database) == expected
    assert await index_terms(hands.database) == index


async def work(hands: Hands, steps: int) -> None:
    await add(hands.database)
    for act in [*[hands.poll] * 2, *[hands.add_rule] * 2]:
        await act()
    acts = [
        *[hands.by_hand_once] * 6,
        *[hands.edit] * 3,
        *[hands.renew] * 4,
        hands.poll,
        hands.add_rule,
        hands.by_hand_while_something_else_happens,
        hands.something_else_while_by_hand,
    ]
    for _ in range(steps):
        await hands.chance.choice(acts)()
    while await Renewer(hands.database, Here()).renew_marked():
        pass
    await check(hands)


@on_sqlite
@pytest.mark.parametrize("seed", range(6))
async def test_stories_end_as_the_final_edits_over_the_final_rules(
    database: Database, seed: int
) -> None:
    await work(Hands(database, random.Random(seed)), 30)


@on_postgresql
@pytest.mark.parametrize("seed", range(200, 202))
async def test_and_so_they_do_on_postgresql(database: Database, seed: int) -> None:
    await work(Hands(database, random.Random(seed)), 30)


async def one(database: Database, **given: Any) -> int:
    await add(database)
    (new,) = (await poll(database, entry("a", **given))).new
    return new.id


async def tags_of(database: Database, story_id: int) -> set[str]:
    return {tag for tag, tagged in await tags_indexed(database) if tagged == story_id}


async def test_a_plan_made_before_a_hand_edit_is_made_anew(database: Database) -> None:
    story_id = await one(database)
    await make_all_due(database)
    feed = await claim_one(database)
    planned = await plan(database, feed, entry("a", body="Other words."))
    edits = (HandEdit(tag=PORT, given=True),)
    assert await write(database, await read(database, story_id), edits)
    assert await apply(database, planned) is Applied.STALE
    again = await plan(database, feed, entry("a", body="Other words."))
    assert await apply(database, again) is Applied.APPLIED
    assert "label:port" in await tags_of(database, story_id)


async def test_who_made_a_story_without_an_edit_does_not_write_it(database: Database) -> None:
    story_id = await one(database)
    stored = await read(database, story_id)
    edits = (HandEdit(tag=PORT, given=True),)
    assert await write(database, stored, edits)
    async with database.write() as session:
        renewed = await renew_stories(session, [(stored, made_by(stored, ()))], NOW)
    assert (renewed.changed, renewed.same) == (0, 0)
    assert not await write(database, stored, ()), "another hand was quicker"
    assert "label:port" in await tags_of(database, story_id)


async def test_an_edit_that_changes_nothing_that_is_seen_is_kept_and_not_told(
    database: Database,
) -> None:
    story_id = await one(database)
    async with database.read() as session:
        before = await read_changes(session, 0, 10)
    edits = (edit_of("label:port", given=False),)
    assert await write(database, await read(database, story_id), edits)
    async with database.read() as session:
        assert await read_changes(session, 0, 10) == before
    assert (await read(database, story_id)).making.edits == edits


async def test_nothing_is_kept_of_an_edit_whose_transaction_fails(database: Database) -> None:
    story_id = await one(database)
    stored = await read(database, story_id)
    edits = (HandEdit(tag=PORT, given=True),)
    with suppress(Conflict):
        async with database.write() as session:
            assert await write_hand_tags(session, stored, edits, made_by(stored, edits), NOW)
            raise Conflict("the end")
    async with database.read() as session:
        assert (await session.execute(select(story_tag_edits))).all() == []
        told = {change.type for change in await read_changes(session, 0, 10)}
    assert told == {ChangeType.CREATED}
    assert "label:port" not in await tags_of(database, story_id)


async def test_a_page_told_before_a_hand_edit_is_due_again(database: Database) -> None:
    new = NewFeed(
        url="https://feed.example/rss", host="feed.example", domain="news.example", full_text=True
    )
    async with database.write() as session:
        await add_feed(session, new, NOW)
    story_id = (await poll(database, entry("a"))).new[0].id
    page = await claim_page(database)
    edits = (HandEdit(tag=PORT, given=True),)
    assert await write(database, await read(database, story_id), edits)
    assert await tell(database, page) is PageApplied.STALE
    assert "label:port" in await tags_of(database, story_id)
    page = await claim_page(database)
    assert page.making.edits == edits
    assert await tell(database, page) is PageApplied.APPLIED


async def claim_page(database: Database) -> ClaimedPage:
    async with database.write() as session:
        await session.execute(text("UPDATE pages SET due_at = 0"))
        await session.execute(text("UPDATE hosts SET free_at = 0, busy_until = NULL"))
        (page,) = await claim_pages(session, limit=9, lease_s=60)
    return page


async def tell(database: Database, page: ClaimedPage) -> PageApplied:
    made = make(unpack_entry(page.making.entry), page.making)
    choice = Choice(kept=Kept.PAGE, why=Why.LONGER, feed_words=1, page_words=2)
    result = Told(choice=choice, made=made)
    async with database.write() as session:
        return await apply_page(session, page, result, verdict_of(result, 1, NOW, 0.5), NOW)


async def test_a_merge_concerns_stories_that_a_hand_took_the_tag_from(database: Database) -> None:
    story_id = await one(database, categories=("Transport",))
    taken = edit_of("category:boats", given=False)
    assert await write(database, await read(database, story_id), (taken,))
    async with database.write() as session:
        await merge_tag(session, "category:boats", "category:transport", NOW)
    await renew(database)
    assert "category:transport" not in await tags_of(database, story_id)
