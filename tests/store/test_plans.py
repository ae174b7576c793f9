"""Applying plans: all of it or nothing, and nothing twice."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core.schedule import Outcome
from app.core.search.query_parse import parse_query
from app.core.search.search import Search
from app.core.types import Entry
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database
from app.store.feeds import delete_feed, get_feed, make_due
from app.store.find import find_stories
from app.store.ledger import list_fetches
from app.store.models import bodies, changes, copies, fetches, revisions, stories
from app.store.plans import Applied
from app.store.revisions import list_revisions
from app.store.stories import copies_of, get_story, load_stories
from tests.plans import NOW, add, apply, claim, claim_one, entry, make_all_due, plan, poll

LATER = NOW + timedelta(hours=1)


async def rows(database: Database, *tables: object) -> list[int]:
    """How many rows each table has."""
    counts = []
    async with database.read() as session:
        for table in tables:
            counts.append(len((await session.execute(select(table))).all()))
    return counts


async def found(database: Database, q: str | None = None) -> list[str]:
    """Titles of the stories that match, in order."""
    search = Search(text=parse_query(q) if q else None)
    async with database.read() as session:
        page = await find_stories(session, search, after=None, limit=100, now=LATER)
        return [row.title for row in await load_stories(session, page.ids, body=False)]


async def test_one_poll_writes_story_copy_index_change_ledger_and_body(
    database: Database,
) -> None:
    feed_id = await add(database)
    planned = await poll(database, entry("a", title="Harbour reopens"))
    assert planned.ledger.outcome is Outcome.NEW
    assert await found(database, "harbour ferry") == ["Harbour reopens"]
    async with database.read() as session:
        (change,) = await read_changes(session, 0, 10)
        (fetch,) = await list_fetches(session, limit=10)
        feed = await get_feed(session, feed_id)
        body = (await session.execute(select(bodies.c.body))).scalar_one()
    assert (change.seq, change.type, change.revision) == (1, ChangeType.CREATED, 1)
    assert (fetch.row.new, fetch.row.changed, fetch.row.entries) == (1, 0, 1)
    assert fetch.row.next_poll == planned.ledger.next_poll
    assert feed.next_poll_at == planned.ledger.next_poll.at
    assert feed.source.name == "News of the harbour"
    assert planned.body is not None
    assert body == planned.body.packed
    assert b"Harbour reopens" in zlib.decompress(body)


async def test_the_same_document_again_writes_no_story_no_revision_and_no_change(
    database: Database,
) -> None:
    await add(database)
    entries = [entry(name) for name in "abc"]
    await poll(database, *entries)
    before = await rows(database, stories, revisions, changes, copies)
    planned = await poll(database, *entries, now=LATER)
    assert planned.ledger.outcome is Outcome.UNCHANGED
    assert not planned.writes_stories
    assert await rows(database, stories, revisions, changes, copies) == before
    assert await rows(database, fetches) == [2], "but it is on record that it was polled"


async def test_a_changed_entry_is_a_revision_and_the_old_one_is_kept(database: Database) -> None:
    await add(database)
    await poll(database, entry("a", body="Two boats sank."))
    planned = await poll(database, entry("a", body="Three boats sank."), now=LATER)
    assert planned.ledger.outcome is Outcome.CHANGED
    story_id = planned.changed[0].id
    async with database.read() as session:
        now, before = await list_revisions(session, story_id, limit=9)
        row = await get_story(session, story_id)
        log = await read_changes(session, 0, 10)
    assert (now.revision, before.revision) == (2, 1)
    assert now.state["text"] == "Three boats sank."
    assert before.state["text"] == "Two boats sank."
    assert before.at == NOW
    assert now.at == LATER
    assert row.published_at == NOW - timedelta(hours=1)
    assert row.updated_at == LATER
    assert [c.type for c in log] == [ChangeType.CREATED, ChangeType.UPDATED]
    assert await found(database, "three") == ["Title of a"]
    assert await found(database, "two") == [], "the index holds the words as they are now"


async def test_what_a_reader_cannot_see_is_no_revision(database: Database) -> None:
    await add(database)
    await poll(database, entry("a", url="https://news.example/a"))
    planned = await poll(
        database,
        entry(
            "a", url="https://news.example/a?utm_source=feed", body="The  ferry sailed\nat noon."
        ),
    )
    assert planned.ledger.outcome is Outcome.UNCHANGED
    assert await rows(database, revisions, changes) == [0, 1] or await rows(
        database, revisions
    ) == [0]


async def test_copies_say_where_and_when_a_story_was_seen(database: Database) -> None:
    one, two = await add(database, "one"), await add(database, "two")
    by_id = {feed.id: feed for feed in await claim(database)}
    await apply(database, await plan(database, by_id[one], entry("a"), entry("b")))
    await apply(
        database, await plan(database, by_id[two], entry("x", url="https://news.example/a"))
    )
    assert await rows(database, stories, copies) == [2, 3], "one story, two copies"
    await make_all_due(database)
    by_id = {feed.id: feed for feed in await claim(database)}
    await apply(database, await plan(database, by_id[one], entry("b"), now=LATER))
    async with database.read() as session:
        ids = (
            (await session.execute(select(stories.c.id).order_by(stories.c.title))).scalars().all()
        )
        seen = await copies_of(session, ids)
    assert [(c.feed_id, c.last_seen_at) for c in seen[ids[0]]] == [(one, NOW), (two, NOW)]
    assert [(c.feed_id, c.last_seen_at) for c in seen[ids[1]]] == [(one, LATER)]
    await make_all_due(database)
    by_id = {feed.id: feed for feed in await claim(database)}
    await apply(database, await plan(database, by_id[one], entry("a"), entry("b"), now=LATER))
    async with database.read() as session:
        seen = await copies_of(session, ids)
    assert seen[ids[0]][0].last_seen_at == LATER, "it is in the document again"


async def test_a_second_feed_does_not_fight_over_the_words(database: Database) -> None:
    """A feed of headlines and a feed of full texts: the fuller one has the story, for good."""
    one, two = await add(database, "headlines"), await add(database, "full")
    link = "https://news.example/a"
    short = entry("s", url=link, body="The ferry sailed.")
    full = entry("f", url=link, body="The ferry sailed. " + "It carried ten people. " * 10)
    outcomes = []
    for round_ in range(3):
        await make_all_due(database)
        by_id = {feed.id: feed for feed in await claim(database)}
        for feed_id, said in ((one, short), (two, full)):
            planned = await plan(database, by_id[feed_id], said)
            assert await apply(database, planned) is Applied.APPLIED
            outcomes.append((round_, feed_id, planned.ledger.outcome))
    assert [o for _, _, o in outcomes] == [
        Outcome.NEW,
        Outcome.CHANGED,
        *[Outcome.UNCHANGED] * 4,
    ]
    async with database.read() as session:
        (story_id,) = (await session.execute(select(stories.c.id))).scalars()
        assert "ten people" in (await get_story(session, story_id)).text


async def test_a_feed_has_the_words_again_once_the_others_copy_is_gone(
    database: Database,
) -> None:
    one, two = await add(database, "headlines"), await add(database, "full")
    link = "https://news.example/a"
    full = entry("f", url=link, body="The ferry sailed. " + "It carried ten people. " * 10)

    async def round_(of_one: Entry, *of_two: Entry) -> list[Outcome]:
        await make_all_due(database)
        by_id = {feed.id: feed for feed in await claim(database)}
        outcomes = []
        for feed_id, said in ((one, [of_one]), (two, list(of_two))):
            planned = await plan(database, by_id[feed_id], *said)
            assert await apply(database, planned) is Applied.APPLIED
            outcomes.append(planned.ledger.outcome)
        return outcomes

    wire = entry("s", url=link, body="The ferry sailed.")
    corrected = entry("s", url=link, title="Corrected: no ferry", body="No ferry sailed.")
    assert await round_(wire, full) == [Outcome.NEW, Outcome.CHANGED]
    assert await round_(wire) == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert await round_(corrected) == [Outcome.CHANGED, Outcome.UNCHANGED]
    assert await found(database) == ["Corrected: no ferry"]


async def test_two_feeds_that_bring_the_same_story_at_once_make_one(database: Database) -> None:
    """Both plan it as new; the second is told that its plan is stale, and plans again."""
    await add(database, "one")
    await add(database, "two")
    first, second = await claim(database)
    link = "https://news.example/a"
    plan_one = await plan(database, first, entry("a", url=link))
    plan_two = await plan(database, second, entry("b", url=link))
    assert plan_one.new
    assert plan_two.new
    assert await apply(database, plan_one) is Applied.APPLIED
    assert await apply(database, plan_two) is Applied.STALE
    again = await plan(database, second, entry("b", url=link))
    assert not again.new
    assert await apply(database, again) is Applied.APPLIED
    assert await rows(database, stories, copies) == [1, 2]


async def test_many_feeds_at_once_leave_a_dense_log_and_no_double(database: Database) -> None:
    for n in range(12):
        await add(database, f"f{n}", domain=f"source{n % 3}.example")
    claimed = await claim(database, limit=12)

    async def one(n: int) -> None:
        site = f"https://source{claimed[n].source_id}.example"
        entries = [entry(f"s{k}", site=site) for k in range(10)]
        while True:
            planned = await plan(database, claimed[n], *entries)
            if await apply(database, planned) is Applied.APPLIED:
                return

    await asyncio.gather(*(one(n) for n in range(12)))
    async with database.read() as session:
        log = await read_changes(session, 0, 1000)
    assert [change.seq for change in log] == list(range(1, 31))
    assert await rows(database, stories, copies) == [30, 120]


async def test_a_plan_that_breaks_in_the_middle_leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(database)
    feed = await claim_one(database)
    planned = await plan(database, feed, entry("a"))

    async def lost(*_: object, **__: object) -> None:
        raise ConnectionError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr("app.store.plans.append_changes", lost)
        with pytest.raises(ConnectionError):
            await apply(database, planned)
    assert await rows(database, stories, copies, changes, fetches, bodies) == [0] * 5
    assert await found(database, "ferry") == []
    assert await apply(database, planned) is Applied.APPLIED, "and can be applied again"


async def test_the_log_has_no_hole_after_a_rollback(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add(database)
    planned = await plan(database, await claim_one(database), entry("a"), entry("b"))
    from app.store import plans

    real = plans.append_changes

    async def then_lost(*given: object) -> None:
        await real(*given)  # type: ignore[arg-type]
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(plans, "append_changes", then_lost)
        with pytest.raises(ConnectionError):
            await apply(database, planned)
    await apply(database, planned)
    async with database.read() as session:
        assert [c.seq for c in await read_changes(session, 0, 10)] == [1, 2]


async def test_stories_of_the_same_moment_get_ids_of_their_own(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty-one bits tell stories of one millisecond apart; here none does."""
    monkeypatch.setattr("app.core.writes.story_id", lambda *_: 7 << 21)
    await add(database, "one", domain="one.example")
    await add(database, "two", domain="two.example")
    first, second = await claim(database)
    await apply(database, await plan(database, first, entry("a"), entry("b")))
    await apply(database, await plan(database, second, entry("c"), entry("d")))
    async with database.read() as session:
        ids = (await session.execute(select(stories.c.id))).scalars().all()
        seen = await copies_of(session, list(ids))
    assert sorted(i - (7 << 21) for i in ids) == [0, 1, 2, 3]
    assert all(len(of_story) == 1 for of_story in seen.values())


async def test_deleting_a_feed_keeps_its_stories_and_adding_it_again_doubles_none(
    database: Database,
) -> None:
    feed_id = await add(database)
    await poll(database, entry("a"))
    async with database.write() as session:
        await delete_feed(session, feed_id)
    assert await rows(database, stories, copies, fetches) == [1, 0, 0]
    assert await add(database) != feed_id, "the id is not given again"
    planned = await poll(database, entry("a"))
    assert not planned.new
    assert await rows(database, stories, copies) == [1, 1]
    changed = await poll(database, entry("a", body="Another text."))
    assert changed.changed, "the feed has its story again"


async def test_a_poll_asked_for_while_one_is_under_way_is_not_forgotten(
    database: Database,
) -> None:
    feed_id = await add(database)
    feed = await claim_one(database)
    async with database.write() as session:
        await make_due(session, feed_id)
    await apply(database, await plan(database, feed))
    assert (await claim_one(database)).id == feed_id, "it is due at once"


async def test_what_an_operator_set_of_a_feed_stays(database: Database) -> None:
    feed_id = await add(database)
    async with database.write() as session:
        await session.execute(
            text("UPDATE feeds SET title = 'Ours', site_url = 'https://ours.example/'")
        )
    planned = await plan(database, await claim_one(database))
    update = replace(planned.update, title="Theirs", site_url="https://theirs.example/")
    await apply(database, replace(planned, update=update))
    async with database.read() as session:
        feed = await get_feed(session, feed_id)
    assert (feed.title, feed.site_url) == ("Ours", "https://ours.example/")


async def test_the_names_of_tables_cover_what_is_there(database: Database) -> None:
    """The counts above mean something only if nothing else is written to."""
    async with database.read() as session:
        if database.dialect == "sqlite":
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        else:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = {row[0] for row in await session.execute(text(query))}
    ours = {n for n in names if not n.startswith(("story_index", "sqlite_"))}
    assert ours == {
        "alembic_version",
        "alerts",
        "attempts",
        "audit",
        "bands",
        "bodies",
        "changes",
        "console_sessions",
        "copies",
        "deliveries",
        "entries",
        "feed_credentials",
        "feed_moves",
        "feeds",
        "fetches",
        "hosts",
        "idempotency_keys",
        "job_lines",
        "jobs",
        "keys",
        "learned_lines",
        "log_head",
        "members",
        "meta",
        "pages",
        "push_head",
        "pushes",
        "revisions",
        "rules",
        "searches",
        "sketches",
        "sources",
        "stories",
        "story_kills",
        "story_tag_edits",
        "story_tags",
        "story_weights",
        "subscriptions",
        "tag_edits",
        "tag_policy",
        "tags",
        "texts",
        "webhooks",
    }


async def test_a_story_of_terms_without_number_or_end_is_indexed_as_far_as_it_fits(
    database: Database,
) -> None:
    """A tsvector holds 1 MB: 12,000 Cyrillic words of 60 letters are half as much again."""
    letters = "абвгдежзик"
    words = ("".join(letters[int(d)] for d in f"{n:060}") for n in range(12_000))
    await add(database)
    await poll(database, entry("a", body="harbour " + " ".join(words) + " finalword"))
    assert await found(database, "harbour") == ["Title of a"]
    assert await found(database, "finalword") == []


async def test_a_phrase_is_found_by_256_places_of_a_term_on_either_engine(
    database: Database,
) -> None:
    await add(database)
    body = "the cat " * 255 + "the lastcat the finalword the cat"
    await poll(database, entry("a", title="Pets", body=body))
    assert await found(database, '"the lastcat"') == ["Pets"]
    assert await found(database, '"the finalword"') == []
    assert await found(database, '"lastcat finalword"') == [], "places stay as they are"
    assert await found(database, "finalword") == ["Pets"]
