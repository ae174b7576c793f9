"""What a source repeats: learned by polls, taken from what is on record, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from app.core.identity import keys_of
from app.core.kept import unpack_entry
from app.core.make import make_again, story_of
from app.core.normal.lines import Place
from app.core.normal.repeats import LineState
from app.core.poll import ClaimedFeed, FeedPlan
from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.core.story import BlockType, block_record
from app.core.types import Entry
from app.errors import Conflict, NotFound
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database
from app.store.feeds import delete_feed
from app.store.find import find_stories
from app.store.learned import LearnedLine, change_line, list_lines, set_line
from app.store.lines import read_lines
from app.store.models import entries, stories, texts
from app.store.plans import Applied
from app.store.recall import recall
from app.store.renewal import MARKED, Outdated, Renewed, outdated_entries, renew_stories
from tests.databases import on_postgresql
from tests.plans import (
    NOW,
    add,
    apply,
    claim,
    claim_one,
    document,
    entry,
    make_all_due,
    plan,
    poll,
)

LATER = NOW + timedelta(hours=1)
FOOTER = "More from the harbour desk"
SUBJECTS = (
    ("Ferry sails with empty decks", "Nobody had bought a ticket when the gates closed."),
    ("Pilots refuse night shifts", "Their union wants two men on every bridge."),
    ("Lighthouse lamp goes dark", "A fuse blew at four in the morning."),
    ("Cranes moved to northern quay", "The oldest of them weighs as much as a church."),
    ("Oyster beds closed after storm", "Divers found mud where shells had been."),
    ("Tunnel opens under river mouth", "Cyclists may use it for nothing until spring."),
    ("Museum buys whaling ship", "Children asked most about the bell."),
)


def tell(number: int, *lines: str, footer: str = FOOTER) -> Entry:
    """A story of its own, over the line that all stories end with."""
    title, words = SUBJECTS[number]
    words = "</p><p>".join((words, *lines, footer))
    return entry(f"s{number}", title=title, body=words)


async def lines(database: Database, **asked: object) -> list[LearnedLine]:
    async with database.read() as session:
        given = {"source_id": None, "state": None, "after_id": 0, "limit": 10, **asked}
        return await list_lines(session, **given)


async def told(database: Database) -> dict[str, str]:
    """The text of every story by its title."""
    query = select(stories.c.title, texts.c.text).join(texts, texts.c.story_id == stories.c.id)
    async with database.read() as session:
        return {row.title: row.text for row in await session.execute(query)}


async def marked(database: Database) -> int:
    query = select(func.count()).select_from(entries).where(entries.c.version <= MARKED)
    async with database.read() as session:
        return (await session.execute(query)).scalar_one()


async def renew(database: Database) -> Renewed:
    """Make the stories again that are marked for it."""
    async with database.read() as session:
        found = await outdated_entries(session, before=None, limit=100, which=Outdated.MARKED)
    made = make_again([one.making for one in found])
    async with database.write() as session:
        return await renew_stories(session, list(zip(found, made, strict=True)), LATER)


async def decide(database: Database, line: LearnedLine, state: LineState) -> LearnedLine:
    async with database.write() as session:
        return await change_line(session, line.id, state, LATER)


async def found(database: Database, q: str) -> int:
    async with database.read() as session:
        search = Search(text=parse_query(q))
        return len((await find_stories(session, search, after=None, limit=50, now=LATER)).ids)


async def test_a_line_is_learned_at_the_fourth_story_and_earlier_ones_are_marked(
    database: Database,
) -> None:
    await add(database)
    await poll(database, *(tell(n) for n in range(3)))
    assert await lines(database) == [], "three stories are too few"
    planned = await poll(database, *(tell(n) for n in range(4)), now=LATER)
    assert [(x.place, x.text, x.stories) for x in planned.lessons] == [(Place.LINE, FOOTER, 4)]
    (line,) = await lines(database)
    assert (line.text, line.stories, line.state) == (FOOTER, 4, LineState.LEARNED)
    assert (line.learned_at, line.changed_at) == (LATER, LATER)
    assert await marked(database) == 3, "not the fourth, which came out right"
    assert FOOTER not in (await told(database))[SUBJECTS[3][0]]


async def test_stories_on_record_lose_the_line_and_keep_it_as_boilerplate(
    database: Database,
) -> None:
    await add(database)
    for upto in (3, 5):
        await poll(database, *(tell(n) for n in range(upto)), now=NOW)
    assert await found(database, "desk") == 3
    assert await renew(database) == Renewed(changed=3, same=0)
    assert await found(database, "desk") == 0, "and they are not found by it"
    assert not any(FOOTER in text for text in (await told(database)).values())
    async with database.read() as session:
        kept = (await session.execute(select(texts.c.blocks))).scalars().all()
        log = await read_changes(session, 0, 50)
    last = {(blocks[-1]["type"], blocks[-1]["text"], blocks[-1]["rule"]) for blocks in kept}
    assert last == {(BlockType.BOILERPLATE.value, FOOTER, "repeated-line")}
    assert [c.type for c in log][-3:] == [ChangeType.RENEWED] * 3
    assert {c.revision for c in log} == {1}, "their publisher said nothing new"
    assert await marked(database) == 0


async def test_a_reverted_line_is_given_back_and_never_learned_again(database: Database) -> None:
    await add(database)
    await poll(database, *(tell(n) for n in range(5)))
    (line,) = await lines(database)
    reverted = await decide(database, line, LineState.REVERTED)
    assert (reverted.state, reverted.changed_at) == (LineState.REVERTED, LATER)
    assert await marked(database) == 5
    assert await renew(database) == Renewed(changed=5, same=0)
    assert all(text.endswith(FOOTER) for text in (await told(database)).values())
    planned = await poll(database, *(tell(n) for n in range(7)), now=LATER)
    assert (len(planned.new), planned.lessons) == (2, ())
    assert all(text.endswith(FOOTER) for text in (await told(database)).values())
    await decide(database, line, LineState.LEARNED)
    assert await renew(database) == Renewed(changed=7, same=0)
    assert not any(FOOTER in text for text in (await told(database)).values())


async def test_to_decide_what_is_decided_marks_nothing(database: Database) -> None:
    await add(database)
    await poll(database, *(tell(n) for n in range(5)))
    (line,) = await lines(database)
    assert await decide(database, line, LineState.LEARNED) == line
    assert await marked(database) == 0


async def test_an_operator_sets_a_line_that_one_story_has(database: Database) -> None:
    await add(database)
    await poll(database, tell(0, footer="Editor on duty: second desk"), tell(1))
    source_id = (await claimed(database)).source_id
    async with database.write() as session:
        line = await set_line(
            session, source_id=source_id, place=Place.LINE, text="EDITOR on duty: second  desk",
            at=LATER,
        )  # fmt: skip
    assert (line.state, line.stories) == (LineState.SET, 0)
    assert await renew(database) == Renewed(changed=1, same=0)
    assert "duty" not in (await told(database))[SUBJECTS[0][0]]
    with pytest.raises(Conflict, match=f"rule {line.id}, set"):
        async with database.write() as session:
            await set_line(session, source_id=source_id, place=Place.LINE, text=line.text, at=NOW)
    with pytest.raises(NotFound):
        async with database.write() as session:
            await set_line(session, source_id=99, place=Place.LINE, text="Any line", at=NOW)


@pytest.mark.parametrize(
    ("place", "text", "body"),
    [
        (Place.PREFIX, "Heard on our radio.", "Heard on our radio. {}"),
        (Place.SUFFIX, "Pictures are on our page.", "{} Pictures are on our page."),
    ],
)
async def test_prefixes_and_suffixes_are_cut_and_given_back(
    database: Database, place: Place, text: str, body: str
) -> None:
    await add(database)
    own = [words for _, words in SUBJECTS]
    said = [
        entry(f"s{n}", title=title, body=body.format(words))
        for n, (title, words) in enumerate(SUBJECTS)
    ]
    await poll(database, *said[:4])
    assert await lines(database) == []
    await poll(database, *said)
    (line,) = await lines(database)
    assert (line.place, line.text) == (place, text)
    assert await renew(database) == Renewed(changed=4, same=0)
    assert set((await told(database)).values()) == set(own)
    await decide(database, line, LineState.REVERTED)
    await renew(database)
    assert set((await told(database)).values()) == {body.format(words) for words in own}


async def test_what_pages_repeat_is_learned_when_the_feed_says_something_new(
    database: Database,
) -> None:
    """No story of the document has the line: those on record were told by their pages since."""
    await add(database)
    bare = [tell(n, footer=f"Said on day {n}: {words}") for n, (_, words) in enumerate(SUBJECTS)]
    await poll(database, *bare[:5])
    by_page = [tell(n).content for n in range(5)]
    async with database.read() as session:
        ids = {row.title: row.id for row in await session.execute(select(stories))}
        kept = {r.story_id: r.packed for r in await session.execute(select(entries))}
    async with database.write() as session:
        for number, content in enumerate(by_page):
            story_id = ids[SUBJECTS[number][0]]
            was = unpack_entry(kept[story_id])
            story = story_of(replace(was, entry=replace(was.entry, content=content)))
            blocks = [block_record(block) for block in story.blocks]
            await session.execute(
                update(texts)
                .where(texts.c.story_id == story_id)
                .values(text=story.text, blocks=blocks, line_hashes=story.lines)
            )
    planned = await poll(database, *bare[:6], now=LATER)
    assert [(lesson.text, lesson.stories) for lesson in planned.lessons] == [("", 5)]
    assert [line.text for line in await lines(database)] == [FOOTER]
    assert await marked(database) == 5


async def test_two_feeds_of_one_source_learn_together(database: Database) -> None:
    one, two = await add(database, "one"), await add(database, "two")
    by_id = {feed.id: feed for feed in await claim(database)}
    await apply(database, await plan(database, by_id[one], tell(0), tell(1)))
    planned = await plan(database, by_id[two], tell(2), tell(3))
    assert [lesson.stories for lesson in planned.lessons] == [4]
    assert await apply(database, planned) is Applied.APPLIED
    assert await renew(database) == Renewed(changed=2, same=0)


async def test_sources_do_not_learn_from_each_other(database: Database) -> None:
    for name in ("one", "two"):
        await add(database, name, domain=f"{name}.example")
    feeds = await claim(database)
    for number, feed in enumerate(feeds):
        planned = await plan(database, feed, tell(2 * number), tell(2 * number + 1))
        assert planned.lessons == ()
        await apply(database, planned)


async def test_a_plan_made_before_a_line_was_decided_is_made_again(database: Database) -> None:
    one, two = await add(database, "one"), await add(database, "two")
    by_id = {feed.id: feed for feed in await claim(database)}
    early = await plan(database, by_id[two], tell(5))
    await apply(database, await plan(database, by_id[one], *(tell(n) for n in range(4))))
    assert await apply(database, early) is Applied.STALE
    again = await plan(database, by_id[two], tell(5))
    assert FOOTER not in again.new[0].made.story.text
    assert await apply(database, again) is Applied.APPLIED


async def test_planning_twice_on_the_same_gives_the_same(database: Database) -> None:
    await add(database)
    await poll(database, *(tell(n) for n in range(3)))
    await make_all_due(database)
    feed = await claim_one(database)
    plans: list[FeedPlan] = [await plan(database, feed, tell(4), tell(5)) for _ in range(2)]
    assert plans[0].lessons
    assert plans[0] == plans[1]


async def test_lines_are_read_where_a_document_brings_new_words(database: Database) -> None:
    await add(database)
    await poll(database, tell(0), tell(1))
    feed = await claimed(database)
    async with database.read() as session:
        old = await recall(session, feed, document(feed, tell(0), tell(1)))
        new = await recall(session, feed, document(feed, tell(0), tell(2)))
        written = await read_lines(session, feed.source_id)
    assert (len(old.lines), len(new.lines)) == (0, 2)
    assert [*new.lines] == sorted(new.lines, reverse=True) == [*written]


async def test_what_a_line_was_learned_from_may_go(database: Database) -> None:
    feed_id = await add(database)
    await poll(database, *(tell(n) for n in range(5)))
    async with database.write() as session:
        await delete_feed(session, feed_id)
    assert len(await lines(database)) == 1, "its stories stay, and so does what they taught"


async def test_lines_are_listed_by_source_state_and_page(database: Database) -> None:
    await add(database)
    await poll(database, tell(0))
    source_id = (await claimed(database)).source_id
    for said in ("First line of all", "Second line of all", "Third line of all"):
        async with database.write() as session:
            await set_line(session, source_id=source_id, place=Place.LINE, text=said, at=NOW)
    first, *others = await lines(database)
    assert [x.text for x in await lines(database, after_id=first.id, limit=1)] == [others[0].text]
    await decide(database, first, LineState.REVERTED)
    assert [x.id for x in await lines(database, state=LineState.REVERTED)] == [first.id]
    assert len(await lines(database, source_id=source_id)) == 3
    assert await lines(database, source_id=source_id + 1) == []


async def claimed(database: Database) -> ClaimedFeed:
    await make_all_due(database)
    return await claim_one(database)


def test_the_stories_here_are_told_apart() -> None:
    assert len(keys_of([tell(n) for n in range(len(SUBJECTS))])) == len(SUBJECTS)


@on_postgresql
async def test_lines_are_not_changed_while_the_policy_marks_stories(database: Database) -> None:
    """Both mark entries, each in an order of its own: without that they might wait for each other
    for ever.
    """
    await add(database)
    await poll(database, *(tell(n) for n in range(4)))
    (line,) = await lines(database)
    held = "SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    async with database.write() as session:
        await change_line(session, line.id, LineState.REVERTED, LATER)
        modes = (await session.execute(text(held))).scalars().all()
    assert modes == ["ShareLock"]
