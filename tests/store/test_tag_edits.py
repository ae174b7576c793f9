"""What operators do to tags: only the stories that it concerns are made again, and what comes of
it is what the last state of things says.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core.make import Making, make_again
from app.core.search.facets import StorySource
from app.core.search.filters import filter_of
from app.core.search.query import FilterKind
from app.core.search.search import Search
from app.core.tagging.policy import unpack_policy
from app.core.tagging.rules import Actions, GivenTag, Visibility
from app.errors import Conflict
from app.ingest.renew import Renewer
from app.store import policy
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database
from app.store.find import find_stories
from app.store.models import entries, sources, stories, story_tags, tags
from app.store.plans import Applied
from app.store.policy import STALE, read_policy, shared_version
from app.store.renewal import Outdated, outdated_entries, renew_stories
from app.store.rules import NewRule, add_rule
from app.store.tag_edits import block_tag, list_edits, merge_tag, read_edit, rename_tag
from app.store.tags import tag_names
from app.store.written import story_columns
from tests.databases import on_postgresql, on_sqlite
from tests.plans import NOW, add, apply, claim_one, entry, make_all_due, plan, poll
from tests.store.test_rules import Here, Newsroom, index_row
from tests.store.test_rules import indexed as index_terms

LATER = NOW + timedelta(hours=1)
WORDS = {
    "a": ("Ferries", "World"),
    "b": ("Ferry news", "World"),
    "c": ("Ports",),
    "d": ("Ferries", "Ports"),
    "e": (),
}
FERRIES, FERRY_NEWS, PORTS = "category:ferries", "category:ferry-news", "category:ports"


async def stocked(database: Database) -> dict[str, int]:
    await add(database)
    planned = await poll(
        database,
        *(entry(name, body=f"Body of {name}.", categories=c) for name, c in WORDS.items()),
    )
    return {new.made.story.title: new.id for new in planned.new}


async def renew(database: Database) -> int:
    renewer, done = Renewer(database, Here()), 0
    while found := await renewer.renew_marked():
        done += found
    return done


async def waiting(database: Database) -> int:
    async with database.read() as session:
        rows = await session.execute(select(entries.c.policy).where(entries.c.policy == STALE))
        return len(rows.all())


async def tagged(database: Database) -> list[tuple[str, str, frozenset[tuple[str, str]]]]:
    """Title, status, and tags with their names, without the language."""
    async with database.read() as session:
        rows = await session.execute(select(stories).order_by(stories.c.title))
        return [
            (
                row.title,
                row.status,
                frozenset(
                    (f"{t['scheme']}:{t['code']}", t["name"])
                    for t in row.tags
                    if t["scheme"] != "lang"
                ),
            )
            for row in rows
        ]


async def indexed(database: Database) -> set[tuple[str, int]]:
    async with database.read() as session:
        rows = await session.execute(
            select(tags.c.scheme, tags.c.code, story_tags.c.story_id).join(
                tags, tags.c.id == story_tags.c.tag_id
            )
        )
        return {(f"{row.scheme}:{row.code}", row.story_id) for row in rows}


async def finding(database: Database, tag: str) -> set[int]:
    search = Search(filters=(filter_of(FilterKind.TAG, tag),))
    async with database.read() as session:
        return set((await find_stories(session, search, after=None, limit=9, now=LATER)).ids)


async def test_only_stories_that_have_the_tag_are_made_again(database: Database) -> None:
    await stocked(database)
    async with database.write() as session:
        await block_tag(session, FERRIES, LATER, blocked=True)
    assert await waiting(database) == 2
    assert await renew(database) == 2
    assert FERRIES not in {tag for tag, _ in await indexed(database)}
    async with database.read() as session:
        told = [c.type for c in await read_changes(session, 0, 100)]
    assert told.count(ChangeType.RETAGGED) == 2
    async with database.write() as session:  # it stands nowhere: who would get it is not known
        await block_tag(session, FERRIES, LATER, blocked=False)
    assert await renew(database) == 5
    assert len(await finding(database, FERRIES)) == 2


async def test_a_merged_tag_is_found_at_once_and_afterwards(database: Database) -> None:
    await stocked(database)
    before = await finding(database, FERRY_NEWS), await finding(database, FERRIES)
    async with database.write() as session:
        await merge_tag(session, FERRY_NEWS, FERRIES, LATER)
    assert await finding(database, FERRY_NEWS) == before[0] | before[1]
    assert await renew(database) == 1
    assert await finding(database, FERRY_NEWS) == before[0] | before[1]
    assert await finding(database, FERRIES) == before[0] | before[1]
    names = {name for _, _, had in await tagged(database) for tag, name in had if tag == FERRIES}
    assert names == {"Ferries"}, "under the other's name"
    async with database.write() as session:
        await merge_tag(session, FERRY_NEWS, None, LATER)
    assert await renew(database) == 3
    assert (await finding(database, FERRY_NEWS), await finding(database, FERRIES)) == before


async def test_merges_one_after_another(database: Database) -> None:
    await stocked(database)
    async with database.write() as session:
        await merge_tag(session, FERRY_NEWS, FERRIES, LATER)
        await merge_tag(session, FERRIES, PORTS, LATER)
    await renew(database)
    every = await finding(database, PORTS)
    assert len(every) == 4
    assert await finding(database, FERRY_NEWS) == await finding(database, FERRIES) == every


async def test_what_cannot_be_merged(database: Database) -> None:
    await stocked(database)
    async with database.write() as session:
        await merge_tag(session, FERRY_NEWS, FERRIES, LATER)
        await merge_tag(session, FERRIES, PORTS, LATER)
        for tag, into in [
            (PORTS, PORTS),
            (PORTS, FERRIES),
            (PORTS, FERRY_NEWS),
            ("category:x", "agency:ap"),
            ("agency:ap", "category:x"),
        ]:
            with pytest.raises(Conflict):
                await merge_tag(session, tag, into, LATER)
        for n in range(14):  # two are there already
            await merge_tag(session, f"category:n{n}", f"category:n{n + 1}", LATER)
        await merge_tag(session, "category:n14", "category:n15", LATER)
        with pytest.raises(Conflict, match="follow"):
            await merge_tag(session, PORTS, "category:n0", LATER)
    async with database.read() as session:
        assert (await read_edit(session, PORTS)).into is None


async def test_a_name_is_given_and_taken_back(database: Database) -> None:
    await stocked(database)

    async def shown() -> tuple[set[str], str]:
        async with database.read() as session:
            (listed,) = (await tag_names(session, [FERRIES])).values()
        had = {n for _, _, each in await tagged(database) for tag, n in each if tag == FERRIES}
        return had, listed

    async with database.write() as session:
        await rename_tag(session, FERRIES, "Boats", LATER)
    assert await renew(database) == 2
    assert await shown() == ({"Boats"}, "Boats")
    async with database.write() as session:
        await rename_tag(session, FERRIES, None, LATER)
    assert (await shown())[1] == "ferries"
    assert await renew(database) == 2
    assert await shown() == ({"Ferries"}, "Ferries")


async def test_an_edit_that_changes_nothing_has_nothing_made_again(database: Database) -> None:
    await stocked(database)
    async with database.write() as session:
        await block_tag(session, FERRIES, LATER, blocked=False)
        await merge_tag(session, FERRIES, None, LATER)
        await rename_tag(session, FERRIES, None, LATER)
    assert await waiting(database) == await renew(database) == 0
    async with database.read() as session:
        assert await list_edits(session, kind=None, after="", limit=9) == []


async def test_a_dropped_story_comes_back_when_its_tag_is_blocked(database: Database) -> None:
    await stocked(database)
    async with database.write() as session:
        await add_rule(session, rule(f"tag:{PORTS}", drop=True), LATER)
    await renew(database)
    assert [status for _, status, _ in await tagged(database)].count("dropped") == 2
    async with database.write() as session:
        await block_tag(session, PORTS, LATER, blocked=True)
    assert await renew(database) == 2
    assert [status for _, status, _ in await tagged(database)].count("dropped") == 0


async def test_a_rule_that_speaks_of_a_merged_tag_means_the_other(database: Database) -> None:
    await stocked(database)
    async with database.write() as session:
        await add_rule(session, rule(f"tag:{FERRY_NEWS}", add=["label:boat"]), LATER)
        await add_rule(session, rule("body", remove=[FERRY_NEWS]), LATER)
        await merge_tag(session, FERRY_NEWS, FERRIES, LATER)
    await renew(database)
    found = {tag for tag, _ in await indexed(database)}
    assert FERRIES not in found
    assert len(await finding(database, "label:boat")) == 3


async def test_a_tag_that_a_rule_takes_away_comes_back_under_another_name(
    database: Database,
) -> None:
    """No story has it: any may come out otherwise."""
    await stocked(database)
    async with database.write() as session:
        await merge_tag(session, FERRY_NEWS, FERRIES, LATER)
        await add_rule(session, rule("body", remove=[FERRIES]), LATER)
    await renew(database)
    assert await finding(database, FERRY_NEWS) == set()
    async with database.write() as session:
        await merge_tag(session, FERRY_NEWS, None, LATER)
    await renew(database)
    assert len(await finding(database, FERRY_NEWS)) == 1
    async with database.write() as session:
        await merge_tag(session, FERRIES, PORTS, LATER)
        await merge_tag(session, FERRIES, None, LATER)
        await merge_tag(session, PORTS, FERRIES, LATER)
    await renew(database)
    assert await finding(database, PORTS) == set()


async def test_an_agency_that_a_rule_replaces_still_decides_for_rules(database: Database) -> None:
    await add(database)
    await poll(database, entry("a", body="TOKYO (AP) - The ferry sailed at noon."))
    async with database.write() as session:
        await add_rule(session, replace_agency("agency:ap", "kyodo"), LATER)
    await renew(database)
    assert len(await finding(database, "agency:kyodo")) == 1
    async with database.write() as session:
        await block_tag(session, "agency:ap", LATER, blocked=True)
    await renew(database)
    assert await finding(database, "agency:kyodo") == set()


def replace_agency(query: str, agency: str) -> NewRule:
    return NewRule(name="A rule", query=query, actions=Actions(agency=agency))


def rule(
    query: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), drop: bool = False
) -> NewRule:
    given = (GivenTag(scheme=q.partition(":")[0], code=q.partition(":")[2], name=q) for q in add)
    actions = Actions(
        add=tuple(given), remove=tuple(remove), visibility=Visibility.DROP if drop else None
    )
    return NewRule(name="A rule", query=query, actions=actions)


async def test_a_story_that_was_planned_before_an_edit_is_not_missed(database: Database) -> None:
    await stocked(database)
    await make_all_due(database)
    feed = await claim_one(database)
    planned = await plan(database, feed, entry("f", body="Body.", categories=("Ports",)))
    async with database.write() as session:
        await block_tag(session, PORTS, LATER, blocked=True)
    await renew(database)
    assert await apply(database, planned) is Applied.APPLIED
    assert PORTS in {tag for tag, _ in await indexed(database)}
    assert await renew(database) == 1
    assert PORTS not in {tag for tag, _ in await indexed(database)}


async def test_a_story_that_was_made_again_before_an_edit_is_not_missed(
    database: Database,
) -> None:
    await stocked(database)
    async with database.write() as session:
        await rename_tag(session, PORTS, "Harbours", LATER)
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=9, which=Outdated.MARKED)
    made = make_again([stored.making for stored in read])
    async with database.write() as session:
        await block_tag(session, PORTS, LATER, blocked=True)
    async with database.write() as session:
        await renew_stories(session, list(zip(read, made, strict=True)), LATER)
    await renew(database)
    assert PORTS not in {tag for tag, _ in await indexed(database)}


@on_postgresql
async def test_an_edit_waits_for_who_writes_stories(database: Database) -> None:
    await stocked(database)
    async with database.write() as poll_session:
        await shared_version(poll_session)
        async with database.write() as other:
            await shared_version(other)  # those who write stories do not wait for each other
        edit = asyncio.create_task(block(database, PORTS))
        async with database.read() as session:
            while True:
                waits = await session.execute(
                    text(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                        " AND database = (SELECT oid FROM pg_database"
                        " WHERE datname = current_database())"
                    )
                )
                if waits.scalar_one() or edit.done():
                    break
        assert not edit.done()
    await asyncio.wait_for(edit, 30)


async def block(database: Database, tag: str) -> None:
    async with database.write() as session:
        await block_tag(session, tag, LATER, blocked=True)


TAGS = ["category:transport", "category:weather", "category:boats", "label:a", "agency:ap"]


@dataclass
class Desk(Newsroom):
    """Operators who edit tags as well; the test keeps its own list of the edits."""

    edits: dict[str, tuple[bool, str | None, str | None]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)  # few, so that much happens to each

    def __post_init__(self) -> None:
        self.tags = self.chance.sample(TAGS, 2)

    async def edit(self) -> None:
        tag = self.chance.choice(self.tags)
        blocked, into, name = self.edits.get(tag, (False, None, None))
        async with self.database.write() as session:
            match self.chance.choice(["block", "block", "merge", "name"]):
                case "block":
                    blocked = not blocked
                    await block_tag(session, tag, NOW, blocked=blocked)
                case "merge":
                    wanted = None if into else self.chance.choice(TAGS)
                    with suppress(Conflict):
                        await merge_tag(session, tag, wanted, NOW)
                        into = wanted
                case "name":
                    name = None if name else self.chance.choice(["One", "Two"])
                    await rename_tag(session, tag, name, NOW)
        self.edits[tag] = (blocked, into, name)

    async def edit_while_stories_are_made(self) -> None:
        async with self.database.read() as session:
            read = await outdated_entries(session, before=None, limit=3, which=Outdated.MARKED)
        made = make_again([stored.making for stored in read])
        await self.edit()
        async with self.database.write() as session:
            await renew_stories(session, list(zip(read, made, strict=True)), NOW)


async def edit_tags(desk: Desk, steps: int) -> None:
    """Mostly edits, since a rule that changes has every story made again."""
    await add(desk.database)
    for act in [*[desk.poll] * 3, *[desk.add_rule] * 3]:
        await act()
    acts = [*[desk.edit] * 8, *[desk.renew] * 8, desk.poll, desk.edit_while_stories_are_made]
    for _ in range(steps):
        await desk.chance.choice(acts)()
    await renew(desk.database)


async def check(desk: Desk) -> None:
    """Every story as the policy makes it from scratch that the test's own list comes to."""
    async with desk.database.read() as session:
        packed = await read_policy(session)
        rows = await session.execute(
            select(stories, entries.c.packed, sources.c.domain, sources.c.country)
            .join(entries, entries.c.story_id == stories.c.id)
            .join(sources, sources.c.id == stories.c.source_id)
        )
    known = unpack_policy(packed)
    assert known.blocked == {tag for tag, (blocked, _, _) in desk.edits.items() if blocked}
    assert known.merged == {tag: into for tag, (_, into, _) in desk.edits.items() if into}
    assert known.names == {tag: name for tag, (_, _, name) in desk.edits.items() if name}
    assert [r.id for r in known.rules] == [r.id for r, on in desk.rules if on]
    expected: set[tuple[str, int]] = set()
    index: dict[int, frozenset[str]] = {}
    for row in rows:
        source = StorySource(id=row.source_id, domain=row.domain, country=row.country)
        (again,) = make_again([Making(entry=row.packed, source=source, policy=packed)])
        columns = {name: getattr(row, name) for name in story_columns(again.story)}
        assert columns == story_columns(again.story)
        assert row.status == ("dropped" if again.dropped else "live")
        if not again.dropped:
            expected |= {(tag.qcode, row.id) for tag in again.story.tags}
            index[row.id] = index_row(row, again)
    assert await indexed(desk.database) == expected
    assert await index_terms(desk.database) == index


@on_sqlite
@pytest.mark.parametrize("seed", range(10))
async def test_stories_end_as_the_final_edits_make_them_from_scratch(
    database: Database, seed: int
) -> None:
    desk = Desk(database, random.Random(seed))
    await edit_tags(desk, 40)
    await check(desk)


@on_postgresql
@pytest.mark.parametrize("seed", range(100, 102))
async def test_and_so_they_do_on_postgresql(database: Database, seed: int) -> None:
    desk = Desk(database, random.Random(seed))
    await edit_tags(desk, 40)
    await check(desk)


async def test_where_too_many_have_the_tag_all_are_made_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stocked(database)
    monkeypatch.setattr(policy, "MAX_MARKED", 2)
    await block(database, FERRIES)
    assert await renew(database) == 2
    monkeypatch.setattr(policy, "MAX_MARKED", 1)
    await block(database, PORTS)
    assert await waiting(database) == 0
    assert await renew(database) == 5
    assert {PORTS, FERRIES} & {tag for tag, _ in await indexed(database)} == set()
