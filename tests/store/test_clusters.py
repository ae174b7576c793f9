"""Clusters of reprints: the same whatever comes first, on both engines, also at once."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app.core import reprints
from app.core.make import make_again
from app.core.poll import ClaimedFeed
from app.core.syndicate import Sketched, are_reprints, band_keys, sketch_of
from app.core.types import Entry
from app.store import bands as bands_module
from app.store.changes import ChangeType, read_changes
from app.store.engine import Database
from app.store.leases import claim_feed
from app.store.models import bands, members, sketches, stories
from app.store.models import feeds as feeds_table
from app.store.plans import Applied
from app.store.renewal import mark_for_renewal, outdated_entries, renew_stories
from tests.plans import INTERVALS, NOW, add, apply, claim, entry, make_all_due, plan

LATER = NOW + timedelta(hours=1)


def words(subject: str, count: int = 90) -> str:
    """A text of its own about a subject."""
    chance = random.Random(subject)
    vocabulary = [f"{subject}{one}{other}" for one in "abcdefghijklmn" for other in "opqrstuvw"]
    return " ".join(chance.choice(vocabulary) for _ in range(count))


HARBOUR, COUNCIL = words("harbour"), words("council")


async def clusters(database: Database) -> list[list[str]]:
    """The titles of each cluster, in order."""
    async with database.read() as session:
        rows = await session.execute(
            select(members.c.cluster_id, stories.c.title, stories.c.id).join(
                stories, stories.c.id == members.c.story_id
            )
        )
        found = defaultdict(list)
        ids = defaultdict(list)
        for row in rows:
            found[row.cluster_id].append(row.title)
            ids[row.cluster_id].append(row.id)
    assert all(cluster == min(ids[cluster]) for cluster in ids)
    return sorted(sorted(titles) for titles in found.values())


def of(site: str) -> str:
    return f"https://{site}.example"


def story(name: str, body: str, *, minutes: int = 0, days: int = 0) -> Entry:
    at = NOW - timedelta(days=days, minutes=300 - minutes)
    return entry(name, title=name, body=body, published=at.isoformat(), site=of(name[0]))


async def feeds(database: Database, names: Iterable[str]) -> None:
    for name in names:
        await add(database, name, domain=f"{name}.example")


async def poll_feed(database: Database, site: str, *entries: Entry) -> None:
    """Poll the feed of one site."""
    planned = await plan(database, await claim_site(database, site), *entries, now=LATER)
    assert await apply(database, planned) is Applied.APPLIED


async def claim_site(database: Database, site: str) -> ClaimedFeed:
    await make_all_due(database)
    async with database.write() as session:
        found = await session.execute(
            select(feeds_table.c.id).where(feeds_table.c.host == f"{site}.example")
        )
        feed = await claim_feed(
            session, found.scalar_one(), owner="test", lease_s=60, policy=INTERVALS
        )
    assert feed is not None
    return feed


async def changes_of(database: Database, kind: ChangeType) -> list[int]:
    async with database.read() as session:
        return [c.story_id for c in await read_changes(session, 0, 1000) if c.type is kind]


async def id_of(database: Database, title: str) -> int:
    async with database.read() as session:
        row = await session.execute(select(stories.c.id).where(stories.c.title == title))
        return int(row.scalar_one())


async def test_a_reprint_joins_the_story_and_another_story_does_not(database: Database) -> None:
    await feeds(database, "abc")
    await poll_feed(database, "a", story("a1", HARBOUR), story("a2", COUNCIL))
    assert await clusters(database) == []
    await poll_feed(database, "b", story("b1", HARBOUR, minutes=5))
    await poll_feed(database, "c", story("c1", words("other"), minutes=9))
    assert await clusters(database) == [["a1", "b1"]]
    assert await changes_of(database, ChangeType.MERGED) == [await id_of(database, "a1")]


async def test_a_third_copy_is_a_change_of_its_own_story_alone(database: Database) -> None:
    await feeds(database, "abc")
    for n, site in enumerate("abc"):
        await poll_feed(database, site, story(f"{site}1", HARBOUR, minutes=n))
    assert await clusters(database) == [["a1", "b1", "c1"]]
    assert await changes_of(database, ChangeType.MERGED) == [await id_of(database, "a1")]
    assert len(await changes_of(database, ChangeType.CREATED)) == 3


async def test_an_earlier_copy_gives_the_cluster_its_id(database: Database) -> None:
    await feeds(database, "abc")
    await poll_feed(database, "b", story("b1", HARBOUR, minutes=5))
    await poll_feed(database, "c", story("c1", HARBOUR, minutes=6))
    await poll_feed(database, "a", story("a1", HARBOUR, minutes=1))
    b, c = [await id_of(database, title) for title in ("b1", "c1")]
    assert await clusters(database) == [["a1", "b1", "c1"]]
    assert await changes_of(database, ChangeType.MERGED) == [b, b, c]


async def test_a_story_between_two_clusters_merges_them(database: Database) -> None:
    """Two halves of a long text have nothing in common but the whole."""
    first, second = words("harbour", 120), words("council", 120)
    await feeds(database, "abcde")
    await poll_feed(database, "a", story("a1", first))
    await poll_feed(database, "b", story("b1", first, minutes=1))
    await poll_feed(database, "c", story("c1", second, minutes=2))
    await poll_feed(database, "d", story("d1", second, minutes=3))
    assert await clusters(database) == [["a1", "b1"], ["c1", "d1"]]
    merged = await changes_of(database, ChangeType.MERGED)
    await poll_feed(database, "e", story("e1", f"{first} {second}", minutes=4))
    assert await clusters(database) == [["a1", "b1", "c1", "d1", "e1"]]
    now = (await changes_of(database, ChangeType.MERGED))[len(merged) :]
    assert now == [await id_of(database, "c1"), await id_of(database, "d1")]


async def test_a_story_with_other_words_leaves_its_cluster(database: Database) -> None:
    await feeds(database, "abc")
    for n, site in enumerate("abc"):
        await poll_feed(database, site, story(f"{site}1", HARBOUR, minutes=n))
    merged = await changes_of(database, ChangeType.MERGED)
    await poll_feed(database, "a", story("a1", COUNCIL))
    assert await clusters(database) == [["b1", "c1"]]
    now = (await changes_of(database, ChangeType.MERGED))[len(merged) :]
    assert now == [await id_of(database, name) for name in ("a1", "b1", "c1")]
    await poll_feed(database, "b", story("b1", COUNCIL, minutes=1))
    assert await clusters(database) == [["a1", "b1"]]


async def test_a_story_that_is_withdrawn_leaves_its_cluster_without_another_word(
    database: Database,
) -> None:
    await feeds(database, "ab")
    for n, site in enumerate("ab"):
        await poll_feed(database, site, story(f"{site}1", HARBOUR, minutes=n))
    a1, b1 = await id_of(database, "a1"), await id_of(database, "b1")
    withdrawn = replace(story("a1", HARBOUR), raw_hash=1, pub_status="canceled")
    await poll_feed(database, "a", withdrawn)
    assert await clusters(database) == []
    async with database.read() as session:
        said = [(c.type, c.story_id) for c in await read_changes(session, 3, 10)]
    assert said == [(ChangeType.KILLED, a1), (ChangeType.MERGED, b1)]


async def test_a_cluster_falls_apart_with_the_story_that_held_it_together(
    database: Database,
) -> None:
    first, second = words("harbour", 120), words("council", 120)
    await feeds(database, "abc")
    await poll_feed(database, "a", story("a1", first))
    await poll_feed(database, "b", story("b1", second, minutes=2))
    await poll_feed(database, "c", story("c1", f"{first} {second}", minutes=4))
    assert await clusters(database) == [["a1", "b1", "c1"]]
    await poll_feed(database, "c", story("c1", words("other"), minutes=4))
    assert await clusters(database) == []


async def test_a_new_title_that_tells_another_figure_parts_two_reports(
    database: Database,
) -> None:
    """The words under all keys are the same; what differs is kept beside them."""
    body = "Loans fell by 195 million in 2091 and rose by 718 in 2092, said the bank. " + HARBOUR
    report = story("a1", body)
    other = story("b1", body.replace("195", "196"), minutes=1)
    await feeds(database, "ab")
    await poll_feed(database, "a", report)
    await poll_feed(database, "b", other)
    assert await clusters(database) == [["a1", "b1"]]
    for site, said, figure in (("a", report, 195), ("b", other, 196)):
        titled = entry(
            said.guid or "",
            title=f"Loans fell by {figure}",
            body=body.replace("195", str(figure)),
            published=said.published_raw,
            site=of(site),
        )
        await poll_feed(database, site, titled)
    assert await clusters(database) == []


async def test_what_is_no_reprint_any_more_leaves_no_rows(database: Database) -> None:
    await feeds(database, "a")
    await poll_feed(database, "a", story("a1", HARBOUR))
    async with database.read() as session:
        assert len((await session.execute(select(bands))).all()) == 62
    await poll_feed(database, "a", story("a1", COUNCIL))
    async with database.read() as session:
        assert len((await session.execute(select(bands))).all()) == 62
    await poll_feed(database, "a", story("a1", "Too short."))
    async with database.read() as session:
        assert (await session.execute(select(bands))).all() == []
        assert (await session.execute(select(sketches))).all() == []


async def test_stories_that_are_made_again_are_sketched_and_clustered(database: Database) -> None:
    """As those must be that were here before there were sketches."""
    await feeds(database, "ab")
    await poll_feed(database, "a", story("a1", HARBOUR))
    await poll_feed(database, "b", story("b1", HARBOUR, minutes=1))
    async with database.write() as session:
        for table in (sketches, bands, members):
            await session.execute(delete(table))
        both = list((await session.execute(select(stories.c.id))).scalars())
        await mark_for_renewal(session, both)
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=9)
    made = make_again([kept.making for kept in read])
    async with database.write() as session:
        done = await renew_stories(session, list(zip(read, made, strict=True)), LATER)
    assert (done.changed, done.same) == (0, 2)
    assert await clusters(database) == [["a1", "b1"]]


# --- the order of arrival -----------------------------------------------------------------------


def many(seed: int) -> list[list[Entry]]:
    """What is published, by story: its versions, of which the last one counts."""
    chance = random.Random(seed)
    texts = [words(subject, chance.randint(60, 160)) for subject in ("x", "y", "z")]
    published = []
    for n in range(12):
        site, said = "abcde"[n % 5], chance.choice(texts)
        minutes, days = chance.randint(0, 299), chance.choice([0, 0, 0, 5, 9])
        versions = []
        for _ in range(chance.choice([1, 1, 1, 2, 2])):
            body = said if chance.random() < 0.6 else f"{said} {chance.choice(texts)}"
            body = " ".join(body.split()[: chance.randint(30, 400)])
            versions.append(story(f"{site}{n}", body, minutes=minutes, days=days))
        published.append(versions)
    return published


async def arrive(database: Database, published: Sequence[Sequence[Entry]], seed: int) -> None:
    """Let every version arrive, each story's in their order, in an order of chance."""
    chance = random.Random(seed)
    waiting = [list(versions) for versions in published]
    chance.shuffle(waiting)
    while waiting:
        versions = chance.choice(waiting)
        said = versions.pop(0)
        await poll_feed(database, (said.guid or "")[0], said)
        waiting = [versions for versions in waiting if versions]


@pytest.mark.parametrize("reach", [50, 2])
@pytest.mark.parametrize("seed", [1, 2])
async def test_any_order_of_arrival_ends_in_the_same_clusters(
    database: Database, seed: int, reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where more stories share a band than are compared: two before and two after."""
    for module in (reprints, bands_module):
        monkeypatch.setattr(module, "REACH", reach)
    published = many(seed)
    await feeds(database, "abcde")
    await arrive(database, published, seed)
    found = await clusters(database)
    assert found == expected(published, await ids(database), reach)
    assert found


async def ids(database: Database) -> dict[str, tuple[int, int]]:
    async with database.read() as session:
        rows = await session.execute(select(stories.c.title, stories.c.id, stories.c.source_id))
        return {row.title: (row.id, row.source_id) for row in rows}


def expected(
    published: Sequence[Sequence[Entry]], known: dict[str, tuple[int, int]], reach: int
) -> list[list[str]]:
    """The clusters by definition: components of the last versions, compared as bands say."""
    last = {}
    for versions in published:
        title = versions[-1].guid or ""
        body = (versions[-1].content.value if versions[-1].content else "")[3:-4]
        story_id, source_id = known[title]
        last[story_id] = Sketched(id=story_id, source_id=source_id, sketch=sketch_of(title, body))
    by_key = defaultdict(list)
    for story_id in sorted(last):
        for key in band_keys(last[story_id].sketch):
            by_key[key].append(story_id)
    sets = reprints.Sets()
    for listed in by_key.values():
        for n, one in enumerate(listed):
            for other in listed[n + 1 : n + 1 + reach]:
                if are_reprints(last[one], last[other]):
                    sets.join(one, other)
    titles = {story_id: title for title, (story_id, _) in known.items()}
    groups = sets.joined(last).values()
    return sorted(sorted(titles[s] for s in group) for group in groups if len(group) > 1)


async def test_plans_that_are_applied_at_once_find_each_other(database: Database) -> None:
    """Each is planned before any is applied; all are applied at the same time."""
    sites = "abcdef"
    await feeds(database, sites)
    planned = []
    for feed in await claim(database, limit=100):
        site = feed.host[0]
        n = sites.index(site)
        entries = [story(f"{site}{k}", words(f"subject{k}"), minutes=n) for k in range(3)]
        planned.append(await plan(database, feed, *entries, now=LATER))
    assert await asyncio.gather(*(apply(database, p) for p in planned)) == [Applied.APPLIED] * 6
    assert await clusters(database) == [[f"{site}{k}" for site in sites] for k in range(3)]


async def test_revisions_that_are_applied_at_once_end_in_the_same_clusters(
    database: Database,
) -> None:
    """Each revises its own story, which is in a cluster with those that the others revise: nobody
    may wait for a row whose holder waits for him.
    """
    sites = "abcdef"
    await feeds(database, sites)
    for n, site in enumerate(sites):
        await poll_feed(database, site, story(f"{site}1", HARBOUR, minutes=n))
    for turn in range(2):
        await make_all_due(database)
        planned = []
        for feed in await claim(database, limit=100):
            site = feed.host[0]
            body = words(f"{'odd' if sites.index(site) % 2 else 'even'}{turn}")
            said = story(f"{site}1", body, minutes=sites.index(site))
            planned.append(await plan(database, feed, said, now=LATER + timedelta(minutes=turn)))
        assert set(await asyncio.gather(*(apply(database, p) for p in planned))) == {
            Applied.APPLIED
        }
        assert await clusters(database) == [
            [f"{site}1" for site in sites[0::2]],
            [f"{site}1" for site in sites[1::2]],
        ]
