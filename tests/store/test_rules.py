"""Rules on record and the stories they are about: whatever happened in whatever order, stories end
as the final rules make them from scratch.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.kept import unpack_entry
from app.core.make import Made, Making, make
from app.core.search.facets import FACET_MARK, StorySource
from app.core.search.index import times_of
from app.core.search.stems import MARK
from app.core.tagging.policy import TagPolicy, pack_policy
from app.core.tagging.rules import Actions, GivenTag, Rule, Visibility
from app.ingest.renew import Renewer
from app.store.changes import ChangeType, read_changes
from app.store.engine import SQLITE, Database
from app.store.models import entries, sources, stories, story_tags
from app.store.policy import pause_backfill, read_backfill
from app.store.renewal import Outdated, outdated_entries, renew_stories
from app.store.rules import NewRule, add_rule, change_rule, delete_rule, get_rule, list_rules
from app.store.tags import tag_id
from app.store.written import story_columns
from tests.databases import on_postgresql, on_sqlite
from tests.plans import NOW, add, entry, poll


class Killed(BaseException):
    """The end of a process, as far as its transaction can tell."""


class Here:
    """Does the work of a worker process at once."""

    async def run(self, work: Callable[..., Any], makings: Sequence[Making]) -> Any:
        return work(makings)


WORDS = "ferry harbour pilots storm quay lamp union nets boats sailed".split()
LABELS = [GivenTag(scheme="label", code=code, name=code.title()) for code in ("a", "b", "c")]
TAKEN = ["label:a", "label:b", "category:transport", "category:weather", "lang:en"]
WORDED = [
    *WORDS,
    *(f'"{one} {other}"' for one, other in pairwise(WORDS)),
    *("fer*", "title:ferry", '"ferry quay"~5', "sailing", "pilot"),
]
FILTERS = ["lang:en", "lang:de", "agency:ap", "tag:label:a", "tag:category:transport"]


def some_query(chance: random.Random) -> str:
    """Most ask for words, so that not every change concerns every story."""
    leaves = WORDED if chance.random() < 0.8 else FILTERS
    parts = [chance.choice(leaves), *chance.choices(WORDED, k=chance.randint(0, 2))]
    joined = chance.choice([" ", " OR "]).join(parts)
    return f"-({joined})" if chance.random() < 0.08 else joined


def some_actions(chance: random.Random, language: str | None) -> Actions:
    remove = chance.sample(TAKEN, chance.randint(0, 2))
    add = [tag for tag in chance.sample(LABELS, chance.randint(0, 2)) if tag.qcode not in remove]
    return Actions(
        add=tuple(add),
        remove=tuple(remove),
        visibility=chance.choice([None, None, None, Visibility.DROP, Visibility.KEEP]),
        language=chance.choice([None, None, language]),
        agency=chance.choice([None, None, None, "ap", "kyodo"]),
    )


@dataclass
class Newsroom:
    """Operators, publishers and pollers at work on one database, in an order left to chance; the
    test keeps its own list of the rules.
    """

    database: Database
    chance: random.Random
    rules: list[tuple[Rule, bool]] = field(default_factory=list)  # in their order; on or off
    language: str | None = None  # that rules set, if any does: then every change concerns all
    told: dict[str, str] = field(default_factory=dict)  # what each entry says last
    hours: int = 0

    async def add_rule(self) -> None:
        place = self.chance.choice([None, 1, self.chance.randint(1, len(self.rules) + 1)])
        new = NewRule(
            name="A rule",
            query=some_query(self.chance),
            actions=some_actions(self.chance, self.language),
            enabled=self.chance.random() < 0.9,
            position=place,
        )
        async with self.database.write() as session:
            added = await add_rule(session, new, NOW)
        rule = Rule(id=added.id, query=new.query, actions=new.actions)
        at = len(self.rules) if place is None else place - 1
        self.rules.insert(at, (rule, new.enabled))

    async def change_rule(self) -> None:
        if not self.rules:
            return
        at = self.chance.randrange(len(self.rules))
        rule, enabled = self.rules[at]
        values: dict[str, Any] = {}
        match self.chance.choice(["query", "actions", "enabled", "position"]):
            case "query":
                values["query"] = some_query(self.chance)
                self.rules[at] = (replace(rule, **values), enabled)
            case "actions":
                values["actions"] = some_actions(self.chance, self.language)
                self.rules[at] = (replace(rule, **values), enabled)
            case "enabled":
                values["enabled"] = not enabled
                self.rules[at] = (rule, not enabled)
            case "position":
                values["position"] = self.chance.randint(1, len(self.rules))
                self.rules.insert(values["position"] - 1, self.rules.pop(at))
        async with self.database.write() as session:
            version = (await get_rule(session, rule.id)).version
            await change_rule(session, rule.id, values, version=version, at=NOW)

    async def delete_rule(self) -> None:
        if not self.rules:
            return
        rule, _ = self.rules.pop(self.chance.randrange(len(self.rules)))
        async with self.database.write() as session:
            await delete_rule(session, rule.id)

    async def poll(self) -> None:
        """New entries, and former ones in other words."""
        for name in self.chance.sample(sorted(self.told), min(1, len(self.told))):
            self.told[name] = self._words()
        for _ in range(self.chance.randint(1, 2)):
            self.told[f"entry{len(self.told)}"] = self._words()
        self.hours += 1
        said = [
            entry(
                name,
                title=f"The {words.split()[0]} of {name}",
                body=f"TOKYO (AP) - On day {name} the {words}."
                if name.endswith(("1", "4"))
                else f"On day {name} the {words}.",
                categories=("Transport", "Weather")[: len(words) % 3],
            )
            for name, words in self.told.items()
        ]
        await poll(self.database, *said, now=NOW + timedelta(hours=self.hours))

    async def renew(self) -> None:
        await Renewer(self.database, Here()).renew_marked()

    async def rest(self) -> None:
        """Nobody does anything until all stories are brought up, and so they are."""
        async with self.database.write() as session:
            await pause_backfill(session, paused=False)
        while await Renewer(self.database, Here()).renew_marked():
            pass
        await check(self)

    async def renew_while_rules_change(self) -> None:
        """A batch that was read and made before a rule changed is written after it."""
        async with self.database.read() as session:
            read = await outdated_entries(session, before=None, limit=3, which=Outdated.MARKED)
        made = [make(unpack_entry(stored.making.entry), stored.making) for stored in read]
        await self.chance.choice([self.add_rule, self.change_rule, self.delete_rule])()
        async with self.database.write() as session:
            await renew_stories(session, list(zip(read, made, strict=True)), NOW)

    async def pause(self) -> None:
        async with self.database.write() as session:
            await pause_backfill(session, paused=self.chance.random() < 0.5)

    def _words(self) -> str:
        return " ".join(self.chance.sample(WORDS, 4))


async def work(newsroom: Newsroom, steps: int) -> None:
    await add(newsroom.database)
    await newsroom.poll()
    acts = [
        *[newsroom.add_rule] * 3,
        *[newsroom.change_rule] * 3,
        newsroom.delete_rule,
        newsroom.poll,
        newsroom.renew,
        *[newsroom.rest] * 8,
        newsroom.renew_while_rules_change,
        newsroom.pause,
    ]
    for _ in range(steps):
        await newsroom.chance.choice(acts)()
    await newsroom.rest()


async def check(newsroom: Newsroom) -> None:
    """Every story as the rules of the test's own list make it, and nothing that is served of
    those that they drop.
    """
    policy = TagPolicy(rules=tuple(rule for rule, enabled in newsroom.rules if enabled))
    packed = pack_policy(policy)
    async with newsroom.database.read() as session:
        kept = [rule.id for rule in await list_rules(session, after=0, limit=100)]
        assert kept == [rule.id for rule, _ in newsroom.rules]
        assert (await read_backfill(session)).left == 0
        rows = await session.execute(
            select(stories, entries.c.packed, sources.c.domain, sources.c.country)
            .join(entries, entries.c.story_id == stories.c.id)
            .join(sources, sources.c.id == stories.c.source_id)
        )
        index = await indexed(newsroom.database)
        tagged = await session.execute(select(story_tags.c.story_id, story_tags.c.tag_id))
        tags = {(row.story_id, row.tag_id) for row in tagged}
    expected_index: dict[int, frozenset[str]] = {}
    expected_tags: set[tuple[int, int]] = set()
    for row in rows:
        source = StorySource(id=row.source_id, domain=row.domain, country=row.country)
        again = make(
            unpack_entry(row.packed), Making(entry=row.packed, source=source, policy=packed)
        )
        columns = {name: getattr(row, name) for name in story_columns(again.story)}
        assert columns == story_columns(again.story)
        assert row.status == ("dropped" if again.dropped else "live")
        if not again.dropped:
            expected_index[row.id] = index_row(row, again)
            expected_tags |= {(row.id, tag_id(tag.scheme, tag.code)) for tag in again.story.tags}
    assert index == expected_index
    assert tags == expected_tags


def index_row(row: Any, made: Made) -> frozenset[str]:
    times = times_of(
        published_at=row.published_at, ingested_at=row.ingested_at, updated_at=row.updated_at
    )
    forms = (*made.terms.title_forms, *made.terms.body_forms)
    return marked([*made.terms.facets, *forms, *times])


async def indexed(database: Database) -> dict[int, frozenset[str]]:
    """What of each story is in the index beside its words: filter terms and forms."""
    if database.dialect == SQLITE:
        query = (
            "SELECT rowid, facets || ' ' || title_forms || ' ' || body_forms AS terms"
            " FROM story_index"
        )
    else:
        query = (
            "SELECT story_id, array_to_string(tsvector_to_array(terms), ' ') AS terms"
            " FROM story_index"
        )
    async with database.read() as session:
        rows = (await session.execute(text(query))).all()
    return {row[0]: marked(row[1].split()) for row in rows}


def marked(terms: Iterable[str]) -> frozenset[str]:
    """Filter terms and stems, which only those of a language have."""
    in_title = MARK + MARK
    return frozenset(
        term
        for term in terms
        if term.startswith((FACET_MARK, MARK)) and not term.startswith(in_title)
    )


@on_sqlite
@pytest.mark.parametrize("seed", range(8))
async def test_stories_end_as_the_final_rules_make_them_from_scratch(
    database: Database, seed: int
) -> None:
    newsroom = Newsroom(database, random.Random(seed), language=None if seed % 4 else "de")
    await work(newsroom, 40)


@on_postgresql
@pytest.mark.parametrize("seed", range(100, 102))
async def test_and_so_they_do_on_postgresql(database: Database, seed: int) -> None:
    newsroom = Newsroom(database, random.Random(seed), language=None if seed % 4 else "de")
    await work(newsroom, 40)


async def test_a_back_fill_that_is_killed_loses_nothing(database: Database) -> None:
    """The process ends between two batches, and in the middle of writing one."""
    newsroom = Newsroom(database, random.Random(7))
    await add(database)
    names = [f"entry{number}" for number in range(8)]
    await poll(database, *(entry(name, body=f"The ferry of {name}.") for name in names))
    rule = NewRule(name="F", query="ferry", actions=Actions(add=(LABELS[0],)))
    async with database.write() as session:
        added = await add_rule(session, rule, NOW)
    newsroom.rules = [(Rule(id=added.id, query=rule.query, actions=rule.actions), True)]
    async with database.read() as session:
        read = await outdated_entries(session, before=None, limit=3, which=Outdated.MARKED)
    made = [make(unpack_entry(stored.making.entry), stored.making) for stored in read]
    pairs = list(zip(read, made, strict=True))
    async with database.write() as session:
        await renew_stories(session, pairs[:2], NOW)
    with suppress(Killed):
        async with database.write() as session:
            await renew_stories(session, pairs, NOW)
            raise Killed
    async with database.read() as session:
        assert (await read_backfill(session)).left == 6
    while await Renewer(database, Here()).renew_marked():
        pass
    await check(newsroom)
    async with database.read() as session:
        changes = await read_changes(session, 0, 100)
    told = [change.story_id for change in changes if change.type is ChangeType.RETAGGED]
    assert len(told) == len(set(told)) == 8, "each is told once"
