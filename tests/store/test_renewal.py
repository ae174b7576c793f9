"""Stories made again: by a newer normal form, or because they are marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core import make as make_module
from app.core.make import PLAIN, make_again, taggers_of
from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.core.tagging.model import using
from app.core.types import Failure
from app.ingest.offload import OffloadFailed
from app.ingest.renew import Renewer, renew_batch
from app.store import renewal, written
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database
from app.store.find import find_stories
from app.store.models import entries, revisions, stories
from app.store.renewal import (
    Outdated,
    count_outdated_entries,
    leave_as_they_are,
    mark_for_renewal,
    outdated_entries,
    renew_stories,
)
from app.store.stories import get_story
from tests.plans import NOW, add, entry, poll

LATER = NOW + timedelta(hours=1)


class Here:
    """Does the work of a worker process at once; refuses batches with a story of `poison`."""

    def __init__(self, poison: bytes | None = None) -> None:
        self.poison = poison

    async def run(self, work, makings):
        if any(making.entry == self.poison for making in makings):
            return OffloadFailed(kind=Failure.PARSE_CRASHED, detail="it took too much")
        return work(makings)


async def polled(database: Database, *names: str) -> list[int]:
    """Stories of these names; their ids, newest first."""
    await add(database)
    planned = await poll(database, *(entry(name, body=f"Body of {name}.") for name in names))
    return sorted((new.id for new in planned.new), reverse=True)


async def say(database: Database, story_id: int, words: str) -> None:
    """A story as an older form might have made it."""
    async with database.write() as session:
        await session.execute(
            text("UPDATE texts SET text = :words WHERE story_id = :id"),
            {"words": words, "id": story_id},
        )


async def found(database: Database, q: str) -> list[int]:
    async with database.read() as session:
        search = Search(text=parse_query(q))
        return list((await find_stories(session, search, after=None, limit=9, now=LATER)).ids)


async def log(database: Database) -> list[tuple[ChangeType, int]]:
    async with database.read() as session:
        return [(c.type, c.story_id) for c in await read_changes(session, 0, 100)]


async def versions(database: Database) -> dict[int, int]:
    async with database.read() as session:
        rows = await session.execute(select(entries.c.story_id, entries.c.version))
        return {row[0]: row[1] for row in rows}


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release with another normal form."""
    for where in (make_module, renewal, written):
        monkeypatch.setattr(where, "NORMAL_FORM_VERSION", 3)


@pytest.mark.usefixtures("newer")
async def test_what_comes_out_as_it_is_writes_nothing(database: Database) -> None:
    await polled(database, "a", "b", "c")
    before = await log(database)
    async with database.write() as session:
        await session.execute(text("UPDATE entries SET version = 1"))
    done = await renew_batch(database, Here(), before=None, limit=2)
    assert (done.changed, done.same, done.skipped, done.outdated) == (0, 2, 0, 1)
    done = await renew_batch(database, Here(), before=done.next, limit=2)
    assert (done.same, done.next, done.outdated) == (1, None, 0)
    assert await log(database) == before


@pytest.mark.usefixtures("newer")
async def test_what_comes_out_otherwise_is_written_told_and_no_revision(
    database: Database,
) -> None:
    newest, other = await polled(database, "a", "b")
    before = await log(database)
    await say(database, other, "Older words.")
    async with database.write() as session:
        await session.execute(text("UPDATE entries SET version = 1"))
        await session.execute(text("UPDATE stories SET word_count = 99"))
    await say(database, newest, "Older words.")
    done = await renew_batch(database, Here(), before=None, limit=9)
    assert (done.changed, done.same) == (2, 0)
    async with database.read() as session:
        story = await get_story(session, other)
        kept = (await session.execute(select(revisions))).all()
    assert story.text in {"Body of a.", "Body of b."}
    assert (story.word_count, story.revision) == (3, 1)
    assert kept == []
    assert (await log(database))[len(before) :] == [
        (ChangeType.RENEWED, newest),
        (ChangeType.RENEWED, other),
    ]
    assert set(await found(database, "body")) == {newest, other}


async def test_a_story_that_changed_meanwhile_is_left_alone(database: Database) -> None:
    (story_id,) = await polled(database, "a")
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=9)
    made = make_again([stored.making for stored in read])
    await poll(database, entry("a", body="New words."), now=LATER)
    async with database.write() as session:
        done = await renew_stories(session, list(zip(read, made, strict=True)), LATER)
    assert (done.changed, done.same) == (0, 0)
    assert await found(database, "new words") == [story_id]


async def test_a_mark_that_is_set_meanwhile_is_not_lost(database: Database) -> None:
    (story_id,) = await polled(database, "a")
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=9, which=Outdated.MARKED)
    made = make_again([stored.making for stored in read])
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    async with database.write() as session:
        await renew_stories(session, list(zip(read, made, strict=True)), LATER)
    assert (await versions(database))[story_id] < 0
    assert await Renewer(database, Here()).renew_marked() == 1
    assert (await versions(database))[story_id] == make_module.NORMAL_FORM_VERSION


async def test_a_withdrawn_story_stays_so(database: Database) -> None:
    (story_id,) = await polled(database, "a")
    await poll(database, entry("a", body="This story has been withdrawn."), now=LATER)
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    assert await Renewer(database, Here()).renew_marked() == 0
    async with database.read() as session:
        assert (await get_story(session, story_id)).status == "killed"


async def test_a_story_that_is_too_much_for_a_worker_does_not_hold_up_the_others(
    database: Database,
) -> None:
    ids = await polled(database, "a", "b", "c")
    async with database.write() as session:
        await mark_for_renewal(session, ids)
    async with database.read() as session:
        packed = await session.execute(select(entries.c.packed).where(entries.c.story_id == ids[1]))
    renewer = Renewer(database, Here(poison=packed.scalar_one()))
    assert await renewer.renew_marked() == 3
    assert set((await versions(database)).values()) == {make_module.NORMAL_FORM_VERSION}
    assert await renewer.renew_marked() == 0, "and it is not tried for ever"


async def test_a_source_that_moved_meanwhile_is_read_again(database: Database) -> None:
    (story_id,) = await polled(database, "a")
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=9)
    made = make_again([stored.making for stored in read])
    async with database.write() as session:
        await session.execute(text("UPDATE sources SET country = 'NO'"))
    async with database.write() as session:
        done = await renew_stories(session, list(zip(read, made, strict=True)), LATER)
    assert (done.changed, done.same) == (0, 0)
    assert (await versions(database))[story_id] == 0
    async with database.read() as session:
        assert (await session.execute(select(stories.c.revision))).scalar_one() == 1


async def test_a_mark_set_while_a_story_is_too_much_is_not_lost(database: Database) -> None:
    (story_id,) = await polled(database, "a")
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=9)
    async with database.write() as session:
        await mark_for_renewal(session, [story_id])
    async with database.write() as session:
        await leave_as_they_are(session, read, taggers="1")
    assert (await versions(database))[story_id] < 0


class Quiet:
    """A model that finds nobody."""

    name = "quiet 1"
    languages = frozenset({"en"})

    def read(self, _text):
        return []


async def taggers(database: Database) -> set[str]:
    async with database.read() as session:
        return set((await session.execute(select(entries.c.taggers))).scalars())


async def test_stories_tagged_by_others_are_outdated_until_they_are_made_again(
    database: Database,
) -> None:
    await polled(database, "a", "b", "c")
    assert await taggers(database) == {PLAIN}
    with using(Quiet()):
        ours = taggers_of("quiet 1")
        done = await renew_batch(database, Here(), before=None, limit=2, taggers=ours)
        assert (done.changed, done.same, done.outdated) == (0, 2, 1)
        assert await taggers(database) == {PLAIN, ours}
        await poll(database, entry("d", body="Body of d."))
        done = await renew_batch(database, Here(), before=None, limit=9, taggers=ours)
        assert (done.same, done.outdated) == (1, 0)
        assert await taggers(database) == {ours}
    done = await renew_batch(database, Here(), before=None, limit=9)
    assert (done.same, done.outdated) == (4, 0)


@pytest.mark.usefixtures("newer")
async def test_stories_may_be_made_again_for_their_tags_alone(database: Database) -> None:
    newest, middle, oldest = await polled(database, "a", "b", "c")
    async with database.write() as session:
        for story_id, column, value in (
            (newest, "version", "1"),
            (middle, "taggers", "'0'"),
            (oldest, "policy", "-1"),
        ):
            await session.execute(
                text(f"UPDATE entries SET {column} = {value} WHERE story_id = {story_id}")  # noqa: S608 - our own words
            )
        await session.execute(text("UPDATE tag_policy SET paused = true"))
    async with database.read() as session:
        for which, expected in (
            (Outdated.ALL, [newest, middle, oldest]),
            (Outdated.TAGS, [middle, oldest]),
            (Outdated.MARKED, []),
        ):
            found = await outdated_entries(session, before=None, limit=9, which=which)
            assert [stored.story_id for stored in found] == expected
            if which is not Outdated.MARKED:
                counted = await count_outdated_entries(session, which=which)
                assert counted == len(expected)
    done = await renew_batch(database, Here(), before=None, limit=9, which=Outdated.TAGS)
    assert (done.same, done.outdated) == (2, 0)


async def test_a_story_that_is_too_much_counts_as_tagged_by_those_who_could_not(
    database: Database,
) -> None:
    await polled(database, "a")
    async with database.read() as session:
        (packed,) = (await session.execute(select(entries.c.packed))).scalars()
    ours = taggers_of("quiet 1")
    done = await renew_batch(database, Here(packed), before=None, limit=9, taggers=ours)
    assert (done.skipped, done.outdated) == (1, 0)


async def test_many_stories_are_made_in_tasks_that_a_worker_can_do(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ingest.renew.TASK", 2)
    await polled(database, *"abcde")
    here, sizes = Here(), []

    class Counted(Here):
        async def run(self, work, makings):
            sizes.append(len(makings))
            return await here.run(work, makings)

    done = await renew_batch(database, Counted(), before=None, limit=9, taggers="0")
    assert (done.same, sizes) == (5, [2, 2, 1])
